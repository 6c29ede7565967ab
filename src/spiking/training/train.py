"""Train a rate model on a task by backpropagation through time (JAX and Optax)."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import spiking
from spiking.errors import ArgumentError
from spiking.optional import library
from spiking.random_streams import TRAINING_STREAM
from spiking.rate_model.model import RateModel
from spiking.tasks import ContextIntegration, GoNoGo, Task, Trials, get
from spiking.tasks.identity import identity
from spiking.tasks.settings import recordable
from spiking.training.conversion_test import converts
from spiking.training.options import TrainingOptions, options_for
from spiking.training.stopping import is_good, why_stopped

if TYPE_CHECKING:
    from spiking.training.backpropagation import FrozenWeights, Weights

_NEVER = 2**30  # an update that never comes
_HARDENED = 300  # updates with spike noise before it is asked whether the network converts
_EVERY = 100  # updates between evaluations, and trials in one


@dataclass(frozen=True, eq=False)
class TrainingState:
    """Where a training stands after an evaluation.

    Attributes
    ----------
    updates : int
        Updates done.
    loss, accuracy : float
        Mean loss and fraction correct of 100 fresh trials.
    updates_per_second : float
        Since the last evaluation, compilation included.
    stopped : str
        Empty while training goes on; then ``converged``, ``limit`` (of updates) or ``diverged``.
    converts : bool or None
        Whether the spiking network does the task, if that was asked after this evaluation.

    Examples
    --------
    >>> from spiking import train
    >>> def show(state):
    ...     print(state.updates, state.stopped)
    >>> model = train("go-nogo", 20, seed=1, max_updates=100, progress=show)
    100 limit
    """

    updates: int
    loss: float
    accuracy: float
    updates_per_second: float
    stopped: str
    converts: bool | None
    contents: Callable[[], dict[str, Any]] = dataclasses.field(repr=False)

    @property
    def model(self) -> RateModel:
        """The model as it is now; its `extras` say how it was trained and whether it has converged."""
        return RateModel.load(self.contents())


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

    Trained are the recurrent weights, the readout and the time constants; input weights stay as drawn. Needs
    JAX and Optax: ``pip install "spikernn[train]"``.

    Parameters
    ----------
    task : Task or str
        A task or what `spiking.tasks.get` takes: a name, or a file with a task of your own.
    n_units : int
        Number of units N.
    seed : int
        Decides everything that is drawn: the same seed gives the same model, bit for bit, on one machine.
    recipe : str
        ``default``, or ``published``: Kim, Li & Sejnowski (2019), with the quirks of the published code.
    progress : function, optional
        Called with a `~spiking.training.TrainingState` after each 100 updates.
    **options
        Fields of `spiking.training.TrainingOptions`; they take precedence over the recipe.

    Returns
    -------
    RateModel
        Its `extras` hold ``task``, ``task_settings``, ``seed``, ``converged``, ``stopped``, ``updates``,
        ``training_options``, ``spiking_version``, and the losses. Look at ``extras["converged"]``: a model
        that has not reached the criteria is returned as well.

    Raises
    ------
    ArgumentError
        For an unknown task, recipe or option, a value that is not possible, or without JAX and Optax.

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
    """Train a model and yield where it stands after each 100 updates; parameters as in `train`.

    For what `train` does not do: stop by a rule of your own, or keep intermediate models.

    Examples
    --------
    >>> from spiking.training import train_steps
    >>> [state.updates for state in train_steps("go-nogo", 10, seed=1, max_updates=200)]
    [100, 200]
    """
    task = get(task) if isinstance(task, str) else task
    if n_units < 1:
        raise ArgumentError(f"n_units = {n_units}: expected at least 1")
    if seed < 0:
        raise ArgumentError(f"seed = {seed}: expected a whole number, not negative")
    origin = described(task, seed=seed, recipe=recipe, **options)
    steps = _steps(task, n_units, seed, options_for(recipe, **options), origin)
    return _apart(steps) if current_thread() is main_thread() else steps


def _apart(steps: Iterator[TrainingState]) -> Iterator[TrainingState]:
    """Take steps in another thread: in JAX, Ctrl-C gets lost or ends in a segmentation fault later."""
    thread = ThreadPoolExecutor(1)
    try:
        while state := thread.submit(next, steps, None).result():
            yield state
    finally:
        thread.shutdown(wait=False)


def described(task: Task, *, seed: int, recipe: str = "default", **options: Any) -> dict[str, Any]:
    """Return what model files say about how they were trained, settings and options as JSON."""
    return {
        "task": task.name,
        "task_settings": recordable(task),
        "task_identity": json.dumps(identity(task)),
        "seed": seed,
        "recipe": recipe,
        "training_options": json.dumps(dataclasses.asdict(options_for(recipe, **options))),
        "spiking_version": spiking.__version__,
    }


def _steps(
    task: Task, n_units: int, seed: int, options: TrainingOptions, origin: dict[str, Any]
) -> Iterator[TrainingState]:
    jax, _ = (library(name, "train", "training") for name in ("jax", "optax"))
    from spiking.training import updates as training_updates

    draw_seed, trial_seed, test_seed, key_seed = (
        int(word) for word in np.random.SeedSequence(seed, spawn_key=(TRAINING_STREAM,)).generate_state(4)
    )
    initial, fixed = _initial(task, n_units, options, np.random.default_rng(draw_seed))
    state = training_updates.start(initial, key_seed)
    structure, numbers = training_updates.split(options)
    test_key = jax.random.key(test_seed)
    losses: list[float] = []
    tests: list[tuple[float, float]] = []
    updates, stopped, hardened_from = 0, "", _NEVER
    batch = options.batch_size or len(task.conditions)
    balanced = batch % len(task.conditions) == 0
    while not stopped:
        began = time.perf_counter()
        count = min(_EVERY, options.max_updates - updates)
        trials = task.trials(count * batch, seed=trial_seed, first=updates * batch, balanced=balanced)
        inputs, targets = _batches(trials, count)
        stage = numbers | {"hardened_from": hardened_from}
        state, latest = training_updates.advance(state, fixed, inputs, targets, stage, structure=structure)
        losses += np.asarray(latest).tolist()
        updates += count
        weights = state.average if options.averaging else state.weights
        early = options.hardening > 0 and hardened_from == _NEVER
        level = {"noise": options.noise * (training_updates.EARLY_NOISE if early else 1)}
        trials = task.trials(_EVERY, seed=test_seed, first=updates)
        inputs, targets = _batches(trials, 1)
        test_losses, outputs = training_updates.evaluate(
            weights,
            fixed,
            inputs[0],
            targets[0],
            jax.random.fold_in(test_key, updates),
            numbers | level,
            structure=structure,
        )
        loss = float(np.mean(test_losses))
        accuracy = _accuracy(task, np.asarray(outputs, dtype=float), trials, options)
        tests.append((loss, accuracy))
        good = is_good(loss, accuracy, options)
        if good and hardened_from == _NEVER:
            hardened_from = updates
        contents = partial(
            _contents,
            weights,
            initial,
            fixed,
            options,
            {
                **origin,
                "updates": updates,
                "losses": np.array(losses, dtype=np.float32),
                "eval_loss_mean": np.array([test[0] for test in tests]),
                "eval_perf_mean": np.array([test[1] for test in tests]),
            },
        )
        asked = None
        told: dict[str, Any] = {"converts": False} if options.hardening else {}
        if options.hardening:
            hardened = updates - hardened_from
            good = good and hardened >= min(_HARDENED, options.hardening)
            if good:
                model, limit = RateModel.load(contents({})), options.stop_accuracy
                asked = told["converts"] = converts(model, task, seed=test_seed + updates, accuracy=limit)
                good = asked or hardened >= options.hardening
        stopped = why_stopped(task, updates, loss, good, options)
        told |= {"converged": stopped == "converged", "stopped": stopped or "interrupted"}
        speed = count / (time.perf_counter() - began)
        yield TrainingState(updates, loss, accuracy, speed, stopped, asked, partial(contents, told))


def _initial(
    task: Task, n_units: int, options: TrainingOptions, rng: np.random.Generator
) -> tuple[Weights, FrozenWeights]:
    """Draw the weights before training, as in Kim, Li & Sejnowski (2019), Methods."""
    from spiking.training.backpropagation import FrozenWeights, Weights

    inhibitory = rng.random(n_units) < options.p_inh
    if not options.dale:
        inhibitory[:] = False
    som = np.flatnonzero(inhibitory)[: options.n_som]
    som_m = np.ones((n_units, n_units))
    som_m[np.ix_(som, inhibitory)] = 0
    if options.w_dist == "gamma":
        w = rng.gamma(2, 0.003, (n_units, n_units))
    else:
        w = rng.standard_normal((n_units, n_units))
        w *= options.gain / math.sqrt(n_units * options.p_rec) if options.p_rec else 0
    w *= rng.random((n_units, n_units)) < options.p_rec
    weights = Weights(
        w=_single(np.abs(w) if options.dale else w),
        w_out=_single(rng.standard_normal((task.n_outputs, n_units)) / 100),
        b_out=_single(np.zeros(())),
        taus_gaus=_single(rng.standard_normal(n_units)),
    )
    signs = np.where(inhibitory, -1.0, 1.0)
    return weights, FrozenWeights(
        _single(rng.standard_normal((n_units, task.n_inputs))), _single(signs), _single(som_m)
    )


def _single(values: NDArray[np.float64]) -> Any:
    import jax.numpy as jnp

    return jnp.asarray(np.asarray(values, dtype=np.float32))


def _batches(trials: Trials, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return inputs and targets of trials as (count, batch, channels, steps)."""
    n_steps = trials.inputs.shape[-1]
    inputs = trials.inputs.astype(np.float32)
    targets = trials.targets.astype(np.float32).reshape(len(trials), -1, n_steps)
    return (inputs.reshape(count, -1, *inputs.shape[1:]), targets.reshape(count, -1, *targets.shape[1:]))


