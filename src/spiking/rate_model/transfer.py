"""The transfer functions of rate units, by name, with their parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from spiking.checks import positive_number, real_numbers, shown
from spiking.errors import ArgumentError
from spiking.files.json_text import parsed
from spiking.neuron.f_i_table import fi_table
from spiking.neuron.params import LIFParams
from spiking.typing import Floats

Transfer = Callable[[Floats], Floats]

SCALING_FACTOR = 20.0  # k of `lif`: so many spikes a second stand for a rate of 1


def sigmoid(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x))."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def _softplus(x: Floats, maximum: float) -> Floats:
    return np.clip(np.logaddexp(0.0, x), 0.0, maximum)


def _relu(x: Floats, maximum: float) -> Floats:
    return np.clip(x, 0.0, maximum)


def _elu(x: Floats, alpha: float) -> Floats:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def _gelu(x: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(x * ndtr(x))


def _power_law(x: Floats, scale: float, exponent: float) -> Floats:
    return np.asarray(scale * np.maximum(x, 0.0) ** exponent)


def _lif(x: Floats, k: float, params: LIFParams) -> Floats:
    return np.asarray(fi_table(params)(x) / k)


def _table(x: Floats, x_values: Floats, y_values: Floats) -> Floats:
    """Interpolate linearly; beyond the ends, go on with the slope of the last interval."""
    y = np.interp(x, x_values, y_values)
    for edge, inner, beyond in ((0, 1, x < x_values[0]), (-1, -2, x > x_values[-1])):
        slope = (y_values[edge] - y_values[inner]) / (x_values[edge] - x_values[inner])
        y = np.where(beyond, y_values[edge] + slope * (x - x_values[edge]), y)
    return np.asarray(y)


def _callable(x: Floats, function: Transfer) -> Floats:
    y = np.asarray(function(x), np.float64)
    if y.shape != np.shape(x):
        raise ArgumentError(
            f"activation gives shape {y.shape} for {np.shape(x)}; expected one value for each"
        )
    return y


def _sigmoid_slope(x: Floats) -> Floats:
    return np.asarray(sigmoid(x) * sigmoid(-x))


def _relu_slope(x: Floats, maximum: float) -> Floats:
    return np.where((x > 0) & (x < maximum), 1.0, 0.0)


def _softplus_slope(x: Floats, maximum: float) -> Floats:
    return np.where(np.logaddexp(0.0, x) < maximum, sigmoid(x), 0.0)


def _tanh_slope(x: Floats) -> Floats:
    return np.asarray(1 - np.tanh(x) ** 2)


def _elu_slope(x: Floats, alpha: float) -> Floats:
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0.0)))


def _gelu_slope(x: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(x) + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))


def _power_law_slope(x: Floats, scale: float, exponent: float) -> Floats:
    above = np.where(x > 0, x, 1.0)
    return np.where(x > 0, scale * exponent * above ** (exponent - 1), 0.0)


def _lif_slope(x: Floats, k: float, params: LIFParams) -> Floats:
    return np.asarray(fi_table(params).slope_at(x) / k)


def _table_slope(x: Floats, x_values: Floats, y_values: Floats) -> Floats:
    interval = np.clip(np.searchsorted(x_values, x, side="right") - 1, 0, x_values.size - 2)
    return np.asarray((np.diff(y_values) / np.diff(x_values))[interval])


def _callable_slope(x: Floats, function: Transfer) -> Floats:
    width = 1e-5 * np.maximum(1.0, np.abs(x))
    return np.asarray((_callable(x + width, function) - _callable(x - width, function)) / (2 * width))


# Function and default parameters; those without a default have to be given.
_KINDS: Mapping[str, tuple[Callable[..., Floats], Mapping[str, Any]]] = MappingProxyType(
    {
        "sigmoid": (sigmoid, {}),
        "softplus": (_softplus, {"maximum": np.inf}),
        "relu": (_relu, {"maximum": np.inf}),
        "clipped_relu": (_relu, {"maximum": 20.0}),
        "tanh": (np.tanh, {}),
        "retanh": (lambda x: np.maximum(np.tanh(x), 0.0), {}),
        "elu": (_elu, {"alpha": 1.0}),
        "gelu": (_gelu, {}),
        "power_law": (_power_law, {"scale": 1.0, "exponent": 2.0}),
        "lif": (_lif, {"k": SCALING_FACTOR, "params": LIFParams()}),
        "table": (_table, {"x_values": None, "y_values": None}),
        "callable": (_callable, {"function": None}),
    }
)
ACTIVATIONS = tuple(_KINDS)
NAMES = tuple(name for name in ACTIVATIONS if name not in ("table", "callable"))  # which users can give
EXPECTED = f"one of {', '.join(NAMES)}, a function, or a table: a pair of arrays (x, phi(x))"
_SLOPES: Mapping[str, Callable[..., Floats]] = MappingProxyType(
    {
        "sigmoid": _sigmoid_slope,
        "softplus": _softplus_slope,
        "relu": _relu_slope,
        "clipped_relu": _relu_slope,
        "tanh": _tanh_slope,
        "retanh": lambda x: np.where(x > 0, _tanh_slope(x), 0.0),
        "elu": _elu_slope,
        "gelu": _gelu_slope,
        "power_law": _power_law_slope,
        "lif": _lif_slope,
        "table": _table_slope,
        "callable": _callable_slope,
    }
)
# What a file means that names the activation and gives no parameters: the published trainers clip.
IN_OLD_FILES: Mapping[str, Mapping[str, Any]] = MappingProxyType({"softplus": {"maximum": 20.0}})


def name_and_parameters(
    activation: object, parameters: Mapping[str, Any] | None
) -> tuple[str, dict[str, Any]]:
    """Return name and parameters, as `RateModel` has them, of what a user gives as an activation."""
    if not isinstance(parameters, Mapping | None):
        raise ArgumentError(f"activation_parameters is {shown(parameters)}; expected a mapping")
    if parameters and not isinstance(activation, str):
        raise ArgumentError("activation_parameters are given; expected none for a function or a table")
    if isinstance(activation, str):
        return activation, dict(parameters or {})
    if callable(activation):
        return "callable", {"function": activation}
    if isinstance(activation, tuple) and len(activation) == 2:
        return "table", dict(zip(("x_values", "y_values"), activation, strict=True))
    raise ArgumentError(f"activation is {shown(activation)}; expected {EXPECTED}")


def complete(name: object, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return all parameters of an activation, checked; raise ArgumentError if one is wrong or missing."""
    if not isinstance(name, str) or name not in _KINDS or (name not in NAMES and not parameters):
        raise ArgumentError(f"activation is {shown(name)}; expected {EXPECTED}")
    defaults = _KINDS[name][1]
    unknown = [key for key in parameters if key not in defaults]
    if unknown:
        known = ", ".join(defaults) or "none"
        raise ArgumentError(
            f"activation {name} has no parameter {shown(unknown[0])}; expected some of: {known}"
        )
    values = {**defaults, **parameters}
    for key, value in values.items():
        if key == "params":
            if not isinstance(value, LIFParams):
                raise ArgumentError(f"params of the activation is {shown(value)}; expected LIFParams(...)")
        elif key == "function":
            if not callable(value):
                raise ArgumentError(f"activation is {shown(value)}; expected {EXPECTED}")
        elif key in ("x_values", "y_values"):
            values[key] = real_numbers(key, () if value is None else value, "one number for each point")
        elif not (key == "maximum" and value == np.inf):
            values[key] = positive_number(f"{key} of the activation {name}", value)
    if name == "table":
        x, y = values["x_values"], values["y_values"]
        finite = np.isfinite(x).all() and np.isfinite(y).all()
        if x.ndim != 1 or x.shape != y.shape or x.size < 2 or not finite or not (np.diff(x) > 0).all():
            raise ArgumentError(
                f"the table of the activation has shapes {x.shape} and {y.shape}; expected at least two "
                f"finite points, x ascending"
            )
    return values


