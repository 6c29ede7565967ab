"""Simulate the rate network. `run` is a method of `RateModel`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spiking.checks import flag, not_negative, real_numbers
from spiking.errors import ArgumentError
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
        The readout ``o``; step t is at ``5 t`` ms.
    rates : array, shape (trials, N, steps)
        The rates ``r`` of all units.
    currents : array, shape (trials, N, steps)
        The synaptic currents ``x``; None unless `keep_currents` was True.

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

    @property
    def time(self) -> Floats:
        """Time of each step in ms, shape (steps,)."""
        return np.float64(STEP_MS) * np.arange(float(self.output.shape[-1]))


def run(
    model: RateModel,
    inputs: ArrayLike,
    *,
    seed: int | None = 1,
    trials: Iterable[int] | None = None,
    noise: float = 0.1,
    keep_currents: bool = False,
) -> RateRun:
    """Simulate the rate network, one step every 5 ms (equation 1 of the paper, discretised).

    ``x[t] = (1 - 1/tau) x[t-1] + (W r[t-1] + w_in u[t-1])/tau + noise N(0, 1)``, ``r = phi(x)``,
    ``o = w_out r + b_out``, from ``x[0] = N(0, 1)/100``.

    Parameters
    ----------
    inputs : array, shape (n_inputs, steps) or (trials, n_inputs, steps)
    seed : int or None
        Trial k has its own stream of random numbers, derived from (seed, k). None: new random numbers.
    trials : iterable of int, optional
        The numbers of the trials, one for each input; by default 0, 1, 2, ...
    noise : float
        Standard deviation of the noise of a step; networks are trained with 0.1.
    keep_currents : bool
        Also return the synaptic currents x.

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
    noise, keep_currents = not_negative("noise", noise), flag("keep_currents", keep_currents)
    u = real_numbers("inputs", inputs, f"shape ({model.n_inputs}, steps) or (trials, ..., steps)")
    u = u[np.newaxis] if u.ndim == 2 else u
    if u.ndim != 3 or u.shape[1] != model.n_inputs or u.shape[2] < 1 or not np.isfinite(u).all():
        raise ArgumentError(
            f"inputs has shape {np.shape(inputs)}; expected finite numbers of shape "
            f"({model.n_inputs}, steps) or (trials, {model.n_inputs}, steps)"
        )
    n_trials, _, n_steps = u.shape
    numbers = list(range(n_trials) if trials is None else trials)
    if len(numbers) != n_trials:
        raise ArgumentError(
            f"trials has {len(numbers)} numbers; expected {n_trials}, one for each trial of inputs"
        )
    sequence = np.random.SeedSequence(seed)
    xi = np.empty((n_trials, n_steps, model.n_units))
    for k, number in enumerate(numbers):
        stream = np.random.SeedSequence(sequence.entropy, spawn_key=(number,))
        xi[k] = np.random.default_rng(stream).standard_normal((n_steps, model.n_units))
    decay = model.tau_decay()
    assert decay is not None
    leak = STEP_MS / decay
    weights = model.effective_weights().T
    x = xi[:, 0] / 100
    rates = np.empty((n_trials, model.n_units, n_steps))
    currents = np.empty_like(rates) if keep_currents else None
    with np.errstate(over="ignore", invalid="ignore"):  # checked below
        for t in range(n_steps):
            if t:
                drive = rates[:, :, t - 1] @ weights + u[:, :, t - 1] @ model.w_in.T
                x = (1 - leak) * x + leak * drive + noise * xi[:, t]
            rates[:, :, t] = phi(x)
            if currents is not None:
                currents[:, :, t] = x
    if not np.isfinite(x).all():  # once not finite, x stays so until the last step
        raise ArgumentError(
            "the synaptic currents become NaN or infinite; expected smaller inputs, noise or weights"
        )
    return RateRun(model.w_out @ rates + bias[:, np.newaxis], rates, currents)
