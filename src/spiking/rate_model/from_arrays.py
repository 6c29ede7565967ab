"""Make a model of a rate network's arrays. `from_arrays` is a class method of `RateModel`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import finite_numbers, positive_number, shown
from spiking.errors import ArgumentError, warn
from spiking.rate_model.contents import signs_in
from spiking.rate_model.transfer import Transfer, name_and_parameters
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel

_SHORT = 1.0  # ms; a tau below it was in seconds, probably
_FAR = 40.0  # sigmoid(40) is 1 and sigmoid(-40) is 0, to the last bit that counts here


@check_arguments(step=positive_number, activation=unchecked)
def from_arrays(
    cls: type[RateModel],
    *,
    w: ArrayLike,
    w_in: ArrayLike,
    w_out: ArrayLike,
    bias: ArrayLike | None = None,
    b_out: ArrayLike = 0.0,
    activation: str | Transfer | tuple[ArrayLike, ArrayLike],
    activation_parameters: Mapping[str, Any] | None = None,
    tau: ArrayLike,
    step: float | None,
    form: Literal["current", "rate"],
    signs: ArrayLike | None = None,
    initial: ArrayLike | None = None,
    noise: float = 0.0,
    source: str = "the arrays",
) -> RateModel:
    """Make a model of a rate network that you have as arrays.

    In the current form the network is ``tau x' = -x + W phi(x) + w_in u + bias``, ``o = w_out phi(x) +
    b_out``; in the rate form it is ``tau h' = -h + phi(W h + w_in u + bias)``, ``o = w_out h + b_out``. A
    step of the network is one of Euler's with ``step / tau``. `spiking.importing` reads networks of PyTorch,
    PsychRNN, Keras and trainRNNbrain.

    Parameters
    ----------
    w : array, shape (N, N)
        Recurrent weights; row postsynaptic, column presynaptic (Keras has them transposed). With `signs`
        they are the weights before the signs: negative entries are set to zero, as in a model file.
    w_in : array, shape (N, n_inputs)
        Input weights; shape (N,) is one input.
    w_out : array, shape (n_outputs, N)
        Output weights; shape (N,) is one output.
    bias : array, shape (N,), optional
        Constant input of each unit; none by default.
    b_out : float or array, shape (n_outputs,)
        Constant added to the outputs; 0 by default.
    activation : str, function of an array, or pair of arrays
        The transfer function phi: a name, as in `RateModel`, a function, or the points (x, y) of a table,
        which is linear between them and goes on in a straight line. ``relu`` and ``softplus`` have no upper
        limit unless `activation_parameters` gives one.
    activation_parameters : mapping, optional
        Parameters of a named activation, as in `RateModel`, such as ``{"alpha": 0.5}`` of ``elu``; by default
        the usual ones.
    tau : float or array, shape (N,)
        Time constant of all units, or of each, in ms. A note questions those below 1 ms, which may be
        in seconds.
    step : float
        Time step in ms at which the network was trained; an input lasts as long.
    form : {"current", "rate"}
        What the state is: the current x, of which phi(x) is sent, or the rate h, with phi applied to what is
        received.
    signs : array, shape (N,), optional
        +1 for an excitatory and -1 for an inhibitory unit (Dale's law). None: `w` may have any signs.
    initial : array, shape (N,), optional
        State at the first step; zero by default.
    noise : float
        Standard deviation of the noise that is added to the state in a step; 0 by default.
    source : str
        Origin of the arrays, for messages.

    Returns
    -------
    RateModel

    Raises
    ------
    ArgumentError
        An array has a wrong shape or numbers that are not finite, `tau` or `step` is missing or not above 0,
        units of the rate form have different time constants, `w` already includes the signs, or the
        activation is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking import RateModel
    >>> model = RateModel.from_arrays(
    ...     w=[[0.0, -0.5], [0.5, 0.0]],
    ...     w_in=[1.0, 0.0],
    ...     w_out=[0.0, 1.0],
    ...     activation="relu",
    ...     tau=50,
    ...     step=5,
    ...     form="rate",
    ... )
    >>> model.run(np.ones((1, 3))).output[0, 0].round(4).tolist()
    [0.0, 0.0, 0.005]
    """
    weights = _array("w", w, "(N, N), a row for each receiving unit")
    n = len(weights) if weights.ndim else 0
    if weights.shape != (n, n) or n == 0:
        raise ArgumentError(f"w has shape {weights.shape}; expected (N, N), a row for each receiving unit")
    inputs = _array("w_in", w_in, f"({n}, n_inputs), one row for each unit", (n, None))
    outputs = _array("w_out", w_out, f"(n_outputs, {n}), one column for each unit", (None, n))
    output_bias = _array("b_out", b_out, f"one number, or one for each of {len(outputs)} outputs")
    if output_bias.size not in (1, len(outputs)):
        raise ArgumentError(
            f"b_out has shape {output_bias.shape}; expected one number, or one for each of "
            f"{len(outputs)} outputs"
        )
    tau_range, spread = _decays(tau, n, form)
    inhibitory, rectified = np.zeros(n, np.bool_), 0
    if signs is not None:
        inhibitory = _signs(signs, n) < 0
        if signs_in(weights, inhibitory):
            raise ArgumentError(
                "w includes the signs already: only columns of inhibitory units have negative entries; "
                "expected weights before the signs, abs(w)"
            )
        rectified = int(np.count_nonzero(weights < 0))
        weights = np.maximum(weights, 0.0)
    name, parameters = name_and_parameters(activation, activation_parameters)
    if step is None:
        raise ArgumentError("step is not given; expected the time step of the training in ms")
    if step > 2 * min(tau_range):
        raise ArgumentError(
            f"step is {step:g} ms and the shortest tau {min(tau_range):g} ms; expected a step of at most two "
            f"tau, because longer steps of Euler's method diverge"
        )
    if max(tau_range) < _SHORT:
        warn(
            f"tau is {max(tau_range):g} ms and step {step:g} ms, too short for synapses, which rise in "
            f"2 ms; if these are seconds, give tau {1000 * max(tau_range):g} and step "
            f"{1000 * step:g}, in ms"
        )
    return cls(
        w=weights,
        w0=None,
        sign=np.where(inhibitory, -1.0, 1.0),
        som_mask=np.ones((n, n)),
        w_in=inputs,
        w_out=outputs,
        b_out=np.full(len(outputs), output_bias.ravel()),
        inhibitory=inhibitory,
        som_n=0,
        tau_range=tau_range,
        taus_gaus=spread,
        taus_gaus0=None,
        activation=name,
        activation_parameters=parameters,
        bias=bias,  # type: ignore[arg-type]  # checked there
        step=step,
        form=form,
        initial=np.zeros(n) if initial is None else initial,  # type: ignore[arg-type]  # checked there
        noise=noise,
        source=source,
        rectified=rectified,
    )


def _array(name: str, value: ArrayLike, expected: str, shape: tuple[int | None, ...] = ()) -> Floats:
    """Return finite numbers, of a shape in which None is any number; a vector has one row or column."""
    array = finite_numbers(name, value, f"shape {expected}" if shape else expected)
    if shape and array.ndim == 1 and array.size in shape:
        array = array.reshape([1 if size is None else size for size in shape])
    wrong = shape and (
        array.ndim != len(shape)
        or array.size == 0
        or any(size not in (None, own) for size, own in zip(shape, array.shape, strict=True))
    )
    if wrong:
        raise ArgumentError(f"{name} has shape {array.shape}; expected {expected}")
    return array


def _decays(tau: ArrayLike, n: int, form: str) -> tuple[tuple[float, float], Floats | None]:
    """Return the range of the time constants, and for each unit where it is in it, as files have them."""
    expected = f"a time constant in ms above 0, or {n}, one for each unit"
    if tau is None:
        raise ArgumentError(f"tau is not given; expected {expected}: without it the network has no time")
    values = _array("tau", tau, expected)
    if values.size not in (1, n) or (values <= 0).any():
        raise ArgumentError(f"tau is {shown(tau)}; expected {expected}")
    shortest, longest = float(values.min()), float(values.max())
    if shortest == longest:
        return (shortest, longest), None
    if form == "rate":
        raise ArgumentError(
            f"tau is {shortest:g} to {longest:g} ms, and form is rate; expected one time constant for all "
            f"units: a spiking unit filters what it receives, a unit of the rate form what it sends, and "
            f"with different time constants these are different networks; train in the current form, or "
            f"with one time constant"
        )
    place = (values.ravel() - shortest) / (longest - shortest)
    with np.errstate(divide="ignore"):
        return (shortest, longest), np.clip(np.log(place / (1 - place)), -_FAR, _FAR)


def _signs(signs: ArrayLike, n: int) -> Floats:
    expected = f"{n} entries, +1 for an excitatory and -1 for an inhibitory unit"
    values = _array("signs", signs, expected)
    if values.size != n or not np.isin(values, (-1.0, 1.0)).all():
        raise ArgumentError(f"signs is {shown(signs)}; expected {expected}")
    return values.ravel()
