"""Import a network of PyTorch: ``nn.RNN``, ``nn.RNNCell``, modules of the CTRNN kind, and state dicts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import plain_array, positive_number, real_numbers, shown
from spiking.errors import ArgumentError, ModelFileError
from spiking.importing.arrays import Activation, assemble, named_parts, not_mentioned, not_read
from spiking.importing.imported import Imported
from spiking.importing.parts_by_shape import TRAIN_WITHOUT, check_linear, names_by_shape, readout_names
from spiking.importing.read import existing_file, named, read_arrays
from spiking.importing.refused_layers import REFUSED, gated_layer
from spiking.optional import library
from spiking.typing import Floats

_SAFE_SINCE = (2, 6)  # before, weights_only=True could be got round (CVE-2025-32434)


@check_arguments(names=unchecked)
def from_torch(
    source: Any,
    *,
    tau: ArrayLike | None = None,
    step: float | None = None,
    form: Literal["current", "rate"] = "rate",
    activation: Activation | None = None,
    activation_parameters: Mapping[str, Any] | None = None,
    names: Mapping[str, Any] | None = None,
) -> Imported:
    """Import a network of PyTorch.

    Of ``nn.RNN`` and ``nn.RNNCell`` the names are known. Of other modules, such as a CTRNN of ``nn.Linear``
    layers, the weights are found by their shapes: (N, N) is recurrent, (N, n_inputs) the input, (n_outputs,
    N) the output; biases of recurrence and input are added. Every parameter must have its place, or `names`
    says which are taken. A network without output weights puts out its rates.

    Parameters
    ----------
    source : torch.nn.Module, mapping or path
        A module; its state dict; or a file with one, of PyTorch (``.pt``, ``.pth``; needs PyTorch 2.6 or
        later, which reads weights without unpickling anything else), ``.safetensors`` or ``.npz``.
    tau : float or array, shape (N,)
        Time constant in ms, which has to be given unless `names` has it. PyTorch knows none: ``nn.RNN``
        replaces its state at every step.
    step : float, optional
        Time step in ms. None: `tau` for ``nn.RNN`` and ``nn.RNNCell``, ``alpha tau`` for a module with an
        attribute ``alpha``.
    form : {"current", "rate"}
        Of a network that is not ``nn.RNN``: ``rate`` if the state is ``h = (1 - alpha) h + alpha phi(W h +
        B u + c)``, ``current`` if phi is applied to the state before W. `Imported.check` says if it is
        the other.
    activation, activation_parameters
        As in `RateModel.from_arrays`. Only of ``nn.RNN`` and ``nn.RNNCell`` modules they are known.
    names : mapping, optional
        Which parameters are what, as in `from_named_arrays`. Arrays in place of names are taken as they are,
        such as ``{"w": net.h2h.effective_weight()}``.

    Returns
    -------
    Imported

    Raises
    ------
    ArgumentError
        The network has gates, a normalisation or several layers, a parameter has no place, or an argument is
        wrong or missing.
    ModelFileError
        The file cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking.importing import from_torch
    >>> rng = np.random.default_rng(1)
    >>> state_dict = {  # as net.state_dict() gives it
    ...     "input2h.weight": rng.standard_normal((20, 2)),
    ...     "input2h.bias": np.zeros(20),
    ...     "h2h.weight": rng.standard_normal((20, 20)) / 5,
    ...     "h2h.bias": rng.standard_normal(20),
    ...     "fc.weight": rng.standard_normal((1, 20)),
    ...     "fc.bias": np.ones(1),
    ... }
    >>> imported = from_torch(state_dict, tau=100, step=20, activation="relu")
    >>> print(imported)
    PyTorch: 20 units, relu, rate form, tau 100 ms, step 20 ms, 2 inputs, 1 output, no Dale's law
      h2h.weight               ->  recurrent weights (20, 20)
      input2h.weight           ->  input weights (20, 2)
      fc.weight                ->  output weights (1, 20)
      input2h.bias + h2h.bias  ->  bias of the units (20,)
      fc.bias                  ->  output bias (1,)
    """
    for wrapper in ("_orig_mod", "module"):  # of torch.compile and DataParallel
        source = getattr(source, wrapper, source) if hasattr(source, "named_modules") else source
    module = source if hasattr(source, "named_modules") else None
    tau = tau if tau is None else real_numbers("tau", tau, "a time constant in ms")
    arrays, pickled = _arrays(source)
    layout: Literal["TNC", "NTC"] = "TNC"
    if module is not None:
        _check_layers(type(layer).__mro__ for _, layer in module.named_modules())
    if names is None:
        prefix, ending = _torch_rnn(arrays)
        if ending is not None:
            known = _known(module, prefix)
            if known is not None:
                layout = "NTC" if getattr(known, "batch_first", False) else "TNC"
                if activation not in (None, known.nonlinearity):
                    raise ArgumentError(
                        f"activation is {shown(activation)}; expected {known.nonlinearity}, that of the "
                        f"module"
                    )
                activation = known.nonlinearity
            form, step = "rate", _only_step(step, tau, cell=not ending)
            names = _names_of_rnn(arrays, prefix, ending)
            check_linear(module, {key: names[key] for key in names if key == "w_out"})
        else:
            names = names_by_shape(arrays, module)
    parts, labels = named_parts(arrays, names)
    if "w_out" not in parts and "w" in parts:
        parts["w_out"], labels["w_out"] = np.eye(len(parts["w"])), "(every unit)"
    used = {name for label in labels.values() for name in label.split(" + ")}
    if activation is None:
        raise ArgumentError(
            "activation is not given; expected the one of the network, such as 'relu' or 'tanh': the weights "
            "do not say"
        )
    return assemble(
        "PyTorch",
        parts,
        labels,
        left=not_mentioned([name for name in arrays if name not in used]) + not_read(pickled),
        tau=tau,
        step=_step_of(module, step, tau),
        form=form,
        activation=activation,
        activation_parameters=activation_parameters,
        layout=layout,
    )


def _arrays(source: Any) -> tuple[dict[str, Floats], tuple[str, ...]]:
    """Return the parameters and buffers by name, and the names of pickled entries, which are not read.

    Of a module, these are also tensors that it has beside its parameters and buffers.
    """
    more: dict[str, Any] = {}
    pickled: tuple[str, ...] = ()
    tensors: Mapping[str, Any]
    if isinstance(source, str | os.PathLike):
        path = existing_file(source)
        if path.lower().endswith((".safetensors", ".npz")):
            tensors, pickled = read_arrays(path)
        else:
            tensors = _torch_load(path)
    elif isinstance(source, Mapping):
        tensors = named(source)
    elif hasattr(source, "state_dict") and hasattr(source, "named_modules"):
        tensors = source.state_dict()
        for prefix, layer in source.named_modules():
            for key, value in vars(layer).items():  # such as a mask that is no buffer
                shape = tuple(value.shape) if hasattr(value, "detach") else ()
                if (
                    hasattr(value, "detach")
                    and len(shape) == 2
                    and ("mask" in key.lower() or shape[0] == shape[1])
                ):
                    more[f"{prefix}.{key}".lstrip(".")] = value
    else:
        raise ArgumentError(f"source is {shown(source)}; expected a module, its state dict, or a path")
    nested = [value for value in tensors.values() if isinstance(value, Mapping) and _has_matrix(value)]
    if len(nested) == 1 and not _has_matrix(tensors):  # a checkpoint, with the state dict and others
        tensors = nested[0]
    plain = {key: plain_array(value) for key, value in {**tensors, **more}.items()}
    arrays = {
        key.removeprefix("module."): value  # which DataParallel adds
        for key, value in plain.items()
        if isinstance(value, np.ndarray) and value.ndim > 0
    }
    if not arrays:
        raise ArgumentError("source has no arrays; expected a state dict, names with tensors")
    return arrays, pickled


def _has_matrix(values: Mapping[str, Any]) -> bool:
    return any(getattr(value, "ndim", 0) == 2 for value in values.values())


def _torch_load(path: str) -> dict[str, Any]:
    torch = library("torch", "torch", f"the file {path}")
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    if version < _SAFE_SINCE:
        raise ArgumentError(
            f"PyTorch is {torch.__version__}; expected 2.6 or later, whose files can be read without running "
            f"what they contain; or give the state dict"
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001  # its readers raise many kinds
        reason = str(error).strip().partition(".")[0]
        raise ModelFileError(
            f"{path} cannot be read as weights alone ({reason:.100}); save them with "
            f"torch.save(net.state_dict(), path)"
        ) from None
    if not isinstance(content, Mapping):
        raise ModelFileError(f"{path} has a {type(content).__name__}; expected a state dict")
    return dict(content)


def _check_layers(kinds: Any) -> None:
    """Raise ArgumentError if a layer of PyTorch is one that has no counterpart here."""
    for mro in kinds:
        layers = [kind.__name__ for kind in mro if kind.__module__.startswith("torch.nn")]
        for word, reason in REFUSED.items():
            for layer in layers:
                if word in layer:
                    raise ArgumentError(
                        f"the network has {layer}, which is not taken: {reason}; {TRAIN_WITHOUT}"
                    )


def _torch_rnn(arrays: Mapping[str, Floats]) -> tuple[str, str | None]:
    """Return prefix and ending of the names of nn.RNN ("_l0") or nn.RNNCell (""); None if it is neither."""
    for ending in ("_l0", ""):
        marks = [key for key in arrays if key.rpartition(".")[2] == f"weight_hh{ending}"]
        if not marks:
            continue
        if len(marks) > 1:
            raise ArgumentError(f"the network has several recurrent layers, {', '.join(marks)}; expected one")
        prefix = marks[0].removesuffix(f"weight_hh{ending}")
        if arrays[marks[0]].ndim != 2 or arrays[marks[0]].size == 0:
            raise ArgumentError(f"{marks[0]} has shape {arrays[marks[0]].shape}; expected (N, N)")
        rows, n = arrays[marks[0]].shape
        gates = gated_layer(rows, n)
        if gates:
            raise ArgumentError(
                f"{marks[0]} has shape {(rows, n)}, that of {gates}, which is not taken: {REFUSED[gates]}; "
                f"{TRAIN_WITHOUT}"
            )
        more = [key for key in arrays if key.startswith(f"{prefix}weight_hh") and key != marks[0]]
        if more:
            raise ArgumentError(
                f"the network has more than one layer or direction ({more[0]}); expected one layer in one "
                f"direction: units of a network have one time"
            )
        return prefix, ending
    return "", None


def _known(module: Any, prefix: str) -> Any:
    """Return the nn.RNN or nn.RNNCell itself, if there is a module and it is one of these."""
    layer = None if module is None else module.get_submodule(prefix.rstrip("."))
    return layer if hasattr(layer, "nonlinearity") else None


def _only_step(step: float | None, tau: ArrayLike | None, *, cell: bool) -> float:
    """Return the step of nn.RNN, which is its time constant; a cell may be used in steps with an alpha."""
    if tau is None or (step is None and np.ndim(tau) == 0):
        return tau  # type: ignore[return-value]  # checked with the model
    step = None if step is None else positive_number("step", step)
    if step is None or (not cell and np.any(np.asarray(tau) != step)):
        raise ArgumentError(
            f"step is {step} and tau is {np.asarray(tau)!s:.40}; expected the same, as nn.RNN "
            f"replaces the whole state at every step; leave step out, and run the model at another one "
            f"with replace(model, step=...)"
        )
    return step


def _names_of_rnn(arrays: Mapping[str, Floats], prefix: str, ending: str) -> dict[str, Any]:
    """Return the names of the parts of nn.RNN or nn.RNNCell, and of a readout beside it."""
    names: dict[str, Any] = {
        "w": f"{prefix}weight_hh{ending}",
        "w_in": f"{prefix}weight_ih{ending}",
        "bias": [key for kind in "ih" for key in [f"{prefix}bias_{kind}h{ending}"] if key in arrays],
    }
    if not names["bias"]:
        del names["bias"]
    recurrent = {names["w"], names["w_in"], *names.get("bias", ())}
    rest = {key: value for key, value in arrays.items() if key not in recurrent}
    n = len(arrays[names["w"]])
    return names | readout_names(rest, n)


def _step_of(module: Any, step: float | None, tau: ArrayLike | None) -> float | None:
    """Return the step; of a module with an attribute alpha it must be alpha tau."""
    alphas = set()
    for _, layer in () if module is None else module.named_modules():
        value = plain_array(getattr(layer, "alpha", None))
        own = not type(layer).__module__.startswith("torch.nn")  # of nn.ELU it is something else
        if own and isinstance(value, float | int | np.ndarray) and np.size(value) == 1:
            alphas.add(float(np.asarray(value).item()))
    if len(alphas) != 1 or tau is None or np.ndim(tau) != 0:
        return step
    wanted = alphas.pop() * float(tau)  # type: ignore[arg-type]  # one number
    if step is None:
        return wanted
    if abs(step - wanted) > 1e-6 * wanted:
        raise ArgumentError(
            f"step is {step:g} ms, but alpha of the module times tau is {wanted:g} ms; expected this step"
        )
    return step
