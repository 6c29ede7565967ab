"""Reproduce panels: train, tune and test each network once, in threads or on a cluster."""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, file_path, thread_count
from spiking.conversion.conversion import Asked
from spiking.errors import ArgumentError
from spiking.files.output import check_outputs, check_writable
from spiking.parallel.executor import Executor
from spiking.parallel.open import open_executor
from spiking.rate_model.model import RateModel
from spiking.reproduce.conditions import Condition, Panel
from spiking.reproduce.journal import ReproductionJournal, open_reproduction_journal
from spiking.reproduce.measures import MEASURES, Entry
from spiking.reproduce.missing_work import MissingWork, Step, conversion_key, network_key, steps
from spiking.reproduce.paper.panels import find
from spiking.reproduce.paper.spec import Matched, Tested, Tuning
from spiking.reproduce.result import Reproduction, files_of
from spiking.reproduce.train_and_convert import convert_network, train_network

if TYPE_CHECKING:
    from distributed import Client

_CHECK_SECONDS = 0.5  # time between two checks of the cluster
_SEEDS = 100_000  # network k of a run has the seed `seed` * _SEEDS + k


@check_arguments(networks=at_least(1))
def panel(
    which: str | Panel,
    *,
    networks: int,
    seed: int = 1,
    folder: str | os.PathLike[str],
    values: Sequence[float | str] | None = None,
    conversion: Asked = "published",
    threads: int | None = None,
    client: Client | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Reproduction:
    """Reproduce a panel of the paper: ``panel("fig7c", networks=100, seed=1, folder="reproduced")``.

    Each network is trained from its own seed. Its scaling factor is tuned on the paper's grid with 100 trials
    of each candidate (the first of the most accurate), and is tested on 100 fresh trials.

    Parameters
    ----------
    which : str or Panel
        A name of `PANELS`, or a panel of your own.
    networks : int
        Number of networks in each condition. The same call with a larger number adds networks.
    seed : int
        Network k, from 0, has the seed 100,000 x `seed` + k in all conditions; `train` with this seed and the
        options of the condition gives the same network.
    folder : path
        Its ``journal.jsonl`` records the result of each network; after an interruption of any kind
        the same call continues from there and gives the same table. ``networks/`` has the trained models,
        which panels share; it may be deleted.
    values : sequence, optional
        Use only these values of the panel's axis, such as ``(10, 50, 250)``; the table says so.
    conversion : {"published", "matched", "one_offset", "mean_drive", "calibrated"}
        Convert the same trained networks as `find_scaling_factor` does with this conversion, and test them on
        the same fresh trials, which its search does not use. Conditions in which nothing is tuned are left
        out. If the journal also has the published conversions, the two are compared.
    threads : int, optional
        Number of threads, each of which trains or converts one network; all available processors by default.
        Results do not depend on it.
    client : distributed.Client, optional
        Train and convert on the workers of this client instead of in threads.
    progress : callable, optional
        Called with the number of finished steps (trainings and conversions) and the number of all steps.

    Returns
    -------
    Reproduction

    Raises
    ------
    ArgumentError
        The panel or a value of its axis is unknown, another conversion is given for a panel in which nothing
        is tuned, another argument is invalid, or the folder cannot be written.
    ClusterError
        The connection to the scheduler of `client` is lost; the same call continues from there.

    Examples
    --------
    >>> from spiking import tasks
    >>> from spiking.reproduce import Condition, NetworkSpec, Panel, panel
    >>> small = NetworkSpec(tasks.GoNoGo(), 10, (20.0, 50.0), {"max_updates": 100})  # far too few updates
    >>> own = Panel("own", "Ten units", "Units", ("trained",), (Condition(10, small, params=None),))
    >>> result = panel(own, networks=1, seed=1, folder="reproduced")
    >>> result.networks
    1
    """
    chosen = find(which) if isinstance(which, str) else which
    if values is not None:
        chosen = chosen.only(values)
    chosen = chosen.converted_by(conversion)
    for name, value, most in (("networks", networks, _SEEDS), ("seed", seed, 10**9)):
        if value > most:
            raise ArgumentError(f"{name} is {value}; expected at most {most}")
    threads = thread_count(threads)
    place = file_path("folder", folder)
    prepare(place, [chosen])
    seeds = range(_SEEDS * seed, _SEEDS * seed + networks)
    with open_reproduction_journal(place / "journal.jsonl") as journal:
        work = MissingWork(journal, place / "networks", steps(chosen, seeds), progress)
        _run_missing(work, threads, client)
        entries = [_entry(journal, condition, k) for condition in chosen.conditions for k in seeds]
        drawn = _drawn(work, chosen, entries) if chosen.picture else None
    return Reproduction(chosen, networks, seed, tuple(entries), drawn)


def prepare(folder: Path, panels: Sequence[Panel]) -> None:
    """Make the folder of a reproduction; raise ArgumentError if any of its files cannot be written."""
    try:
        (folder / "networks").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)  # although its parents are created: such as in /proc
        reason = "no folder can be created there" if missing else error.strerror or error
        raise ArgumentError(f"{folder} could not be created: {reason}; choose another folder") from None
    check_writable(folder / "networks" / "any.mat")
    check_writable(folder / "journal.jsonl")
    files = [(path, (path.suffix,)) for which in panels for path in files_of(which, folder)]
    check_outputs(files, force=True)  # they are made again from the journal


