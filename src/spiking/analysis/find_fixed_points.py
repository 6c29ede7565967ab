"""Find the fixed points of a rate network, and of a spiking network through its mean field."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spiking.analysis.fixed_points import FixedPoint, FixedPoints
from spiking.analysis.mean_field import MeanField, mean_field
from spiking.check_arguments import check_arguments
from spiking.checks import MOST, finite_numbers, not_negative, positive_number, shown, whole_number
from spiking.errors import ArgumentError
from spiking.network.open import AnyNetwork, open_network
from spiking.random_streams import FIXED_POINT_STREAM, VISITED_FIRST
from spiking.tasks import Task
from spiking.tasks.base import check_channels
from spiking.tasks.registry import get
from spiking.timing import STEP_MS
from spiking.typing import Floats

_STEP = STEP_MS / 1000  # of the short runs, in seconds
_RUNS = 20
_PULSE_STEPS, _AFTER_STEPS = 50, 100  # of a run without task: an input at random, then the constant one
_RELAXATION_STEPS = 200
_EVALUATIONS = 50  # at most, from one start; usually 5 to 20 suffice


@check_arguments(tolerance=positive_number, merge_distance=positive_number, perturbation=not_negative)
def fixed_points(
    network: AnyNetwork,
    inputs: ArrayLike | None = None,
    *,
    task: Task | str | None = None,
    starts: int | ArrayLike = 64,
    perturbation: float = 0.5,
    tolerance: float = 1e-10,
    merge_distance: float = 1e-3,
    seed: int = 1,
) -> FixedPoints:
    """Find the fixed points of a network at constant inputs (Sussillo & Barak, Neural Comput. 25:626, 2013).

    From many starting states, the speed ``q = |dx/dt|^2 / 2`` is minimised by the Levenberg-Marquardt method
    with the analytic Jacobian, which finds stable and unstable points alike. Noise is left out. A spiking
    network is described by its mean field

        ``tau dx/dt = -x + W f(s x + b)/k + inputs``,

    with the f-I curve f of its neurons and the gain s, the offset b (in addition to those of single units)
    and the factor k of its conversion: rates are as if currents were constant. The rise time of synapses is
    left out; it does not change the points, only their eigenvalues.

    Parameters
    ----------
    network : RateModel, SpikingNetwork, path, str or mapping
        A network of any activation and form, its file, or the name of a rate model that comes with the
        package. Lesions and other changes of a spiking network are taken into account.
    inputs : array, shape (n_inputs,), optional
        The constant inputs; 0 by default, as between and after stimuli.
    task : Task or str, optional
        The starting states are those that the network, without noise, visits in trials of this task. By
        default, those that it visits during and after pulses of 250 ms with random amplitudes, N(0, 1), on
        all inputs.
    starts : int or array, shape (starts, N)
        Number of starting states, or the states themselves (x, or r in the rate form) instead of those that
        are visited. Of a number, a third are relaxed for 1 s at the constant inputs, which leads to stable
        points, and a third are drawn between two of these, where saddles are.
    perturbation : float
        Standard deviation of the Gaussian perturbation of the starting states, relative to that of the
        visited states over units and time. Every other state is perturbed.
    tolerance : float
        Largest speed of a fixed point. A larger value also gives slow points, where the speed has a minimum
        above 0.
    merge_distance : float
        Points whose currents differ by less (root mean square over units) are one point.
    seed : int
        Seed of the trials, the pulses and the perturbations.

    Returns
    -------
    FixedPoints
        Points that exist may be missing, unstable ones more likely than stable ones; more starting states
        find more.

    Raises
    ------
    ArgumentError
        An argument is invalid, or the task has other numbers of inputs or outputs than the network.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> points = analysis.fixed_points(datasets.load("go-nogo"), task="go-nogo")
    >>> [round(float(point.output[0]), 1) for point in points.stable]  # NoGo and Go
    [-0.0, 1.1]
    """
    from scipy.optimize import least_squares

    equation = mean_field(open_network(network))
    n_units, n_inputs = equation.w_in.shape
    constant = np.zeros(n_inputs) if inputs is None else _numbers("inputs", inputs, (n_inputs,))
    drive = equation.drive(constant)
    given = finite_numbers("starts", starts, f"a whole number, or finite numbers, shape (starts, {n_units})")
    if given.ndim == 0:
        count = whole_number("starts", starts, 1, MOST)
        if isinstance(task, str):
            task = get(task)
        states = _visited(equation, constant, task, count, perturbation, seed)
    else:
        states = _numbers("starts", given, (len(given), n_units))
    found: list[tuple[float, Floats]] = []
    for state in states:
        try:
            result = least_squares(
                equation.velocity,
                state,
                equation.jacobian,
                method="lm",
                args=(drive,),
                xtol=1e-12,
                ftol=1e-12,
                gtol=1e-12,
                max_nfev=_EVALUATIONS,
            )
        except ValueError:  # a velocity that is not finite: the start is too far away
            continue
        if result.cost <= tolerance:
            found.append((float(result.cost), result.x))
    points = [_point(equation, drive, *group) for group in _merged(equation, drive, found, merge_distance)]
    points.sort(key=lambda point: (not point.stable, *point.output))
    return FixedPoints(points=tuple(points), inputs=constant, n_starts=len(states))


def _numbers(name: str, value: ArrayLike, shape: tuple[int, ...]) -> Floats:
    array = finite_numbers(name, value, f"finite numbers, shape {shape}")
    if array.shape != shape:
        raise ArgumentError(f"{name} has shape {array.shape}; expected finite numbers, shape {shape}")
    return array


def _visited(
    equation: MeanField, constant: Floats, task: Task | None, count: int, perturbation: float, seed: int
) -> Floats:
    """Return starting states from short runs, shape (starts, N)."""
    random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(FIXED_POINT_STREAM,)))
    n_units, n_inputs = equation.w_in.shape
    if task is None:
        pulses = np.tile(random.standard_normal((_RUNS, n_inputs)), (_PULSE_STEPS, 1, 1))
        after = np.broadcast_to(constant, (_AFTER_STEPS, _RUNS, n_inputs))
        inputs = np.concatenate([pulses, after])
    elif isinstance(task, Task):
        check_channels(task, n_inputs, len(equation.readout), "the network")
        trials = task.trials(_RUNS, seed=seed, first=VISITED_FIRST, balanced=True)
        inputs = np.moveaxis(trials.inputs, 2, 0)
    else:
        raise ArgumentError(f"task is {shown(task)}; expected a Task, or the name of one")
    with np.errstate(over="ignore", invalid="ignore"):
        states = equation.run(equation.initial, equation.drive(inputs), _STEP).reshape(-1, n_units)
        states = states[np.isfinite(states).all(axis=1)]
        chosen = states[random.integers(len(states), size=count)]
        chosen[1::2] += perturbation * states.std() * random.standard_normal((count // 2, n_units))
        relaxed = chosen[::3]
        drive = np.broadcast_to(equation.drive(constant), (_RELAXATION_STEPS, *relaxed.shape))
        relaxed[:] = equation.run(relaxed, drive, _STEP)[-1]
        between = random.random((len(chosen[1::3]), 1))
        first, second = relaxed[random.integers(len(relaxed), size=(2, len(between)))]
        chosen[1::3] = first + between * (second - first)
    return np.asarray(chosen[np.isfinite(chosen).all(axis=1)])


def _merged(
    equation: MeanField, drive: Floats, found: list[tuple[float, Floats]], distance: float
) -> list[tuple[float, Floats, int]]:
    """Return the slowest state of each group of states that are one point, and the size of the group."""
    groups: list[tuple[float, Floats, int]] = []
    for speed, state in sorted(found, key=lambda pair: pair[0]):
        currents = equation.currents(state, drive)
        for i, (least, point, size) in enumerate(groups):
            if np.sqrt(np.mean((equation.currents(point, drive) - currents) ** 2)) < distance:
                groups[i] = (least, point, size + 1)
                break
        else:
            groups.append((speed, state, 1))
    return groups


def _point(equation: MeanField, drive: Floats, speed: float, state: Floats, n_starts: int) -> FixedPoint:
    eigenvalues = np.linalg.eigvals(equation.jacobian(state, drive)).astype(np.complex128)
    rates = equation.rates(state)
    return FixedPoint(
        currents=equation.currents(state, drive),
        rates=rates,
        output=equation.readout @ rates + equation.output_bias,
        speed=speed,
        eigenvalues=eigenvalues[np.lexsort((-eigenvalues.imag, -eigenvalues.real))],
        n_starts=n_starts,
    )
