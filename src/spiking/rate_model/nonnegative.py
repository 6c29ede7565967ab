"""Write a rate network with rates that are not negative, as a spiking network's are, without changing it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.errors import ArgumentError
from spiking.rate_model.transfer import Transfer, tabulated
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel

_X = np.concatenate([-np.geomspace(1e4, 1e-3, 2000), [0.0], np.geomspace(1e-3, 1e4, 2000)])
_NOT_NEGATIVE = ("sigmoid", "softplus", "relu", "clipped_relu", "retanh", "power_law", "lif")
_TOLERANCE = 1e-6


def nonnegative(model: RateModel) -> RateModel:
    """Return the same network with rates that are not negative: the same output for any inputs and noise.

    tanh becomes a sigmoid: ``tanh(x) = 2 sigmoid(2 x) - 1``. Any other transfer function with a minimum
    m < 0 becomes phi - m. Weights, bias, output bias, state and noise change with it; the signs of the
    weights stay, so Dale's law does too. A network without negative rates is returned as it is. A random
    initial state (`initial` None) is not scaled in the current form, and is 0 in the rate form.

    Returns
    -------
    RateModel

    Raises
    ------
    ArgumentError
        The transfer function has no minimum, as a linear one.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking import RateModel
    >>> arrays = {"w": [[0.5]], "w_in": [1.0], "w_out": [1.0], "tau": 50, "step": 5, "form": "rate"}
    >>> model = RateModel.from_arrays(**arrays, activation="tanh")
    >>> model.nonnegative().activation
    'sigmoid'
    >>> difference = model.nonnegative().run(np.ones((1, 9))).output - model.run(np.ones((1, 9))).output
    >>> bool(np.abs(difference).max() < 1e-12)
    True
    """
    if model.activation is None or model.activation in _NOT_NEGATIVE:
        return model
    if model.activation == "tanh":
        # y = 2 x in the current form; g = (h + 1) / 2 in the rate form
        current = model.form == "current"
        return _rewritten(
            model,
            weights=4.0,
            inputs=2.0,
            readout=2.0,
            lowest=-1.0,
            state=(lambda x: 2 * x) if current else (lambda h: (h + 1) / 2),
            noise=2.0 if current else 0.5,
            activation="sigmoid",
            activation_parameters={},
        )
    lowest = _minimum(model)
    if lowest >= -_TOLERANCE:
        return model
    phi, current = model.transfer, model.form == "current"
    return _rewritten(
        model,
        weights=1.0,
        inputs=1.0,
        readout=1.0,
        lowest=lowest,
        state=(lambda x: x) if current else (lambda h: h - lowest),
        noise=1.0,
        activation="table",
        activation_parameters=_raised(model, phi, lowest),
    )


def split_signs(model: RateModel) -> RateModel:
    """Return the same network with two units for each: one for its positive and one for its negative rates.

    The transfer function phi has to be odd. The 2N units have max(phi, 0), and the weights
    ``[[W, -W], [-W, W]]``; unit i + N has the opposite state of unit i. Dale's law is lost. Rates are low
    where the rates of the original are near 0, and both networks have the same output without noise.

    Returns
    -------
    RateModel
        With 2N units.

    Raises
    ------
    ArgumentError
        The transfer function is not odd.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking import RateModel
    >>> arrays = {"w": [[0.5]], "w_in": [1.0], "w_out": [1.0], "tau": 50, "step": 5, "form": "rate"}
    >>> split = RateModel.from_arrays(**arrays, activation="tanh").split_signs()
    >>> split.n_units, split.activation
    (2, 'retanh')
    """
    phi = model.transfer
    with np.errstate(over="ignore", invalid="ignore"):
        odd = bool(np.allclose(phi(-_X), -phi(_X), rtol=1e-6, atol=1e-9))
    if not odd:
        raise ArgumentError(
            f"activation is {model.activation!r}; expected an odd function, such as tanh, to split the signs"
        )
    w, n = model.effective_weights(), model.n_units
    twice: dict[str, Any] = {
        "w": np.block([[w, -w], [-w, w]]),
        "w_in": np.concatenate([model.w_in, -model.w_in]),
        "w_out": np.concatenate([model.w_out, -model.w_out], axis=1),
        "bias": None if model.bias is None else np.concatenate([model.bias, -model.bias]),
    }
    if model.initial is not None:
        x = model.initial
        parts = [x, -x] if model.form == "current" else [np.maximum(x, 0), np.maximum(-x, 0)]
        twice["initial"] = np.concatenate(parts)
    if model.taus_gaus is not None:
        twice["taus_gaus"] = np.tile(model.taus_gaus, 2)
    if model.activation == "tanh":
        name, parameters = "retanh", {}
    else:
        name, parameters = "table", tabulated(lambda x: np.maximum(phi(x), 0.0))
    return replace(
        model,
        **twice,
        w0=None,
        taus_gaus0=None,
        sign=np.ones(2 * n),
        som_mask=np.ones((2 * n, 2 * n)),
        inhibitory=np.zeros(2 * n, np.bool_),
        som_n=0,
        own_populations={key: np.tile(mask, 2) for key, mask in model.own_populations.items()},
        lesioned=(*model.lesioned, *(unit + n for unit in model.lesioned)),
        activation=name,
        activation_parameters=parameters,
        forms={},
        extras={},
        source=f"{model.source}, signs split",
    )


def _rewritten(
    model: RateModel,
    *,
    weights: float,
    inputs: float,
    readout: float,
    lowest: float,
    state: Transfer,
    noise: float,
    **activation: Any,
) -> RateModel:
    """Return the network of phi' = (phi - lowest) / readout, of arguments that are `inputs` times larger."""
    bias = np.zeros(model.n_units) if model.bias is None else model.bias
    initial = model.initial
    if initial is None and model.form == "rate":
        initial = np.zeros(model.n_units)
    return replace(
        model,
        w=weights * model.w,
        w0=None if model.w0 is None else weights * model.w0,
        w_in=inputs * model.w_in,
        w_out=readout * model.w_out,
        b_out=model.output_bias + lowest * model.w_out.sum(axis=1),
        bias=inputs * (bias + lowest * model.effective_weights().sum(axis=1)),
        initial=None if initial is None else state(initial),
        noise=noise * model.noise,
        forms={},
        **activation,
    )


def _minimum(model: RateModel) -> float:
    """Return the smallest value of the transfer function; raise ArgumentError if there is none."""
    if model.activation == "elu":
        return -float(model.activation_parameters["alpha"])
    points = _X
    if model.activation == "table":
        points = np.sort(np.concatenate([_X, model.activation_parameters["x_values"]]))
    with np.errstate(over="ignore", invalid="ignore"):
        y = model.transfer(points)
    i = int(np.argmin(y))
    if not np.isfinite(y).all() or (i in (0, y.size - 1) and abs(y[i] - y[i - 1 if i else 1]) > 1e-6):
        raise ArgumentError(
            f"{model.source} has the activation {model.activation!r}, whose values have no minimum; "
            f"expected one with a minimum, because spiking units have no negative rates, or "
            f"model.split_signs() of an odd one"
        )
    return float(y[i])


def _raised(model: RateModel, phi: Transfer, lowest: float) -> dict[str, Floats]:
    if model.activation == "table":
        p = model.activation_parameters
        return {"x_values": p["x_values"], "y_values": p["y_values"] - lowest}
    return tabulated(lambda x: phi(x) - lowest)
