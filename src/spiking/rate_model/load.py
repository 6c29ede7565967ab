"""Read a model from a file or a mapping. `load` is a class method of `RateModel`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spiking.checks import file_path, readable, shown, similar
from spiking.errors import ArgumentError, ModelFileError, warn
from spiking.matfile.read import TooLargeFileError, read_variables
from spiking.rate_model.contents import (
    MODEL_KEYS,
    flattened,
    struct_fields,
    unused_weights,
    unused_words,
)
from spiking.rate_model.from_file import ModelArrays
from spiking.timing import STEP_MS

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel

SHIPPED = files("spiking") / "data"
_MOST_COMPARED = 1000  # files of a folder


def shipped_names() -> tuple[str, ...]:
    """Return the names of the models that come with the package, sorted."""
    files_there = (item.name for item in SHIPPED.iterdir())
    return tuple(sorted(name.removesuffix(".mat") for name in files_there if name.endswith(".mat")))


def is_shipped(model: object) -> bool:
    """Return whether this is the name of a model of the package; a file of the same name comes first."""
    return isinstance(model, str) and model in shipped_names() and not Path(model).exists()


def load(
    cls: type[RateModel], model: str | os.PathLike[str] | Mapping[str, Any] | NDArray[np.void]
) -> RateModel:
    """Read and check a model.

    Parameters
    ----------
    model : str, path-like, mapping or struct
        A MATLAB file (version 5 to 7.3) of a trained model, the name of one that comes with the package
        (`spiking.datasets`), or a mapping with the keys of a file. Required are
        ``w``, ``m``, ``w_in``, ``w_out``, ``N``, ``exc``, ``inh``, ``taus`` and, unless the decay is fixed,
        ``taus_gaus``. ``w0``, ``som_m``, ``som_N`` and ``taus_gaus0`` may be missing. ``b_out`` and
        ``activation`` may also be missing; the rate network then cannot be run, and only the published
        conversion is possible. ``b_rec`` (bias of each unit), ``step_ms``, ``form``, ``initial_state``,
        ``noise_sd``, ``activation_parameters``, ``unit_populations``, ``lesioned_units`` and
        ``weight_changes`` describe what published files cannot. The keys may also be the fields of one
        struct, in a file or as SciPy reads it. All numbers are converted to float64 before any arithmetic.

    Returns
    -------
    RateModel

    Raises
    ------
    ArgumentError
        `model` is neither a path nor a mapping of names to values.
    ModelFileError
        The file cannot be read, or a variable is missing or wrong; the message names the file, the key, its
        value and what was expected.

    Warns
    -----
    UserWarning
        There are variables that look like trained weights but are not used.
    """
    unread, model = False, readable("model", model)
    if isinstance(model, str | os.PathLike):
        place = file_path("model", model)
        if is_shipped(model):
            with as_file(SHIPPED / f"{place}.mat") as shipped:
                return cls.load(shipped)
        _check_exists(place)
        source = os.fsdecode(place)
        try:
            variables = read_variables(model)
        except TooLargeFileError:  # because of other variables, such as the history of training
            variables, unread = read_variables(model, MODEL_KEYS), True
            if "w" not in variables:
                raise
    else:
        variables = struct_fields(model)
        source = "the mapping" if isinstance(model, Mapping) else "the struct"
        if not variables and not isinstance(model, Mapping):
            raise ArgumentError(
                f"model is {shown(model)}; expected a path, or a mapping with the keys of a model file"
            )
        keys: list[object] = list(variables)  # as users may give them
        if wrong := [key for key in keys if not isinstance(key, str)]:
            raise ArgumentError(f"model has the key {shown(wrong[0])}; expected names of variables")
    loaded = _from_arrays(cls, ModelArrays(flattened(variables, source), source), unread)
    unused = unused_weights(loaded)
    if unused:
        warn(f"{source}: {unused_words(unused)}")
    return loaded


def _check_exists(place: Path) -> None:
    """Raise ModelFileError, with a name that may have been meant, if there is nothing of this name."""
    if os.path.lexists(place):  # opening it says what else is wrong
        return
    missing = next((folder for folder in reversed(place.parents) if not folder.exists()), None)
    expected = "the path of a model file (.mat)"
    if missing is not None:
        raise ModelFileError(f"{place}: there is no such file, and no folder {missing}; expected {expected}")
    beside = sorted(entry.name for entry in islice(place.parent.glob("*"), _MOST_COMPARED))
    names = shipped_names() if place.parent == Path() and not place.suffix else ()
    near = similar(place.name, [*beside, *names])
    if not names:
        raise ModelFileError(f"{place}: there is no such file{near}; expected {expected}")
    raise ModelFileError(
        f"{place}: there is no such file or folder, and no model of the package with this name{near}; "
        f"expected {expected}, or one of {', '.join(names)}"
    )


def _from_arrays(cls: type[RateModel], arrays: ModelArrays, unread: bool) -> RateModel:
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
    activation, parameters = arrays.activation()
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
        activation=activation,
        activation_parameters=parameters,
        bias=arrays.vector("b_rec", n, required=False),
        step=arrays.number("step_ms", STEP_MS),
        form=arrays.form(),
        initial=arrays.vector("initial_state", n, required=False),
        noise=arrays.number("noise_sd", 0.1, zero=True),
        source=arrays.source,
        rectified=rectified,
        own_populations=arrays.own_populations(n),
        lesioned=arrays.lesioned(n),
        weight_changes=arrays.weight_changes(),
        extras=arrays.unused(),  # after all others
        forms=arrays.forms(),
        unread=unread,
    )
