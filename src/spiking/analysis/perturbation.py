"""Compare how the rate network and the spiking network respond to the same small perturbation."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from spiking.analysis.components import condition_means
from spiking.analysis.conversion_quality import Agreement, agreement
from spiking.check_arguments import check_arguments
from spiking.checks import at_least, fraction, positive_number
from spiking.conversion.conversion import Conversion
from spiking.conversion.recorded_conversion import recorded_conversion
from spiking.conversion.visited_currents import visited_currents
from spiking.errors import ArgumentError
from spiking.network.network import SpikingNetwork
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.recorded_settings import task_for
from spiking.rate_model.run import run_columns
from spiking.short_repr import short_repr
from spiking.simulation.record import Record
from spiking.simulation.simulate import simulate
from spiking.tasks.given_inputs import TaskLike
from spiking.timing import STEP_MS
from spiking.typing import Floats


@dataclass(frozen=True)
class PerturbationResponse:
    """Agreement of the responses of both networks, those of the rate network being the expected ones.

    Attributes
    ----------
    units : Agreement
        Agreement, over patterns and units, of the change of each unit's activity averaged over trials and
        the window, ``r_spk / factor`` and ``r_rate``.
    output : Agreement
        Agreement, over patterns, conditions and the time from the start of the window, of the change of the
        output averaged over the trials of a condition.

    Examples
    --------
    >>> from spiking.analysis import Agreement, PerturbationResponse
    >>> perfect = Agreement(slope=1.0, error=0.0, correlation=1.0)
    >>> PerturbationResponse(units=perfect, output=perfect).units.slope
    1.0
    """

    units: Agreement
    output: Agreement

    __repr__ = short_repr


@check_arguments(amplitude=positive_number, n_patterns=at_least(1), fraction=fraction)
def perturbation_response(
    model: AnyModel,
    task: TaskLike | None = None,
    *,
    seed: int = 1,
    conversion: Conversion | None = None,
    window: tuple[float, float] | None = None,
    amplitude: float = 1.0,
    fraction: float = 0.2,
    n_patterns: int = 4,
    trials: int = 20,
    threads: int | None = None,
) -> PerturbationResponse:
    """Perturb the same units of both networks during trials, and compare the changes.

    The perturbation raises the synaptic current of some units and lowers that of others. It is an additional
    input of both networks, so that the conversion scales it like all inputs. Trials and noise are the same
    with and without the perturbation.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package.
    task : Task or str, optional
        A task, or a name that `spiking.tasks.get` accepts; by default the task that the model's file records.
    seed : int
        Seed of the trials, the noise and the patterns.
    conversion : Conversion, optional
        By default the conversion that tuning wrote into the model's file.
    window : (float, float), optional
        Start and end of the perturbation in ms; by default the first half of the trial.
    amplitude : float
        Strength in standard deviations of the currents that the rate network visits in the task.
    fraction : float
        Fraction of the units that a pattern perturbs, each up or down at random.
    n_patterns, trials : int
        Number of patterns, and number of trials of each pattern.
    threads : int, optional
        As in `simulate`.

    Raises
    ------
    ArgumentError
        An argument is invalid, or no task or conversion is given and the file records none.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> model = datasets.load("go-nogo")
    >>> response = analysis.perturbation_response(model, n_patterns=1, trials=4)
    >>> bool(response.output.correlation > 0)
    True
    """
    model = rate_model("model", model)
    task, model = task_for(model, task), model.nonnegative()  # as it is converted
    conversion = conversion or recorded_conversion(model)
    if conversion is None:
        raise ArgumentError(f"{model.source} has no tuned scaling factor; tune it, or give a conversion")
    start, end = (0.0, task.duration / 2) if window is None else window
    if not 0 <= start < end <= task.duration:
        raise ArgumentError(
            f"window is {window}; expected a start before an end, from 0 to {task.duration:g} ms"
        )
    if not 0 < fraction <= 1:
        raise ArgumentError(f"fraction is {fraction}; expected more than 0 and at most 1")
    seen = visited_currents(model, task, seed=seed)
    strength = amplitude * float(seen.currents.std())
    random = np.random.default_rng(seed)
    drawn = task.trials(trials, seed=seed, balanced=True)
    acting = slice(round(start / STEP_MS), round(end / STEP_MS))
    pulse = np.zeros((trials, 1, task.n_steps + 1))
    pulse[:, :, acting] = 1

    def run(pattern: Floats) -> list[Floats]:
        """Return, for each network, the units' activity in the window and the outputs from its start."""
        perturbed = dataclasses.replace(model, w_in=np.column_stack([model.w_in, pattern]))
        inputs = np.concatenate([drawn.spiking_inputs, pulse], axis=1)
        rate = run_columns(perturbed, inputs[:, :, :-1], seed=seed)
        spiking = simulate(
            SpikingNetwork.from_rate(perturbed, conversion=conversion),
            inputs,
            seed=seed,
            record=Record(filtered_rates=True, interval=STEP_MS),
            threads=threads,
        )
        assert spiking.filtered_rates is not None
        assert spiking.output is not None
        responses = []
        # The first sample of the spiking network is at 5 ms, like the second step of the rate network.
        for rates, output in (
            (rate.rates[:, :, 1:], rate.output[:, :, 1:]),
            (spiking.filtered_rates / conversion.factor, spiking.output),
        ):
            means = condition_means(output[:, :, acting.start : task.n_steps - 1], drawn.conditions)
            responses += [rates[:, :, acting].mean(axis=(0, 2)), np.array([*means.values()])]
        return responses

    before = run(np.zeros(model.n_units))
    changes = []
    for _ in range(n_patterns):
        chosen = random.permutation(model.n_units) < max(1, round(fraction * model.n_units))
        after = run(strength * chosen * random.choice([-1.0, 1.0], model.n_units))
        changes.append([changed - usual for changed, usual in zip(after, before, strict=True)])
    rate_units, rate_output, units, output = (np.array(values) for values in zip(*changes, strict=True))
    return PerturbationResponse(agreement(rate_units, units), agreement(rate_output, output))
