"""Import a network of PsychRNN from the file of its weights."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import shown
from spiking.errors import ArgumentError, ModelFileError
from spiking.importing.arrays import Activation, assemble, named_parts, not_read
from spiking.importing.imported import Imported
from spiking.importing.read import read_arrays
from spiking.typing import Floats

_NAMES = {
    "w": "W_rec",
    "w_in": "W_in",
    "w_out": "W_out",
    "bias": "b_rec",
    "b_out": "b_out",
    "initial": "init_state",
    "w_mask": "rec_connectivity",
    "w_in_mask": "input_connectivity",
    "w_out_mask": "output_connectivity",
}
_DALE = ("Dale_rec", "Dale_out")


@check_arguments()
def from_psychrnn(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    tau: ArrayLike,
    step: float | None,
    activation: Activation = "relu",
    activation_parameters: Mapping[str, Any] | None = None,
) -> Imported:
    """Import a network of PsychRNN (Ehrlich et al., eNeuro 2021), its classes ``Basic`` and ``BasicScan``.

    The network is ``x' = (-x + W phi(x) + W_in u + b_rec) / tau``, ``o = W_out phi(x) + b_out``, the current
    form. With Dale's matrices the weights are abs(W) times connectivity times the matrix, and input weights
    are not negative.

    Parameters
    ----------
    source : path or mapping
        The ``.npz`` file that ``model.save`` writes, or what ``model.get_weights`` returns. Entries that are
        pickled (`dale_ratio`, `transfer_function`) are not read.
    tau, step : float
        The parameters `tau` (or one for each unit) and `dt` of the network, in ms; the file has neither.
    activation, activation_parameters
        The transfer function, as in `RateModel.from_arrays`; by default ``relu``, PsychRNN's own default.

    Returns
    -------
    Imported

    Raises
    ------
    ArgumentError
        `tau` or `step` is missing, or an array cannot be used.
    ModelFileError
        The file cannot be read, or is not of such a network.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking.importing import from_psychrnn
    >>> rng = np.random.default_rng(1)
    >>> np.savez(
    ...     "weights.npz",
    ...     W_rec=rng.standard_normal((20, 20)) / 5,
    ...     W_in=rng.standard_normal((20, 2)),
    ...     W_out=rng.standard_normal((2, 20)),
    ...     b_rec=np.zeros(20),
    ...     b_out=np.zeros(2),
    ...     init_state=np.full((1, 20), 0.1),
    ... )
    >>> imported = from_psychrnn("weights.npz", tau=100, step=10)
    >>> imported.model.n_units, imported.model.form
    (20, 'current')
    """
    name = "PsychRNN"
    pickled: tuple[str, ...] = ()
    if isinstance(source, str | os.PathLike):
        name, (arrays, pickled) = os.fsdecode(source), read_arrays(source)
    elif isinstance(source, Mapping):  # of get_weights, with the function and the ratio as they are
        arrays = {str(key): value for key, value in source.items() if isinstance(value, np.ndarray)}
    else:
        raise ArgumentError(f"source is {shown(source)}; expected a path, or the weights of a network")
    missing = [key for key in ("W_rec", "W_in", "W_out") if key not in arrays]
    if missing:
        there = ", ".join(arrays) or "none"
        raise ModelFileError(
            f"{name} has no {' and no '.join(missing)}; expected weights of PsychRNN's Basic or "
            f"BasicScan, no LSTM; arrays found: {there:.200}"
        )
    parts, labels = named_parts(arrays, {part: key for part, key in _NAMES.items() if key in arrays})
    if _law(parts, arrays, name):
        for part, mask in (("w", "Dale_rec"), ("w_in", ""), ("w_out", "Dale_out")):
            parts[part], labels[part] = np.abs(parts[part]), f"abs({labels[part]})"
            if mask == "Dale_out" and mask in arrays:
                parts[part] = parts[part] @ _square(arrays[mask], mask, parts[part])
                labels[part] = f"{labels[part]} x {mask}"
        parts["signs"], labels["signs"] = np.diag(arrays["Dale_rec"]), "Dale_rec"
    optimiser = [key for key in arrays if "/" in key]
    known = {*_NAMES.values(), *_DALE, *optimiser}
    left = [f"{key}, which is not known" for key in arrays if key not in known] + not_read(pickled)
    if optimiser:
        left.append(f"{len(optimiser)} states of the optimiser, such as {optimiser[0]}")
    if "transfer_function" in pickled and activation == "relu":
        left.append("which transfer function it is: relu is assumed, PsychRNN's default")
    return assemble(
        name,
        parts,
        labels,
        left=left,
        tau=tau,
        step=step,
        form="current",
        activation=activation,
        activation_parameters=activation_parameters,
        layout="NTC",
    )


def _law(parts: Mapping[str, Floats], arrays: Mapping[str, Any], name: str) -> bool:
    """Return whether the network has inhibitory units (Dale's law), by its matrix."""
    if "Dale_rec" not in arrays:
        return False
    matrix, n = np.asarray(arrays["Dale_rec"]), len(parts["w"])
    diagonal = np.diag(matrix) if matrix.shape == (n, n) else np.zeros(1)
    if not np.isin(diagonal, (-1.0, 1.0)).all() or np.count_nonzero(matrix) != n:
        raise ModelFileError(f"{name}: Dale_rec is no diagonal matrix of +1 and -1, shape ({n}, {n})")
    return bool((diagonal < 0).any())


def _square(matrix: NDArray[Any], name: str, weights: Floats) -> NDArray[Any]:
    """Return Dale's matrix, or raise ModelFileError unless it fits the weights on its left."""
    n = weights.shape[-1] if weights.ndim == 2 else 0
    if matrix.shape != (n, n):
        raise ModelFileError(f"{name} has shape {matrix.shape}; expected ({n}, {n}), as the output weights")
    return matrix
