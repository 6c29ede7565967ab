"""The options of training with their defaults, and the named recipes."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from spiking.check_arguments import check_arguments
from spiking.checks import one_of, shown
from spiking.errors import ArgumentError
from spiking.neuron.params import LIFParams
from spiking.rate_model.transfer import SCALING_FACTOR
from spiking.short_repr import short_repr
from spiking.timing import STEP_MS

_CHOICES = {
    "activation": ("sigmoid", "softplus", "clipped_relu", "lif", "relu", "tanh", "retanh", "elu", "gelu"),
    "loss": ("l2", "l1"),
    "w_dist": ("gaussian", "gamma"),
}
_RANGES = (  # names, lowest, highest, whole numbers only
    (("p_inh", "p_rec", "stop_accuracy", "stop_spiking_accuracy"), 0, 1, False),
    (("averaging",), 0, 0.99999, False),
    (("learning_rate", "final_learning_rate", "stop_loss"), 1e-12, 1e12, False),
    (("gain", "noise", "spike_noise", "rate_penalty", "clip_norm"), 0, 1e12, False),
    (("scaling_factor", "input_gain"), 1e-6, 1e6, False),
    (("input_offset",), -1e6, 1e6, False),
    (("stop_r2",), -1e6, 1, False),
    (("batch_size", "max_updates"), 1, 10**9, True),
    (("n_som", "hardening", "min_updates"), 0, 10**9, True),
)
_OPTIONAL = (
    *("batch_size", "min_updates", "spike_noise", "rate_penalty"),
    *("input_gain", "input_offset", "stop_r2", "stop_spiking_accuracy"),
)


SIGNED = ("tanh", "elu", "gelu")  # activations whose rates can be negative, which no spikes carry
# What `train(start=model)` takes from the model
OF_START = (
    *("gain", "p_inh", "p_rec", "n_som", "dale", "activation", "neuron", "scaling_factor"),
    *("input_gain", "input_offset", "tau", "w_dist"),
)


class Named(NamedTuple):
    """An activation of `RateModel` with its parameters."""

    name: str
    parameters: tuple[tuple[str, float], ...]


class Lif(NamedTuple):
    """The activation f(gain x + offset)/factor, f the f-I curve of a neuron."""

    params: LIFParams
    factor: float
    gain: float
    offset: float


# By one word: constants of the neuron, and gain and offset of its input at the start.
NEURON_PRESETS = {"published": (LIFParams(), 1.0, 0.0), "noisy": (LIFParams(noise=0.5), 4.0, -6.0)}


@check_arguments()
@dataclass(frozen=True)
class TrainingOptions:
    """Options of `train`.

    Parameters
    ----------
    gain : float
        Initial recurrent weights are gain / sqrt(N p_rec) N(0, 1); not used for ``w_dist="gamma"``.
    p_inh : float
        Probability that a unit is inhibitory.
    p_rec : float
        Fraction of the initial recurrent weights that are not zero.
    n_som : int
        The first `n_som` inhibitory units are SST cells, which receive no inhibition.
    dale : bool
        Dale's law: w is rectified, with the sign of the sending unit.
    activation : str
        By default ``lif``: the f-I curve of the spiking unit over `scaling_factor`, f(s x + b)/k. The spiking
        network then is the rate network in its mean steady state, and nothing is fitted or searched. Or
        ``sigmoid``, as published, ``softplus`` or ``clipped_relu`` (these two clipped to [0, 20]), ``relu``,
        ``tanh``, ``retanh``, ``elu`` or ``gelu`` (as in `RateModel`).
    neuron : str or LIFParams
        Of ``lif``: ``published``; ``noisy``, with 0.5 mV in place of 0.1 mV of noise a step, and lower and
        more irregular rates; or any constants.
    scaling_factor : float
        Of ``lif``: k, so many spikes a second (Hz) stand for a rate of 1.
    input_gain, input_offset : float, optional
        Of ``lif``: s and b (mV) at the start of training. Folded into weights and bias, so that the model has
        s = 1 and b as its bias. By default 1 and 0, for the noisy neuron 4 and -6.
    tau : float or (float, float)
        Synaptic decay in ms: one fixed value, or the range in which each unit learns its own.
    w_dist : str
        Initial recurrent weights ``gaussian``, or ``gamma`` (shape 2, scale 0.003).
    loss : str
        Loss of a trial: ``l2``, ``sqrt(sum (z - o)^2)``, or ``l1``, ``sum |z - o|``.
    noise : float
        Standard deviation of the noise added to the synaptic current in every step of 5 ms.
    spike_noise : float
        Noise as if rates were transmitted by Poisson spikes, with this frequency (Hz) at a rate of 1: the
        input from a unit of rate r has variance r / (spike_noise 5 ms) in every step. Only added in training,
        not when the model is scored. 0 for none. By default 50; for ``lif`` `scaling_factor`.
    hardening : int
        Training has two stages. A model first learns its task with a tenth of the noise and no spike noise,
        until it meets the criteria; then both grow to their full amplitude within 300 updates. The second
        stage ends when the spiking network also does the task (see ``spiking.training.conversion_test``), or
        after `hardening` updates. 0: one stage, with noise and without spike noise.
    optimizer : str or optax.GradientTransformation
        ``adam``, or another optimiser of Optax by its name, such as ``adamw`` or ``rmsprop``, with the
        learning rates below and its own defaults; or a transformation, such as ``optax.adamw(1e-3)``, whose
        updates are added as they are. Gradients are clipped before.
    learning_rate, final_learning_rate : float
        Learning rates: it falls along half a cosine from the first to the second in `max_updates`.
    batch_size : int, optional
        Trials per update. By default one of each condition. A multiple of that has all conditions equally
        often; in other batches conditions are drawn.
    clip_norm : float
        Largest norm of a gradient; 0 for no limit.
    rate_penalty : float, optional
        Factor of the mean squared rate, which is added to the loss; for ``lif`` only in the second stage,
        where it grows like the noise. By default 0; for ``lif`` 0.1 (published neuron) or 1 (any other).
    averaging : float
        Decay per update of the running average of the weights, which is scored and returned; 0 for none.
    max_updates : int
        Training stops after this number of updates, or at the first evaluation (every 100 updates, on 100
        trials) that meets both `stop_loss` and `stop_accuracy` and ends the hardening.
    min_updates : int, optional
        Training does not stop earlier. By default 0; for Go-NoGo with `published_quirks` 1500, as in the
        published code (but not in the paper).
    stop_loss, stop_accuracy : float
        Training has converged when the mean loss is below `stop_loss` and the accuracy at least
        `stop_accuracy`.
    stop_r2 : float, optional
        Of ``lif``: the R2 that the spiking network's output must reach against the rate network's, in single
        trials, when training tests whether it converts. By default 0.94; for another neuron 0.9. Give less
        for a task with weak or noisy evidence, where spikes change decisions.
    stop_spiking_accuracy : float, optional
        The accuracy that the spiking network must reach when training tests whether it converts, in 40 trials
        of ``lif``. By default the middle between `stop_accuracy` and 1, because 40 trials are few: 39 of 40
        for 0.95. Give `stop_accuracy` or less for a task with noisy evidence.
    published_quirks : bool
        Behave as the published trainer: o[t + 1] is compared with z[t]; rate models are scored in other
        windows than spiking ones (Go-NoGo from the offset of the pulse, NoGo by the absolute value; context
        integration over the last second); the accuracy must exceed, not reach, `stop_accuracy`; Go-NoGo is
        trained for at least 1500 updates unless `min_updates` is given.

    Examples
    --------
    >>> from spiking.training import TrainingOptions
    >>> TrainingOptions(tau=(20, 50)).tau_steps  # of 5 ms
    (4.0, 10.0)
    """

    gain: float = 1.5
    p_inh: float = 0.2
    p_rec: float = 0.2
    n_som: int = 0
    dale: bool = True
    activation: str = "lif"
    neuron: str | LIFParams = "published"
    scaling_factor: float = SCALING_FACTOR
    input_gain: float | None = None
    input_offset: float | None = None
    tau: float | tuple[float, float] = (20.0, 100.0)
    w_dist: str = "gaussian"
    loss: str = "l2"
    noise: float = 0.1
    spike_noise: float | None = None
    hardening: int = 2000
    optimizer: Any = "adam"
    learning_rate: float = 0.01
    final_learning_rate: float = 0.01
    batch_size: int | None = None
    clip_norm: float = 1.0
    rate_penalty: float | None = None
    averaging: float = 0.0
    max_updates: int = 6000
    min_updates: int | None = None
    stop_loss: float = 7.0
    stop_accuracy: float = 0.95
    stop_r2: float | None = None
    stop_spiking_accuracy: float | None = None
    published_quirks: bool = False

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if not isinstance(self.neuron, LIFParams) and self.neuron not in NEURON_PRESETS:
            raise ArgumentError(
                f"neuron is {shown(self.neuron)}; expected {', '.join(NEURON_PRESETS)}, or LIFParams(...)"
            )
        for name, known in _CHOICES.items():
            one_of(name, getattr(self, name), known)
        if not (isinstance(self.optimizer, str) or callable(getattr(self.optimizer, "update", None))):
            raise ArgumentError(
                f"optimizer is {shown(self.optimizer)}; expected a name, such as adam, or a transformation "
                f"of Optax"
            )
        if self.activation in SIGNED and self.spike_noise:
            raise ArgumentError(
                f"spike_noise is {shown(self.spike_noise)}; expected 0 with the activation "
                f"{self.activation}, whose rates can be negative"
            )
        for names, low, high, whole in _RANGES:
            for name in names:
                value = getattr(self, name)
                if name in _OPTIONAL and value is None:
                    continue
                if not isinstance(value, int | float) or not low <= value <= high or (whole and value % 1):
                    kind = "a whole number" if whole else "a number"
                    raise ArgumentError(f"{name} is {shown(value)}; expected {kind} from {low:g} to {high:g}")
        limits = self.tau_steps
        if not all(math.isfinite(limit) and limit >= 1 for limit in limits) or sorted(set(limits)) != list(
            limits
        ):
            raise ArgumentError(
                f"tau is {shown(self.tau)}; expected ms, at least {STEP_MS:g}, smaller limit first"
            )

    @property
    def lif(self) -> Lif | None:
        """The f-I curve that is the activation, or None for another activation."""
        if self.activation != "lif":
            return None
        word = self.neuron if isinstance(self.neuron, str) else "published"
        params, gain, offset = NEURON_PRESETS[word]
        params = self.neuron if isinstance(self.neuron, LIFParams) else params
        return Lif(
            params,
            float(self.scaling_factor),
            float(gain if self.input_gain is None else self.input_gain),
            float(offset if self.input_offset is None else self.input_offset),
        )

    @check_arguments()
    def resolved(self, name: str) -> float:
        """Return the value of an option whose default depends on others."""
        names = ("spike_noise", "rate_penalty", "stop_r2", "stop_spiking_accuracy")
        value = getattr(self, one_of("name", name, names))
        if value is not None:
            return float(value)
        plain = self.lif is None or self.lif.params == LIFParams()
        defaults = {
            "spike_noise": 0.0
            if self.activation in SIGNED
            else 50.0
            if self.lif is None
            else self.scaling_factor,
            "rate_penalty": 0.0 if self.lif is None else 0.1 if plain else 1.0,
            "stop_r2": 0.94 if plain else 0.9,
            "stop_spiking_accuracy": (1 + self.stop_accuracy) / 2,
        }
        return float(defaults[name])

    @property
    def tau_steps(self) -> tuple[float, ...]:
        """The decay in steps of 5 ms: one number, or the two limits."""
        limits = self.tau if isinstance(self.tau, tuple | list) else (self.tau,)
        return tuple(limit / STEP_MS for limit in limits)


_RECIPES: dict[str, dict[str, Any]] = {
    "default": {},
    "published": {
        "activation": "sigmoid",
        "gain": 1.5,
        "noise": 0.1,
        "spike_noise": 0.0,
        "hardening": 0,
        "learning_rate": 0.01,
        "final_learning_rate": 0.01,
        "batch_size": 1,
        "clip_norm": 0.0,
        "rate_penalty": 0.0,
        "averaging": 0.0,
        "max_updates": 6000,
        "stop_loss": 7.0,
        "stop_accuracy": 0.95,
        "published_quirks": True,
    },
}


def options_for(recipe: str, **changes: Any) -> TrainingOptions:
    """Return the options of a recipe (``default`` or ``published``) with changes.

    Raises
    ------
    ArgumentError
        For an unknown recipe or option, or a value that is not possible.
    """
    if recipe not in _RECIPES:
        raise ArgumentError(f"recipe is {recipe!r}; expected one of {', '.join(_RECIPES)}")
    known = [field.name for field in dataclasses.fields(TrainingOptions)]
    unknown = [name for name in changes if name not in known]
    if unknown:
        raise ArgumentError(f"options are {', '.join(unknown)}; expected some of {', '.join(known)}")
    return TrainingOptions(**(_RECIPES[recipe] | changes))
