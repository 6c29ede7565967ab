"""Find the scaling factor of a model."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from spiking.checks import flag, thread_count, whole_number
from spiking.conversion.conversion import Asked
from spiking.errors import ArgumentError
from spiking.neuron.params import LIFParams
from spiking.parallel.executor import Executor
from spiking.parallel.open import open_executor
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded import task_for
from spiking.tasks import Task
from spiking.tuning.matched import matched_candidates, search_matched
from spiking.tuning.options import Choice, Method, SearchOptions
from spiking.tuning.published import search_published
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.work import Work, trial_runner
from spiking.tuning.write_result import tuned_file


def find_scaling_factor(
    model: RateModel | str | os.PathLike[str] | Mapping[str, Any],
    task: Task | str | None = None,
    *,
    seed: int = 1,
    method: Method = "auto",
    candidates: Sequence[float] | None = None,
    trials: int = 100,
    choice: Choice = "plateau",
    margin: float = 0.05,
    extend: bool = True,
    downsample: int = 1,
    params: LIFParams | None = None,
    conversion: Asked = "published",
    write: bool = False,
    force: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> ScalingFactorSearch:
    """Find the scaling factor with which a model's spiking network answers a task best.

    Parameters
    ----------
    model : RateModel, path or mapping
    task : Task or str, optional
        A task or what `spiking.tasks.get` takes; None: the one that the model's file records.
    seed : int
        Of all trials: the same seed finds the same.
    method : {"auto", "grid"}
        ``grid`` runs `trials` of every candidate, as published. ``auto`` starts at the factor that matches
        the recurrent drives of spiking and rate network (``spiking.evaluation.drive``) and races: candidates
        that are significantly worse than the best on the same trials drop out; it uses at most 40 % of the
        grid's trials, fresh ones included.
    candidates : sequence of float, optional
        For ``grid`` 20, 25, ..., 75 (softplus and clipped_relu: 4, 6, ..., 26), as published. ``auto``
        chooses multiples of half the published step as it goes; if candidates are given it races these.
    trials : int
        Of every candidate (``auto``: at most), and as many fresh ones to score the choice.
    choice : {"plateau", "first"}
        The middle of the plateau of candidates that are statistically tied with the best, or the first (the
        smallest) of the most accurate, as published.
    margin : float
        ``auto`` ends when no candidate can be more accurate than the best by more than this.
    extend : bool
        Go beyond the range of the candidates where the best lie at its edge, down to 0 and up to twice.
    downsample : int
        As in `simulate`: faster, less accurate.
    params : LIFParams, optional
        Constants of neurons and synapses; the published ones by default.
    conversion : {"published", "matched", "one_offset", "mean_drive"}
        Which conversion (see `spiking.conversion`); ``matched`` compares both variants. Each has 10
        candidates, 2 gains times 5 multiples of the fitted factor, which run 10 trials each. If the best one
        is right in all of 40 it is chosen, else the most accurate of the best 4 in 40, between equals that of
        the smallest output error. If that is wrong in any, a lower gain with 4 multiples and, if asked for
        ``matched``, the published grid are tried in the same way. Candidates are left as soon as they cannot
        win: both variants take about 130 trials, at most 640, and 8 for the drive. `trials` is how many
        fresh ones score it (and most of a candidate). `method`, `candidates`, `choice`, `margin` and
        `extend` are for the published one only.
    write : bool
        Write the result into the model's file: ``opt_scaling_factor``, ``all_perfs``, ``scaling_factors`` as
        published, everything else as JSON in ``tuning``. Every block of trials is then kept in a journal
        beside it, from which the same call goes on if it was stopped; it gives the same result.
    force : bool
        With `write`: drop the journal of a search with other settings that was stopped.
    threads : int, optional
        All available processors by default. Results do not depend on it.
    progress : callable, optional
        Called with the number of trials in each block that is done.

    Returns
    -------
    ScalingFactorSearch

    Raises
    ------
    ArgumentError
        An argument cannot be used, no task is known, or the file is being tuned by someone else, or was with
        other settings and that search was stopped.
    ModelFileError
        The file is no usable model, cannot be written, or was changed or removed meanwhile; what was
        simulated stays in the journal.

    Examples
    --------
    >>> from spiking import datasets, find_scaling_factor
    >>> found = find_scaling_factor(datasets.load("go-nogo"), seed=1, candidates=[20, 30, 90], trials=20)
    >>> found.scaling_factor < 90
    True
    """
    options = SearchOptions(
        method=method,
        candidates=candidates,
        trials=trials,
        choice=choice,
        margin=margin,
        extend=extend,
        downsample=downsample,
        params=params,
        conversion=conversion,
    )
    seed = whole_number("seed", seed, 0)
    threads = thread_count(threads)
    path = written_path(model) if flag("write", write) else None
    loaded = model if isinstance(model, RateModel) else RateModel.load(model)
    with open_executor(threads) as executor:
        told = (lambda factor, n: progress(n)) if progress else None
        how: dict[str, Any] = {"path": path, "force": force, "threads": threads, "progress": told}
        return search(executor, loaded, task, seed, options, **how)


def written_path(model: object) -> Path:
    """Return the path of a model into which the result is to be written."""
    if not isinstance(model, str | os.PathLike):
        raise ArgumentError("write=True needs the path of a model file, into which the result is written")
    return Path(os.fsdecode(model))


def search(
    executor: Executor,
    model: RateModel,
    task: Task | type[Task] | str | None,
    seed: int,
    options: SearchOptions,
    *,
    path: Path | None,
    force: bool = False,
    settings: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Callable[[float, int], object] | None = None,
) -> ScalingFactorSearch:
    """Search in an executor; `path` is the file that the result goes into, if any; task as of `task_for`.

    `threads` are for what does not run in the executor, the comparison of drives.
    `progress` is called with candidate and number of trials of each block that is done.
    """
    began = time.perf_counter()
    needed = dataclasses.replace(
        model, extras={}, forms={}, w0=None, taus_gaus0=None
    )  # it may have to travel
    work = Work(
        needed, task_for(model, task, settings), seed, options.downsample, options.params, threads=threads
    )
    if options.conversion != "published":
        candidates = matched_candidates(
            needed,
            work.task,
            conversion=options.conversion,
            seed=seed,
            params=options.params,
            downsample=options.downsample,
        )
        work = dataclasses.replace(work, candidates=candidates)

    with tuned_file(path, work, force=force) as file:

        def record(point: Any, first: int, values: NDArray[Any]) -> None:
            file.add(point, first, values)
            if progress:
                progress(point, len(values))

        scores = trial_runner(executor, work, file.known, record)
        with executor.guarded():
            found = (search_matched if work.candidates else search_published)(scores, work, options)
        found = dataclasses.replace(found, model=model, seconds=time.perf_counter() - began)
        executor.check()
        file.finish(found)
    return found
