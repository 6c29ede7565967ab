"""Simulate the rate network. `run` is a method of `RateModel`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import finite_numbers, not_negative, sequence, whole_number
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr
from spiking.timing import STEP_MS
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel


@dataclass(frozen=True)
class RateRun:
    """Trials of a rate model.

    Attributes
    ----------
    output : array, shape (trials, n_outputs, steps)
        The readout ``o``; step t is at ``step t`` ms.
    rates : array, shape (trials, N, steps)
        The rates ``r`` of all units; 0 of lesioned ones.
    currents : array, shape (trials, N, steps)
        What phi is applied to, the synaptic currents ``x`` of the current form, if they were asked for, else
        None.
    step : float
        Time step in ms.

    Examples
    --------
    >>> from spiking import datasets, tasks
    >>> run = datasets.load("go-nogo").run(tasks.get("go-nogo").trials(2, seed=1).inputs, seed=1)
    >>> run.rates.shape, run.time[:3].tolist()
    ((2, 200, 200), [0.0, 5.0, 10.0])
    """

    output: Floats
    rates: Floats
    currents: Floats | None = None
    step: float = STEP_MS

    __repr__ = short_repr

    @property
    def time(self) -> Floats:
        """Time of each step in ms, shape (steps,)."""
        return np.float64(self.step) * np.arange(float(self.output.shape[-1]))


@check_arguments(noise=not_negative)
def run(
    model: RateModel,
    inputs: ArrayLike,
    *,
    seed: int | None = 1,
    trials: Iterable[int] | None = None,
    noise: float | None = None,
    keep_currents: bool = False,
) -> RateRun:
    """Simulate the rate network, one step every 5 ms (equation 1 of the paper, discretised).

    In the current form ``x[t] = (1 - a) x[t-1] + a (W r[t-1] + w_in u[t-1] + bias) + noise xi`` and
    ``r = phi(x)``, in the rate form ``r[t] = (1 - a) r[t-1] + a phi(x) + noise xi`` with ``x = W r[t-1] +
    w_in u[t-1] + bias``; ``a = step / tau``, ``xi = N(0, 1)``, ``o = w_out r + b_out``. The first state is
    `RateModel.initial`, or xi/100.

    Parameters
    ----------
    inputs : array, shape (n_inputs, steps) or (trials, n_inputs, steps)
    seed : int or None
        Trial k has its own stream of random numbers, derived from (seed, k). None: new random numbers.
    trials : iterable of int, optional
        The numbers of the trials, one for each input; from 0 on by default.
    noise : float, optional
        Standard deviation of the noise of a step. None: that of the training, `RateModel.noise`.
    keep_currents : bool
        Also keep what phi is applied to.

    Returns
    -------
    RateRun

    Raises
    ------
    ArgumentError
        `inputs` has a wrong number of rows or is not finite, `trials` has another length, `noise` is negative
        or not a number, or the currents become infinite, as with extremely large inputs.
    """
    bias, phi = model.output_bias, model.transfer
    noise = model.noise if noise is None else noise
    u = finite_numbers("inputs", inputs, f"shape ({model.n_inputs}, steps) or (trials, ..., steps)")
    u = u[np.newaxis] if u.ndim == 2 else u
    if u.ndim != 3 or u.shape[1] != model.n_inputs or u.shape[2] < 1:
        raise ArgumentError(
            f"inputs has shape {np.shape(inputs)}; expected finite numbers of shape "
            f"({model.n_inputs}, steps) or (trials, {model.n_inputs}, steps)"
        )
    n_trials, _, n_steps = u.shape
    given = range(n_trials) if trials is None else sequence("trials", trials)
    numbers = [whole_number("trials", number, 0) for number in given]
    if len(numbers) != n_trials:
        raise ArgumentError(
            f"trials has {len(numbers)} numbers; expected {n_trials}, one for each trial of inputs"
        )
    entropy = np.random.SeedSequence(seed).entropy
    xi = np.empty((n_trials, n_steps, model.n_units))
    for k, number in enumerate(numbers):
        stream = np.random.SeedSequence(entropy, spawn_key=(number,))
        xi[k] = np.random.default_rng(stream).standard_normal((n_steps, model.n_units))
    decay = model.tau_decay()
    assert decay is not None
    leak = model.step / decay
    weights = model.effective_weights().T
    constant = 0.0 if model.bias is None else model.bias
    state = xi[:, 0] / 100 if model.initial is None else np.tile(model.initial, (n_trials, 1))
    by_current = model.form == "current"
    rates = np.empty((n_trials, model.n_units, n_steps))
    currents = np.empty_like(rates) if keep_currents else None
    with np.errstate(over="ignore", invalid="ignore"):  # checked below
        x, r = state, phi(state) if by_current else state
        for t in range(n_steps):
            if t:
                x = r @ weights + u[:, :, t - 1] @ model.w_in.T + constant
                drive = x if by_current else phi(x)
                state = (1 - leak) * state + leak * drive + noise * xi[:, t]
                x, r = (state, phi(state)) if by_current else (x, state)
            rates[:, :, t] = r
            if currents is not None:
                currents[:, :, t] = x
    rates[:, list(model.lesioned)] = 0
    if not np.isfinite(state).all():  # once not finite, it stays so until the last step
        raise ArgumentError(
            "the synaptic currents become NaN or infinite; expected smaller inputs, noise or weights"
        )
    return RateRun(model.w_out @ rates + bias[:, np.newaxis], rates, currents, model.step)


def run_columns(model: RateModel, inputs: Floats, **options: Any) -> RateRun:
    """Run a model on inputs in columns of 5 ms, as tasks have them, whatever its own step.

    An input is held until the next; results are those of the nearest step before, every 5 ms.

    Parameters
    ----------
    inputs : array, shape (trials, n_inputs, columns)
    **options
        As in `run`.

    Raises
    ------
    ArgumentError
        An input begins or ends to change between two steps of the model.
    """
    if model.step == STEP_MS:
        return run(model, inputs, **options)
    _check_moments(model, inputs)
    columns = inputs.shape[-1]
    fine = run(model, inputs[:, :, held_columns(model, columns)], **options)
    at = (np.arange(columns) * (STEP_MS / model.step) + 1e-9).astype(int)
    currents = None if fine.currents is None else fine.currents[:, :, at]
    return RateRun(fine.output[:, :, at], fine.rates[:, :, at], currents)


def _check_moments(model: RateModel, inputs: Floats) -> None:
    """Raise ArgumentError unless inputs begin and end to change at steps of the model.

    An input that changes in column after column, such as noise, is sampled at the steps in between.
    """
    changes = np.pad(np.diff(inputs, axis=2) != 0, ((0, 0), (0, 0), (1, 1)))
    first = changes[:, :, 1:] & ~changes[:, :, :-1]  # entry k: of the changes from column k to k + 1 on
    last = changes[:, :, :-1] & ~changes[:, :, 1:]
    columns = np.union1d(np.nonzero(first)[2] + 1, np.nonzero(last)[2])
    steps = columns * STEP_MS / model.step
    between = np.abs(steps - np.rint(steps)) > 1e-6
    if between.any():
        raise ArgumentError(
            f"inputs change at {STEP_MS * columns[between][0]:g} ms, between two steps of the model of "
            f"{model.step:g} ms; expected changes at multiples of its step: choose other times of the task"
        )


def held_columns(model: RateModel, columns: int) -> NDArray[np.intp]:
    """Return the column of 5 ms, of so many, that each step of the model receives."""
    steps = int(np.ceil((columns - 1) * STEP_MS / model.step - 1e-9)) + 1
    column = (np.arange(steps) * (model.step / STEP_MS) + 1e-9).astype(np.intp)
    return np.asarray(np.minimum(column, columns - 1))
