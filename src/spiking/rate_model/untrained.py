"""Draw untrained networks, as in Kim, Li & Sejnowski (2019), Methods. A class method of `RateModel`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import at_least, fraction, not_negative, real_numbers, shown
from spiking.connectivity.units import Units, check_population_name
from spiking.errors import ArgumentError
from spiking.random_streams import UNTRAINED_STREAM
from spiking.rate_model.transfer import Transfer, name_and_parameters
from spiking.timing import STEP_MS
from spiking.typing import Floats, Mask

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel


class DrawnArrays(NamedTuple):
    """The arrays of an untrained network, with the names of `RateModel`."""

    w: Floats
    w_in: Floats
    w_out: Floats
    taus_gaus: Floats
    inhibitory: Mask
    sign: Floats
    som_mask: Floats


def draw_arrays(
    rng: np.random.Generator,
    n_units: int,
    n_inputs: int,
    n_outputs: int,
    *,
    gain: float,
    p_inh: float,
    p_rec: float,
    n_som: int,
    dale: bool,
    w_dist: str,
    connectivity: Mask | None,
) -> DrawnArrays:
    """Draw the arrays of an untrained network; the arguments are those of `untrained`."""
    inhibitory = rng.random(n_units) < p_inh
    if not dale:
        inhibitory[:] = False
    som = np.flatnonzero(inhibitory)[:n_som]
    som_mask = np.ones((n_units, n_units))
    som_mask[np.ix_(som, inhibitory)] = 0
    share = 1.0 if connectivity is None else float(np.mean(connectivity))  # of connections that are allowed
    if w_dist == "gamma":
        w = rng.gamma(2, 0.003, (n_units, n_units))
    else:
        w = rng.standard_normal((n_units, n_units))
        w *= gain / math.sqrt(n_units * p_rec * share) if p_rec * share else 0
    w *= rng.random((n_units, n_units)) < p_rec
    if connectivity is not None:
        som_mask *= connectivity
        w *= connectivity
    w_out = rng.standard_normal((n_outputs, n_units)) / 100
    taus_gaus = rng.standard_normal(n_units)
    return DrawnArrays(
        np.abs(w) if dale else w,
        rng.standard_normal((n_units, n_inputs)),
        w_out,
        taus_gaus,
        inhibitory,
        np.where(inhibitory, -1.0, 1.0),
        som_mask,
    )


def checked_connectivity(connectivity: ArrayLike, n_units: int) -> Mask:
    """Return a mask of allowed connections as bools; raise ArgumentError for other shapes or numbers."""
    expected = f"zeros and ones of shape ({n_units}, {n_units}), a row for each receiving unit"
    values = real_numbers("connectivity", connectivity, expected)
    if values.shape != (n_units, n_units) or not np.isin(values, (0.0, 1.0)).all():
        raise ArgumentError(f"connectivity has shape {values.shape}; expected {expected}")
    return values.astype(np.bool_)


@check_arguments(
    n_units=at_least(1),
    n_inputs=at_least(1),
    n_outputs=at_least(1),
    gain=not_negative,
    p_inh=fraction,
    p_rec=fraction,
    n_som=at_least(0),
    activation=unchecked,
)
def untrained(
    cls: type[RateModel],
    n_units: int,
    *,
    n_inputs: int,
    n_outputs: int = 1,
    seed: int = 1,
    gain: float = 1.5,
    p_inh: float = 0.2,
    p_rec: float = 0.2,
    n_som: int = 0,
    dale: bool = True,
    w_dist: Literal["gaussian", "gamma"] = "gaussian",
    connectivity: ArrayLike | None = None,
    populations: Mapping[str, Units] | None = None,
    tau: float | tuple[float, float] = (20.0, 100.0),
    activation: str | Transfer | tuple[ArrayLike, ArrayLike] = "lif",
    activation_parameters: Mapping[str, Any] | None = None,
) -> RateModel:
    """Draw an untrained network: weights, inhibitory units, SST units and time constants.

    It has the distributions of Kim, Li & Sejnowski (2019). `train` goes on from it with ``start=``, and a
    converted one is a control for a trained network.

    Parameters
    ----------
    n_units, n_inputs, n_outputs : int
        Numbers of units N, inputs and outputs.
    seed : int
        Seed of all random numbers.
    gain : float
        Recurrent weights are gain / sqrt(N p_rec c) N(0, 1), where `connectivity` allows the fraction c of
        all connections; their absolute values under Dale's law.
    p_inh : float
        Probability that a unit is inhibitory.
    p_rec : float
        Fraction of the allowed recurrent weights that are not zero. Under Dale's law, training leaves zeros
        as they are.
    n_som : int
        The first `n_som` inhibitory units are SST units, which receive no inhibition.
    dale : bool
        Dale's law: units are excitatory or inhibitory.
    w_dist : {"gaussian", "gamma"}
        Distribution of the recurrent weights; ``gamma`` has shape 2 and scale 0.003.
    connectivity : array of 0 and 1, shape (N, N), optional
        Connections that are allowed, also in training; row postsynaptic. `spiking.connectivity.area_mask`
        makes one for areas. All by default.
    populations : mapping of str to units, optional
        Populations with names of your own, as for `with_populations`.
    tau : float or (float, float)
        Synaptic decay in ms: one for all units, or the range of the units' own.
    activation, activation_parameters
        As in `RateModel.from_arrays`; by default ``lif``, with which `train` trains.

    Returns
    -------
    RateModel

    Raises
    ------
    ArgumentError
        An argument cannot be used.

    Examples
    --------
    >>> from spiking import RateModel
    >>> from spiking.connectivity import area_mask
    >>> areas = {"PFC": range(80), "MD": range(80, 100)}
    >>> mask = area_mask(100, areas, {("PFC", "PFC"): 1.0, ("PFC", "MD"): 0.3, ("MD", "PFC"): 0.3})
    >>> model = RateModel.untrained(100, n_inputs=1, connectivity=mask, populations=areas, n_som=4)
    >>> model.effective_weights()[80:, 80:].any()  # MD does not connect to itself
    np.False_
    """
    limits = real_numbers("tau", tau, "one number or a pair, in ms").ravel()
    if limits.size not in (1, 2) or not (limits >= STEP_MS).all() or limits[0] > limits[-1]:
        raise ArgumentError(f"tau is {shown(tau)}; expected ms, at least {STEP_MS:g}, smaller limit first")
    drawn = draw_arrays(
        np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(UNTRAINED_STREAM,))),
        n_units,
        n_inputs,
        n_outputs,
        gain=gain,
        p_inh=p_inh,
        p_rec=p_rec,
        n_som=n_som,
        dale=dale,
        w_dist=w_dist,
        connectivity=None if connectivity is None else checked_connectivity(connectivity, n_units),
    )
    name, parameters = name_and_parameters(activation, activation_parameters)
    model = cls(
        w=drawn.w,
        w0=drawn.w,
        sign=drawn.sign,
        som_mask=drawn.som_mask,
        w_in=drawn.w_in,
        w_out=drawn.w_out,
        b_out=np.zeros(n_outputs),
        inhibitory=drawn.inhibitory,
        som_n=min(n_som, int(drawn.inhibitory.sum())),
        tau_range=(float(limits[0]), float(limits[-1])),
        taus_gaus=drawn.taus_gaus,
        taus_gaus0=drawn.taus_gaus,
        activation=name,
        activation_parameters=parameters,
        source="the untrained network",
    )
    for population in populations or {}:
        check_population_name(population)
    return model.with_populations(**(populations or {}))
