"""Train a rate model on a task by backpropagation through time (JAX and Optax)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread, main_thread
from typing import Any, TypeVar

from spiking.errors import ArgumentError
from spiking.optional import library
from spiking.rate_model.model import RateModel
from spiking.tasks import Task, get
from spiking.training.model_file import origin
from spiking.training.options import TrainingOptions, options_for
from spiking.training.state import TrainingState

State = TypeVar("State")


def train(
    task: Task | str,
    n_units: int = 200,
    *,
    seed: int = 1,
    recipe: str = "default",
    progress: Callable[[TrainingState], None] | None = None,
    **options: Any,
) -> RateModel:
    """Train a rate model on a task by backpropagation through time.

    The recurrent weights, the readout and the time constants are trained; input weights stay as drawn. Needs
    JAX and Optax: ``pip install "spikernn[train]"``.

    Parameters
    ----------
    task : Task or str
        A task or what `spiking.tasks.get` takes: a name, or a file with a task of your own.
    n_units : int
        Number of units N.
    seed : int
        The same seed gives the same model, bit for bit, on the same machine.
    recipe : str
        ``default``, or ``published``: as Kim, Li & Sejnowski (2019), with the quirks of the published code.
    progress : function, optional
        Called with a `~spiking.training.TrainingState` after each 100 updates.
    **options
        Fields of `spiking.training.TrainingOptions`; they take precedence over the recipe.

    Returns
    -------
    RateModel
        Its `extras` hold ``task``, ``task_settings``, ``seed``, ``converged``, ``stopped``, ``updates``,
        ``training_options``, ``spiking_version``, and the losses. Check ``extras["converged"]``: a model that
        has not met the criteria is also returned.

    Raises
    ------
    ArgumentError
        The task, the recipe or an option is unknown, a value cannot be used, or JAX or Optax is missing.

    Examples
    --------
    >>> from spiking import train
    >>> model = train("go-nogo", 20, seed=1, max_updates=100)  # far too few to learn the task
    >>> model.n_units, bool(model.extras["converged"])
    (20, False)
    """
    for state in train_steps(task, n_units, seed=seed, recipe=recipe, **options):
        if progress is not None:
            progress(state)
    return state.model


def train_steps(
    task: Task | str, n_units: int = 200, *, seed: int = 1, recipe: str = "default", **options: Any
) -> Iterator[TrainingState]:
    """Train a model and yield its state after each 100 updates; parameters as in `train`.

    Use it to stop by another rule, or to keep intermediate models.

    Examples
    --------
    >>> from spiking.training import train_steps
    >>> [state.updates for state in train_steps("go-nogo", 10, seed=1, max_updates=200)]
    [100, 200]
    """
    task = get(task) if isinstance(task, str) else task
    if n_units < 1:
        raise ArgumentError(f"n_units is {n_units}; expected at least 1")
    if seed < 0:
        raise ArgumentError(f"seed is {seed}; expected a whole number, not negative")
    recorded = origin(task, seed=seed, recipe=recipe, **options)
    steps = _steps(task, n_units, seed, options_for(recipe, **options), recorded)
    return in_thread(steps)


def in_thread(steps: Iterator[State]) -> Iterator[State]:
    """Run the steps in another thread: inside JAX, Ctrl-C is lost or causes a segmentation fault later.

    Only the main thread receives Ctrl-C; in another one, the steps run as they are.
    """
    if current_thread() is not main_thread():
        yield from steps
        return
    thread = ThreadPoolExecutor(1)
    try:
        while state := thread.submit(next, steps, None).result():
            yield state
    finally:
        thread.shutdown(wait=False)


def _steps(
    task: Task, n_units: int, seed: int, options: TrainingOptions, recorded: dict[str, Any]
) -> Iterator[TrainingState]:
    for name in ("jax", "optax"):
        library(name, "train", "training")
    from spiking.training.loop import training_steps

    yield from training_steps(task, n_units, seed, options, recorded)
