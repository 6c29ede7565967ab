"""Fine-tune a spiking network on a task by surrogate gradients (JAX and Optax)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import (
    at_least,
    fraction,
    not_negative,
    positive_number,
    thread_count,
)
from spiking.errors import ArgumentError
from spiking.network.network import SpikingNetwork
from spiking.network.open import AnyNetwork, spiking_network
from spiking.optional import library
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.tasks.given_inputs import TaskLike
from spiking.tasks.recorded.record import record_of, task_for_channels
from spiking.timing import STEPS_PER_COLUMN, TIME_STEP_MS
from spiking.training.fine_tuning.options import FineTuningOptions
from spiking.training.fine_tuning.state import FineTuningState
from spiking.training.train import in_thread

_TOLERANCE = 1e-6  # of 0.05 ms


@check_arguments(
    max_updates=at_least(1),
    batch_size=at_least(1),
    learning_rate=positive_number,
    rate_penalty=not_negative,
    step=positive_number,
    stop_accuracy=fraction,
)
def fine_tune(
    network: AnyNetwork,
    task: TaskLike,
    *,
    seed: int = 1,
    model: AnyModel | None = None,
    max_updates: int = 400,
    batch_size: int | None = None,
    learning_rate: float = 0.02,
    rate_penalty: float = 0.0,
    step: float = 0.5,
    trials: int = 100,
    stop_accuracy: float | None = 1.0,
    downsample: int = 1,
    threads: int | None = None,
    progress: Callable[[FineTuningState], None] | None = None,
) -> SpikingNetwork:
    """Train a spiking network itself on a task, by surrogate gradients through its spikes.

    For networks that no conversion rescues, and as the upper bound of what a conversion can reach. The
    recurrent weights, the input weights, the readout and the offset of each unit are trained. A recurrent
    weight keeps its sign or becomes 0 (Dale's law stays), and a weight that is 0 stays 0: cut and excluded
    connections stay absent, lesioned units silent, and sparse weights sparse. Nothing else changes. Needs JAX
    and Optax: ``pip install "spikernn[train]"``.

    The updates use the equations of `simulate`, in steps of `step`. The simulation itself, with its usual
    step, tests the network in validation trials at the start and every 20 updates. The network that is
    correct most often in these is returned (of equal ones, that with the smaller error of the output). This
    can be the first, so in these trials the result is never worse. Use fresh trials (`evaluate`) to measure
    how often it is right, because the validation trials chose it.

    Parameters
    ----------
    network : SpikingNetwork, RateModel, path, str or mapping
        Whatever its conversion, its file, or a model that is converted as its file records.
    task : Task, str or array
        A task, what `spiking.tasks.get` takes, or inputs. A task without a score, such as inputs, needs
        `model` or targets; networks are then compared by the error of their output.
    seed : int
        Seed of all trials and noise. The same seed gives the same network on the same machine.
    model : RateModel, path, str or mapping, optional
        Train the output to be that of this rate network without noise. By default it is trained to be the
        task's target.
    max_updates : int
        Largest number of updates.
    batch_size : int, optional
        Trials per update. By default one of each condition. A multiple of that has all conditions equally
        often; in other batches conditions are drawn.
    learning_rate : float
        Learning rate of Adam: an update changes a weight by about this fraction of the root mean square of
        the weights of its kind, and an offset by this fraction of that of the input weights.
    rate_penalty : float
        Factor of the mean squared rate, which is added to the loss; rates are divided by the scaling factor.
    step : float
        Time step of the updates in ms: a multiple of 0.05 that divides 5. Noise, threshold and synapses are
        adapted to it (see ``spiking.training.fine_tuning.forward``). With the step of the simulation, the
        updates take longest and use exactly its equations.
    trials : int
        Number of validation trials.
    stop_accuracy : float, optional
        Stop when two tests in succession, or that at the start, have this fraction of correct trials. None,
        or a task without a score: never stop before `max_updates`.
    downsample, threads
        Of the tests, as in `simulate`.
    progress : function, optional
        Called with a `~spiking.training.FineTuningState` at the start and after each update.

    Returns
    -------
    SpikingNetwork
        Its `conversion` is of the kind ``fine_tuned``, with the conversion at the start and a
        `~spiking.conversion.FineTuning`.

    Raises
    ------
    ArgumentError
        An argument cannot be used, the task has other inputs or outputs than the network, there is neither a
        target nor a model, or JAX or Optax is missing.

    Notes
    -----
    The loss of a trial is ``sqrt(sum_t (z[t] - o[t])^2)``, with the output o and the target z every 5 ms, as
    in `train`. The derivative of a spike by the voltage v is replaced by that of a fast sigmoid (Zenke &
    Ganguli 2018; Neftci, Mostafa & Zenke 2019), ``step / (2 tau_membrane) / (1 + |v - threshold| / 1 mV)^2``
    per mV. It is proportional to the step, so that the gradient of a spike count hardly depends on the step.
    With steps of 0.5 ms, the gradient of a unit's mean rate by its current is 0.6 to 0.85 times the slope of
    its f-I curve for the published neuron, and 0.4 to 0.5 times with a noise of 0.5 mV. The reset and the
    refractory period pass no gradient. Gradients are clipped to a norm of 1.

    More noise needs more updates. The surrogate suits the leaky neuron; with the quadratic one, whose voltage
    passes the threshold in large steps, it is less reliable: a network with a bad factor was not rescued.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, fine_tune
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"), scaling_factor=75)
    >>> tuned = fine_tune(network, "go-nogo", seed=1, max_updates=1, trials=10)  # far too few
    >>> tuned.conversion.kind, tuned.conversion.start.kind
    ('fine_tuned', 'published')
    """
    network = spiking_network(network)
    task = task_for_channels(task, network.n_inputs, network.n_outputs, network.task)
    if network.conversion is not None and network.conversion.downsample != downsample:
        raise ArgumentError(
            f"downsample is {downsample}; expected {network.conversion.downsample}, for which the network's "
            f"conversion was fitted"
        )
    _check_equations(network)
    rate_model = _checked_model(model, network)
    if rate_model is None and not np.isfinite(task.trials(1, seed=0).targets).all():
        raise ArgumentError(
            f"task is {task.name}, which has no targets, and model is None; expected model=, the rate "
            f"network whose output to match, or targets: tasks.from_inputs(inputs, targets)"
        )
    options = FineTuningOptions(
        task=task,
        model=rate_model,
        max_updates=max_updates,
        batch_size=batch_size or len(task.conditions),
        learning_rate=learning_rate,
        rate_penalty=rate_penalty,
        step=_checked_step(step),
        trials=trials,
        stop_accuracy=stop_accuracy,
        downsample=downsample,
        threads=thread_count(threads),
    )
    for state in in_thread(_steps(network, seed, options)):
        if progress is not None:
            progress(state)
    return dataclasses.replace(state.network, task=record_of(task))


def _steps(network: SpikingNetwork, seed: int, options: FineTuningOptions) -> Iterator[FineTuningState]:
    for name in ("jax", "optax"):
        library(name, "train", "fine-tuning")
    from spiking.training.fine_tuning.loop import fine_tuning_steps

    yield from fine_tuning_steps(network, seed, options)


def _checked_step(step: float) -> int:
    """Return a time step in units of 0.05 ms."""
    units = step / TIME_STEP_MS
    if abs(units - round(units)) > _TOLERANCE or not round(units) or STEPS_PER_COLUMN % round(units):
        raise ArgumentError(
            f"step is {step:g} ms; expected a multiple of 0.05 ms that divides 5 ms, such as 0.5"
        )
    return round(units)


def _check_equations(network: SpikingNetwork) -> None:
    """Raise ArgumentError if the network has what the updates do not compute."""
    for what, there in (
        (f"{network.params.neuron} neurons", network.params.neuron not in ("leaky", "quadratic")),
        ("adaptation", network.params.adaptation is not None),
        ("short-term plasticity", bool(network.plasticity)),
        ("delays", bool(network.delays.any())),
    ):
        if there:
            raise ArgumentError(
                f"the network has {what}, which fine-tuning does not compute; expected a network without: "
                f"fine-tune it first, and change it afterwards"
            )


def _checked_model(model: AnyModel | None, network: SpikingNetwork) -> RateModel | None:
    if model is None:
        return None
    model = rate_model("model", model)
    channels, expected = (model.n_inputs, model.n_outputs), (network.n_inputs, network.n_outputs)
    if channels != expected:
        raise ArgumentError(
            f"model has (inputs, outputs) {channels}; expected {expected}, those of the network"
        )
    return model
