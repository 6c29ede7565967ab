"""Compare the recurrent drive of the spiking network with that of the rate model.

A unit of the rate model receives the drive ``W r_rate``, and its counterpart ``W r_spk / scaling_factor``.
The factor at which both are equal on average is the slope of ``W r_spk`` on ``W r_rate`` over units and time.
Theory predicts the best factor there; the remaining difference says how well the conversion works.
"""

from __future__ import annotations

import numpy as np

from spiking.conversion.conversion import Conversion
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.rate_model.run import run_columns
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
    """Compare the recurrent drives of both networks in some trials.

    Parameters
    ----------
    factor : float
        Scaling factor of the spiking network.
    numbers : range
        Trial numbers of the seed.
    conversion : Conversion, optional
        A matched conversion with this factor. Its mean drive, which corrects the fit of each unit, is part of
        the drive in the error.
    threads : int, optional
        As in `simulate`.

    Returns
    -------
    slope : float
        Slope of ``W r_spk`` on ``W r_rate`` through the origin: the factor that would match the drives if the
        rates did not change. NaN without recurrent drive.
    error : float
        Root mean square of ``W r_spk / factor - W r_rate``, divided by that of ``W r_rate``. NaN without
        recurrent drive.
    """
    trials = task.trials(len(numbers), seed=seed, first=numbers.start)
    model = model.nonnegative()  # as it is converted
    weights = model.effective_weights()
    rate = run_columns(model, trials.inputs, seed=seed, trials=numbers).rates
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
    expected, unscaled = expected[:, :, :shared], weights @ run.filtered_rates[:, :, :shared]
    power = float(np.sum(expected**2))
    if power == 0:
        return np.nan, np.nan
    drive = unscaled / factor
    if conversion is not None and conversion.unit_offsets:
        drive = drive + conversion.mean_drive[:, np.newaxis]
    error = np.sqrt(np.sum((drive - expected) ** 2) / power)
    return float(np.sum(unscaled * expected)) / power, float(error)
