"""The trained rate network: what a model file holds, validated, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import check_weights, finite_numbers, not_negative, positive_number, shown
from spiking.connectivity import changes
from spiking.connectivity.units import check_mask, check_population_name
from spiking.errors import ArgumentError, ModelFileError
from spiking.neuron.params import LIFParams
from spiking.rate_model.contents import missing_words
from spiking.rate_model.from_arrays import from_arrays as model_from_arrays
from spiking.rate_model.load import load as load_model
from spiking.rate_model.nonnegative import nonnegative, split_signs
from spiking.rate_model.run import run as run_model
from spiking.rate_model.to_file import save as save_model
from spiking.rate_model.transfer import complete, sigmoid, transfer
from spiking.rate_model.untrained import untrained as draw_untrained
from spiking.read_only import FrozenMapping, Remade, frozen_array
from spiking.short_repr import joined, part
from spiking.timing import STEP_MS
from spiking.typing import Floats, Mask

if TYPE_CHECKING:
    from spiking.connectivity.connections import Weights

FORMS = ("current", "rate")


@check_arguments(activation=unchecked)
@dataclass(frozen=True, kw_only=True, eq=False)
class RateModel(Remade):
    """A trained rate recurrent neural network (Kim, Li & Sejnowski 2019, equations 1 to 4).

    `RateModel.load` makes one from a file or a mapping, `RateModel.from_arrays` from arrays. All arrays are
    float64 and read-only; rows are postsynaptic, columns presynaptic.

    Attributes
    ----------
    w, w0 : array, shape (N, N)
        Trained and initial recurrent weights; not negative under Dale's law. `w0` may be None; with entries
        that are not finite it cannot be used.
    sign : array, shape (N,)
        The diagonal of ``m``: +1 for an excitatory, -1 for an inhibitory unit.
    som_mask : array, shape (N, N)
        0 where a connection is excluded (from inhibitory units onto SST units), else 1.
    w_in : array, shape (N, n_inputs)
    w_out : array, shape (n_outputs, N)
    b_out : array, shape (n_outputs,)
        Output bias; None if the file has none (see `output_bias`).
    inhibitory : array of bool, shape (N,)
    som_n : int
        The first `som_n` inhibitory units are SST (somatostatin) units.
    tau_range : (float, float)
        Shortest and longest synaptic decay in ms; equal for one fixed decay.
    taus_gaus, taus_gaus0 : array, shape (N,)
        The trained and the initial parameter of each decay; may be None.
    activation : str
        The transfer function phi: ``sigmoid``, ``softplus``, ``relu``, ``clipped_relu``, ``tanh``,
        ``retanh``, ``elu``, ``gelu``, ``power_law``, ``lif`` (the f-I curve of a spiking unit over k),
        ``table`` or ``callable``; None where the file has none (see `transfer`).
    activation_parameters : mapping
        Of the activation, all of them: ``maximum`` (softplus, relu, clipped_relu; infinite if nothing is
        clipped), ``alpha`` (elu), ``scale`` and ``exponent`` (power_law), ``k`` and ``params`` (lif),
        ``x_values`` and ``y_values`` (table, which goes on in a straight line), ``function`` (callable).
    bias : array, shape (N,), or None
        Constant input of each unit, ``b_rec`` in files; None for none.
    step : float
        Time step in ms; a column of the inputs lasts as long. 5 in published files.
    form : {"current", "rate"}
        What the state is: the synaptic current x, of which phi(x) is sent (as published); or the rate h, with
        phi applied to what is received.
    initial : array, shape (N,), or None
        State at the first step, from which a spiking network also starts; None: N(0, 1)/100, as published,
        and no synaptic currents in a spiking network.
    noise : float
        Standard deviation of the noise of a step that the model was trained with; 0.1 as published.
    source : str
        Origin of the model, for messages.
    rectified : int
        Number of negative entries of the file's ``w`` that were set to zero under Dale's law.
    extras : mapping
        All other variables, unchanged.
    forms : mapping of str to (dtype, shape)
        Class and shape of each variable as it was read, for `save`.
    unread : bool
        The file's variables exceed 300 MiB, so those that are not part of the model were not read.
    own_populations : mapping of str to array of bool, shape (N,)
        Populations with names of your own (see `with_populations`); ``unit_populations`` in files.
    lesioned : tuple of int
        Units that are silent (see `lesion`); the mask ``lesioned_units`` in files.
    weight_changes : tuple of str
        What `scale_weights`, `cut`, `lesion` and other methods did to the weights after training, in
        words and in this order; JSON in files. It does not change the simulation.

    Examples
    --------
    >>> from spiking import datasets, tasks
    >>> model = datasets.load("go-nogo")  # of a file of yours: RateModel.load("model.mat")
    >>> model.n_units, model.dale
    (200, True)
    >>> run = model.run(tasks.get("go-nogo").trials(10, seed=1).inputs, seed=1)
    >>> run.output.shape
    (10, 1, 200)
    """

    w: Floats
    w0: Floats | None
    sign: Floats
    som_mask: Floats
    w_in: Floats
    w_out: Floats
    b_out: Floats | None
    inhibitory: Mask
    som_n: int
    tau_range: tuple[float, float]
    taus_gaus: Floats | None
    taus_gaus0: Floats | None
    activation: str | None
    activation_parameters: Mapping[str, Any] = field(default_factory=dict)
    bias: Floats | None = None
    step: float = STEP_MS
    form: Literal["current", "rate"] = "current"
    initial: Floats | None = None
    noise: float = 0.1
    source: str = "a mapping"
    rectified: int = 0
    extras: Mapping[str, Any] = field(default_factory=dict)
    forms: Mapping[str, tuple[np.dtype[Any], tuple[int, ...]]] = field(default_factory=dict)
    unread: bool = False
    own_populations: Mapping[str, Mask] = field(default_factory=dict)
    lesioned: tuple[int, ...] = ()
    weight_changes: tuple[str, ...] = field(default=(), compare=False)  # only words

    def __post_init__(self) -> None:
        if str(self.form) not in FORMS:
            raise ArgumentError(f"form is {shown(self.form)}; expected one of {', '.join(FORMS)}")
        check_weights(w=self.w, w0=self.w0, w_in=self.w_in, w_out=self.w_out)
        object.__setattr__(self, "step", positive_number("step", self.step))
        object.__setattr__(self, "noise", not_negative("noise", self.noise))
        if self.activation is not None:
            parameters = complete(self.activation, self.activation_parameters)
            object.__setattr__(self, "activation_parameters", parameters)
        for name in ("bias", "initial"):
            if getattr(self, name) is not None:
                values = finite_numbers(name, getattr(self, name), f"shape ({self.n_units},)")
                if values.shape != (self.n_units,):
                    raise ArgumentError(
                        f"{name} has shape {values.shape}; expected {self.n_units} finite numbers, one a unit"
                    )
                object.__setattr__(self, name, values)
        for name, mask in self.own_populations.items():
            check_population_name(name)
            check_mask(f"own_populations[{name!r}]", mask, self.n_units)
        masks = {name: frozen_array(mask) for name, mask in self.own_populations.items()}
        object.__setattr__(self, "own_populations", masks)
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, item.name, frozen_array(value))
            elif isinstance(value, Mapping):
                object.__setattr__(self, item.name, FrozenMapping(value))

    load = classmethod(load_model)
    from_arrays = classmethod(model_from_arrays)
    untrained = classmethod(draw_untrained)
    save = save_model
    run = run_model
    nonnegative = nonnegative
    split_signs = split_signs

    def __repr__(self) -> str:
        numbers = [f"N={self.n_units}", f"n_inputs={self.n_inputs}", f"n_outputs={self.n_outputs}"]
        origin = [f"activation={part(self.activation)}", f"source={part(self.source)}"]
        return joined("RateModel", [*numbers, *origin])

    def _repr_html_(self) -> str:
        from spiking.plotting.notebook import network_html

        return network_html(self)

    @property
    def n_units(self) -> int:
        """Number of units N."""
        return len(self.w)

    @property
    def n_inputs(self) -> int:
        """Number of input channels."""
        return int(self.w_in.shape[1])

    @property
    def n_outputs(self) -> int:
        """Number of readouts."""
        return int(self.w_out.shape[0])

    @property
    def dale(self) -> bool:
        """Whether units are excitatory or inhibitory (Dale's law): true when any unit is inhibitory."""
        return bool(self.inhibitory.any())

    @property
    def output_bias(self) -> Floats:
        """The output bias `b_out`, shape (n_outputs,).

        Raises
        ------
        ModelFileError
            The model has none; the message says what to add.
        """
        if self.b_out is None:
            raise ModelFileError(missing_words(self))
        return self.b_out

    @property
    def transfer(self) -> Callable[[Floats], Floats]:
        """The transfer function phi, of arrays.

        Raises
        ------
        ModelFileError
            The model does not say which (`activation`); the message says what to add.
        """
        if self.activation is None:
            raise ModelFileError(missing_words(self))
        return transfer(self.activation, self.activation_parameters)

    @property
    def trained_params(self) -> LIFParams | None:
        """The constants of the neuron whose f-I curve is the activation (``lif``), else None."""
        params: LIFParams | None = self.activation_parameters.get("params")
        return params

    @property
    def populations(self) -> dict[str, Mask]:
        """Masks of shape (N,) by name: ``exc``, ``inh``, its parts ``som`` and ``pv``, and your own."""
        som = self.inhibitory & (np.cumsum(self.inhibitory) <= self.som_n)
        return {
            "exc": ~self.inhibitory,
            "inh": self.inhibitory,
            "som": som,
            "pv": self.inhibitory & ~som,
            **self.own_populations,
        }

    scale_weights = changes.scale_weights
    cut = changes.cut
    shuffle_weights = changes.shuffle_weights
    remove_autapses = changes.remove_autapses
    shuffle_input_weights = changes.shuffle_input_weights
    lesion = changes.lesion
    units = changes.units
    with_populations = changes.with_populations

    @property
    def _recurrent(self) -> Floats:
        return self.effective_weights()

    def _with_recurrent(self, weights: Weights) -> RateModel:
        assert isinstance(weights, np.ndarray)  # as `_recurrent` is
        w = weights * self.sign
        if self.dale and (w < 0).any():
            raise ArgumentError(
                "weights reverse the sign of connections; expected a factor of 0 or more, because the rate "
                "model follows Dale's law"
            )
        connected = weights != 0  # shuffled ones may be where `som_mask` was 0
        return replace(
            self,
            w=np.where(connected, w, np.where(self.som_mask == 0, self.w, 0.0)),
            som_mask=np.where(connected, 1.0, self.som_mask),
        )

    def _without_output_of(self, units: NDArray[np.int64]) -> RateModel:
        w_out = self.w_out.copy()
        w_out[:, units] = 0
        return replace(self, w_out=w_out)

    def _with_named(self, masks: Mapping[str, Mask]) -> RateModel:
        return replace(self, own_populations={**self.own_populations, **masks})

    @check_arguments()
    def effective_weights(self, *, initial: bool = False) -> Floats:
        """Recurrent weights W as the network uses them: ``(relu(w) @ m) * som_m`` under Dale's law.

        Parameters
        ----------
        initial : bool
            Take the weights from before training (``w0``).

        Returns
        -------
        array, shape (N, N)
            Row postsynaptic, column presynaptic; not yet divided by a scaling factor.

        Raises
        ------
        ModelFileError
            `initial` is true, and the model has no initial weights or some that are not finite.
        """
        w = self.w0 if initial else self.w
        if w is None:
            raise ModelFileError(f"{self.source} has no `w0`: the initial weights were not saved")
        if not np.isfinite(w).all():
            wrong = np.count_nonzero(~np.isfinite(w))
            raise ModelFileError(
                f"{self.source}: `w0` has {wrong} {'entry that is' if wrong == 1 else 'entries that are'} "
                f"NaN or infinite; the initial weights cannot be used"
            )
        return w * self.sign * self.som_mask

    @check_arguments()
    def tau_decay(self, *, initial: bool = False) -> Floats | None:
        """Synaptic decay time constants in ms, shape (N,).

        ``sigmoid(taus_gaus) (tau_max - tau_min) + tau_min``, or the fixed decay for every unit.

        Parameters
        ----------
        initial : bool
            Before training; None if the model has no ``taus_gaus0``, or one that is not finite.
        """
        shortest, longest = self.tau_range
        raw = self.taus_gaus0 if initial else self.taus_gaus
        raw = None if raw is None or not np.isfinite(raw).all() else raw
        if shortest == longest:
            return np.full(self.n_units, shortest) if raw is not None or not initial else None
        return None if raw is None else sigmoid(raw) * (longest - shortest) + shortest
