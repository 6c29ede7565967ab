"""Read how often the spiking network of a model's file was correct, if that is still the same network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from spiking.conversion.conversion import Conversion
from spiking.conversion.recorded_conversion import recorded_conversion
from spiking.errors import ArgumentError
from spiking.files.digest import digest
from spiking.files.json_text import UNUSABLE, parsed
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import finite_last, recorded_numbers, recorded_text
from spiking.short_repr import short_repr
from spiking.tasks.scoring import wilson_interval

NOT_FRESH = " (not known to be fresh: the network may have been chosen on them)"
_TRIALS_OF_SEARCH = 100  # of each factor in the published search, and of this package's by default
_TRIALS_OF_TRAINING = 40  # of the spiking test of a model that is trained on the f-I curve


@dataclass(frozen=True, kw_only=True)
class SpikingAccuracy:
    """How often a spiking network was correct, as its file records it.

    ``spiking evaluate --record`` and tuning with ``write=True`` record it.

    Attributes
    ----------
    correct, trials : int
    accuracy : float
    interval : (float, float)
        95 % Wilson score interval of the accuracy.
    rule : str or None
        When a trial is correct, in words.
    task : str
        Name of the task.
    seed : int
    fresh : bool
        Whether it is known that nothing was chosen on these trials.
    downsample : int
        As in `simulate`.
    rate_correct : int or None
        Number of correct trials of the rate network, of the same trials; None if it was not run.

    Examples
    --------
    >>> from spiking import datasets
    >>> from spiking.conversion import model_info
    >>> spiking = model_info(datasets.load("xor")).spiking
    >>> spiking.fresh, spiking.trials, spiking.accuracy > 0.9
    (True, 200, True)
    """

    correct: int
    trials: int
    accuracy: float
    interval: tuple[float, float]
    rule: str | None
    task: str
    seed: int
    fresh: bool
    downsample: int = 1
    rate_correct: int | None = None

    __repr__ = short_repr

    def __str__(self) -> str:
        low, high = self.interval
        step = "" if self.downsample == 1 else f", time steps {self.downsample} times as long"
        return (
            f"{self.correct} of {self.trials} correct ({low:.2f} to {high:.2f}) in "
            f"{'fresh ' if self.fresh else ''}trials of {self.task}, seed {self.seed}{step}"
            + ("" if self.fresh else NOT_FRESH)
        )


def accuracy_from_json(values: Mapping[str, Any]) -> SpikingAccuracy:
    """Return what `evaluation` and `tuning` in a file record; raises one of `UNUSABLE` for other values."""
    correct, trials = int(values["correct"]), int(values["trials"])
    return SpikingAccuracy(
        correct=correct,
        trials=trials,
        accuracy=correct / trials,
        interval=wilson_interval(correct, trials),
        rule=values.get("rule"),
        task=str(values["task"]),
        seed=int(values["seed"]),
        fresh=bool(values.get("fresh", True)),  # those of `tuning` are
        downsample=int(values["downsample"]),
        rate_correct=values.get("rate_correct"),
    )


def network_digest(model: RateModel, conversion: Conversion | None, params: LIFParams | None) -> str:
    """Return a digest of what decides the spikes of a model's network; `conversion` None: nothing does yet.

    With `params` None, the constants of the neurons are those of the conversion.
    """
    if conversion is None:
        return ""
    params = params or conversion.params or model.trained_params or LIFParams()
    arrays = ("w", "sign", "som_mask", "w_in", "w_out", "b_out", "taus_gaus", "bias", "initial")
    others = ("tau_range", "activation", "step", "form", "lesioned")
    of_activation = model.activation_parameters or {}
    numbers = (conversion.factor, conversion.gain, conversion.offset)
    return digest(
        *(getattr(model, name) for name in (*arrays, *others)),
        *map(float, numbers),
        conversion.unit_offsets,
        conversion.output_offsets,
        {name: _different(value) for name, value in of_activation.items()},
        _different(params),
    )


def _different(value: Any) -> Any:
    """Return the constants other than the published ones, so that new constants do not change digests."""
    if not isinstance(value, LIFParams):
        return value
    usual = asdict(LIFParams())
    return {name: constant for name, constant in asdict(value).items() if constant != usual[name]}


def recorded_accuracy(model: RateModel) -> SpikingAccuracy | None:
    """Return how often the spiking network of a model was correct, or None if its file does not record it.

    What was recorded of other weights, another conversion or other constants does not count.
    """
    try:
        network = network_digest(model, recorded_conversion(model), None)
    except ArgumentError:  # reported by `possible_problems`
        return None
    for values in _records(model, "evaluation", "tuning"):
        try:
            if network and values.get("network") == network:
                return accuracy_from_json(values)
        except UNUSABLE:
            continue
    return None


def search_accuracy(model: RateModel, factor: float | None) -> tuple[float, int] | None:
    """Return the accuracy of the spiking network in the search for its factor, and the number of trials.

    For a model that was trained on the f-I curve, it is that of the tests during training.
    """
    if model.trained_params is not None:
        tested = finite_last(recorded_numbers(model, "spiking_accuracy"))
        return None if tested is None else (tested, _TRIALS_OF_TRAINING)
    factors = recorded_numbers(model, "scaling_factors")
    accuracies = recorded_numbers(model, "all_perfs")
    if factor is None or factors is None or accuracies is None or factors.size != accuracies.size:
        return None
    accuracy = finite_last(accuracies[factors == factor])
    if accuracy is None or not 0 <= accuracy <= 1:
        return None
    trials = _TRIALS_OF_SEARCH
    for values in _records(model, "tuning"):
        try:
            counted = {one["scaling_factor"]: int(one["trials"]) for one in values["curve"]}
            trials = counted.get(factor, trials)
        except UNUSABLE:
            continue
    return accuracy, trials


def _records(model: RateModel, *keys: str) -> Iterator[Mapping[str, Any]]:
    """Yield these variables of a file that are JSON objects."""
    for key in keys:
        try:
            values = parsed(recorded_text(model, key) or "null")
        except UNUSABLE:
            continue
        if isinstance(values, dict):
            yield values
