"""Run files altered by hand, each in one way that could do harm or make no sense."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

SAMPLED = ("output", "filtered_rates", "voltage", "currents")


def attribute(name: str, value: Any) -> Callable[[Any], None]:
    """Set an attribute; ``group@name`` sets one of a group."""

    def change(file: Any) -> None:
        group, _, own = name.rpartition("@")
        (file[group] if group else file).attrs[own or name] = value

    return change


def data(name: str, change: Callable[[Any], Any], **settings: Any) -> Callable[[Any], None]:
    """Replace a dataset by what a function makes of its values."""

    def apply(file: Any) -> None:
        values = change(file[name][()])
        del file[name]
        file.create_dataset(name, data=values, **settings)

    return apply


def entry(name: str, place: Any, value: Any) -> Callable[[Any], None]:
    """Replace entries of a dataset."""

    def apply(file: Any) -> None:
        file[name][place] = value

    return apply


def without(name: str) -> Callable[[Any], None]:
    """Remove a dataset, a group or an attribute."""

    def apply(file: Any) -> None:
        if name in file:
            del file[name]
        else:
            del file.attrs[name]

    return apply


def elsewhere(name: str, make: Callable[[Any, str, tuple[int, ...]], None]) -> Callable[[Any], None]:
    """Replace a dataset by one whose values are in another place."""

    def apply(file: Any) -> None:
        shape = file[name].shape
        del file[name]
        make(file, name, shape)

    return apply


def _external_link(file: Any, name: str, shape: tuple[int, ...]) -> None:
    file[name] = h5py.ExternalLink(str(Path(file.filename).with_name("other.h5")), "x")


def _link_to_pipe(file: Any, name: str, shape: tuple[int, ...]) -> None:
    pipe = Path(file.filename).with_name("pipe")
    if not pipe.exists():
        os.mkfifo(pipe)
    file[name] = h5py.ExternalLink(str(pipe), "x")


def _soft_link(file: Any, name: str, shape: tuple[int, ...]) -> None:
    file[name] = h5py.SoftLink("/rates")


def _external_storage(file: Any, name: str, shape: tuple[int, ...]) -> None:
    secret = Path(file.filename).with_name("secret.txt")
    secret.write_bytes(b"secret" * 10_000_000)
    file.create_dataset(name, shape, "f8", external=[(str(secret), 0, h5py.h5f.UNLIMITED)])


def _virtual(file: Any, name: str, shape: tuple[int, ...]) -> None:
    layout = h5py.VirtualLayout(shape, "f8")
    layout[...] = h5py.VirtualSource(str(Path(file.filename).with_name("other.h5")), "x", shape=shape)
    file.create_virtual_dataset(name, layout)


def _unstored(file: Any, name: str, shape: tuple[int, ...]) -> None:
    file.create_dataset(name, (2**20, *shape[1:]), "f8", chunks=(1, *shape[1:]), compression="gzip")


def _bomb(file: Any, name: str, shape: tuple[int, ...]) -> None:
    node = file.create_dataset(name, (2**14, 2**12), "f8", chunks=(2**10, 2**12), compression="gzip")
    packed = zlib.compress(bytes(2**25))
    for k in range(16):
        node.id.write_direct_chunk((k * 2**10, 0), packed)


def _other_filter(file: Any, name: str, shape: tuple[int, ...]) -> None:
    file.create_dataset(name, shape, "f8", chunks=(1, *shape[1:]), compression="lzf", data=np.zeros(shape))


def _empty_space(file: Any, name: str, shape: tuple[int, ...]) -> None:
    file[name] = h5py.Empty("f8")


def _names(file: Any, name: str, shape: tuple[int, ...]) -> None:
    file[name] = np.full(shape, b"text")


def _cycle(file: Any) -> None:
    file["network/again"] = file["network"]


def user_block(path: Path) -> None:
    """Let a file begin with 512 bytes that are not HDF5."""
    content = path.read_bytes()
    path.write_bytes(bytes(512) + content)


# What is done to a file that has everything, 4 trials of 30 neurons and 1,000 steps.
ALTERED: dict[str, Callable[[Any], None]] = {
    "n_steps -5": attribute("n_steps", -5),
    "n_steps 0": attribute("n_steps", 0),
    "n_steps 10^15": attribute("n_steps", 10**15),
    "n_steps a text": attribute("n_steps", "many"),
    "n_steps an array": attribute("n_steps", np.arange(5)),
    "n_steps one more": attribute("n_steps", 1001),
    "time_step 0": attribute("time_step", 0.0),
    "time_step -0.05": attribute("time_step", -0.05),
    "time_step NaN": attribute("time_step", np.nan),
    "time_step 1e-300": attribute("time_step", 1e-300),
    "time_step infinite": attribute("time_step", np.inf),
    "time_step 0.07": attribute("time_step", 0.07),
    "seed -1": attribute("seed", "-1"),
    "seed a word": attribute("seed", "seed"),
    "format of another version": attribute("format", "spiking simulation 9"),
    "format bytes": attribute("format", np.arange(3)),
    "record no JSON": attribute("record", "{"),
    "record nested deep": attribute("record", "[" * 20_000),
    "record of other fields": attribute("record", '{"pictures": true}'),
    "record of neurons that are not there": attribute("record", '{"voltage": [99], "spikes": true}'),
    "record of another interval": attribute("record", '{"output": true, "interval": 0.07}'),
    "record a list": attribute("record", "[1, 2]"),
    "task a number": attribute("task", 3.0),
    "no n_steps": without("n_steps"),
    "no record": without("record"),
    "no network": without("network"),
    "no rates": without("rates"),
    "no trial numbers": without("trials/number"),
    "params of the network no JSON": attribute("network@params", "[[["),
    "params with NaN": attribute("network@params", '{"refractory": NaN}'),
    "weights not square": data("network/weights", lambda w: w[:-1]),
    "weights NaN": data("network/weights", lambda w: w * np.nan),
    "weights text": data("network/weights", lambda w: np.full(w.shape, b"x")),
    "tau_decay negative": data("network/tau_decay", lambda tau: -tau),
    "population of another size": data("network/populations/exc", lambda mask: mask[:-1]),
    "lesioned unit not there": data("network/lesioned", lambda _: np.array([99])),
    "scaling factor 0": data("network/scaling_factor", lambda _: 0.0),
    "trials negative": data("trials/number", lambda numbers: -numbers - 1),
    "trials too few": data("trials/number", lambda numbers: numbers[:-1]),
    "trials real numbers": data("trials/number", lambda numbers: numbers + 0.5),
    "conditions too few": data("trials/condition", lambda texts: texts[:-1]),
    "correct numbers": data("trials/correct", lambda _: np.arange(4)),
    "rates negative": data("rates", lambda rates: rates - 1e6),
    "rates of other neurons": data("rates", lambda rates: rates[:, :-1]),
    "output of other steps": data("output", lambda output: output[..., :-1]),
    "output whole numbers": data("output", lambda output: output.astype(np.int32)),
    "voltage of two dimensions": data("voltage", lambda voltage: voltage[:, 0]),
    "inputs NaN": data("inputs", lambda inputs: inputs * np.nan),
    "inputs of other channels": data("inputs", lambda inputs: np.repeat(inputs, 2, axis=-2)),
    "first spikes not increasing": data("spikes/first", lambda first: first[::-1].copy()),
    "first spikes beyond the last": entry("spikes/first", -1, 10**6),
    "first spikes too few": data("spikes/first", lambda first: first[:-1]),
    "neuron 30 of 30": entry("spikes/neuron", 0, 30),
    "neuron -1": entry("spikes/neuron", -1, -1),
    "step behind the end": entry("spikes/step", 0, 10**6),
    "spikes of another trial": entry("spikes/trial", 0, 3),
    "external link": elsewhere("output", _external_link),
    "external link in the network": elsewhere("network/weights", _external_link),
    "external link to a pipe": elsewhere("network/w_in", _link_to_pipe),
    "group behind an external link": elsewhere("spikes/first", _external_link),
    "soft link": elsewhere("voltage", _soft_link),
    "external storage": elsewhere("currents", _external_storage),
    "external storage in the network": elsewhere("network/weights", _external_storage),
    "virtual dataset": elsewhere("output", _virtual),
    "virtual dataset in the network": elsewhere("network/w_in", _virtual),
    "large and not stored": elsewhere("output", _unstored),
    "large and compressed": elsewhere("network/weights", _bomb),
    "another filter": elsewhere("output", _other_filter),
    "no values at all": elsewhere("output", _empty_space),
    "names for numbers": elsewhere("output", _names),
    "a group in itself": _cycle,
}


def altered(good: Path, path: Path, change: Callable[[Any], None]) -> Path:
    """Copy a good file and change it."""
    shutil.copyfile(good, path)
    other = path.with_name("other.h5")
    if not other.exists():
        with h5py.File(other, "w") as file:
            file["x"] = np.full((30, 30), 12345.0)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def use(run: Any) -> None:
    """Touch everything that a simulation offers; numbers must be what they can be."""
    str(run)
    n_trials, n = run.rates.shape
    assert len(run.trials) == n_trials
    assert n == run.network.n_neurons
    assert 0 < run.duration < np.inf
    assert run.network.units is not None
    rates = np.asarray(run.rates)
    assert ((rates >= 0) | np.isnan(rates)).all()
    for name in SAMPLED:
        array = getattr(run, name)
        if array is not None:
            assert np.asarray(array).shape[::2] == (n_trials, run.times(name).size)
            array[n_trials - 1]
    if run.spikes is not None:
        assert len(run.spikes.time) == len(run.spikes)
        assert (np.diff(np.asarray(run.spikes.trial)) >= 0).all()
        total = 0
        for k in range(n_trials):
            neurons, times = run.spikes.of_trial(k)
            assert ((neurons >= 0) & (neurons < n)).all()
            assert ((times > 0) & (times <= run.duration * 1.000001)).all()
            total += len(neurons)
        assert total == len(run.spikes)
        run.spike_matrix(n_trials - 1)
    if run.inputs is not None:
        assert np.isfinite(np.asarray(run.inputs)).all()
    if run.conditions is not None:
        assert len(run.conditions) == n_trials
    if run.correct is not None:
        assert run.correct.shape == (n_trials,)
