"""The spiking network: leaky integrate-and-fire neurons, one for each unit of a rate model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from spiking import connections, lesions
from spiking import readout_refit as refitting
from spiking.arguments import positive_number
from spiking.errors import ArgumentError
from spiking.rate_model import RateModel

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Floats = NDArray[np.float64]

# A network with fewer connections than this stores them sparsely; a small one stays dense, whose rows are
# added faster than indices are followed (`benchmarks/density.py`).
_SPARSE_DENSITY = 0.3
_SPARSE_UNITS = 400


@dataclass(frozen=True, kw_only=True)
class LIFParams:
    """Constants of the neurons and synapses (defaults: SI Table S1 of Kim, Li & Sejnowski 2019).

    Leaky neuron:      ``tau_membrane dv/dt = -v + I + bias``
    Quadratic neuron:  ``tau_membrane dv/dt = v^2 + I + bias``
    Synaptic current:  ``tau_decay dI/dt = -I + h``, ``tau_rise dh/dt = -h + W s`` (double exponential), or
                       ``tau_decay dI/dt = -I + W s`` (single exponential)

    Parameters
    ----------
    tau_membrane : float
        Membrane time constant in ms.
    refractory : float
        Time after a spike during which the membrane does not integrate, in ms.
    tau_rise : float
        Rise time constant of the double-exponential synapse in ms.
    reset, threshold, bias : float
        Voltage after a spike, voltage of a spike, and constant current (the resting level), in mV.
    peak : float
        Voltage at which spikes are drawn in mV; initial voltages are uniform on [reset, peak).
    noise : float
        Standard deviation of the noise added to each voltage at every step, in mV; not scaled with the
        time step, and also added while refractory (as published).
    neuron : {"leaky", "quadratic"}
        The quadratic neuron is used with ``threshold=30, bias=0`` (Fig. S7).
    synapse : {"double_exponential", "single_exponential"}
        The single exponential has no rise time (Fig. 6B).

    Raises
    ------
    ArgumentError
        A value is not finite, a time constant not positive, or the threshold not above the reset.
    """

    tau_membrane: float = 10.0
    refractory: float = 2.0
    tau_rise: float = 2.0
    reset: float = -65.0
    threshold: float = -40.0
    bias: float = -40.0
    peak: float = 30.0
    noise: float = 0.1
    neuron: Literal["leaky", "quadratic"] = "leaky"
    synapse: Literal["double_exponential", "single_exponential"] = "double_exponential"

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in ("neuron", "synapse"):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise ArgumentError(f"{item.name} is {value!r}; expected a number")
            if not np.isfinite(value):
                raise ArgumentError(f"{item.name} is {value}; expected a finite number")
        for name in ("tau_membrane", "tau_rise"):
            if getattr(self, name) <= 0:
                raise ArgumentError(f"{name} is {getattr(self, name)} ms; expected a time above 0")
        for name in ("refractory", "noise"):
            if getattr(self, name) < 0:
                raise ArgumentError(f"{name} is {getattr(self, name)}; expected 0 or more")
        if not self.threshold > self.reset:
            raise ArgumentError(
                f"threshold is {self.threshold} mV, reset {self.reset} mV; expected threshold above reset"
            )
        if self.peak < self.reset:
            raise ArgumentError(f"peak is {self.peak} mV; expected at least the reset, {self.reset} mV")
        for name, known in (
            ("neuron", ("leaky", "quadratic")),
            ("synapse", ("double_exponential", "single_exponential")),
        ):
            if getattr(self, name) not in known:
                raise ArgumentError(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(known)}")


@dataclass(frozen=True, kw_only=True, eq=False)
class SpikingNetwork:
    """A spiking network, made from a rate model with `SpikingNetwork.from_rate`. Immutable.

    Attributes
    ----------
    weights : array or scipy.sparse.csc_array, shape (N, N)
        Recurrent weights divided by the scaling factor; row postsynaptic, column presynaptic. Sparse where
        that is faster and smaller (large networks of low density).
    w_in : array, shape (N, n_inputs)
        Input weights, as trained.
    readout : array, shape (n_outputs, N)
        Output weights divided by the scaling factor.
    tau_decay : array, shape (N,)
        Synaptic decay time constants in ms.
    populations : mapping of str to array of bool, shape (N,)
        ``exc``, ``inh``, and ``inh`` split into ``som`` and ``pv``.
    params : LIFParams
    scaling_factor : float
    offset : array, shape (N,)
        Constant current of each neuron in mV, added to `LIFParams.bias`; 0 by default. One number is for all.
    lesioned : tuple of int
        Units that are silent (see `lesion`).
    readout_refit : ReadoutRefit or None
        How the readout was fitted anew (see `refit_readout`); None for the trained one.

    Raises
    ------
    ArgumentError
        `offset` is not one finite number for each neuron.
    """

    weights: Floats | csc_array[np.float64]
    w_in: Floats
    readout: Floats
    tau_decay: Floats
    populations: Mapping[str, NDArray[np.bool_]]
    params: LIFParams
    scaling_factor: float
    offset: Floats = field(default_factory=lambda: np.zeros(1))
    lesioned: tuple[int, ...] = ()
    readout_refit: refitting.ReadoutRefit | None = None

    def __post_init__(self) -> None:
        n = len(self.tau_decay)
        offset = np.array(self.offset, np.float64)
        if offset.shape not in ((), (1,), (n,)) or not np.isfinite(offset).all():
            raise ArgumentError(
                f"offset has shape {offset.shape}; expected finite numbers of mV, one for each of {n} neurons"
            )
        object.__setattr__(self, "offset", np.broadcast_to(offset, n).copy())
        arrays: list[Any] = [self.w_in, self.readout, self.tau_decay, self.offset, *self.populations.values()]
        if isinstance(self.weights, np.ndarray):
            arrays.append(self.weights)
        else:
            arrays += [self.weights.data, self.weights.indices, self.weights.indptr]
        for array in arrays:
            array.setflags(write=False)

    @classmethod
    def from_rate(
        cls,
        model: RateModel | str | os.PathLike[str] | Mapping[str, Any],
        scaling_factor: float,
        *,
        params: LIFParams | None = None,
        initial_weights: bool = False,
    ) -> SpikingNetwork:
        """Convert a rate model, unit by unit (Kim, Li & Sejnowski 2019, equations 5 to 8).

        Recurrent and output weights are divided by the scaling factor; input weights and time constants
        are taken over unchanged, and the output bias is left out (as published).

        Parameters
        ----------
        model : RateModel, path or mapping
            The trained model.
        scaling_factor : float
            The one free parameter (1/lambda in the paper), above 0; usually 20 to 100. Larger means weaker
            weights.
        params : LIFParams, optional
            Constants of neurons and synapses; the published ones by default.
        initial_weights : bool
            Take the recurrent weights from before training.

        Returns
        -------
        SpikingNetwork

        Raises
        ------
        ArgumentError
            The scaling factor is not a positive number.
        ModelFileError
            The model cannot be used, or has no initial weights and they are asked for.
        """
        factor = positive_number("scaling_factor", scaling_factor)
        if not isinstance(model, RateModel):
            model = RateModel.load(model)
        decay = model.tau_decay()
        assert decay is not None
        return cls(
            weights=_stored(model.effective_weights(initial=initial_weights) / factor),
            w_in=model.w_in,
            readout=model.w_out / factor,
            tau_decay=decay,
            populations=model.populations,
            params=params or LIFParams(),
            scaling_factor=factor,
        )

    def __repr__(self) -> str:
        kind = "dense" if isinstance(self.weights, np.ndarray) else "sparse"
        notes = f", {len(self.lesioned)} lesioned" if self.lesioned else ""
        notes += f", {self.readout_refit}" if self.readout_refit else ""
        return (
            f"SpikingNetwork(N={self.n_neurons}, n_inputs={self.n_inputs}, n_outputs={self.n_outputs}, "
            f"scaling_factor={self.scaling_factor:g}, {kind} weights{notes})"
        )

    @property
    def n_neurons(self) -> int:
        """Number of neurons N."""
        return len(self.tau_decay)

    @property
    def n_inputs(self) -> int:
        """Number of input channels."""
        return int(self.w_in.shape[1])

    @property
    def n_outputs(self) -> int:
        """Number of readouts."""
        return int(self.readout.shape[0])

    scale_weights = connections.scale_weights
    cut = connections.cut
    shuffle_weights = connections.shuffle_weights
    freeze = connections.freeze
    remove_autapses = connections.remove_autapses
    with_weights = connections.with_weights
    with_input_weights = connections.with_input_weights
    shuffle_input_weights = connections.shuffle_input_weights
    lesion = lesions.lesion
    refit_readout = refitting.refit_readout

    @cached_property
    def dense_weights(self) -> Floats:
        """Recurrent weights as an (N, N) array, however they are stored."""
        if isinstance(self.weights, np.ndarray):
            return self.weights
        dense = self.weights.toarray()
        dense.setflags(write=False)
        return dense


def _stored(weights: Floats) -> Floats | csc_array[np.float64]:
    density = np.count_nonzero(weights) / weights.size
    if len(weights) < _SPARSE_UNITS or density > _SPARSE_DENSITY:
        return weights
    from scipy.sparse import csc_array

    return csc_array(weights)
