"""Find the scaling factor of a model."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import file_path, shown, thread_count
from spiking.conversion.choose import warn_of_lambda
from spiking.conversion.conversion import Asked
from spiking.errors import ArgumentError
from spiking.neuron.params import LIFParams
from spiking.parallel.executor import Executor
from spiking.parallel.open import open_executor
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.load import is_shipped
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import task_for
from spiking.tasks import Task
from spiking.tasks.given_inputs import TaskLike
from spiking.tuning.matched import matched_candidates, search_matched
from spiking.tuning.options import Choice, Method, SearchOptions
from spiking.tuning.published import search_published
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.trial_setup import TrialSetup, rate_outputs, trial_runner
from spiking.tuning.tuned_file import tuned_file


@check_arguments(noises=unchecked, candidates=unchecked)
def find_scaling_factor(
    model: AnyModel,
    task: TaskLike | None = None,
    *,
    seed: int = 1,
    method: Method = SearchOptions.method,
    candidates: Sequence[float] | None = SearchOptions.candidates,
    trials: int = SearchOptions.trials,
    choice: Choice = SearchOptions.choice,
    margin: float = SearchOptions.margin,
    extend: bool = SearchOptions.extend,
    downsample: int = SearchOptions.downsample,
    params: LIFParams | None = SearchOptions.params,
    conversion: Asked = SearchOptions.conversion,
    noises: Sequence[float] | None = SearchOptions.noises,
    write: bool = False,
    force: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> ScalingFactorSearch:
    """Find the scaling factor with which the spiking network of a model is most accurate.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package.
    task : Task or str, optional
        A task, or a name that `spiking.tasks.get` accepts; by default the task that the model's file records.
    seed : int
        Seed of all trials and of their noise. The same seed gives the same result.
    method : {"auto", "grid"}
        ``grid`` runs `trials` of each candidate, as published. ``auto`` starts at the factor that matches
        the recurrent drives of spiking and rate network (``spiking.evaluation.recurrent_drive``) and races:
        candidates that are significantly worse than the best on the same trials drop out. It uses at most
        40 % of the trials of the grid, including the fresh ones.
    candidates : sequence of float, optional
        The factors to compare. By default, ``grid`` uses the published 20, 25, ..., 75 (softplus and
        clipped_relu: 4, 6, ..., 26), and ``auto`` chooses multiples of half the published step during the
        search.
    trials : int
        Number of trials of each candidate (``auto``: maximum number), and of fresh trials that score the
        chosen one.
    choice : {"plateau", "first"}
        Choose from the plateau of candidates that are statistically tied with the best: with ``auto`` the
        candidate whose output differs least from that of the rate network (NRMSE, see
        `ScalingFactorSearch`), of those that are less accurate than the best by at most `margin`; with
        ``grid`` the middle one. Or choose the first (the smallest) of the most accurate candidates, as
        published.
    margin : float
        ``auto`` ends when no candidate can be more accurate than the best by more than this, and chooses none
        that is less accurate by more.
    extend : bool
        If the best candidates are at an edge of the range, also try candidates beyond it, down to 0 and up to
        twice the largest.
    downsample : int
        As in `simulate`: faster, but less accurate.
    params : LIFParams, optional
        Constants of neurons and synapses; the published ones by default.
    conversion : {"published", "matched", "one_offset", "mean_drive", "calibrated"}
        The conversion (see `spiking.conversion`); ``matched`` compares both variants, ``one_offset`` and
        ``mean_drive``. A variant has 20 candidates, 5 gains times 4 multiples of the fitted factor, which run
        4 trials each. Of those that are not less accurate than the candidate closest to the rate network, and
        whose NRMSE is at most 0.1 larger, the candidate with the lowest mean rate is chosen; it is tested in
        `trials` trials. If it is right in less than 95 %, two further multiples and, with ``matched``, the
        published grid are tried as well. ``calibrated`` has one candidate, which is only scored on fresh
        trials. `method`, `candidates`, `choice`, `margin` and `extend` are options of the
        published conversion only.
    noises : sequence of float, optional
        Strengths of the membrane's noise (`LIFParams.noise`, mV a step) to compare in a matched search: each
        multiplies the number of candidates, which are fitted to the f-I curve with this noise. The chosen
        network has the noise of its candidate, and the file records it. By default, only the noise of
        `params`.
    write : bool
        Write the result into the model's file: ``opt_scaling_factor``, ``all_perfs``, ``scaling_factors`` as
        published, and everything else as JSON in ``tuning``. During the search, finished trials are recorded
        in a journal beside the file. If the search is stopped, the same call continues from there and gives
        the same result.
    force : bool
        With `write`, delete the journal of an unfinished search with other settings.
    threads : int, optional
        Number of threads; all available processors by default. Results do not depend on it.
    progress : callable, optional
        Called with the number of trials in each finished block.

    Returns
    -------
    ScalingFactorSearch

    Raises
    ------
    ArgumentError
        An argument is invalid, no task is given or recorded, another process is tuning the file, or an
        unfinished search of the file had other settings.
    ModelFileError
        The file is invalid, cannot be written, or was replaced or removed during the search; finished trials
        stay in the journal.

    Examples
    --------
    >>> from spiking import datasets, find_scaling_factor
    >>> model = datasets.load("go-nogo-sigmoid")
    >>> result = find_scaling_factor(model, seed=1, candidates=[20, 30, 90], trials=20)
    >>> result.scaling_factor < 90
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
        noises=noises,
    )
    threads = thread_count(threads)
    path = written_path(model) if write else None
    loaded = rate_model("model", model)
    with open_executor(threads) as executor:
        return search(
            executor,
            loaded,
            task,
            seed,
            options,
            path=path,
            force=force,
            threads=threads,
            progress=(lambda factor, n: progress(n)) if progress else None,
        )


