"""Import a ``SimpleRNN`` of Keras."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import real_numbers, shown
from spiking.errors import ArgumentError
from spiking.importing.arrays import Activation, assemble
from spiking.importing.imported import Imported
from spiking.importing.read import read_arrays
from spiking.importing.refused_layers import REFUSED, gated_layer
from spiking.typing import Floats

_ACTIVATIONS: Mapping[str, Activation] = {
    **{name: name for name in ("relu", "tanh", "sigmoid", "softplus", "elu", "gelu")},
    "linear": ((-1.0, 1.0), (-1.0, 1.0)),
}
_WITHOUT_WEIGHTS = (
    "InputLayer",
    "Dropout",
    "SpatialDropout1D",
    "GaussianNoise",
    "Masking",
    "Activation",
    "Softmax",
)
_EXPECTED = "the weights of SimpleRNN: kernel, recurrent kernel and bias, then those of a Dense layer"


@check_arguments()
def from_keras(
    source: Any,
    *,
    tau: ArrayLike,
    activation: Activation | None = None,
    activation_parameters: Mapping[str, Any] | None = None,
    initial: ArrayLike | None = None,
) -> Imported:
    """Import a ``SimpleRNN`` of Keras, alone or with a ``Dense`` layer that reads it out.

    The network is ``h[t] = phi(h[t-1] recurrent_kernel + u[t] kernel + bias)``, the rate form with a step of
    `tau`. A network without ``Dense`` puts out its rates.

    Parameters
    ----------
    source : layer, model, sequence of arrays or path
        A ``SimpleRNN`` layer; a model of one and a ``Dense`` layer; their weights as ``get_weights`` returns
        them; or an ``.npz`` file of these, in their order (``np.savez(path, *model.get_weights())``).
    tau : float
        Time constant in ms, which is also the step: Keras replaces the state at every step.
    activation, activation_parameters
        As in `RateModel.from_arrays`. None: that of the layer; of weights alone it has to be given.
    initial : array, shape (N,), optional
        State at the first step; zero by default, as in Keras.

    Returns
    -------
    Imported

    Raises
    ------
    ArgumentError
        The network has other layers, such as LSTM, GRU or LayerNormalization, or an argument is wrong.
    ModelFileError
        The file cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking.importing import from_keras
    >>> rng = np.random.default_rng(1)
    >>> kernel, recurrent, bias = rng.random((2, 10)), rng.standard_normal((10, 10)) / 5, np.zeros(10)
    >>> imported = from_keras([kernel, recurrent, bias], tau=20, activation="tanh")
    >>> imported.model.step, imported.model.n_outputs
    (20.0, 10)
    """
    left: list[str] = []
    if isinstance(source, str | os.PathLike):
        arrays, pickled = read_arrays(source)
        names = [f"arr_{k}" for k in range(len(arrays))]
        if pickled or list(arrays) != names:
            raise ArgumentError(
                f"{os.fsdecode(source)} has {', '.join([*arrays, *pickled])}; expected {_EXPECTED}, as "
                f"np.savez(path, *model.get_weights()) writes them; name other arrays with from_named_arrays"
            )
        weights: Sequence[Any] = [arrays[name] for name in names]
    elif hasattr(source, "get_weights"):
        weights, own, left = _of_layers(source)
        activation = own if activation is None else activation
    elif isinstance(source, list | tuple):
        weights = source
    else:
        raise ArgumentError(
            f"source is {shown(source)}; expected a layer or a model of Keras, or {_EXPECTED}"
        )
    if activation is None:
        raise ArgumentError("activation is not given; expected that of the layer, by default 'tanh' in Keras")
    parts, labels = _parts([real_numbers("source", value, _EXPECTED) for value in weights])
    if initial is not None:
        parts["initial"], labels["initial"] = real_numbers("initial", initial, "numbers"), "initial"
    return assemble(
        "Keras",
        parts,
        labels,
        left=left,
        tau=tau,
        step=tau,  # type: ignore[arg-type]  # checked there
        form="rate",
        activation=activation,
        activation_parameters=activation_parameters,
        layout="NTC",
    )


def _parts(weights: list[Floats]) -> tuple[dict[str, Floats], dict[str, str]]:
    """Return the parts in the order of Keras, with a row for each receiving unit."""
    shapes = [value.shape for value in weights]
    wrong = ArgumentError(f"source has arrays of shapes {', '.join(map(str, shapes))}; expected {_EXPECTED}")
    if len(weights) < 2 or weights[1].ndim != 2:
        raise wrong
    n, columns = weights[1].shape
    gates = gated_layer(columns, n)
    if gates:
        raise _refused(gates)
    if columns != n or weights[0].ndim != 2 or weights[0].shape[1] != n:
        raise wrong
    parts = {"w": weights[1].T, "w_in": weights[0].T}
    labels = {"w": "recurrent kernel, transposed", "w_in": "kernel, transposed"}
    rest = weights[2:]
    for key, label, shape in (("bias", "bias", (n,)), ("w_out", "Dense kernel, transposed", None)):
        if rest and (rest[0].shape == shape if shape else rest[0].ndim == 2 and len(rest[0]) == n):
            parts[key], labels[key] = rest.pop(0).T, label
    if "w_out" in parts and rest and rest[0].shape == (len(parts["w_out"]),):
        parts["b_out"], labels["b_out"] = rest.pop(0), "Dense bias"
    if rest:
        raise wrong
    if "w_out" not in parts:
        parts["w_out"], labels["w_out"] = np.eye(n), "(every unit)"
    return parts, labels


def _of_layers(source: Any) -> tuple[list[Any], Activation | None, list[str]]:
    """Return weights and activation of a layer or a model, and what of it is left."""
    weights: list[Any] = []
    activation: Activation | None = None
    left: list[str] = []
    seen: list[str] = []
    for layer in getattr(source, "layers", None) or [source]:
        inner = getattr(layer, "cell", None) or (
            layer.layer if type(layer).__name__ == "TimeDistributed" else layer
        )
        kind = type(inner).__name__.removesuffix("Cell")
        function = getattr(getattr(inner, "activation", None), "__name__", None)
        if kind in _WITHOUT_WEIGHTS:
            left += [f"{kind}, which is no part of the network"] if kind != "InputLayer" else []
        elif kind == "SimpleRNN" and not seen:
            if getattr(layer, "go_backwards", False):
                raise ArgumentError("the layer has go_backwards=True; expected a network that runs forwards")
            activation = _ACTIVATIONS.get(str(function))
            if activation is None:
                left.append(f"the activation {function}, which has no name here")
        elif kind == "Dense" and seen == ["SimpleRNN"]:
            left += (
                [f"{function} of the outputs: the task scores them"]
                if function not in (None, "linear")
                else []
            )
        else:
            raise _refused(kind)
        if kind not in _WITHOUT_WEIGHTS:
            seen.append(kind)
            weights += layer.get_weights()
    return weights, activation, left


def _refused(kind: str) -> ArgumentError:
    reasons = {
        **REFUSED,
        "LayerNormalization": REFUSED["Norm"],
        "Bidirectional": "its units run backwards in time",
    }
    reason = reasons.get(kind, "only one SimpleRNN is, and one Dense layer after it")
    return ArgumentError(
        f"the network has {kind}, which is not taken: {reason}; train a SimpleRNN and at most one Dense layer"
    )
