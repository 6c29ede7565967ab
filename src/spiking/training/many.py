"""Train one model for each of many seeds, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Any

from spiking.check_arguments import check_arguments
from spiking.checks import available_threads, seed_number, sequence
from spiking.errors import ArgumentError
from spiking.rate_model.model import RateModel
from spiking.tasks import Task
from spiking.training.state import TrainingState
from spiking.training.train import train_steps


@check_arguments()
def train_many(
    task: Task | str,
    n_units: int | None = None,
    *,
    seeds: Iterable[int],
    recipe: str = "default",
    threads: int | None = None,
    finished: Callable[[int, TrainingState], None] | None = None,
    progress: Callable[[int, TrainingState], None] | None = None,
    **options: Any,
) -> list[RateModel]:
    """Train one model for each seed, several at a time; each equals the result of `train`.

    Compiled updates run without Python's global lock, so threads use all processors. (Training several
    networks in one vectorised computation is not faster: an update takes 1.0 to 1.4 times as long for each,
    ``benchmarks/training_speed.py vmap``.)

    Parameters
    ----------
    task, n_units, recipe, **options
        As in `train`.
    seeds : iterable of int
        The seeds, without repetition.
    threads : int, optional
        Number of models trained at the same time; by default one per available processor.
    finished : function, optional
        Called with the seed and the last state when a model is finished, in the thread of the caller.
    progress : function, optional
        Called with the seed and the state after each 100 updates of each model, in the thread of the model.

    Returns
    -------
    list of RateModel
        In the order of the seeds. Models that have not converged are included: see their `extras`.

    Raises
    ------
    ArgumentError
        As for `train`; or there are no seeds, or one is repeated.

    Examples
    --------
    >>> from spiking import train_many
    >>> models = train_many("go-nogo", 20, seeds=[1, 2], max_updates=100)
    >>> [model.n_units for model in models]
    [20, 20]
    """
    order = [seed_number("seeds", seed) for seed in sequence("seeds", seeds)]
    if not order or len(set(order)) != len(order):
        raise ArgumentError(f"seeds is {order}; expected at least one seed, and none twice")
    runs = {seed: train_steps(task, n_units, seed=seed, recipe=recipe, **options) for seed in order}
    halt = Event()

    def last_state(seed: int) -> TrainingState:
        for state in runs[seed]:
            if progress is not None:
                progress(seed, state)
            if state.stopped or halt.is_set():
                break
        return state

    models: dict[int, RateModel] = {}
    with ThreadPoolExecutor(threads or available_threads()) as pool:
        waiting: dict[Future[TrainingState], int] = {pool.submit(last_state, seed): seed for seed in order}
        try:
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    seed, state = waiting.pop(future), future.result()
                    models[seed] = state.model
                    if finished is not None:
                        finished(seed, state)
        except BaseException:  # such as Ctrl-C: the other trainings stop at their next evaluation
            halt.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [models[seed] for seed in order]