def written_path(model: object) -> Path:
    """Return the path of the model file that the result is written into."""
    if not isinstance(model, str | os.PathLike):
        raise ArgumentError(f"model is {shown(model)}; expected the path of a file with write=True")
    if is_shipped(model):
        raise ArgumentError(
            f"model is {model!r}, which comes with the package; expected a file of your own with write=True, "
            f"such as a copy: datasets.load({model!r}).save('copy.mat')"
        )
    return file_path("model", model)


def search(
    executor: Executor,
    model: RateModel,
    task: TaskLike | type[Task] | None,
    seed: int,
    options: SearchOptions,
    *,
    path: Path | None,
    force: bool = False,
    settings: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Callable[[float, int], object] | None = None,
) -> ScalingFactorSearch:
    """Search in an executor; a model that was trained on the f-I curve has its factor and is only tested.

    Parameters
    ----------
    task, settings : optional
        As in `task_for`.
    path : Path or None
        The file that the result is written into, if any.
    threads : int, optional
        Threads for the comparison of drives, which does not run in the executor.
    progress : function of candidate and number of trials, optional
        Called with each finished block.
    """
    began = time.perf_counter()
    factor = model.activation_parameters.get("k")  # of the f-I curve with which the model was trained
    trained = False
    if factor is not None and options.conversion == "published" and options.candidates is None:
        trained, path = True, None
        options = dataclasses.replace(options, method="grid", candidates=[factor], extend=False)
    small = dataclasses.replace(model, extras={}, forms={}, w0=None, taus_gaus0=None)  # workers get a copy
    small = small.nonnegative()  # as it is converted
    setup = TrialSetup(
        small, task_for(model, task, settings), seed, options.downsample, options.params, threads=threads
    )
    if options.conversion != "published":
        candidates = matched_candidates(
            small,
            setup.task,
            conversion=options.conversion,
            seed=seed,
            params=options.params,
            downsample=options.downsample,
            noises=options.noises,
        )
        setup = dataclasses.replace(setup, candidates=candidates)
    setup = dataclasses.replace(setup, rate_outputs=rate_outputs(small, setup.task, seed, options.trials))

    with tuned_file(path, setup, force=force) as file:

        def record(point: Any, first: int, values: NDArray[Any]) -> None:
            file.add(point, first, values)
            if progress:
                progress(point, len(values))

        scores = trial_runner(executor, setup, file.known, record)
        with executor.guarded():
            result = (search_matched if setup.candidates else search_published)(scores, setup, options)
        result = dataclasses.replace(result, model=model, seconds=time.perf_counter() - began)
        if trained:
            reason = f"factor {factor:g} is that of the f-I curve on which the model was trained"
            result = dataclasses.replace(result, method="trained", stopped="nothing to tune", reason=reason)
        executor.check()
        if path is not None and result.conversion is None:
            warn_of_lambda("the scaling factor that is written", result.scaling_factor)
        file.finish(result)
    return result
