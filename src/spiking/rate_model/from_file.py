"""Check the variables of a model file; each message names the file, the key, and what was expected."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any, Literal, NoReturn

import numpy as np

from spiking.checks import real_numbers
from spiking.connectivity.units import check_population_name
from spiking.errors import ArgumentError, ModelFileError
from spiking.files.json_text import UNUSABLE, parsed, texts
from spiking.files.limits import Allowance, TooLargeError
from spiking.matfile.read import MAX_BYTES
from spiking.matfile.values import MatlabOnly
from spiking.rate_model.contents import signs_in, struct_fields
from spiking.rate_model.transfer import IN_OLD_FILES, NAMES, complete, from_json
from spiking.typing import Floats, Mask

_REQUIRED = MappingProxyType(
    {
        "w": "recurrent weights, (N, N)",
        "m": "+1 and -1 on the diagonal, (N, N)",
        "w_in": "input weights, (N, n_inputs)",
        "w_out": "output weights, (n_outputs, N)",
        "N": "number of units",
        "exc": "mask of excitatory units, (N, 1)",
        "inh": "mask of inhibitory units, (N, 1)",
        "taus": "synaptic decay in steps of 5 ms: one number, or shortest and longest",
        "taus_gaus": "one number per unit from which decays are computed, (N, 1)",
    }
)


class ModelArrays:
    """The variables of a model and their source; the methods return each as float64, or raise an error."""

    def __init__(self, variables: dict[str, Any], source: str) -> None:
        self.source = source
        self._variables = variables
        self._used: set[str] = set()
        self._dense = Allowance(MAX_BYTES)

    def fail(self, key: str, problem: str, expected: str) -> NoReturn:
        """Raise a ModelFileError about a variable."""
        raise ModelFileError(f"{self.source}: `{key}` {problem}; expected {expected}")

    def unused(self) -> dict[str, Any]:
        """Return the variables that no method has returned."""
        return {key: value for key, value in self._variables.items() if key not in self._used}

    def forms(self) -> dict[str, tuple[np.dtype[Any], tuple[int, ...]]]:
        """Return class and shape of every variable in the file, in its order."""
        arrays = {key: value for key, value in self._variables.items() if isinstance(value, np.ndarray)}
        return {key: (value.dtype, value.shape) for key, value in arrays.items()}

    def check_complete(self) -> None:
        """Raise one error that names all required variables that are missing."""
        keys = list(_REQUIRED)
        taus = self._variables.get("taus")
        if taus is not None and len({str(value) for value in np.ravel(np.asarray(taus, object))}) == 1:
            keys.remove("taus_gaus")  # one decay, or the same twice
        missing = [f"`{key}` ({_REQUIRED[key]})" for key in keys if self._variables.get(key) is None]
        if missing:
            present = ", ".join(sorted(map(str, self._variables))) or "none"
            raise ModelFileError(
                f"{self.source}: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing "
                f"(variables found: {present})"
            )

    def numbers(
        self, key: str, expected: str, *, required: bool = True, finite: bool = True
    ) -> Floats | None:
        """Return a variable as (finite) float64 numbers, or None if it is missing and not required."""
        self._used.add(key)
        value = self._variables.get(key)
        if value is None:
            assert not required  # as `check_complete` has checked
            return None
        if hasattr(value, "toarray"):  # a sparse matrix
            try:
                self._dense.take_bytes(8 * math.prod(value.shape))
            except TooLargeError as error:
                self.fail(
                    key,
                    f"is a sparse matrix of shape {value.shape}, with which sparse matrices, when dense, "
                    f"{error.excess}",
                    f"{expected}, dense or smaller",
                )
        if isinstance(value, np.ndarray) and value.dtype.kind == "c" and not value.imag.any():
            value = value.real
        try:
            with np.errstate(invalid="ignore"):  # signalling NaNs of damaged files; found below
                array = real_numbers(f"`{key}`", value, expected)
        except ArgumentError as error:
            raise ModelFileError(f"{self.source}: {error}") from None
        if finite and not np.isfinite(array).all():
            wrong = np.argwhere(~np.isfinite(array))
            entries = "1 entry that is" if len(wrong) == 1 else f"{len(wrong)} entries that are"
            problem = f"has {entries} NaN or infinite, the first at {wrong[0].tolist()}"
            self.fail(key, problem, f"{expected}, all finite")
        return array

    def scalar(self, key: str, expected: str, *, required: bool = True) -> float | None:
        """Return a variable of one number, of any shape."""
        array = self.numbers(key, expected, required=required)
        if array is None:
            return None
        if array.size != 1:
            self.fail(key, f"has shape {array.shape}", expected)
        return float(array.item())

    def n_units(self) -> int:
        """Return ``N``, a positive whole number."""
        expected = "the number of units, a positive whole number"
        n = self.scalar("N", expected)
        if n is None or n < 1 or n != int(n):
            self.fail("N", f"is {n}", expected)
        return int(n)

    def square(self, key: str, n: int, *, required: bool = True, finite: bool = True) -> Floats | None:
        """Return an (N, N) matrix."""
        expected = f"shape ({n}, {n}), as `N` is {n}"
        array = self.numbers(key, expected, required=required, finite=finite)
        if array is None:
            return None
        if array.size == 1 and n == 1:
            return array.reshape(1, 1)
        if array.shape != (n, n):
            self.fail(key, f"has shape {array.shape}", expected)
        return array

    def check_signs(self, inhibitory: Mask, **weights: Floats | None) -> None:
        """Raise an error if ``w`` or ``w0`` already includes the signs of Dale's law."""
        for key, values in weights.items():
            if values is not None and signs_in(values, inhibitory):
                self.fail(
                    key,
                    "seems to include the signs of `m` already: only columns of inhibitory units have "
                    "negative entries, and these have no positive ones",
                    f"weights before the multiplication by `m`; if it includes them, replace it by "
                    f"abs({key}) and do not change `m`",
                )

    def vector(self, key: str, n: int, *, required: bool = True, finite: bool = True) -> Floats | None:
        """Return a variable with one number per unit, shape (N,)."""
        expected = f"shape ({n}, 1), one number per unit, as `N` is {n}"
        array = self.numbers(key, expected, required=required, finite=finite)
        if array is None:
            return None
        if array.size != n or array.ndim > 2 or max(array.shape, default=1) != n:
            self.fail(key, f"has shape {array.shape}", expected)
        return array.reshape(n)

    def checked_mask(self, som_mask: Floats) -> Floats:
        """Return `som_m`, or raise an error unless it has only entries 0 and 1."""
        if not np.isin(som_mask, (0.0, 1.0)).all():
            self.fail("som_m", "has entries other than 0 and 1", "a mask of 0 and 1")
        return som_mask

    def populations(self, n: int) -> tuple[Mask, Mask]:
        """Return the masks of the excitatory and the inhibitory units."""
        exc, inh = self._unit_mask("exc", n), self._unit_mask("inh", n)
        expected = "every unit in exactly one of them"
        if (exc & inh).any():
            unit = int(np.argmax(exc & inh))
            self.fail("exc", f"and `inh` overlap (unit {unit} is in both)", expected)
        if not (exc | inh).all():
            unit = int(np.argmax(~(exc | inh)))
            self.fail("exc", f"and `inh` do not cover all units (unit {unit} is in neither)", expected)
        return exc, inh

    def own_populations(self, n: int) -> dict[str, Mask]:
        """Return the populations with names of the user's own, fields of the struct ``unit_populations``."""
        key = "unit_populations"
        self._used.add(key)
        given = self._variables.get(key)
        fields = struct_fields(given) if given is not None else {}
        if given is not None and not fields:
            self.fail(key, f"is {type(given).__name__}", "a struct with a mask of units in each field")
        masks = ModelArrays({f"{key}.{name}": mask for name, mask in fields.items()}, self.source)
        for name in fields:
            try:
                check_population_name(name)
            except ArgumentError as error:
                self.fail(key, f"has the field {name!r}", str(error).partition("expected ")[2])
        return {name: masks.mask(f"{key}.{name}", n) for name in fields}

    def lesioned(self, n: int) -> tuple[int, ...]:
        """Return the lesioned units, in files the mask ``lesioned_units``."""
        key = "lesioned_units"
        given = self._variables.get(key) is not None
        return tuple(np.flatnonzero(self.mask(key, n)).tolist()) if given else ()

    def weight_changes(self) -> tuple[str, ...]:
        """Return what was done to the weights, in words; JSON in files."""
        text = self._text("weight_changes")
        try:
            return () if text is None else texts(parsed(text))
        except UNUSABLE:
            self.fail("weight_changes", f"is {text!r:.60}", "JSON, as this package writes it")

    def mask(self, key: str, n: int) -> Mask:
        """Return a mask of the units."""
        expected = f"a mask of {n} zeros and ones"
        array = self.numbers(key, expected)
        assert array is not None
        if array.size != n or not np.isin(array, (0.0, 1.0)).all():
            self.fail(key, f"has shape {array.shape} and {np.unique(array).size} different numbers", expected)
        return array.ravel().astype(np.bool_)

    def _unit_mask(self, key: str, n: int) -> Mask:
        expected = f"a mask of {n} zeros and ones, or a list of 0-based unit numbers"
        array = self.numbers(key, expected)
        assert array is not None
        flat = array.ravel()
        if flat.size == n and np.isin(flat, (0.0, 1.0)).all():
            return flat.astype(np.bool_)
        if not np.isin(flat, np.arange(n)).all():
            self.fail(
                key, f"has shape {array.shape} and entries from {flat.min():g} to {flat.max():g}", expected
            )
        units = flat.astype(np.int64)
        if np.unique(units).size != units.size:
            self.fail(
                key, f"has shape {array.shape} and lists unit {np.bincount(units).argmax()} twice", expected
            )
        mask = np.zeros(n, dtype=np.bool_)
        mask[units] = True
        return mask

    def sign(self, n: int, exc: Mask, inh: Mask) -> Floats:
        """Return the diagonal of ``m``, which is a diagonal matrix (N, N) or the diagonal itself."""
        expected = f"a diagonal ({n}, {n}) matrix, or its diagonal, of +1 (excitatory) and -1 (inhibitory)"
        m = self.numbers("m", expected)
        assert m is not None
        if m.shape == (n, n):
            diagonal = np.diagonal(m).copy()
            if np.count_nonzero(m) != np.count_nonzero(diagonal):
                self.fail("m", "has entries off its diagonal", expected)
        elif m.size == n and max(m.shape, default=1) == n:
            diagonal = m.reshape(n)
        else:
            self.fail("m", f"has shape {m.shape}", expected)
        if not inh.any() and (diagonal == -1).any():
            self.fail(
                "m",
                f"has {np.count_nonzero(diagonal == -1)} entries of -1, but `inh` has no inhibitory unit",
                "the same units in both, or +1 everywhere in a network without Dale's law",
            )
        wrong = diagonal != np.where(inh, -1.0, 1.0)
        if wrong.any():
            unit = int(np.argmax(wrong))
            kind = "inhibitory" if inh[unit] else "excitatory"
            self.fail("m", f"is {diagonal[unit]:g} for unit {unit}, which is {kind}", expected)
        return diagonal

    def w_in(self, n: int) -> Floats:
        """Return the input weights, (N, n_inputs); 1-D means one input."""
        expected = f"shape ({n}, n_inputs), one row per unit"
        array = self.numbers("w_in", expected)
        assert array is not None
        if array.size == n and array.ndim <= 2:
            return array.reshape(n, 1)
        if array.ndim != 2 or array.shape[0] != n or array.size == 0:
            self.fail("w_in", f"has shape {array.shape}", expected)
        return array

    def w_out(self, n: int) -> Floats:
        """Return the output weights, (n_outputs, N); 1-D means one output."""
        expected = f"shape (n_outputs, {n}), one column per unit"
        array = self.numbers("w_out", expected)
        assert array is not None
        if array.size == n and array.ndim <= 2:
            return array.reshape(1, n)
        if array.ndim != 2 or array.shape[1] != n or array.size == 0:
            self.fail("w_out", f"has shape {array.shape}", expected)
        return array

    def b_out(self, n_outputs: int) -> Floats | None:
        """Return the output bias, shape (n_outputs,), or None if the file has none."""
        expected = "one number" if n_outputs == 1 else f"one number, or one for each of {n_outputs} outputs"
        array = self.numbers("b_out", expected, required=False)
        if array is None:
            return None
        if array.size not in (1, n_outputs):
            self.fail("b_out", f"has shape {array.shape}", expected)
        return np.full(n_outputs, array.ravel())

    def som_n(self, n_inhibitory: int) -> int:
        """Return ``som_N``, the number of inhibitory units that are SST units; 0 if it is missing."""
        expected = f"a whole number from 0 to {n_inhibitory}, the number of inhibitory units"
        count = self.scalar("som_N", expected, required=False)
        if count is None:
            return 0
        if count != int(count) or not 0 <= count <= n_inhibitory:
            self.fail("som_N", f"is {count:g}", expected)
        return int(count)

    def tau_range(self, step_ms: float) -> tuple[tuple[float, float], bool]:
        """Return the shortest and the longest decay in ms, and whether the decay is fixed."""
        expected = "one fixed decay, or shortest and longest, in steps of 5 ms, above 0"
        array = self.numbers("taus", expected)
        assert array is not None
        if array.size not in (1, 2):
            self.fail("taus", f"has shape {array.shape}", expected)
        shortest, longest = float(array.flat[0]), float(array.flat[-1])
        if shortest <= 0 or longest < shortest:
            self.fail("taus", f"is {array.ravel().tolist()}", expected)
        return (shortest * step_ms, longest * step_ms), shortest == longest

    def activation(self) -> tuple[str | None, dict[str, Any]]:
        """Return the transfer function's name, None where the file has none, and its parameters."""
        name, text = self._text("activation"), self._text("activation_parameters")
        if name is None:
            return None, {}
        name = name.lower()
        if name not in (*NAMES, "table"):
            expected = f"one of {', '.join(NAMES)}, or table, with its points activation_x and activation_y"
            self.fail("activation", f"is {name!r:.60}", expected)
        if name == "table":
            table = {f"{axis}_values": self._points(f"activation_{axis}") for axis in "xy"}
            try:
                return name, complete(name, table)
            except ArgumentError as error:
                self.fail("activation_x", f"cannot be used ({error})", "a table, x ascending")
        if text is None:
            return name, complete(name, IN_OLD_FILES.get(name, {}))
        try:
            return name, from_json(name, text)
        except (ArgumentError, TypeError, ValueError, RecursionError) as error:
            self.fail(
                "activation_parameters", f"cannot be used ({error!s:.80})", "JSON, as this package writes it"
            )

    def _points(self, key: str) -> Floats | None:
        values = self.numbers(key, "one number for each point", required=False)
        return None if values is None else values.ravel()

    def form(self) -> Literal["current", "rate"]:
        """Return what the state is; ``current`` where the file does not say."""
        text = self._text("form")
        if text not in (None, "current", "rate"):
            self.fail("form", f"is {text!r:.60}", "current or rate")
        return "rate" if text == "rate" else "current"

    def number(self, key: str, default: float, *, zero: bool = False) -> float:
        """One number above 0, or also 0, or the default where the file has none."""
        expected = "one number, 0 or more" if zero else "one number above 0"
        value = self.scalar(key, expected, required=False)
        if value is None:
            return default
        if value < 0 or (value == 0 and not zero):
            self.fail(key, f"is {value:g}", expected)
        return value

    def _text(self, key: str) -> str | None:
        self._used.add(key)
        value = self._variables.get(key)
        if value is None:
            return None
        if isinstance(value, MatlabOnly) or type(value).__name__ == "MatlabOpaque":  # the second is SciPy's
            self.fail(
                key,
                "is a string object, or another one that only MATLAB can read",
                f"characters in single quotes; convert it in MATLAB, {key} = char({key}), and save again",
            )
        while isinstance(value, np.ndarray) and value.size == 1 and isinstance(value.flat[0], np.ndarray):
            value = value.flat[0]  # a cell
        texts = [text.decode(errors="replace") if isinstance(text, bytes) else text for text in _flat(value)]
        if not texts or not all(isinstance(text, str) for text in texts):
            self.fail(key, f"is {value!r:.60}", "one text")
        if len(texts) > 1 and any(len(text) > 1 for text in texts):
            self.fail(key, f"is {len(texts)} texts", "one text")
        return "".join(texts).strip(" \0")


def _flat(value: Any) -> list[Any]:
    return [value] if isinstance(value, bytes) else list(np.asarray(value).ravel())
