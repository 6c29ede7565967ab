"""`LIF_network_fnc`, the published function, with the same arguments and results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import checked_inputs, shown, whole_units
from spiking.connectivity.units import mask_as_array
from spiking.errors import ArgumentError, warn
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.simulation.random_numbers import RandomDraws
from spiking.simulation.record import Record
from spiking.simulation.simulate import simulate
from spiking.simulation.stimulation import Stimulation
from spiking.timing import STEPS_PER_COLUMN, TIME_STEP_S
from spiking.typing import Floats


@check_arguments(stims=unchecked)
def LIF_network_fnc(  # the published name
    model_path: AnyModel,
    scaling_factor: float,
    u: ArrayLike,
    stims: Mapping[str, Any],
    downsample: int,
    use_initial_weights: bool,
    *,
    seed: int | None = None,
    draws: RandomDraws | None = None,
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats, dict[str, Any]]:
    """Convert a trained rate network to a spiking one and simulate one trial.

    Parameters
    ----------
    model_path : path, str, mapping or RateModel
        The trained model: a MATLAB file, the name of a model that comes with the package, a mapping with the
        same keys, or a loaded model.
    scaling_factor : float
        Recurrent and output weights are divided by it. The usual range is 20 to 100; any number above 0 is
        accepted. A larger factor means weaker weights, but more spikes where the recurrent input is net
        inhibitory: from 20 to 75 the mean rate rose from 4.8 to 9.7, 3.7 to 6.9, 3.2 to 4.7 and 2.6 to
        4.7 Hz in four trained networks (two Go-NoGo, XOR, context integration; 100 trials of their task
        each; ``benchmarks/scaling_factor.py``). Other networks may behave otherwise.
    u : array, shape (n_inputs, columns)
        Input; a column lasts 5 ms (20 columns are 100 ms), the first and the last half as long.
        A 1-D array is accepted for a model with one input.
    stims : mapping
        ``{"mode": "none"}``, or ``{"mode": "exc" or "inh", "dur": [start, stop], "units": [...]}``: at each
        step from `start` up to, but not including, `stop`, with probability 1/2, 0.5 mV is added to ("exc")
        or subtracted from ("inh") the voltage of these units. Steps (0.05 ms x `downsample`) and units
        count from 0; units may also be a mask, an array of one bool for each unit.
    downsample : int
        Use only every n-th column and make the time step n times as long. A used column then lasts
        5 ms x n, and the trial ends at the last used one: 201 columns last 1 s at 1, 2 and 4, but 0.99 s
        at 3. At 1, 2 and 4 the simulation of a trial takes 1, 1/2 and 1/3 of the time, and 97.6, 97.3 and
        93.6 % of 1,000 trials were correct in one Go-NoGo network (N = 200), 96.5, 94.2 and 82.0 % in
        another (N = 250; 95 % intervals within 2.6 percentage points; ``benchmarks/downsample.py``). The
        additional errors are responses in NoGo trials; at 4 the mean rate falls by 27 and 35 %. There are
        two reasons: the noise of a step is not scaled with its length, so that longer steps mean less noise
        per second, and the refractory period is rounded to whole steps.
    use_initial_weights : bool
        Use the recurrent weights from before training (`w0`).
    seed : int, optional
        Seed of the random numbers; None: fresh random numbers in every call.
    draws : RandomDraws, optional
        Random numbers to use instead of drawing new ones.

    Returns
    -------
    W : array, shape (N, N)
        Recurrent weights divided by the scaling factor; rows are postsynaptic.
    REC : array, shape (nt, N)
        Voltages in mV; at a spike, +30.
    spk : array, shape (N, nt)
        1 where a neuron spikes, 0 elsewhere; float64, so that ``spk @ spk.T`` counts as in MATLAB.
    rs : array, shape (N, nt)
        Filtered spikes in 1/s.
    all_fr : array, shape (N, 1)
        Average rates in Hz (spikes of the first 9 steps are not counted); NaN for lesioned units, which
        ``np.nanmean`` leaves out.
    out : array, shape (nt,), or (n_outputs, nt) for several outputs
        ``(w_out / scaling_factor) rs``; `b_out` is not added.
    params : dict
        ``dt``, ``T`` (s), ``nt``, ``w_out`` (unscaled), ``td``, ``td0`` (shape (N,), in s; None if the model
        has no ``td0``), ``IPSCs`` (shape (N, nt)), ``tref``, ``tm``, ``tr`` (s), ``vreset``, ``bias``,
        ``vpeak`` and ``vspike`` (mV): the threshold, which the published function calls vpeak, -40, and the
        voltage that ``REC`` has at a spike, 30.

    Raises
    ------
    ArgumentError
        An argument is wrong; the message says what was expected.
    ModelFileError
        The model cannot be used, or `use_initial_weights` is True and the model has no `w0`.

    Warns
    -----
    UserWarning
        The stimulation lasts beyond the end of the trial, where it has no effect; the trial is very much
        longer than those of the model's task; the scaling factor is that of a matched conversion of the
        model's file, or below 1.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking import LIF_network_fnc, datasets
    >>> u = np.zeros((1, 201))
    >>> u[0, 50:75] = 1  # the Go pulse, from 250 to 375 ms
    >>> stims = {"mode": "exc", "dur": [1000, 1500], "units": [10, 15, 20]}  # 50 to 75 ms
    >>> W, REC, spk, rs, all_fr, out, params = LIF_network_fnc(
    ...     datasets.load("go-nogo"), 20, u, stims, downsample=1, use_initial_weights=False, seed=1
    ... )
    >>> W.shape, REC.shape, spk.shape, rs.shape, all_fr.shape, out.shape
    ((200, 200), (20000, 200), (200, 20000), (200, 20000), (200, 1), (20000,))
    """
    factor = scaling_factor
    model = rate_model("model_path", model_path)
    _check_expressible(model)
    inputs = checked_inputs(u, model.n_inputs, downsample, "u")
    if inputs.ndim == 3:
        raise ArgumentError(f"u has shape {np.shape(u)}; expected one trial, ({model.n_inputs}, columns)")
    stimulation = _stimulation(stims, downsample, model.n_units, STEPS_PER_COLUMN * (inputs.shape[1] - 1))
    network = SpikingNetwork.from_rate(model, factor, initial_weights=use_initial_weights)
    run = simulate(
        network,
        u,
        seed=seed,
        draws=draws,
        downsample=downsample,
        stimulation=stimulation,
        record=Record(spikes=True, filtered_rates=True, voltage=True, currents=True),
    )
    assert run.voltage is not None
    assert run.filtered_rates is not None
    assert run.output is not None
    assert run.currents is not None
    decay, initial_decay = network.tau_decay, model.tau_decay(initial=True)
    c, dt = network.constants, TIME_STEP_S * downsample
    params = {
        "dt": dt,
        "T": (inputs.shape[1] - 1) * dt * STEPS_PER_COLUMN,
        "nt": run.n_steps,
        "w_out": model.w_out.copy(),
        "td": decay / 1000,
        "td0": None if initial_decay is None else initial_decay / 1000,
        "IPSCs": run.currents[0],
        "tref": c.refractory / 1000,
        "tm": c.tau_membrane / 1000,
        "tr": c.tau_rise / 1000,
        "vreset": c.reset,
        "vpeak": c.threshold,  # the published function's name
        "vspike": c.peak,
        "bias": c.bias,
    }
    return (
        network.dense_weights.copy(),
        run.voltage[0].T,
        run.spike_matrix().astype(np.float64),
        run.filtered_rates[0],
        run.rates.T,
        run.output[0, 0] if model.n_outputs == 1 else run.output[0],
        params,
    )


def _check_expressible(model: RateModel) -> None:
    """Raise ArgumentError if the model has something that the published function does not know."""
    changed = "" if model.trained_params is None else model.trained_params.difference(LIFParams())
    has = {
        "a bias": model.bias is not None and bool(model.bias.any()),
        "an initial state": model.initial is not None and bool(model.initial.any()),
        f"a neuron with {changed}": bool(changed),
    }
    unknown = [name for name, there in has.items() if there]
    if unknown:
        raise ArgumentError(
            f"{model.source} has {' and '.join(unknown)}, which the published function does not know; use "
            f"SpikingNetwork.from_rate and simulate"
        )


def _stimulation(stims: object, downsample: int, n_units: int, n_steps: int) -> Stimulation | None:
    expected = '{"mode": "none"}, or "exc" or "inh" with "dur" and "units"'
    if isinstance(stims, np.ndarray) and stims.dtype.names:
        raise ArgumentError(
            f"stims is a struct as an array; expected a mapping, {expected}: read the file with "
            f"scipy.io.loadmat(path, simplify_cells=True), and subtract 1 from units and dur"
        )
    if not isinstance(stims, Mapping):
        raise ArgumentError(f"stims is {shown(stims)}; expected a mapping, {expected}")
    if "mode" not in stims:
        keys = ", ".join(map(shown, stims)) or "none"
        raise ArgumentError(f"stims has no 'mode' (its keys: {keys}); expected {expected}")
    mode = stims["mode"].lower() if isinstance(stims["mode"], str) else ""
    if mode not in ("none", "exc", "inh"):
        raise ArgumentError(f"stims['mode'] is {shown(stims['mode'])}; expected none, exc or inh")
    if mode == "none":
        return None
    for key in ("dur", "units"):
        if key not in stims:
            raise ArgumentError(f"stims has mode {mode!r} but no {key!r}; expected {expected}")
    start, stop = _dur(stims["dur"])
    if stop > n_steps:
        effect = "any step" if start >= n_steps else f"steps after {n_steps - 1}"
        warn(
            f"stims['dur'] is [{start}, {stop}], but the trial has {n_steps} steps; "
            f"the stimulation has no effect on {effect}"
        )
    time_step = 1000 * TIME_STEP_S * downsample
    given = mask_as_array("stims['units']", stims["units"])
    if isinstance(given, np.ndarray) and given.dtype == bool:
        if given.size != n_units:
            raise ArgumentError(
                f"stims['units'] is a mask of shape {given.shape}; expected one entry for each of {n_units} "
                f"units"
            )
        given = np.flatnonzero(given)
    units = whole_units("stims['units']", given, n_units)
    wrong = [unit for unit in units if unit >= n_units]
    if wrong:
        raise ArgumentError(f"stims['units'] has {wrong[0]}; expected numbers from 0 to {n_units - 1}")
    stop = min(stop, n_steps)  # otherwise simulate would warn as well, in ms
    if start >= stop:
        return None
    return Stimulation(
        units=units,
        window=(start * time_step, stop * time_step),
        amplitude=0.5 if mode == "exc" else -0.5,
    )


def _dur(dur: object) -> tuple[int, int]:
    expected = "[start, stop] in simulation steps, two whole numbers with 0 <= start <= stop"
    try:
        values = np.asarray(dur, np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"stims['dur'] is {shown(dur)}; expected {expected}") from error
    if (
        values.size != 2
        or not np.isfinite(values).all()
        or (values % 1).any()
        or not 0 <= values[0] <= values[1]
    ):
        raise ArgumentError(f"stims['dur'] is {shown(dur)}; expected {expected}")
    return int(values[0]), int(values[1])