def _entry(journal: ReproductionJournal, condition: Condition, seed: int) -> Entry:
    """Return a network of a condition, with its results in the journal."""
    network, tuned, tested = condition.network, condition.tuning, condition.tested
    trained = journal.get(network_key(network, seed))
    assert trained is not None
    if tested is None:
        return Entry(condition, seed, trained, None)
    converted = journal.get(conversion_key(network, seed, tuned, tested))
    published = None
    if isinstance(tuned, Matched):
        published = journal.get(conversion_key(network, seed, tuned.params, tested))
    return Entry(condition, seed, trained, converted, published)


def _drawn(work: MissingWork, chosen: Panel, entries: Sequence[Entry]) -> tuple[int, RateModel] | None:
    """Return seed and model of the network to draw: the first that does the task in the most conditions.

    It has the specification of the first condition, and is trained again if its model was deleted.
    """
    candidates = [entry for entry in entries if entry.condition.network == chosen.conditions[0].network]
    successes = Counter({entry.seed: 0 for entry in candidates if entry.trained["converged"]})
    successes.update(entry.seed for entry in candidates if MEASURES["success"].of(entry))
    if not successes:
        return None
    ((seed, _),) = successes.most_common(1)
    step = steps(chosen, [seed])[0]
    model = work.model(step)
    if model is None:
        row, model = train_network(step.network, step.seed, None)
        work.trained(step, row, model)
    return seed, model


def _run_missing(work: MissingWork, threads: int, client: Client | None) -> None:
    """Run the missing steps in threads or on the workers of a client; stop the threads if one fails."""
    stop = threading.Event()

    def check() -> None:
        if stop.is_set():
            raise InterruptedError("the reproduction was stopped")

    with open_executor(threads, client) as executor, executor.guarded():
        try:
            _run(work, executor, None if client else check)
        finally:
            stop.set()


@dataclass(frozen=True, eq=False)
class _Conversion:
    """A trained model that is to be converted and tested."""

    step: Step
    model: RateModel
    tuned: Tuning
    tests: list[Tested]


def _run(work: MissingWork, executor: Executor, check: Callable[[], None] | None) -> None:
    """Run the missing steps; conversions come before trainings, so that networks are finished in turn."""
    queue: deque[Step | _Conversion] = deque(work.unfinished())
    running: dict[Future[Any], Step | _Conversion] = {}

    def convert(step: Step, model: RateModel) -> None:
        wanted = [_Conversion(step, model, tuned, tests) for tuned, tests in work.missing(step)]
        work.count(len(step.conversions) - len(wanted))
        queue.extendleft(reversed(wanted))

    try:
        while queue or running:
            while queue and len(running) < executor.at_once:
                task = queue.popleft()
                if isinstance(task, _Conversion):
                    step = task.step
                    arguments = (task.model, step.network.task, step.seed, task.tuned, task.tests)
                    running[executor.submit(convert_network, *arguments, check)] = task
                elif saved := work.model(task):
                    convert(task, saved)
                else:
                    running[executor.submit(train_network, task.network, task.seed, check)] = task
            done, _ = wait(running, timeout=_CHECK_SECONDS, return_when=FIRST_COMPLETED)
            executor.check()
            for future in done:
                task = running.pop(future)
                if isinstance(task, _Conversion):
                    work.converted(task.step, task.tuned, task.tests, future.result())
                else:
                    row, model = future.result()
                    work.trained(task, row, model)
                    convert(task, model)
    except BaseException:
        for future in running:
            future.cancel()
        raise