def _accuracy(task: Task, outputs: NDArray[np.float64], trials: Trials, options: TrainingOptions) -> float:
    if not np.isfinite(outputs).all():
        return 0.0  # has diverged, which the loss reports
    outputs, moments = outputs[:, 0] if task.n_outputs == 1 else outputs, trials.time
    if not options.published_quirks:
        return float(task.score(outputs, moments, trials).mean())
    outputs, moments = outputs[..., 1:], moments[:-1]
    if isinstance(task, GoNoGo):
        answers = outputs[:, moments >= task.score_from - task.score_delay]
        go = answers.max(axis=1) > task.threshold
        nogo = np.abs(answers).max(axis=1) < task.quiet
        return float(np.where(trials.labels > 0, go, nogo).mean())
    if isinstance(task, ContextIntegration):
        moments = moments + task.score_from - (moments[-200] if moments.size > 200 else moments[0])
    return float(task.score(outputs, moments, trials).mean())


def _contents(
    weights: Weights,
    initial: Weights,
    fixed: FrozenWeights,
    options: TrainingOptions,
    origin: dict[str, Any],
    told: dict[str, Any],
) -> dict[str, Any]:
    """Return all keys of the model file."""
    inhibitory = np.asarray(fixed.signs) < 0
    n_units = inhibitory.size
    w, w0 = np.asarray(weights.w), np.asarray(initial.w)
    return {
        "w": np.maximum(w, 0) if options.dale else w,
        "w0": w0,
        "m": np.diag(np.asarray(fixed.signs)),
        "som_m": np.asarray(fixed.som_m),
        "w_in": np.asarray(fixed.w_in),
        "w_out": np.asarray(weights.w_out),
        "b_out": np.asarray(weights.b_out),
        "N": n_units,
        "som_N": options.n_som,
        "exc": ~inhibitory[:, None],
        "inh": inhibitory[:, None],
        "taus": np.array(options.tau_steps),
        "taus_gaus": np.asarray(weights.taus_gaus)[:, None],
        "taus_gaus0": np.asarray(initial.taus_gaus)[:, None],
        "activation": options.activation,
        **origin,
        **told,
    }
