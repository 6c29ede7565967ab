"""Compare the recurrent drive of the spiking network with that of the rate model.

A unit of the rate model receives ``W r_rate``, its counterpart ``W r_spk / scaling_factor``. So the factor at
which both are the same on average is the slope of ``W r_spk`` on ``W r_rate``, over units and time: where
theory expects the best factor, and how well the conversion then works.
"""

from __future__ import annotations

import numpy as np

from spiking.conversion.conversion import Conversion
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.simulation.record import Record
from spiking.simulation.simulate import simulate
from spiking.tasks import Task
from spiking.timing import STEP_MS


def drive_slope(
    model: RateModel,
    task: Task,
    factor: float,
    *,
    seed: int,
    numbers: range,
    downsample: int = 1,
    params: LIFParams | None = None,
    conversion: Conversion | None = None,
    threads: int | None = None,
) -> tuple[float, float]:
    """Compare the drives in some trials, the spiking network at a scaling factor.

    Parameters
    ----------
    numbers : range
        Trials of the seed.
    conversion : Conversion, optional
        A matched one with that factor. What it gives each unit for what the fit misses, its mean drive,
        counts for the error.
    threads : int, optional
        As in `simulate`.

    Returns
    -------
    slope : float
        Of ``W r_spk`` on ``W r_rate``, through the origin: the factor that would match the drives, if the
        rates stayed as they are.
    error : float
        Root mean square of ``W r_spk / factor - W r_rate``, divided by that of ``W r_rate``. NaN without
        recurrent drive, as is the slope.
    """
    trials = task.trials(len(numbers), seed=seed, first=numbers.start)
    weights = model.effective_weights()
    rate = model.run(trials.inputs, seed=seed, trials=numbers).rates
    run = simulate(
        SpikingNetwork.from_rate(model, factor, params=params, conversion=conversion or "published"),
        trials.spiking_inputs,
        seed=seed,
        trials=numbers,
        downsample=downsample,
        threads=threads,
        record=Record(output=False, filtered_rates=True, interval=STEP_MS * downsample),
    )
    assert run.filtered_rates is not None
    # Sample k of the spiking run and rate step (k + 1) downsample are both at 5 (k + 1) downsample ms.
    expected = weights @ rate[:, :, downsample::downsample]
    shared = min(expected.shape[-1], run.filtered_rates.shape[-1])
    expected, found = expected[:, :, :shared], weights @ run.filtered_rates[:, :, :shared]
    power = float(np.sum(expected**2))
    if power == 0:
        return np.nan, np.nan
    given = found / factor
    if conversion is not None and conversion.unit_offsets:
        given = given + conversion.mean_drive[:, np.newaxis]
    error = np.sqrt(np.sum((given - expected) ** 2) / power)
    return float(np.sum(found * expected)) / power, float(error)
