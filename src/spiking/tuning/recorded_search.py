"""Read the result of a search for the scaling factor from a model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spiking.errors import ArgumentError
from spiking.evaluation.result import Score
from spiking.evaluation.words import OTHER_RULES
from spiking.files.json_text import UNUSABLE, parsed
from spiking.network.network import SpikingNetwork
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import recorded_scaling_factor, recorded_text


@dataclass(frozen=True, kw_only=True)
class RecordedSearch:
    """A search that a model file records; files of other programs record only factors and accuracies.

    Attributes
    ----------
    scaling_factor : float
        The chosen scaling factor.
    accuracy : dict of float to float
        Accuracy of each candidate, in ascending order of the candidates.
    scores : dict of float to Score
        Correct trials and all trials of each candidate; empty if the file does not record them.
    plateau : tuple of float
        Candidates that are statistically tied with the best; empty if the file does not record them.
    fresh : Score or None
        Score on trials that were not part of the search.
    details : mapping of str to Any
        Everything that the file records of the search, such as its method and seed.
    """

    scaling_factor: float
    accuracy: dict[float, float]
    scores: dict[float, Score]
    plateau: tuple[float, ...]
    fresh: Score | None
    details: Mapping[str, Any]

    def rules_in_words(self) -> list[str]:
        """Return sentences with the rule of the accuracies, and the fresh scores by other rules."""
        rule = self.details.get("rule")
        sentences = [] if rule is None else [f"Accuracy: {rule}."]
        for name, values in self.details.get("by_rule", {}).items():
            if name in OTHER_RULES and values["rule"] != rule:
                score = _score(values)
                low, high = score.interval
                percent = f"{score.accuracy:.0%} (95 % Wilson interval {low:.0%} to {high:.0%})"
                sentences.append(f"In the fresh trials by the {name} rule ({values['rule']}): {percent}.")
        return sentences

    @classmethod
    def from_json(cls, recorded: Mapping[str, Any]) -> RecordedSearch:
        """Return the search that `ScalingFactorSearch.as_json` describes."""
        scores = {float(candidate["scaling_factor"]): _score(candidate) for candidate in recorded["curve"]}
        return cls(
            scaling_factor=float(recorded["scaling_factor"]),
            accuracy={factor: score.accuracy for factor, score in scores.items()},
            scores=scores,
            plateau=tuple(float(factor) for factor in recorded["plateau"]),
            fresh=_score(recorded),
            details=dict(recorded),
        )


def recorded_search(model: RateModel) -> RecordedSearch | None:
    """Return the search that a model's file records, or None without one.

    Raises
    ------
    ArgumentError
        The recorded search cannot be read.
    """
    factor, text = recorded_scaling_factor(model), recorded_text(model, "tuning")
    if factor is None:
        return None
    if text is not None:
        try:
            return RecordedSearch.from_json(parsed(text))
        except UNUSABLE as error:
            raise ArgumentError(
                f"{model.source} has a variable `tuning` that cannot be read ({error!r:.80}); tune the model "
                f"again: find_scaling_factor(file, write=True), or spiking tune --force"
            ) from None
    factors, accuracies = (np.ravel(model.extras.get(key, ())) for key in ("scaling_factors", "all_perfs"))
    known = factors.size == accuracies.size and {factors.dtype.kind, accuracies.dtype.kind} <= set("iuf")
    pairs = sorted(zip(factors.tolist(), accuracies.tolist(), strict=True)) if known else []
    return RecordedSearch(
        scaling_factor=factor,
        accuracy={float(f): float(a) for f, a in pairs if np.isfinite(f) and np.isfinite(a)},
        scores={},
        plateau=(),
        fresh=None,
        details={},
    )


def is_recorded_choice(model: RateModel, network: SpikingNetwork) -> bool:
    """Return whether the model's file records how the conversion of `network` was chosen.

    Then nothing was chosen on the trials of `evaluate`: searches and training of this package use others.
    """
    if network.conversion is not None and model.trained_params is not None:
        return True
    try:
        search = recorded_search(model)
    except ArgumentError:
        return False
    return search is not None and search.fresh is not None and search.scaling_factor == network.scaling_factor


def _score(values: Mapping[str, Any]) -> Score:
    correct = values["correct"]
    return Score(int(correct or 0), int(values["trials"]), correct is not None)
