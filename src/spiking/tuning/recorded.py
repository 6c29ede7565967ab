"""Read the result of a search for the scaling factor from a model file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spiking.errors import ArgumentError
from spiking.evaluation.evaluate import Score
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded import recorded_scaling_factor, recorded_text


@dataclass(frozen=True, kw_only=True)
class RecordedSearch:
    """A search as the file records it; files of other programs record only factors and accuracies.

    Attributes
    ----------
    scaling_factor : float
        The chosen one.
    accuracy : dict of float to float
        Of each candidate, in ascending order.
    scores : dict of float to Score
        How many of how many trials; empty if the file does not say.
    plateau : tuple of float
        Candidates that are statistically tied with the best; empty if the file does not say.
    fresh : Score or None
        Of trials that took no part in the search.
    details : mapping of str to Any
        All that the file records of the search, such as its method and seed.
    """

    scaling_factor: float
    accuracy: dict[float, float]
    scores: dict[float, Score]
    plateau: tuple[float, ...]
    fresh: Score | None
    details: Mapping[str, Any]

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> RecordedSearch:
        """Make one of what `ScalingFactorSearch.as_json` gives."""
        scores = {
            float(one["scaling_factor"]): Score(int(one["correct"]), int(one["trials"]))
            for one in found["curve"]
        }
        return cls(
            scaling_factor=float(found["scaling_factor"]),
            accuracy={factor: score.accuracy for factor, score in scores.items()},
            scores=scores,
            plateau=tuple(float(factor) for factor in found["plateau"]),
            fresh=Score(int(found["correct"]), int(found["trials"])),
            details=dict(found),
        )


def recorded_search(model: RateModel) -> RecordedSearch | None:
    """Return the search that a model's file records, or None if it records none.

    Raises
    ------
    ArgumentError
        What it records cannot be read.
    """
    factor, text = recorded_scaling_factor(model), recorded_text(model, "tuning")
    if factor is None:
        return None
    if text is not None:
        try:
            return RecordedSearch.from_json(json.loads(text))
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise ArgumentError(
                f"{model.source} has a `tuning` that cannot be read ({error!r:.80}); tune it again: "
                f"spiking tune --force"
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
