"""The spiking network: leaky integrate-and-fire neurons, one for each unit of a rate model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import LARGEST_WEIGHT, check_weights, finite_numbers, shown, similar
from spiking.connectivity import changes
from spiking.connectivity.units import POPULATIONS, check_mask, check_population_name
from spiking.connectivity.words import weights_changed
from spiking.conversion.choose import choose_conversion
from spiking.conversion.conversion import FITTED, Asked, Conversion
from spiking.errors import ArgumentError
from spiking.network import file, freeze, new_weights
from spiking.network import readout_refit as refit
from spiking.network.constants import AdaptationConstants, adaptation_of, constants_of
from spiking.network.initial_state import from_rate_model
from spiking.network.readout_refit import ReadoutRefit
from spiking.network.synapses import delays as synapse_delays
from spiking.network.synapses import plasticity as synapse_plasticity
from spiking.network.synapses.plasticity import Plastic
from spiking.network.synapses.words import synapse_words
from spiking.neuron.constant import Constants
from spiking.neuron.params import LIFParams
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.recorded_settings import record_for_network
from spiking.read_only import FrozenMapping, Remade, frozen_array
from spiking.short_repr import joined
from spiking.tasks.recorded.record import TaskRecord
from spiking.typing import Floats

if TYPE_CHECKING:
    from scipy.sparse import csc_array

    from spiking.connectivity.connections import Weights
    from spiking.simulation.resolved_stimulation import AnyStimulation
    from spiking.simulation.stepper import Stepper
    from spiking.tasks.given_inputs import TaskLike


# A large network with a smaller share of connections than this stores them sparsely; a small one stays dense,
# because adding whole rows of weights is fast as long as they are in the processor's cache.
_SPARSE_DENSITY = 0.3
_SPARSE_UNITS = 400
INITIAL_WEIGHTS = "weights from before training"


@check_arguments()
@dataclass(frozen=True, kw_only=True, eq=False)
class SpikingNetwork(Remade):
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
        ``exc``, ``inh``, and ``inh`` split into ``som`` and ``pv``; and your own (see `with_populations`).
    params : LIFParams
    scaling_factor : float
    offset : array, shape (N,)
        Constant current of each neuron in mV, added to `LIFParams.bias`; 0 by default. One
        number is for all neurons.
    readout_bias : array, shape (n_outputs,)
        Added to the output; 0 by default (as published).
    initial_rates : array, shape (N,), or None
        Filtered spikes of each neuron (1/s) at the start of a trial, such as those of the rate model's
        initial state. None: there are none, as published.
    initial_currents : array, shape (N,), or None
        Recurrent and input current of each neuron (mV) at the start of a trial, without `offset`. None: the
        inputs, and the recurrent currents that belong to `initial_rates`.
    lesioned : tuple of int
        Units that are silent (see `lesion`).
    weight_changes : tuple of str
        What `scale_weights`, `cut`, `shuffle_weights`, `with_weights`, `lesion`, `freeze` and other methods
        did to the weights, in words and in this order; those of the rate model first, or that the weights are
        those from before training. Captions and reports say it. It does not change the simulation.
    readout_refit : ReadoutRefit or None
        How a new readout was fitted (see `refit_readout`); None for the trained one.
    conversion : Conversion or None
        How it was made from its rate model, if not as published.
    delays : array, shape (N, N) or ()
        Delays of the recurrent connections in ms, row postsynaptic, or one for all (see `with_delays`).
    plasticity : tuple of Plastic
        Short-term plasticity of recurrent connections (see `with_plasticity`); of two for the same
        connections the later counts.
    task : TaskRecord or None
        The task that it is run on where none is given: that of its rate model's file, unless another was
        given. It does not change the simulation.

    Raises
    ------
    ArgumentError
        `offset`, `initial_rates` or `initial_currents` is not one finite number for each neuron,
        `readout_bias` not one for each output, or `LIFParams.initial_voltage` gives voltages for another
        number of neurons.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> changed = network.lesion([10, 15, 20]).scale_weights(pre="inh", post="exc", factor=0.7)
    >>> changed.lesioned, network.lesioned  # the old network stays as it is
    ((10, 15, 20), ())
    """

    weights: Weights
    w_in: Floats
    readout: Floats
    tau_decay: Floats
    populations: Mapping[str, NDArray[np.bool_]]
    params: LIFParams
    scaling_factor: float
    offset: Floats = field(default_factory=lambda: np.zeros(1))
    readout_bias: Floats = field(default_factory=lambda: np.zeros(1))
    initial_rates: Floats | None = None
    initial_currents: Floats | None = None
    lesioned: tuple[int, ...] = ()
    readout_refit: ReadoutRefit | None = None
    conversion: Conversion | None = None
    delays: Floats = field(default_factory=lambda: np.zeros(()))
    plasticity: tuple[Plastic, ...] = ()
    task: TaskRecord | None = field(default=None, compare=False)  # no spike depends on it
    weight_changes: tuple[str, ...] = field(default=(), compare=False)  # nor on these words

    def __post_init__(self) -> None:
        n = getattr(self.tau_decay, "size", 0)
        shapes = {"tau_decay": (n,), "weights": (n, n), "w_in": (n, "inputs"), "readout": ("outputs", n)}
        for name, shape in shapes.items():
            array = getattr(self, name)
            sizes, kind = getattr(array, "shape", ()), getattr(getattr(array, "dtype", None), "kind", "O")
            wanted = [size if isinstance(size, int) else k for size, k in zip(shape, sizes, strict=False)]
            if kind not in "biuf" or len(sizes) != len(shape) or list(sizes) != wanted:
                found = f"has shape {sizes}" if kind in "biuf" else f"is {shown(array)}"
                raise ArgumentError(f"{name} {found}; expected numbers, shape ({', '.join(map(str, shape))})")
        stored = self.weights if isinstance(self.weights, np.ndarray) else self.weights.data
        check_weights(weights=stored, w_in=self.w_in, readout=self.readout)
        for name, size in (
            *((name, self.n_neurons) for name in ("offset", "initial_rates", "initial_currents")),
            ("readout_bias", self.n_outputs),
        ):
            if getattr(self, name) is not None:
                values = _one_for_each(name, getattr(self, name), size)
                object.__setattr__(self, name, frozen_array(values))
        start = self.params.initial_voltage
        if isinstance(start, tuple) and len(start) != self.n_neurons:
            raise ArgumentError(
                f"initial_voltage has {len(start)} voltages; expected one for each "
                f"of {self.n_neurons} neurons"
            )
        self._check_populations()
        constants_of(self.params, self.populations)
        adaptation_of(self.params, self.populations)
        n = self.n_neurons
        object.__setattr__(self, "delays", synapse_delays.checked_delays(self.delays, n))
        object.__setattr__(self, "plasticity", synapse_plasticity.checked_plasticity(self.plasticity, n))
        for name in ("w_in", "readout", "tau_decay"):
            object.__setattr__(self, name, frozen_array(getattr(self, name)))
        masks = {name: frozen_array(mask) for name, mask in self.populations.items()}
        object.__setattr__(self, "populations", FrozenMapping(masks))
        object.__setattr__(self, "weights", _frozen_weights(self.weights))

    def _check_populations(self) -> None:
        given: Mapping[str, Any] = self.populations
        for name, mask in given.items():
            check_mask(f"populations[{name!r}]", mask, self.n_neurons)
            if name not in POPULATIONS:
                check_population_name(name)
        missing = [name for name in POPULATIONS if name not in (*self.populations, "all")]
        if missing or "all" in self.populations:
            raise ArgumentError(
                f"populations are {', '.join(self.populations)}; expected exc, inh, som and pv, and any "
                f"others but 'all'"
            )

    @classmethod
    @check_arguments()
    def from_rate(
        cls,
        model: AnyModel,
        scaling_factor: float | None = None,
        *,
        conversion: Asked | Conversion | None = None,
        task: TaskLike | None = None,
        gain: float | None = None,
        params: LIFParams | None = None,
        initial_weights: bool = False,
        readout_bias: bool = False,
    ) -> SpikingNetwork:
        """Convert a rate model, unit by unit (Kim, Li & Sejnowski 2019, equations 5 to 8).

        As published, recurrent and output weights are divided by the scaling factor; input weights and time
        constants are taken over unchanged. A matched conversion (see `spiking.conversion`) also has a gain
        and offsets, fitted so that the f-I curve of the spiking unit is the transfer function of the rate
        unit; the model's output bias is then always added. Rates that are negative, as those of tanh, are
        shifted first: the network that is converted is `RateModel.nonnegative`, the same one. If the model
        has an initial state with synaptic currents, currents and filtered spikes start from it, and voltages
        as `LIFParams` says; otherwise there are no currents at the start (as published).

        Parameters
        ----------
        model : RateModel, path, str or mapping
            The trained model, its file, or the name of one that comes with the package.
        scaling_factor : float
            The only parameter of the published conversion (1/lambda in the paper), above 0; usually 20 to
            100. A larger factor means weaker weights. Without a factor and `conversion`, the one that tuning
            wrote into the model's file is used. Without a factor, a matched conversion is fitted. The
            factor of a matched conversion makes another network without its gain and offsets: leave it out.
        conversion : {"published", "matched", "one_offset", "mean_drive", "calibrated"} or Conversion
            Kind of conversion; by default ``published`` if a scaling factor is given. ``one_offset`` adds the
            same constant current to all units, ``mean_drive`` a different one to each; ``matched`` is the one
            of these whose mean field is closer to the rate network; ``calibrated`` optimises the current of
            each unit, which takes about 10 s. A `~spiking.conversion.Conversion` that was fitted before is
            used as it is.
        task : Task or str, optional
            Task in whose trials a matched conversion is fitted, and which the network records. None: the one
            that the model's file records.
        gain : float, optional
            Gain of a matched conversion that is fitted here (only allowed then); by default as in
            `fit_conversion`.
        params : LIFParams, optional
            Constants of neurons and synapses; by default those that a matched conversion was fitted for, the
            published ones otherwise.
        initial_weights : bool
            Take the recurrent weights from before training.
        readout_bias : bool
            Add the model's output bias to the output; left out by default (as published).

        Returns
        -------
        SpikingNetwork

        Raises
        ------
        ArgumentError
            The scaling factor is not a positive number, or none is given and the file records none; the
            conversion is unknown, cannot be fitted, is for another number of units or was fitted for other
            constants of the neurons; or initial weights are asked for with a matched one.
        ModelFileError
            The model cannot be used, or has no initial weights and they are asked for.

        Warns
        -----
        UserWarning
            The mean field of a conversion that is fitted here is far from the rate network, or fires at
            implausible rates, as in `fit_conversion`; or a scaling factor without `conversion` is below 1, or
            that of a matched conversion which the model's file records.
        """
        given = rate_model("model", model)
        model = given.nonnegative()
        chosen = choose_conversion(model, scaling_factor, conversion, task, gain, params)
        matched = chosen.kind != "published"
        if chosen.kind in FITTED and initial_weights:
            raise ArgumentError(
                f"initial_weights is True and conversion is {chosen.kind!r}; expected a scaling factor, as "
                f"initial weights have no other conversion than the published one"
            )
        factor, bias = chosen.factor, model.output_bias if readout_bias or matched else np.zeros(1)
        if model is not given and not (readout_bias or matched):
            bias = model.output_bias - given.output_bias  # of the rates that are not negative
        constant = 0.0 if model.bias is None else chosen.gain * model.bias
        decay = model.tau_decay()
        assert decay is not None
        with np.errstate(over="ignore"):
            weights = model.effective_weights(initial=initial_weights) * chosen.gain / factor
            w_in, readout = model.w_in * chosen.gain, model.w_out / factor
        if not all((np.abs(array) <= LARGEST_WEIGHT).all() for array in (weights, w_in, readout)):
            raise ArgumentError(
                f"scaling factor {factor!r} and gain {chosen.gain!r} make weights above {LARGEST_WEIGHT:g}; "
                f"expected numbers of the usual size, such as 50 and 8"
            )
        return cls(
            weights=_stored(weights),
            w_in=w_in,
            readout=readout,
            tau_decay=decay,
            populations=model.populations,
            params=params or chosen.params or model.trained_params or LIFParams(),
            scaling_factor=factor,
            offset=np.array(chosen.unit_offsets or (chosen.offset,)) + constant,
            readout_bias=bias + np.array(chosen.output_offsets or (0.0,)),
            **from_rate_model(model, chosen.gain, factor),
            lesioned=model.lesioned,
            weight_changes=(INITIAL_WEIGHTS,) if initial_weights else model.weight_changes,
            conversion=chosen if matched else None,
            task=record_for_network(given, task),
        )

    load = classmethod(file.load)
    save = file.save

    @check_arguments()
    def with_params(self, **changes: Any) -> SpikingNetwork:
        """Return the same network with other constants: ``network.with_params(refractory=5)``.

        Parameters
        ----------
        **changes
            Fields of `LIFParams` and their new values.

        Raises
        ------
        ArgumentError
            There is no such constant, or the value cannot be used.
        """
        known = [item.name for item in fields(LIFParams)]
        for name in changes:
            if name not in known:
                near = similar(name, known)
                raise ArgumentError(
                    f"there is no constant {name!r}{near}; expected one of {', '.join(known)}"
                )
        return replace(self, params=replace(self.params, **changes))

    def __repr__(self) -> str:
        kind = "dense" if isinstance(self.weights, np.ndarray) else "sparse"
        parts = [f"N={self.n_neurons}", f"n_inputs={self.n_inputs}", f"n_outputs={self.n_outputs}"]
        parts += [f"scaling_factor={self.scaling_factor:g}", f"{kind} weights"]
        parts += [f"{len(self.lesioned)} lesioned"] if self.lesioned else []
        parts += ["readout refitted"] if self.readout_refit else []
        parts += [str(self.conversion)] if self.conversion else []
        parts += ["weights changed"] if weights_changed(self) else []
        parts += synapse_words(self)
        changed = self.params.difference(LIFParams())
        parts += [changed] if changed else []
        return joined("SpikingNetwork", parts)

    def _repr_html_(self) -> str:
        from spiking.plotting.notebook import network_html

        return network_html(self)

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

    scale_weights = changes.scale_weights
    cut = changes.cut
    shuffle_weights = changes.shuffle_weights
    remove_autapses = changes.remove_autapses
    with_weights = new_weights.with_weights
    with_input_weights = new_weights.with_input_weights
    shuffle_input_weights = changes.shuffle_input_weights
    lesion = changes.lesion
    units = changes.units
    with_populations = changes.with_populations
    with_delays = synapse_delays.with_delays
    with_plasticity = synapse_plasticity.with_plasticity
    freeze = freeze.freeze
    refit_readout = refit.refit_readout

    @check_arguments()
    def stepper(
        self,
        *,
        seed: int = 1,
        trial: int = 0,
        stimulation: AnyStimulation | Sequence[AnyStimulation] | None = None,
        downsample: int = 1,
    ) -> Stepper:
        """Return a trial that advances a few ms at a time, for closed loops with an environment.

        ``stepper.advance(inputs, duration=5.0)`` takes the inputs of the next 5 ms, and returns the output,
        spikes and rates in them. The spikes are those of `simulate` with the same input in each time step:
        there, columns of 5 ms are centred on their times, so give it one column for each step
        (``input_interval=0.05``).

        Parameters
        ----------
        seed, trial, stimulation, downsample
            As in `~spiking.simulation.Stepper`.

        Returns
        -------
        Stepper
        """
        from spiking.simulation.stepper import Stepper

        return Stepper(self, seed=seed, trial=trial, stimulation=stimulation, downsample=downsample)

    @property
    def _recurrent(self) -> Weights:
        return self.weights

    def _with_recurrent(self, weights: Weights) -> SpikingNetwork:
        return replace(self, weights=weights)

    def _without_output_of(self, units: NDArray[np.int64]) -> SpikingNetwork:
        readout = self.readout.copy()
        readout[:, units] = 0
        return replace(self, readout=readout)

    def _with_named(self, masks: Mapping[str, NDArray[np.bool_]]) -> SpikingNetwork:
        return replace(self, populations={**self.populations, **masks})

    @cached_property
    def constants(self) -> Constants[float | Floats]:
        """The neurons' constants of `params`: a float each, or shape (N,) where the neurons differ."""
        return constants_of(self.params, self.populations)

    @cached_property
    def adaptation(self) -> AdaptationConstants | None:
        """The constants of the adaptation of `params`, as `constants`; None without adaptation."""
        return adaptation_of(self.params, self.populations)

    @cached_property
    def dense_weights(self) -> Floats:
        """Recurrent weights as an (N, N) array, however they are stored."""
        if isinstance(self.weights, np.ndarray):
            return self.weights
        dense = self.weights.toarray()
        dense.setflags(write=False)
        return dense


def _frozen_weights(weights: Floats | csc_array[np.float64]) -> Floats | csc_array[np.float64]:
    if isinstance(weights, np.ndarray):
        return frozen_array(weights)
    parts = (weights.data, weights.indices, weights.indptr)
    if any(part.flags.writeable for part in parts):
        weights = weights.copy()
        for part in (weights.data, weights.indices, weights.indptr):
            part.setflags(write=False)
    return weights


def _one_for_each(name: str, values: object, size: int) -> Floats:
    array = finite_numbers(name, values, f"{size} finite numbers, or one for all")
    if array.shape not in ((), (1,), (size,)):
        raise ArgumentError(f"{name} has shape {array.shape}; expected {size} finite numbers, or one for all")
    return np.broadcast_to(array, size).copy()


def _stored(weights: Floats) -> Floats | csc_array[np.float64]:
    density = np.count_nonzero(weights) / weights.size
    if len(weights) < _SPARSE_UNITS or density > _SPARSE_DENSITY:
        return weights
    from scipy.sparse import csc_array

    return csc_array(weights)
