"""Find the scaling factors of many models, in threads or on a cluster."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spiking.check_arguments import check_arguments
from spiking.checks import sequence, shown, thread_count
from spiking.errors import ArgumentError, ClusterError, SpikingError
from spiking.parallel.executor import Executor
from spiking.parallel.open import open_executor
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import recorded_scaling_factor, recorded_text
from spiking.short_repr import short_repr
from spiking.tasks import Task
from spiking.tasks.given_inputs import TaskLike
from spiking.tasks.parse_settings import check_known
from spiking.tasks.registry import find
from spiking.tuning.find_one import search, written_path
from spiking.tuning.options import SearchOptions
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.tuned_file import remove_leftovers

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True, eq=False)
class Tuned:
    """The result, or the error, of one of many models.

    Attributes
    ----------
    source : str
        The file or another origin of the model.
    search : ScalingFactorSearch or None
        The result; None if the search failed or the file was skipped.
    error : SpikingError or None
        Why the search failed.
    scaling_factor : float or None
        The factor of the result, or the recorded factor of a skipped file.

    Examples
    --------
    >>> from spiking.tuning import Tuned
    >>> Tuned("model.mat", scaling_factor=30.0).skipped
    True
    """

    source: str
    search: ScalingFactorSearch | None = None
    error: SpikingError | None = None
    scaling_factor: float | None = None

    __repr__ = short_repr

    @property
    def skipped(self) -> bool:
        """Whether the file already had a scaling factor and was not tuned again."""
        return self.search is None and self.error is None


@check_arguments()
def find_scaling_factors(
    models: Iterable[AnyModel],
    task: TaskLike | None = None,
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
    models : iterable of RateModel, path, str or mapping
        Models, their files, or names of models that come with the package.
    task : Task or str, optional
        The task of all models; by default the task that each file records. A task given by name has the
        settings that the file records for it.
    settings : mapping of str to value, optional
        Settings of the task; they override those that a file records.
    seed : int
        Seed of the search of each model; the results are exactly those of `find_scaling_factor`.
    threads : int, optional
        Number of threads that simulate; all available processors by default. Results do not depend on it.
    client : distributed.Client, optional
        Simulate on the workers of this client instead of in threads. Model files are read and written in this
        process.
    write : bool
        Write each result into its file as soon as the search ends (see `find_scaling_factor`).
    force : bool
        With `write`, also tune files that already have a scaling factor, which are skipped by default, and
        files with an unfinished search that had other settings.
    progress : callable, optional
        Called with the numbers of finished models, of candidates and of trials.
    **options
        `method`, `candidates`, `trials`, `choice`, `margin`, `extend`, `downsample`, `params`,
        `conversion`, `noises`, as in `find_scaling_factor`.

    Returns
    -------
    tuple of Tuned
        In the order of `models`. An invalid model, or a file that cannot be written, does not stop the
        others; its `~spiking.tuning.Tuned` has the error.

    Raises
    ------
    ArgumentError
        An argument is invalid.
    ClusterError
        The connection to the scheduler of `client` is lost. With `write`, the same call continues from there.

    Examples
    --------
    >>> from spiking import datasets, find_scaling_factors
    >>> models = [datasets.load("go-nogo-sigmoid"), datasets.load("xor-sigmoid")]
    >>> options = {"method": "grid", "candidates": [30], "trials": 4, "extend": False}
    >>> [tuned.scaling_factor for tuned in find_scaling_factors(models, seed=1, force=True, **options)]
    [30.0, 30.0]
    """
    if isinstance(models, str | os.PathLike | Mapping | RateModel):
        raise ArgumentError(f"models is {shown(models)}; expected a list of models")
    given = sequence("models", models)
    try:
        chosen = SearchOptions(**options)
    except TypeError:
        names = ", ".join(field.name for field in dataclasses.fields(SearchOptions))
        raise ArgumentError(f"options are {', '.join(options)}; expected some of {names}") from None
    kind = find(task) if isinstance(task, str) else task  # an unknown name is an error for all models
    if isinstance(kind, type) and issubclass(kind, Task):
        check_known(kind, settings or ())
    threads = thread_count(threads)
    stop, count = threading.Event(), _Count(progress)

    def tune(executor: Executor, model: AnyModel) -> Tuned:
        source = "a mapping"
        try:
            loaded = rate_model("model", model)
            source = loaded.source
            recorded = None if loaded.trained_params else recorded_scaling_factor(loaded)
            path = written_path(model) if write else None
            if path is not None and not force and recorded is not None:
                remove_leftovers(path, recorded_text(loaded, "tuning") or "")
                return Tuned(source, scaling_factor=recorded)
            result = search(
                executor,
                loaded,
                kind,
                seed,
                chosen,
                path=path,
                force=force,
                settings=settings,
                threads=threads,
                progress=count.add_search(),
            )
            return Tuned(source, result, scaling_factor=result.scaling_factor)
        except ClusterError:
            raise
        except SpikingError as error:
            return Tuned(os.fsdecode(model) if isinstance(model, str | os.PathLike) else source, error=error)
        finally:
            count.add_model()

    def check() -> None:
        if stop.is_set():
            raise InterruptedError("the search was stopped")

    with (
        open_executor(threads, client, check) as executor,
        ThreadPoolExecutor(executor.at_once + 1) as searches,  # one of them may be waiting for its file
    ):
        futures = [searches.submit(tune, executor, model) for model in given]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            stop.set()
            searches.shutdown(cancel_futures=True)
            raise
    return tuple(future.result() for future in futures)


class _Count:
    """Counts finished models, candidates and trials in several threads."""

    def __init__(self, progress: Callable[[int, int, int], None] | None) -> None:
        self._progress, self._lock = progress, threading.Lock()
        self._models, self._trials = 0, 0
        self._candidates: set[tuple[object, float]] = set()

    def add_model(self) -> None:
        with self._lock:
            self._models += 1
            self._report()

    def add_search(self) -> Callable[[float, int], None]:
        """Return a function that counts the trials of a model's candidates."""
        search = object()

        def add_trials(factor: float, n: int) -> None:
            with self._lock:
                self._candidates.add((search, factor))
                self._trials += n
                self._report()

        return add_trials

    def _report(self) -> None:
        if self._progress:
            self._progress(self._models, len(self._candidates), self._trials)
