"""The trained rate network: what a model file holds, validated, and its simulation."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.checks import flag, not_negative, real_numbers
from spiking.errors import ArgumentError, ModelFileError
from spiking.files.output import MODELS, check_output
from spiking.frozen import FrozenMapping, Remade
from spiking.matfile.read import TooLargeFileError, read_variables
from spiking.matfile.write import update_variables, write_variables
from spiking.rate_model.contents import (
    MODEL_KEYS,
    flattened,
    missing_words,
    struct_fields,
    unused_weights,
    unused_words,
)
from spiking.rate_model.from_file import ModelArrays
from spiking.rate_model.to_file import to_variables
from spiking.timing import STEP_MS
from spiking.typing import Floats, Mask


@dataclass(frozen=True)
class RateRun:
    """Trials of a rate model.

    Attributes
    ----------
    output : array, shape (trials, n_outputs, steps)
        The readout ``o``; step t is at ``5 t`` ms.
    rates : array, shape (trials, N, steps)
        The rates ``r`` of all units.
    currents : array, shape (trials, N, steps)
        The synaptic currents ``x``, if they were asked for, else None.

    Examples
    --------
    >>> from spiking import datasets, tasks
    >>> run = datasets.load("go-nogo").run(tasks.get("go-nogo").trials(2, seed=1).inputs, seed=1)
    >>> run.rates.shape, run.time[:3].tolist()
    ((2, 200, 200), [0.0, 5.0, 10.0])
    """

    output: Floats
    rates: Floats
    currents: Floats | None = None

    @property
    def time(self) -> Floats:
        """Time of each step in ms, shape (steps,)."""
        return np.float64(STEP_MS) * np.arange(float(self.output.shape[-1]))


@dataclass(frozen=True, kw_only=True, eq=False)
class RateModel(Remade):
    """A trained rate recurrent neural network (Kim, Li & Sejnowski 2019, equations 1 to 4).

    Make one with `RateModel.load`, which takes a file or a mapping and checks everything. All arrays are
    float64 and read-only; rows are postsynaptic, columns presynaptic.

    Attributes
    ----------
    w, w0 : array, shape (N, N)
        Trained and initial recurrent weights; under Dale's law not negative. `w0` may be None, or have
        entries that are not finite: then it cannot be used.
    sign : array, shape (N,)
        The diagonal of ``m``: +1 for an excitatory, -1 for an inhibitory unit.
    som_mask : array, shape (N, N)
        0 where a connection is ruled out (from inhibitory units onto SST units), else 1.
    w_in : array, shape (N, n_inputs)
    w_out : array, shape (n_outputs, N)
    b_out : array, shape (n_outputs,)
        Output bias; None where the file has none (see `output_bias`).
    inhibitory : array of bool, shape (N,)
    som_n : int
        The first `som_n` inhibitory units are SST (somatostatin) units.
    tau_range : (float, float)
        Shortest and longest synaptic decay in ms; equal for one fixed decay.
    taus_gaus, taus_gaus0 : array, shape (N,)
        The trained and the initial parameter behind each decay; may be None.
    activation : str
        ``"sigmoid"``, ``"softplus"`` or ``"clipped_relu"``; None where the file has none (see `transfer`).
    source : str
        Where the model came from, for messages.
    rectified : int
        How many negative entries of the file's ``w`` were set to zero under Dale's law.
    extras : mapping
        All other variables, untouched.
    forms : mapping of str to (dtype, shape)
        Class and shape in which a variable was read, for `save`.
    unread : bool
        The file has more variables than fit in 300 MiB: those that are not the model's were not read.

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
    source: str = "a mapping"
    rectified: int = 0
    extras: Mapping[str, Any] = field(default_factory=dict)
    forms: Mapping[str, tuple[np.dtype[Any], tuple[int, ...]]] = field(default_factory=dict)
    unread: bool = False

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            elif isinstance(value, Mapping):
                object.__setattr__(self, item.name, FrozenMapping(value))

    @classmethod
    def load(cls, model: str | os.PathLike[str] | Mapping[str, Any] | NDArray[np.void]) -> RateModel:
        """Read and check a model.

        Parameters
        ----------
        model : str, path-like, mapping or struct
            A MATLAB file (version 5 to 7.3) written by one of the trainers in use, or a mapping with the
            same keys: ``w``, ``m``, ``w_in``, ``w_out``, ``N``, ``exc``, ``inh``, ``taus`` and, unless the
            decay is fixed, ``taus_gaus``; ``w0``, ``som_m``, ``som_N`` and ``taus_gaus0`` may be missing.
            So may ``b_out`` and ``activation``: the rate network then cannot be run, and is converted as
            published only. They may also be the fields of one struct, in a file or as SciPy reads it.
            Everything becomes float64 before any arithmetic.

        Returns
        -------
        RateModel

        Raises
        ------
        ModelFileError
            The file cannot be read or a variable is missing or wrong; the message names the file, the key,
            what was found and what was expected.

        Warns
        -----
        UserWarning
            There are variables that look like trained weights and that nothing here uses.
        """
        unread = False
        if isinstance(model, str | os.PathLike):
            source = os.fsdecode(model)
            try:
                variables = read_variables(model)
            except TooLargeFileError:  # such as the history of training: the model itself is small
                variables, unread = read_variables(model, MODEL_KEYS), True
                if "w" not in variables:
                    raise
        else:
            variables = struct_fields(model)
            source = "the mapping" if isinstance(model, Mapping) else "the struct"
            if not variables and not isinstance(model, Mapping):
                raise ModelFileError(
                    f"a model is a path or a mapping with the keys of a model file, "
                    f"not {type(model).__name__}"
                )
        found = cls._from_arrays(ModelArrays(flattened(variables, source), source), unread)
        unused = unused_weights(found)
        if unused:
            warnings.warn(f"{source}: {unused_words(unused)}", stacklevel=2)
        return found

    @classmethod
    def _from_arrays(cls, arrays: ModelArrays, unread: bool) -> RateModel:
        arrays.check_complete()
        n = arrays.n_units()
        w, w0 = arrays.square("w", n), arrays.square("w0", n, required=False, finite=False)
        assert w is not None
        exc, inh = arrays.populations(n)
        sign = arrays.sign(n, exc, inh)
        arrays.check_signs(inh, w=w, w0=w0)
        dale = bool(inh.any())
        rectified = 0
        if dale:
            rectified = int(np.count_nonzero(w < 0))
            w, w0 = np.maximum(w, 0.0), None if w0 is None else np.maximum(w0, 0.0)
        som_mask = arrays.square("som_m", n, required=False)
        w_in, w_out = arrays.w_in(n), arrays.w_out(n)
        tau_range, fixed = arrays.tau_range(STEP_MS)
        return cls(
            w=w,
            w0=w0,
            sign=sign,
            som_mask=np.ones((n, n)) if som_mask is None else arrays.checked_mask(som_mask),
            w_in=w_in,
            w_out=w_out,
            b_out=arrays.b_out(len(w_out)),
            inhibitory=inh,
            som_n=arrays.som_n(int(inh.sum())),
            tau_range=tau_range,
            taus_gaus=arrays.vector("taus_gaus", n, required=not fixed),
            taus_gaus0=arrays.vector("taus_gaus0", n, required=False, finite=False),
            activation=arrays.activation(),
            source=arrays.source,
            rectified=rectified,
            extras=arrays.unused(),
            forms=arrays.forms(),
            unread=unread,
        )

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the model to a MATLAB file, whole or not at all.

        The file is a compressed one of version 5, or of version 7.3 if there is one of that version in its
        place. It is written beside its place, read back, and then put there in one step. Variables have the
        class and shape in which they were read; ``w`` is written as it is used, rectified under Dale's law.
        Saving over the file that the model came from leaves in it what was not read.

        Parameters
        ----------
        path : str or path-like
            The file; its name ends in ``.mat``.
        force : bool
            Replace a file that is there.

        Raises
        ------
        ArgumentError
            There is such a file already, or one cannot be written there.
        ModelFileError
            The file cannot be written; the message says whether the old one is still there.
        """
        place, source = Path(os.fsdecode(path)), Path(self.source)
        check_output(place, MODELS, force=force)
        in_place = self.unread and place.exists() and source.exists() and place.samefile(source)
        write = update_variables if in_place else write_variables
        write(place, to_variables(self))

    def __repr__(self) -> str:
        return (
            f"RateModel(N={self.n_units}, n_inputs={self.n_inputs}, n_outputs={self.n_outputs}, "
            f"activation={self.activation!r}, source={self.source!r})"
        )

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
        return ACTIVATIONS[self.activation]

    @property
    def populations(self) -> dict[str, Mask]:
        """Masks of shape (N,) by name: ``exc``, ``inh``, and ``inh`` split into ``som`` and ``pv``."""
        som = self.inhibitory & (np.cumsum(self.inhibitory) <= self.som_n)
        return {
            "exc": ~self.inhibitory,
            "inh": self.inhibitory,
            "som": som,
            "pv": self.inhibitory & ~som,
        }

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
            Initial weights are asked for and the model has none, or some that are not finite.
        """
        w = self.w0 if flag("initial", initial) else self.w
        if w is None:
            raise ModelFileError(f"{self.source} has no `w0`: the initial weights were not saved")
        if not np.isfinite(w).all():
            raise ModelFileError(
                f"{self.source}: `w0` has {np.count_nonzero(~np.isfinite(w))} entries that are NaN or "
                f"infinite; the initial weights cannot be used"
            )
        return w * self.sign * self.som_mask

    def tau_decay(self, *, initial: bool = False) -> Floats | None:
        """Synaptic decay time constants in ms, shape (N,).

        ``sigmoid(taus_gaus) (tau_max - tau_min) + tau_min``, or the fixed decay for every unit.

        Parameters
        ----------
        initial : bool
            From before training; None if the model has no ``taus_gaus0``, or one that is not finite.
        """
        shortest, longest = self.tau_range
        raw = self.taus_gaus0 if flag("initial", initial) else self.taus_gaus
        raw = None if raw is None or not np.isfinite(raw).all() else raw
        if shortest == longest:
            return np.full(self.n_units, shortest) if raw is not None or not initial else None
        return None if raw is None else _sigmoid(raw) * (longest - shortest) + shortest

    def run(
        self,
        inputs: ArrayLike,
        *,
        seed: int | None = 1,
        trials: Iterable[int] | None = None,
        noise: float = 0.1,
        keep_currents: bool = False,
    ) -> RateRun:
        """Simulate the rate network, one step every 5 ms (equation 1 of the paper, discretised).

        ``x[t] = (1 - 1/tau) x[t-1] + (W r[t-1] + w_in u[t-1])/tau + noise N(0, 1)``, ``r = phi(x)``,
        ``o = w_out r + b_out``, from ``x[0] = N(0, 1)/100``.

        Parameters
        ----------
        inputs : array, shape (n_inputs, steps) or (trials, n_inputs, steps)
        seed : int or None
            Trial k draws from a stream of its own, derived from (seed, k). None: fresh random numbers.
        trials : iterable of int, optional
            The numbers of the trials, one for each input; from 0 on by default.
        noise : float
            Standard deviation of the noise of a step; 0.1 is what networks are trained with.
        keep_currents : bool
            Also keep the synaptic currents x.

        Returns
        -------
        RateRun

        Raises
        ------
        ArgumentError
            `inputs` has the wrong number of rows or is not finite, there are not as many `trials`, `noise` is
            negative or no number, or the currents become infinite, as with inputs near the largest number.
        """
        bias, phi = self.output_bias, self.transfer
        noise, keep_currents = not_negative("noise", noise), flag("keep_currents", keep_currents)
        u = real_numbers("inputs", inputs, f"shape ({self.n_inputs}, steps) or (trials, ..., steps)")
        u = u[np.newaxis] if u.ndim == 2 else u
        if u.ndim != 3 or u.shape[1] != self.n_inputs or u.shape[2] < 1 or not np.isfinite(u).all():
            raise ArgumentError(
                f"inputs has shape {np.shape(inputs)}; expected finite numbers of shape "
                f"({self.n_inputs}, steps) or (trials, {self.n_inputs}, steps)"
            )
        n_trials, _, n_steps = u.shape
        numbers = list(range(n_trials) if trials is None else trials)
        if len(numbers) != n_trials:
            raise ArgumentError(f"inputs is for {n_trials} trials, but {len(numbers)} are named in trials")
        sequence = np.random.SeedSequence(seed)
        xi = np.empty((n_trials, n_steps, self.n_units))
        for k, number in enumerate(numbers):
            stream = np.random.SeedSequence(sequence.entropy, spawn_key=(number,))
            xi[k] = np.random.default_rng(stream).standard_normal((n_steps, self.n_units))
        decay = self.tau_decay()
        assert decay is not None
        leak = STEP_MS / decay
        weights = self.effective_weights().T
        x = xi[:, 0] / 100
        rates = np.empty((n_trials, self.n_units, n_steps))
        currents = np.empty_like(rates) if keep_currents else None
        with np.errstate(over="ignore", invalid="ignore"):  # looked for below
            for t in range(n_steps):
                if t:
                    drive = rates[:, :, t - 1] @ weights + u[:, :, t - 1] @ self.w_in.T
                    x = (1 - leak) * x + leak * drive + noise * xi[:, t]
                rates[:, :, t] = phi(x)
                if currents is not None:
                    currents[:, :, t] = x
        if not np.isfinite(x).all():  # from the first that is not on
            raise ArgumentError(
                "the synaptic currents become NaN or infinite; expected inputs, noise and weights of a size "
                "that a network can have"
            )
        return RateRun(self.w_out @ rates + bias[:, np.newaxis], rates, currents)


def _sigmoid(x: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def _softplus(x: Floats) -> Floats:
    return np.clip(np.logaddexp(0.0, x), 0.0, 20.0)


def _clipped_relu(x: Floats) -> Floats:
    return np.clip(x, 0.0, 20.0)


ACTIVATIONS = MappingProxyType({"sigmoid": _sigmoid, "softplus": _softplus, "clipped_relu": _clipped_relu})
