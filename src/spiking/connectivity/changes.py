"""Change a network: scale, cut and shuffle connections, lesion and name units.

Methods of `SpikingNetwork` and of `RateModel`. A connection is a weight that is not zero. Every function
returns a new network. With the same arguments and seed, the same connections change in a rate model and in
the spiking network that it is converted to.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import finite_number, fraction
from spiking.connectivity.connections import (
    Connected,
    Control,
    N,
    choose,
    connections,
    replaced,
    stream,
    with_connections,
)
from spiking.connectivity.units import (
    UnitFraction,
    Units,
    check_population_name,
    number_of_units,
    unit_numbers,
)
from spiking.connectivity.words import lesion_words, units_words
from spiking.errors import ArgumentError
from spiking.random_streams import INPUT_STREAM, SHUFFLE_STREAM


@check_arguments(fraction=fraction)
def scale_weights(
    network: N,
    *,
    factor: float,
    pre: Units = "all",
    post: Units = "all",
    fraction: float = 1.0,
    seed: int = 1,
    control: Control | None = None,
) -> N:
    """Multiply connections by a factor: ``network.scale_weights(pre="inh", post="exc", factor=0.7)``.

    Parameters
    ----------
    factor : float
        0 cuts the connections, 1 leaves them unchanged. A negative factor reverses their sign; only networks
        without Dale's law, which have no inhibitory units, accept it.
    pre, post : population, UnitFraction, iterable of int or mask
        Senders and receivers; all by default. Populations are ``"all"``, ``"exc"``, ``"inh"``, ``"som"``,
        ``"pv"``, those of `with_populations`, and several combined, such as ``"PFC&inh"``.
    fraction : float
        Fraction of the connections from `pre` to `post` that is chosen at random (the number is rounded).
        For one seed, a larger fraction contains the smaller ones.
    seed : int
        Seed of the random choice of the fraction and of the control.
    control : {"elsewhere", "strength", "anywhere"}, optional
        Change other connections instead, as a control for the number or the strength of the chosen ones.
        ``elsewhere``: the same number, at random from the connections that do not lead from `pre` to `post`.
        ``strength``: from these too, in random order, until the sum of their absolute weights is as close as
        possible to that of the chosen ones. ``anywhere``: the same number, at random from all connections.

    Returns
    -------
    SpikingNetwork or RateModel

    Raises
    ------
    ArgumentError
        A population is unknown or empty, the fraction is not from 0 to 1, the factor is not finite, or
        negative although the network follows Dale's law, or there are not enough connections for the control.
    """
    factor, existing = finite_number("factor", factor), connections(network)
    if factor < 0 and network.populations["inh"].any():
        raise ArgumentError(
            f"factor is {factor:g}, which makes excitatory connections inhibitory and the reverse, against "
            f"Dale's law; expected 0 or more (0 cuts them); SpikingNetwork.with_weights takes weights of any "
            f"sign"
        )
    chosen, words = choose(network, existing, pre, post, fraction, seed, control)
    with np.errstate(over="ignore"):  # what is too large, the new network refuses
        weight = np.where(chosen, existing.weight * factor, existing.weight)
    done = "cut" if factor == 0 else f"multiplied by {factor:.6g}"
    changed = with_connections(network, existing._replace(weight=weight))
    return replaced(changed, f"{words} {done}") if factor != 1 and chosen.any() else changed


@check_arguments(fraction=fraction)
def cut(
    network: N,
    *,
    pre: Units = "all",
    post: Units = "all",
    fraction: float = 1.0,
    seed: int = 1,
    control: Control | None = None,
) -> N:
    """Cut connections: scale them by 0; parameters and errors as in `scale_weights`."""
    return scale_weights(
        network, factor=0.0, pre=pre, post=post, fraction=fraction, seed=seed, control=control
    )


@check_arguments(fraction=fraction)
def shuffle_weights(
    network: N,
    *,
    seed: int = 1,
    pre: Units = "all",
    post: Units = "all",
    fraction: float = 1.0,
) -> N:
    """Give connections new receivers at random; every unit keeps its own weights, signs and out-degree.

    The new receivers of a unit are drawn from `post`, in each of the populations exc, som and pv as many as
    before. So the connectivity between populations does not change, and connections that the model excludes
    (inhibition of SST units) remain absent. Connections that are not chosen do not change.

    Parameters
    ----------
    seed : int
        Seed of the random choice of the fraction and of the new receivers.
    pre, post, fraction
        The connections, as in `scale_weights`.

    Returns
    -------
    SpikingNetwork or RateModel

    Raises
    ------
    ArgumentError
        As in `scale_weights`.
    """
    existing, receiving = connections(network), unit_numbers("post", post, network.populations)
    post = post if isinstance(post, str | UnitFraction) else receiving
    chosen, words = choose(network, existing, pre, post, fraction, seed, None)
    rng = stream(seed, SHUFFLE_STREAM)
    populations = network.populations
    kind = np.where(populations["exc"], 0, np.where(populations["som"], 1, 2))
    allowed = np.zeros(kind.size, bool)
    allowed[receiving] = True
    receivers = [np.flatnonzero(allowed & (kind == k)) for k in range(3)]
    new_post = existing.post.copy()
    starts = np.searchsorted(existing.pre, np.arange(kind.size + 1))
    for first, last in pairwise(starts):
        outgoing = np.arange(first, last)
        unchanged = existing.post[outgoing[~chosen[outgoing]]]
        for k in range(3):
            moving = outgoing[chosen[outgoing] & (kind[existing.post[outgoing]] == k)]
            if moving.size:
                free = np.setdiff1d(receivers[k], unchanged)
                new_post[moving] = rng.choice(free, moving.size, replace=False)
    changed = with_connections(network, existing._replace(post=new_post))
    seeded = words if fraction < 1 else f"{words} (seed {seed})"
    return replaced(changed, f"{seeded} shuffled") if chosen.any() else changed


def remove_autapses(network: N) -> N:
    """Cut the connections of units onto themselves.

    Returns
    -------
    SpikingNetwork or RateModel
    """
    existing = connections(network)
    own = existing.pre == existing.post
    changed = with_connections(network, existing._replace(weight=np.where(own, 0.0, existing.weight)))
    return replaced(changed, "weights of units onto themselves cut") if own.any() else changed


@check_arguments()
def shuffle_input_weights(network: N, *, seed: int = 1, post: Units = "all") -> N:
    """Exchange the input weights among units: each gets those of another unit, for all inputs together.

    Parameters
    ----------
    seed : int
    post : population, UnitFraction, iterable of int or mask
        The units that exchange their weights.

    Returns
    -------
    SpikingNetwork or RateModel

    Raises
    ------
    ArgumentError
        A population is unknown or empty, or the seed is negative.
    """
    units = unit_numbers("post", post, network.populations)
    w_in = network.w_in.copy()
    w_in[units] = network.w_in[stream(seed, INPUT_STREAM).permutation(units)]
    return replaced(
        network, f"input weights of {units_words(post, units.size)} (seed {seed}) shuffled", w_in=w_in
    )


@check_arguments()
def lesion(network: N, units: Units) -> N:
    """Lesion units: ``network.lesion("som")``, ``network.lesion(UnitFraction(0.1, "exc", seed=1))``.

    A lesioned unit is silent: its outgoing connections and readout weights are 0, so that the other units
    behave exactly as if its outgoing connections were cut. Units keep their numbers and their random numbers.
    In a spiking network it has no membrane voltage (NaN, if recorded) and never spikes, not even when
    stimulated; `Simulation.rates` is NaN for it, not 0, so that averages do not include it unnoticed
    (``np.nanmean`` leaves it out). In a rate model its rate is 0 at all times, as are the filtered rates of
    the spiking network.

    Parameters
    ----------
    units : population, UnitFraction, iterable of int or mask

    Returns
    -------
    SpikingNetwork or RateModel
        Its `lesioned` are these units and those that were lesioned before; its `weight_changes` say how they
        were chosen.

    Raises
    ------
    ArgumentError
        A population is unknown or empty, or a number is not that of a unit.
    """
    chosen = unit_numbers("units", units, network.populations)
    lesioned = tuple(sorted({*network.lesioned, *chosen.tolist()}))
    existing = connections(network)
    silent = np.isin(existing.pre, chosen)
    rest = with_connections(network, existing._replace(weight=np.where(silent, 0.0, existing.weight)))
    words = lesion_words(units, chosen.size) if chosen.size else None
    return replaced(rest._without_output_of(chosen), words, lesioned=lesioned)


@check_arguments()
def with_populations(network: N, /, **populations: Units) -> N:
    """Name populations: ``network.with_populations(PFC=mask, MD=[180, 181, 182])``.

    The names are accepted wherever a population is, and combined by ``&`` (and), ``|`` (or) and ``~`` (not),
    such as ``"PFC&inh"``, ``"PFC&~som"`` or ``"PFC|MD"``; ``&`` binds more closely than ``|``. Files of
    models and of networks keep them, and a network that is converted from a model has those of the model.

    Parameters
    ----------
    **populations : mask, iterable of int, population or UnitFraction
        The units of each name; populations may overlap, and combine those before them. A name consists of
        letters, digits and underscores, up to 63 of them, and is none of exc, inh, som, pv and all. A name
        that the network has already gets the new units.

    Returns
    -------
    SpikingNetwork or RateModel

    Raises
    ------
    ArgumentError
        A name cannot be used, or the units cannot, as in `lesion`.
    """
    masks: dict[str, NDArray[np.bool_]] = {}
    for name, units in populations.items():
        check_population_name(name)
        known = {**network.populations, **masks}
        masks[name] = np.zeros(number_of_units(known), np.bool_)
        masks[name][unit_numbers(name, units, known)] = True
    return network._with_named(masks)


@check_arguments()
def units(network: Connected, choice: Units) -> NDArray[np.int64]:
    """Return the numbers of the chosen units: ``network.units("inh")``, shape (units,).

    Parameters
    ----------
    choice : str, UnitFraction, iterable of int or array of bool
        A population (``"exc"``, ``"inh"``, ``"som"``, ``"pv"``, ``"all"``, or one of `with_populations`),
        several combined (``"PFC&inh"``), a fraction of one, numbers or a mask: whatever chooses units
        elsewhere, such as in a `Stimulation`.

    Raises
    ------
    ArgumentError
        An unknown or empty population, or units that the network does not have.
    """
    return unit_numbers("choice", choice, network.populations)
