"""Train a rate model on a task by backpropagation through time (JAX and Optax)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread, main_thread
from typing import Any, TypeVar

from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, shown
from spiking.errors import ArgumentError
from spiking.optional import library
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.rate_model.untrained import checked_connectivity
from spiking.tasks import GivenInputs, Task, get
from spiking.tasks.base import check_channels
from spiking.timing import STEP_MS
from spiking.training.model_file import origin
from spiking.training.options import OF_START, TrainingOptions, options_for
from spiking.training.state import TrainingState
from spiking.typing import Mask

State = TypeVar("State")
_UNITS = 200
_TRAINABLE = ("sigmoid", "softplus", "relu", "clipped_relu", "tanh", "retanh", "elu", "gelu", "lif")


@check_arguments(n_units=at_least(1))
def train(
    task: Task | str,
    n_units: int | None = None,
    *,
    seed: int = 1,
    recipe: str = "default",
    start: AnyModel | None = None,
    connectivity: ArrayLike | None = None,
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
    n_units : int, optional
        Number of units N; by default 200, or as many as `start` has.
    seed : int
        The same seed gives the same model, bit for bit, on the same machine.
    recipe : str
        ``default``, or ``published``: as Kim, Li & Sejnowski (2019), with the quirks of the published code.
    start : RateModel, path, str or mapping, optional
        Go on from the weights of this model: for a curriculum, such as a short delay first and then a long
        one, or with weights of another framework. Its signs, time constants' range, activation, bias and
        initial state, the noise unless it is given, and its populations are taken over; bias and initial
        state are not trained. It must have the current form and a step of 5 ms; another one goes on from its
        weights as ``dataclasses.replace(start, form="current", step=5.0)``.
    connectivity : array of 0 and 1, shape (N, N), optional
        Connections that are allowed, row postsynaptic: weights where it is 0 are 0 and stay so, and
        ``som_m`` of the file is 0 there. Initial weights are as strong as their number of connections asks
        for.
        `spiking.connectivity.area_mask` makes masks for areas.
    progress : function, optional
        Called with a `~spiking.training.TrainingState` after each 100 updates.
    **options
        Fields of `spiking.training.TrainingOptions`; they take precedence over the recipe.

    Returns
    -------
    RateModel
        Its `extras` hold ``task``, ``task_settings``, ``seed``, ``converged``, ``stopped``, ``updates``,
        ``training_options``, ``spiking_version``, ``library_versions`` (of Python, NumPy, JAX and Optax),
        ``spiking_accuracy``, ``spiking_r2``, ``spiking_strict`` and ``spiking_sustained`` if its spiking
        network was tested, the losses, ``eval_strict`` and ``eval_sustained``, the accuracies of the rate
        network in the last test by the rules that the task defines, and, if training has not converged,
        ``unmet``: the criteria that the network does not meet, in words. They describe the network that is
        returned, which may be one from before the end (see ``TrainingState``). Check
        ``extras["converged"]``: a model that has not met
        the criteria is also returned.

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
    steps = train_steps(
        task, n_units, seed=seed, recipe=recipe, start=start, connectivity=connectivity, **options
    )
    for state in steps:
        if progress is not None:
            progress(state)
    return state.model


@check_arguments(n_units=at_least(1))
def train_steps(
    task: Task | str,
    n_units: int | None = None,
    *,
    seed: int = 1,
    recipe: str = "default",
    start: AnyModel | None = None,
    connectivity: ArrayLike | None = None,
    **options: Any,
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
    given: object = task  # as users may give it
    if isinstance(given, GivenInputs) or not isinstance(given, Task):
        raise ArgumentError(
            f"task is {shown(task)}; expected a task that draws trials: a name, a file, or a Task of your own"
        )
    recorded = origin(task, seed=seed, recipe=recipe, **options)
    start = None if start is None else rate_model("start", start)
    if start is None:
        size, chosen = n_units or _UNITS, options_for(recipe, **options)
    else:
        chosen = _options_of_start(start, task, n_units, recipe, options)
        size, recorded["started_from"] = start.n_units, start.source
    mask = None if connectivity is None else checked_connectivity(connectivity, size)
    if mask is not None:
        recorded["connectivity_share"] = float(mask.mean())
    return in_thread(_steps(task, size, seed, chosen, recorded, start, mask))


def _options_of_start(
    model: RateModel, task: Task, n_units: int | None, recipe: str, given: dict[str, Any]
) -> TrainingOptions:
    """Return the options of a training that goes on from a model, which has some of them.

    Raises
    ------
    ArgumentError
        The model cannot be trained here, does not fit the task, or options contradict it.
    """
    if n_units not in (None, model.n_units):
        raise ArgumentError(f"n_units is {n_units}; expected {model.n_units}, as start has, or none")
    contradicting = [name for name in given if name in OF_START]
    if contradicting:
        raise ArgumentError(f"{', '.join(contradicting)} given with start; expected none: start has its own")
    check_channels(task, model.n_inputs, model.n_outputs, model.source)
    activation = model.activation
    for what, value, expected in (
        ("the form", model.form, "current"),
        ("a step of", model.step, STEP_MS),
        ("lesioned units", list(model.lesioned), []),
    ):
        if value != expected:
            advice = (
                f"; dataclasses.replace(start, form='current', step={STEP_MS}) goes on from its weights as a "
                f"network that filters its inputs"
            )
            raise ArgumentError(
                f"start has {what} {value}; expected {expected or 'none'} for training"
                f"{'' if what == 'lesioned units' else advice}"
            )
    if activation not in _TRAINABLE:
        raise ArgumentError(
            f"start has the activation {activation}; expected one of {', '.join(_TRAINABLE)} for training"
        )
    own: dict[str, Any] = {"dale": model.dale, "n_som": model.som_n, "activation": activation}
    low, high = model.tau_range
    own["tau"] = low if low == high else (low, high)
    if "noise" not in given:
        own["noise"] = model.noise
    if activation == "lif":
        parameters = model.activation_parameters
        own |= {"neuron": parameters["params"], "scaling_factor": parameters["k"]}
        own |= {"input_gain": 1.0, "input_offset": 0.0}  # they are in its weights and bias
    return dataclasses.replace(options_for(recipe, **given), **own)


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
    task: Task,
    n_units: int,
    seed: int,
    options: TrainingOptions,
    recorded: dict[str, Any],
    start: RateModel | None,
    connectivity: Mask | None,
) -> Iterator[TrainingState]:
    for name in ("jax", "optax"):
        library(name, "train", "training")
    from spiking.training.loop import training_steps

    yield from training_steps(task, n_units, seed, options, recorded, start, connectivity)
