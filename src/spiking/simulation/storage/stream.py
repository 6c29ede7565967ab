"""Write simulations to disk while they run, in blocks of trials, so that a killed run can continue.

An HDF5 file is damaged if its writer is killed, so the result is never written in place. Each block becomes
its own file in the folder ``<file>.parts``, whole or not at all. When all exist they are combined into one
file, which is then moved into place in one step; compressed trials are copied without decompression.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import spiking
from spiking.checks import checked_interval, file_path
from spiking.errors import ArgumentError, ModelFileError
from spiking.files.atomic import replace_file
from spiking.files.digest import digest
from spiking.files.journal import difference
from spiking.files.json_text import parsed
from spiking.files.lock import locked
from spiking.files.output import RUNS, check_output, check_writable
from spiking.files.regular import open_regular
from spiking.interruption import CONTINUES, at_interruption
from spiking.network.network import SpikingNetwork
from spiking.simulation.record import Record
from spiking.simulation.resolved_stimulation import resolve_stimulation
from spiking.simulation.result import Simulation
from spiking.simulation.run_trials import inputs_of_trials, run_trials, trial_numbers
from spiking.simulation.storage import hdf5, npz
from spiking.simulation.task_trials import fresh_seed, run_task_trials
from spiking.tasks import Task
from spiking.tasks.base import check_channels
from spiking.tasks.recorded.identity import identity
from spiking.timing import STEPS_PER_COLUMN, TIME_STEP_S

_BLOCK_BYTES = 2**26
_BLOCK_TRIALS = 100  # a killed run loses a few seconds of work
_IDENTITY = "identity.json"
_FORCE = "or replace it with --force (in Python force=True)"

Progress = Callable[[int], None]


def simulate_to_file(
    output_file: str | os.PathLike[str],
    network: SpikingNetwork,
    inputs: ArrayLike | Task,
    *,
    trials: int | Iterable[int] | None,
    seed: int | None,
    condition: str | None,
    record: Record,
    downsample: int,
    input_interval: float | None,
    progress: Progress | None,
    force: bool,
    **settings: Any,
) -> Simulation:
    """Simulate into a file, or continue an unfinished run; arguments as for `simulate`."""
    given = file_path("output_file", output_file)
    check_output(given, RUNS, force=True)  # an existing run is examined below
    path = Path(os.path.realpath(given))
    if isinstance(inputs, Task):
        check_channels(inputs, network.n_inputs, network.n_outputs, "the network")
        numbers, columns = trial_numbers(trials), inputs.n_steps + 1
    else:
        u = inputs_of_trials(inputs, network.n_inputs, 1)
        if isinstance(u, list):
            raise ArgumentError(
                "inputs are trials of unequal length; expected one length with output_file; simulate without "
                "it, and save the result: simulate(...).save(path)"
            )
        inputs = np.asarray(inputs)
        numbers, columns = trial_numbers(trials, len(u) if u.ndim == 3 else None), u.shape[-1]
    time_step = 1000 * TIME_STEP_S * downsample
    if input_interval is None:
        n_steps = STEPS_PER_COLUMN * ((columns - 1) // downsample)
    else:
        n_steps = checked_interval(input_interval, time_step) * (columns - 1)
    parts = _parts(path)
    in_use = f"{path} is in use: another run is writing it; wait for it to end, or stop it"
    with locked(parts, in_use), at_interruption(lambda: CONTINUES):
        unfinished, existing = _unfinished_identity(parts), hdf5.identity_of(path)
        if seed is None and not force:
            seed = (unfinished or existing or {}).get("seed")
        if seed is None:
            seed = fresh_seed()
        content = {
            "version": spiking.__version__,
            "network": digest(network),
            **(identity(inputs) if isinstance(inputs, Task) else {"inputs": digest(inputs)}),
            "condition": condition,
            "seed": seed,
            "trials": digest(numbers),
            "record": digest(record),
            "stimulation": digest(
                tuple(
                    vars(item)
                    for item in resolve_stimulation(settings["stimulation"], network, n_steps, time_step)
                )
            ),
            "input_noise": np.asarray(settings["input_noise"], float).tolist(),
            "input_interval": input_interval,
            "downsample": downsample,
        }
        if existing != content:
            if path.exists() and not force:
                what = (
                    "no run of simulate"
                    if existing is None
                    else f"a run that differs in: {difference(existing, content)}"
                )
                raise ArgumentError(
                    f"output is {path}, which exists and holds {what}; choose another file, {_FORCE}"
                )
            if unfinished not in (None, content):
                if not force:
                    raise ArgumentError(
                        f"{parts} holds an unfinished run that differs in: "
                        f"{difference(unfinished, content)}; "
                        f"repeat the call that started it, choose another file, {_FORCE}"
                    )
                _remove(parts)
            size = _block_trials(network, record, n_steps, time_step)
            settings |= {
                "seed": seed,
                "record": record,
                "downsample": downsample,
                "input_interval": input_interval,
            }

            def simulate_block(block: slice, advance: Progress | None) -> Simulation:
                options = {**settings, "trials": numbers[block], "progress": advance}
                if isinstance(inputs, Task):
                    return run_task_trials(network, inputs, condition=condition, **options)
                return run_trials(network, inputs[block] if inputs.ndim == 3 else inputs, **options)

            _write_parts(parts, content, numbers, size, simulate_block, progress)
            _combine(parts, path, content, numbers)
        _remove(parts)
    return load(path)


def load(path: Path) -> Simulation:
    """Open a simulation (`Simulation.load`)."""
    parts = [] if path.exists() else _finished(_parts(Path(os.path.realpath(path))))
    if parts:
        return hdf5.read(parts, unfinished=True)
    with open_regular(path, ArgumentError, "a file of a simulation (.h5 or .npz)") as file:
        try:
            is_archive = file.read(2) == b"PK"
        except OSError as error:
            raise ArgumentError(f"{path} could not be read: {error.strerror}") from None
    return npz.load(path) if is_archive else hdf5.read([path])


def save(path: Path, simulation: Simulation, identity: Mapping[str, Any] | None = None) -> None:
    """Write a simulation, whole or not at all (`Simulation.save`)."""
    check_writable(path)
    try:
        replace_file(
            path,
            lambda temporary: hdf5.write(temporary, simulation, identity=identity),
            verify=lambda temporary: _verify(temporary, simulation),
        )
    except ModelFileError as error:
        raise ArgumentError(str(error)) from None


def _verify(written: Path, simulation: Simulation) -> None:
    reread = hdf5.read([written], written_here=True)
    if not np.array_equal(reread.trials, simulation.trials):
        raise ModelFileError("what was written does not read back")


def _parts(path: Path) -> Path:
    return path.with_name(path.name + ".parts")


def _finished(parts: Path) -> list[Path]:
    """Return the blocks of a run in their order; links and pipes, which no run writes, are refused."""
    if parts.is_symlink():
        raise ArgumentError(f"{parts} is a link; expected the folder of an unfinished run: remove the link")
    blocks = sorted(parts.glob("*.h5"))
    for block in blocks:
        if block.is_symlink() or not block.is_file():
            raise ArgumentError(f"{block} is not a file that a run wrote; remove it")
    return blocks


def _leftovers(parts: Path) -> list[Path]:
    """Return temporary files of a killed run; the run is locked, so no other process writes them."""
    return list(parts.glob("*.tmp*"))


def _unfinished_identity(parts: Path) -> Any:
    """Return the identity of an unfinished run, or None if there is none."""
    place = parts / _IDENTITY
    if not os.path.lexists(place):
        if not os.path.lexists(parts) or (
            parts.is_dir() and not parts.is_symlink() and set(parts.iterdir()) <= set(_leftovers(parts))
        ):
            return None
        raise ArgumentError(
            f"{parts} exists and is not from an unfinished run; remove it or choose another file"
        )
    _finished(parts)
    try:
        if place.is_symlink():
            raise ValueError("it is a link")
        with open_regular(place, ArgumentError, "a file") as file:
            return parsed(file.read())
    except (OSError, ValueError) as error:
        raise ArgumentError(f"{place} cannot be read: {error}; delete that folder") from None


def _write_parts(
    parts: Path,
    content: Mapping[str, Any],
    numbers: NDArray[np.int64],
    size: int,
    simulate_block: Callable[[slice, Progress | None], Simulation],
    progress: Progress | None,
) -> None:
    try:
        parts.mkdir(exist_ok=True)
        for leftover in _leftovers(parts):
            leftover.unlink()
        if not (parts / _IDENTITY).exists():
            replace_file(
                parts / _IDENTITY,
                lambda temporary: _write_text(temporary, json.dumps(content)),
                verify=lambda temporary: None,
            )
    except (OSError, ModelFileError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ArgumentError(f"{parts} could not be created: {reason}; choose another file") from None
    blocks = {
        parts / f"{first:09d}.h5": slice(first, min(first + size, len(numbers)))
        for first in range(0, len(numbers), size)
    }
    _check_blocks(_finished(parts), {part: numbers[trials] for part, trials in blocks.items()}, content)
    for part, trials in blocks.items():
        if not part.exists():
            block = simulate_block(trials, _from(progress, trials.start))
            try:
                save(part, block, content)
            except ArgumentError as error:
                raise ArgumentError(
                    f"{error}; earlier trials are saved in {parts}, and the same call continues from them"
                ) from None
        if progress:
            progress(trials.stop)


def _check_blocks(
    existing: list[Path], expected: Mapping[Path, NDArray[np.int64]], content: Mapping[str, Any]
) -> None:
    """Raise ArgumentError if a file among the blocks of a run is not one of them."""
    wanted = json.loads(json.dumps(content))
    for part, (recorded, trials) in zip(existing, hdf5.identities(existing), strict=True):
        if part not in expected or recorded != wanted or not np.array_equal(trials, expected[part]):
            raise ArgumentError(
                f"{part} is not a block of this run; delete it, and its trials are simulated again"
            )


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _from(progress: Progress | None, first: int) -> Progress | None:
    return None if progress is None else lambda done: progress(first + done)


def _combine(parts: Path, path: Path, content: Mapping[str, Any], numbers: NDArray[np.int64]) -> None:
    whole = parts / "whole.tmp"  # in this folder, so that it is removed if the process is killed
    try:
        run = hdf5.read(_finished(parts), written_here=True)  # or checked by `_check_blocks`
        if not np.array_equal(run.trials, numbers):
            raise ArgumentError("trials are missing or there twice")
        save(whole, run, content)
        whole.replace(path)
    except (OSError, ArgumentError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ArgumentError(
            f"{path} could not be written: {reason}; its trials are in {parts}, and the same call puts "
            f"them together"
        ) from None


def _remove(parts: Path) -> None:
    """Remove the parts of a run; its identity last, because the process may be killed in between."""
    if not parts.exists():
        return
    for item in (*_finished(parts), *_leftovers(parts), parts / _IDENTITY):
        item.unlink(missing_ok=True)
    with suppress(OSError):  # it contains other files
        parts.rmdir()


def _block_trials(network: SpikingNetwork, record: Record, n_steps: int, time_step: float) -> int:
    """Return how many trials are simulated and written at once; independent of the machine."""
    size = 8 * network.n_neurons
    for name in hdf5.SAMPLED:
        if name == "output":
            units = network.n_outputs if record.output else 0
        else:
            units = record.neurons(name, network.populations).size
        size += 8 * units * (n_steps // record.stride(name, time_step)) if units else 0
    return max(1, min(_BLOCK_TRIALS, _BLOCK_BYTES // size))
