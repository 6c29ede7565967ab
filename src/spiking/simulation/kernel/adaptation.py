"""Adaptation: a step of w, what it takes from the current, and the threshold that it raises.

Numba chooses by the type of `Constants.adaptation`, so that a network without it compiles to what it needs.
"""

from __future__ import annotations

import numpy as np

from spiking.neuron.equations import at
from spiking.simulation.kernel.arguments import CurrentAdaptation, ThresholdAdaptation
from spiking.simulation.kernel.compiler import nb, overload

VANISHED = 1e-200  # a state below this is zero: denormal numbers are slow


def adaptation_current(adaptation, w, j):
    """Return what adaptation takes from the current of neuron j."""


def adaptation_fades(adaptation, w, threshold, base, j):
    """Let w of neuron j fade by a step, and set its threshold if that is what adapts."""


def adaptation_jumps(adaptation, w, j):
    """Let w of neuron j grow by what a spike adds."""


def acting_threshold(adaptation, threshold, n):
    """Return the threshold, or an array for it if it adapts."""


def state_of(adaptation, w):
    """Return w, or None without adaptation: an array that is not used costs time in every call."""


def _is(adaptation, kind):
    return getattr(adaptation, "instance_class", None) is kind


@overload(adaptation_current, inline="always")
def _adaptation_current(adaptation, w, j):
    if _is(adaptation, CurrentAdaptation):
        return lambda adaptation, w, j: w[j]
    return lambda adaptation, w, j: 0.0


@overload(adaptation_fades, inline="always")
def _adaptation_fades(adaptation, w, threshold, base, j):
    if _is(adaptation, CurrentAdaptation):

        def fades(adaptation, w, threshold, base, j):
            faded = w[j] * at(adaptation.fade, j)
            w[j] = faded if abs(faded) > VANISHED else 0.0

        return fades
    if _is(adaptation, ThresholdAdaptation):

        def fades_in_threshold(adaptation, w, threshold, base, j):
            threshold[j] = at(base, j) + w[j]
            faded = w[j] * at(adaptation.fade, j)
            w[j] = faded if abs(faded) > VANISHED else 0.0

        return fades_in_threshold
    return lambda adaptation, w, threshold, base, j: None


@overload(adaptation_jumps, inline="always")
def _adaptation_jumps(adaptation, w, j):
    if isinstance(adaptation, nb.types.NoneType):
        return lambda adaptation, w, j: None

    def jumps(adaptation, w, j):
        w[j] += at(adaptation.jump, j)

    return jumps


@overload(acting_threshold, inline="always")
def _acting_threshold(adaptation, threshold, n):
    if _is(adaptation, ThresholdAdaptation):
        return lambda adaptation, threshold, n: np.empty(n)
    return lambda adaptation, threshold, n: threshold


@overload(state_of, inline="always")
def _state_of(adaptation, w):
    if isinstance(adaptation, nb.types.NoneType):
        return lambda adaptation, w: None
    return lambda adaptation, w: w