def transfer(name: str, parameters: Mapping[str, Any]) -> Transfer:
    """Return the transfer function of this name with these parameters."""
    function = _KINDS[name][0]
    return (lambda x: function(x, **parameters)) if parameters else function


def slope(name: str, parameters: Mapping[str, Any]) -> Transfer:
    """Return the derivative of the transfer function of this name, numerical for a callable."""
    function = _SLOPES[name]
    return lambda x: function(x, **parameters)


def described(name: str | None, parameters: Mapping[str, Any]) -> str | None:
    """Return the name of an activation, and those of its parameters that are not the usual ones."""
    if name is None:
        return None
    usual = {**_KINDS[name][1], **IN_OLD_FILES.get(name, {})}
    if name == "lif":
        changed = parameters["params"].difference(LIFParams())
        neuron = f"neuron with {changed}" if changed else "published neuron"
        return f"lif (f-I curve of the {neuron}, k {parameters['k']:g} Hz)"
    if name in ("table", "callable"):
        return name
    words = [f"{key} {value:g}" for key, value in parameters.items() if value != usual[key]]
    return f"{name} ({', '.join(words)})" if words else name


def as_json(parameters: Mapping[str, Any]) -> str:
    """Return the parameters as a model file keeps them."""
    values: dict[str, Any] = {}
    for key, value in parameters.items():
        if isinstance(value, LIFParams):
            values[key] = value.as_json()
        elif isinstance(value, np.ndarray):
            values[key] = value.tolist()
        else:
            values[key] = None if value == np.inf else value
    return json.dumps(values)


def from_json(name: str, text: str) -> dict[str, Any]:
    """Return the parameters that `as_json` wrote; raises ValueError or TypeError for anything else."""
    values = parsed(text)
    if not isinstance(values, dict):
        raise TypeError("no mapping")
    if isinstance(values.get("params"), dict):
        values["params"] = LIFParams.from_json(values["params"])
    if "maximum" in values and values["maximum"] is None:
        values["maximum"] = np.inf
    return complete(name, values)


def tabulated(function: Transfer) -> dict[str, Any]:
    """Return a table of a function, for a file; raise ArgumentError if a table cannot stand for it."""
    x = np.linspace(-100.0, 100.0, 2**15 + 1)
    y, middle = function(x), (x[1:] + x[:-1]) / 2
    table = {"x_values": x, "y_values": np.asarray(y, np.float64)}
    error = np.abs(_table(middle, **table) - function(middle)).max() if np.isfinite(y).all() else np.inf
    if not error < 1e-3 * max(1.0, float(np.abs(y).max())) / 100:
        raise ArgumentError(
            "activation is a function that a table from -100 to 100 cannot stand for; expected a smooth one: "
            "give a table of (x, y), or one of the names"
        )
    return table
