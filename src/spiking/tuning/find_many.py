"""Find the scaling factors of many models, in threads or on a cluster."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spiking.checks import flag, thread_count, whole_number
from spiking.errors import ArgumentError, ClusterError, SpikingError
from spiking.parallel.executor import Executor
from spiking.parallel.open import open_executor
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded import recorded_scaling_factor, recorded_text
from spiking.tasks import Task
from spiking.tasks.registry import find
from spiking.tasks.settings import check_known
from spiking.tuning.find_one import SearchOptions, search, written_path
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.write_result import remove_leftovers

if TYPE_CHECKING:
    from distributed import Client

_Model = RateModel | str | os.PathLike[str] | Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Tuned:
    """What became of one of many models.

    Attributes
    ----------
    source : str
        The file, or where else the model came from.
    search : ScalingFactorSearch or None
    error : SpikingError or None
        Why there is no result.
    scaling_factor : float or None
        Found now, or recorded in a file that was skipped.

    Examples
    --------
    >>> from spiking.tuning import Tuned
    >>> Tuned("model.mat", scaling_factor=30.0).skipped  # its file had a factor already
    True
    """

    source: str
    search: ScalingFactorSearch | None = None
    error: SpikingError | None = None
    scaling_factor: float | None = None

    @property
    def skipped(self) -> bool:
        """Whether the file had been tuned already."""
        return self.search is None and self.error is None


def find_scaling_factors(
    models: Iterable[_Model],
    task: Task | str | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    seed: int = 1,
    threads: int | None = None,
    client: Client | None = None,
    write: bool = False,
    force: bool = False,
    progress: Callable[[int, int, int], None] | None = None,
    **options: Any,
) -> tuple[Tuned, ...]:
    """Find the scaling factors of many models, several at a time.

    Parameters
    ----------
    models : iterable of RateModel, path or mapping
    task : Task or str, optional
        For all models; None: the one that each file records. Of a name, with the settings that a file
        records for it.
    settings : mapping of str to value, optional
        Of the task; win over those that a file records.
    seed : int
        Every model is searched with it; results are those of `find_scaling_factor`, to the bit.
    threads : int, optional
        Threads that simulate; all available processors by default.
    client : distributed.Client, optional
        Simulate on its workers instead. Model files are read and written here.
    write : bool
        Write each result into its file, as soon as it is there (see `find_scaling_factor`).
    force : bool
        With `write`: also tune files that have been tuned, which are skipped by default, and those of which
        an unfinished search had other settings.
    progress : callable, optional
        Called with the number of models finished, and of candidates and trials run.
    **options
        `method`, `candidates`, `trials`, `choice`, `margin`, `extend`, `downsample`, `params`,
        `conversion`, as in `find_scaling_factor`.

    Returns
    -------
    tuple of Tuned
        In the order of `models`. A model that cannot be used, or whose file cannot be written, does not
        stop the others.

    Raises
    ------
    ArgumentError
        An argument cannot be used.
    ClusterError
        The scheduler of `client` is gone; with `write`, the same call goes on where this one stopped.

    Examples
    --------
    >>> from spiking import datasets, find_scaling_factors
    >>> models = [datasets.load("go-nogo"), datasets.load("xor")]
    >>> options = {"method": "grid", "candidates": [30], "n_trials": 4, "extend": False}
    >>> [tuned.scaling_factor for tuned in find_scaling_factors(models, seed=1, force=True, **options)]
    [30.0, 30.0]
    """
    if isinstance(models, str | os.PathLike | Mapping | RateModel) or not isinstance(models, Iterable):
        raise ArgumentError(f"models is {models!r:.60}; expected several, such as a list of one")
    write, force = flag("write", write), flag("force", force)
    given = list(models)
    try:
        chosen = SearchOptions(**options)
    except TypeError:
        names = ", ".join(field.name for field in dataclasses.fields(SearchOptions))
        raise ArgumentError(f"options are {', '.join(options)}; expected some of {names}") from None
    kind = find(task) if isinstance(task, str) else task  # a name is wrong for all models
    if isinstance(kind, type):
        check_known(kind, settings or ())
    seed = whole_number("seed", seed, 0)
    threads = thread_count(threads)
    stop, count = threading.Event(), _Count(progress)

    def one(executor: Executor, model: _Model) -> Tuned:
        source = "a mapping"
        try:
            loaded = model if isinstance(model, RateModel) else RateModel.load(model)
            source = loaded.source
            recorded = recorded_scaling_factor(loaded)
            path = written_path(model) if write else None
            if path is not None and not force and recorded is not None:
                remove_leftovers(path, recorded_text(loaded, "tuning") or "")
                return Tuned(source, scaling_factor=recorded)
            counted = count.one_search()
            found = search(
                executor,
                loaded,
                kind,
                seed,
                chosen,
                path=path,
                force=force,
                settings=settings,
                threads=threads,
                progress=counted,
            )
            return Tuned(source, found, scaling_factor=found.scaling_factor)
        except ClusterError:
            raise
        except SpikingError as error:
            return Tuned(os.fsdecode(model) if isinstance(model, str | os.PathLike) else source, error=error)
        finally:
            count.model()

    def check() -> None:
        if stop.is_set():
            raise InterruptedError("the search was stopped")

    with (
        open_executor(threads, client, check) as executor,
        ThreadPoolExecutor(executor.at_once + 1) as searches,  # one may wait for its file
    ):
        futures = [searches.submit(one, executor, model) for model in given]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            stop.set()
            searches.shutdown(cancel_futures=True)
            raise
    return tuple(future.result() for future in futures)


class _Count:
    """Counts finished models, and candidates and trials that have been run, from several threads."""

    def __init__(self, progress: Callable[[int, int, int], None] | None) -> None:
        self._progress, self._lock = progress, threading.Lock()
        self._models, self._trials = 0, 0
        self._candidates: set[tuple[object, float]] = set()

    def model(self) -> None:
        with self._lock:
            self._models += 1
            self._tell()

    def one_search(self) -> Callable[[float, int], None]:
        """Return what counts the trials of a model's candidates."""
        search = object()

        def trials(factor: float, n: int) -> None:
            with self._lock:
                self._candidates.add((search, factor))
                self._trials += n
                self._tell()

        return trials

    def _tell(self) -> None:
        if self._progress:
            self._progress(self._models, len(self._candidates), self._trials)
