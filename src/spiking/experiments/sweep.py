"""Run a task at every point of a grid of experiments."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import spiking
from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import file_path, thread_count
from spiking.errors import ArgumentError, warn
from spiking.evaluation.both_networks import check_sizes
from spiking.evaluation.evaluate import network_task
from spiking.evaluation.smoothing import Smoothing
from spiking.experiments.lesioned_units import UNIT, population_of, with_units
from spiking.experiments.result import Sweep, named
from spiking.experiments.sweep_grid import (
    SweepPoint,
    axes,
    check_names,
    naming_point,
    points,
    warn_of_settings,
)
from spiking.experiments.sweep_work import SpikingWork, conditions_of, rate_trials, row, trials_of
from spiking.files.digest import digest
from spiking.network.network import SpikingNetwork
from spiking.network.open import AnyNetwork, open_network
from spiking.parallel.blocks import TrialRunner, block_trials, run_block
from spiking.parallel.open import open_executor
from spiking.parallel.trial_journal import Known, open_trials
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import recorded_scaling_factor, task_for
from spiking.simulation.resolved_stimulation import AnyStimulation, warn_of_windows, windows_of
from spiking.tasks import Task
from spiking.tasks.given_inputs import TaskLike
from spiking.tasks.recorded.identity import identity
from spiking.typing import Floats

if TYPE_CHECKING:
    from distributed import Client


@check_arguments(grid=unchecked)
def sweep(
    network: AnyNetwork,
    task: TaskLike | None = None,
    *,
    grid: Mapping[str, Any],
    trials: int = 100,
    seed: int = 1,
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None = None,
    strict: bool = False,
    smoothing: Smoothing | None = None,
    downsample: int = 1,
    common_random_numbers: bool = True,
    rate_network: bool | AnyModel = False,
    journal: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    client: Client | None = None,
    progress: Callable[[int], None] | None = None,
) -> Sweep:
    """Run a task at every point of a grid: ``sweep(network, "mante", grid={"refractory": [0, 2]}, seed=1)``.

    Parameters
    ----------
    network : SpikingNetwork, RateModel, path, str or mapping
        A rate model is converted with the scaling factor that its file records, unless the grid varies it. A
        path is that of a model file or of a network file (`SpikingNetwork.save`), a name that of a model that
        comes with the package.
    task : Task or str, optional
        A task, or a name that `spiking.tasks.get` accepts; by default the task that a rate model's file
        records.
    grid : mapping of str to values
        The names to vary and their values. With several names, each combination is run; the names are applied
        in the order of the mapping, a spread after its constant, and delays and plasticity of all connections
        before those of some. Names with numbers as values:

        - any field of `LIFParams`, such as ``"refractory"``; with ``.sd``, such as ``"threshold.sd"``, its
          standard deviation over the neurons (`~spiking.neuron.Distribution`: normal for voltages, lognormal
          for the others, drawn with `seed`, unless the network has a distribution of its own);
        - ``"adaptation.jump"``, ``"adaptation.tau"`` (the time constant is 100 ms unless varied or given);
        - ``"delays.exc.inh"`` (from `pre` to `post`; either may be left out): ms;
        - ``"plasticity.recovery.exc.inh"``, and `utilisation` and `facilitation` instead of `recovery`: what
          the same connections do not have yet is as in `~spiking.network.ShortTermPlasticity`;
        - ``"scaling_factor"`` (applied before all others), ``"downsample"``;
        - ``"task.delay"`` and the other settings of the task, times in ms;
        - ``"stimulation.amplitude"`` and the other fields of `stimulation`;
        - ``"scale_weights.inh.exc"`` (from `pre` to `post`; either may be left out): the factor;
        - ``"cut.inh.exc"``, ``"shuffle_weights.exc"``, ``"lesion.inh"``: the fraction, chosen with `seed`;
        - ``"lesion_unit"``: the unit that is lesioned, ``"none"`` for no lesion, or a population, such as
          ``["none", "inh"]``, for each of its units.

        Under any name, values may be functions that take a network and return a network: a list of named
        functions, or a mapping from labels for the table to functions, such as ``{"I to E": {"intact": lambda
        net: net, "cut": lambda net: net.cut(pre="inh", post="exc")}}``.
    trials : int
        Number of trials at each point.
    seed : int
        Seed of the trials and of the noise; `evaluate` scores the same trials for the same seed.
    stimulation, downsample
        As in `simulate`.
    strict, smoothing
        As in `evaluate`.
    common_random_numbers : bool
        All points use the same trials and the same noise, so that they differ only in the varied names. If
        False, each point has different trials, so that the points are independent.
    rate_network : bool, RateModel, path, str or mapping
        Also run the rate network, in the same trials, with the same changes of units, connections and task:
        the table has a row for each network at each point. True: `network`, which is a rate model; or the
        model, its file or its name, if `network` is a spiking network. It needs changes that both networks
        have, and the same trials at all points. Constants of the neurons, the scaling factor and stimulation
        do not change it.
    journal : path, optional
        Record finished trials in this file. If the call is stopped in any way, the same call continues from
        the file and gives the same table. Points and trials may be added. The file is kept; delete it when it
        is no longer needed.
    threads : int, optional
        Number of threads; all available processors by default. Results do not depend on it.
    client : distributed.Client, optional
        Simulate on the workers of this client instead of in threads.
    progress : callable, optional
        Called with the number of finished trials.

    Returns
    -------
    Sweep

    Warns
    -----
    UserWarning
        The journal has trials of another version of the task, which are not used. Or a name of the grid is
        that of a constant of the network, which is varied, and of a setting of the task, which is not. Or the
        window of a stimulation reaches beyond the trial, or seems to be in seconds.

    Raises
    ------
    ArgumentError
        An argument is invalid, no task is given or recorded, or the grid has an unknown name or an invalid
        value (the message names the point); all this is checked before the first simulation. Or another
        process uses the journal.
    ModelFileError
        The model file is invalid.
    ClusterError
        The connection to the scheduler of `client` is lost.

    Examples
    --------
    >>> from spiking import datasets, sweep
    >>> result = sweep(datasets.load("go-nogo"), grid={"refractory": [2.0, 10.0]}, trials=5, seed=1)
    >>> [row["refractory"] for row in result.rows]
    [2.0, 10.0]
    """
    threads = thread_count(threads)
    check_names(grid)
    base = _base(network, task, grid, stimulation, downsample, seed)
    varied = axes(with_units(grid, base.network.populations))
    warn_of_settings(varied, base.task)
    base = dataclasses.replace(base, rate=_rate_network(rate_network, base, common_random_numbers))
    labels, works, wanted, rates, keys = [], [], [], [], []
    task_keys: dict[int, tuple[str, str]] = {}  # of each task object: its key in a journal, and its version
    for k, (names, point) in enumerate(points(base, varied)):
        work = SpikingWork(
            point.network, point.task, seed, point.stimulation, point.downsample, strict, smoothing
        )
        if id(point.task) not in task_keys:
            task_keys[id(point.task)] = _task_keys(point.task)
        with naming_point(names):
            keys.append(" ".join((*task_keys[id(point.task)], work.digest())))
        labels.append(names)
        rates.append(point.rate)
        works.append(work)
        first = 0 if common_random_numbers else k * trials
        wanted.append(range(first, first + trials))
    windows = {(windows_of(work.stimulation), work.task.duration): work.stimulation for work in works}
    for (_, trial), acting in windows.items():
        warn_of_windows(acting, trial)
    by_key = dict(zip(keys, works, strict=True))
    # Points may have the same key, for example where the weights are scaled by 1.
    needed: dict[str, set[int]] = {key: set() for key in keys}
    for key, numbers in zip(keys, wanted, strict=True):
        needed[key].update(numbers)

    rate_results = _rate_results(rates, works, [task_keys[id(work.task)] for work in works], trials)
    done = 0
    opened: Any = nullcontext()
    if journal is not None:
        path = file_path("journal", journal)
        opened = open_trials(path, {"format": _FORMAT}, doing="making this sweep")
    with opened as trial_journal, open_executor(threads, client) as executor:
        hold = functools.cache(lambda key: executor.hold(by_key[key]))
        known: Known = trial_journal.known if trial_journal else {}
        unused = sum(len(known[key].keys() - needed.get(key, set())) for key in known)
        versions = dict(task_keys.values())
        outdated = [key for key in known if _is_outdated(key, versions)]
        if outdated:
            n_outdated = sum(len(known[key]) for key in outdated)
            warn(
                f"{journal} has {n_outdated} trials that are not used: the code or the random trials of the "
                f"task {base.task.name}, or the version of spiking or Python, has changed"
            )

        def record(key: str, first: int, values: Floats) -> None:
            nonlocal done
            if trial_journal:
                trial_journal.add(key, first, values)
            done += len(values)
            if progress:
                progress(done)

        lengths = {work.task.n_steps: work.task for work in works}
        longest = lengths[max(lengths)]
        size = block_trials(executor.block_seconds, longest, base.network.n_neurons, downsample)
        runner: TrialRunner[str] = TrialRunner(
            lambda keys, *trials: executor.submit(run_block, [hold(key) for key in keys], keys, *trials),
            size,
            known,
            record,
            executor.check,
        )
        with executor.guarded():
            for n_steps in lengths:  # trials of different lengths do not have the same noise in memory
                own = {key: sorted(needed[key]) for key in needed if by_key[key].task.n_steps == n_steps}
                runner(own)
            results = [runner({key: numbers})[key] for key, numbers in zip(keys, wanted, strict=True)]
    rows, by_trial = [], []
    drawn: dict[tuple[int, range], tuple[str, ...]] = {}  # conditions, of each task object and its trials
    for names, work, numbers, values, rate in zip(labels, works, wanted, results, rate_results, strict=True):
        own_trials = id(work.task), numbers
        if own_trials not in drawn:
            drawn[own_trials] = conditions_of(work.task, seed, numbers)
        for network_name, measured in (("spiking", values), ("rate", rate)):
            if measured is not None:
                kind = (
                    {"population": population_of(names[UNIT], work.network.populations)}
                    if UNIT in names
                    else {}
                )
                rows.append(
                    {**names, **kind, "network": network_name, **row(work, measured, drawn[own_trials])}
                )
                by_trial.append(trials_of(measured, numbers, drawn[own_trials]))
    result = Sweep(
        names=tuple(grid),
        task=base.task,
        n_trials=trials,
        seed=seed,
        strict=strict,
        rows=tuple(rows),
        by_trial=tuple(by_trial),
        unused=unused,
    )
    return named(result, _name_of(network, base))


_FORMAT = "spiking sweep journal 1"


def _name_of(network: AnyNetwork, base: SweepPoint) -> str:
    """Return the name of the file that a network came from; empty if it is not known."""
    if base.model is not None:
        return Path(base.model.source).name
    return Path(network).name if isinstance(network, str | os.PathLike) else ""


def _task_keys(task: Task) -> tuple[str, str]:
    """Return the key of a task with its settings in a journal, and a digest of its version."""
    described = identity(task)
    key = f"{described['task']} {digest(described['task_settings'])[:16]}"
    return key, digest(spiking.__version__, described)[:16]


def _is_outdated(key: str, versions: Mapping[str, str]) -> bool:
    """Return whether a key of the journal is of one of these tasks, but of another version of it."""
    task, _, rest = key.rpartition(" ")[0].rpartition(" ")
    return task in versions and rest != versions[task]


def _base(
    network: AnyNetwork,
    task: TaskLike | None,
    grid: Mapping[str, Any],
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None,
    downsample: int,
    seed: int,
) -> SweepPoint:
    model: RateModel | None = None
    network = open_network(network)
    if isinstance(network, RateModel):
        model = network
        untuned = recorded_scaling_factor(model) is None
        if untuned and "scaling_factor" not in grid:
            raise ArgumentError(
                f"{model.source} has no tuned scaling factor; tune it (find_scaling_factor or spiking tune), "
                f"vary scaling_factor: grid={{'scaling_factor': [50]}} (--vary scaling_factor=50), or give "
                f"SpikingNetwork.from_rate(model, 50)"
            )
        # The grid replaces the factor 1.
        network = SpikingNetwork.from_rate(model, 1.0 if untuned else None)
    chosen = network_task(network, task) if model is None else task_for(model, task)
    return SweepPoint(network, model, chosen, stimulation, downsample, seed)


def _rate_network(rate_network: object, base: SweepPoint, common_random_numbers: bool) -> RateModel | None:
    """Return the rate model to run beside the spiking network, or None."""
    if rate_network is False:
        return None
    if not common_random_numbers:
        raise ArgumentError(
            "rate_network is given with common_random_numbers=False; expected common random numbers"
        )
    if rate_network is True:
        if base.model is None:
            raise ArgumentError(
                "rate_network is True with a spiking network alone; expected its rate model or the model's "
                "file: rate_network='model.mat' (--rate-model model.mat)"
            )
        return base.model
    if base.model is not None:
        raise ArgumentError("rate_network is a model and network is a rate model; expected rate_network=True")
    model = rate_model("rate_network", rate_network, "True, False, a RateModel").nonnegative()
    check_sizes(base.network, model)
    return model


def _rate_results(
    rates: Sequence[RateModel | None], works: Sequence[SpikingWork], task_keys: Sequence[Any], trials: int
) -> list[Floats | None]:
    """Run the rate networks of all points; points may have the same network and task."""
    known: dict[str, Floats] = {}
    results: list[Floats | None] = []
    for rate, work, task_key in zip(rates, works, task_keys, strict=True):
        if rate is None:
            results.append(None)
            continue
        key = digest(task_key, rate.w, rate.som_mask, rate.w_in, rate.w_out)
        if key not in known:
            known[key] = rate_trials(rate, work, trials)
        results.append(known[key])
    return results
