"""The measures of a network: how each one is computed and formatted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from spiking.reproduce.conditions import Condition
from spiking.reproduce.paper.spec import Row
from spiking.reproduce.train_and_convert import TRIALS

_SUCCESS = 95  # correct trials, of 100 fresh ones
_PLAIN: dict[str, Any] = {"scale": 1.0, "limits": (0.0, math.inf)}  # not a percentage
_CORRELATION: dict[str, Any] = {"scale": 1.0, "unit": "", "decimals": 2, "limits": (-1.0, 1.0)}


@dataclass(frozen=True, eq=False)
class Entry:
    """A network of a condition, with the journal's results of its training and of its conversion.

    `converted` is None if the training did not converge. If `converted` is not the published conversion,
    `published` is the result of that one, if the journal has it.
    """

    condition: Condition
    seed: int
    trained: Row
    converted: Row | None
    published: Row | None = None


@dataclass(frozen=True)
class Measure:
    """How a measure is computed from an entry, and how it is formatted.

    Attributes
    ----------
    title : str
    of : function of Entry
        Computes the measure, or returns None if the entry does not have it.
    share : bool
        Whether the measure is yes (1) or no (0) for each network, so that its mean is a share.
    scale, unit, decimals : float, str, int
        The table has the measure times `scale`, in `unit`, with so many decimals.
    limits : (float, float)
        The smallest and the largest possible value.
    short : str
        A shorter title for an axis; by default `title`.
    """

    title: str
    of: Callable[[Entry], float | None]
    share: bool = False
    scale: float = 100.0
    unit: str = "%"
    decimals: int = 1
    limits: tuple[float, float] = (0.0, 1.0)
    short: str = ""

    @property
    def label(self) -> str:
        """Label of an axis."""
        title = self.short or self.title
        return title[:1].upper() + title[1:] + (f" ({self.unit})" if self.unit else "")


def _converted(name: str) -> Callable[[Entry], float | None]:
    def of(entry: Entry) -> float | None:
        correct = None if entry.converted is None else entry.converted.get(name)
        return None if correct is None else correct / TRIALS

    return of


def _activity(name: str) -> Callable[[Entry], float | None]:
    return lambda entry: None if entry.converted is None else entry.converted.get(name)


def _trained(name: str) -> Callable[[Entry], float | None]:
    return lambda entry: entry.trained[name] if entry.trained["converged"] else None


def _rate(name: str) -> Callable[[Entry], float | None]:
    def of(entry: Entry) -> float | None:
        correct = entry.trained.get(name)
        return None if correct is None else correct / TRIALS

    return of


def _success(entry: Entry) -> float | None:
    return None if entry.converted is None else float(entry.converted["correct"] >= _SUCCESS)


def _gap(entry: Entry) -> float | None:
    if entry.converted is None:
        return None
    lost: int = entry.trained["rate_correct"] - entry.converted["correct"]
    return lost / TRIALS


def _population_rates() -> dict[str, Measure]:
    """Return the rates of the cell types in Go-NoGo, such as ``pyr_go``."""
    types = {"pyr": ("PYR", "exc"), "pv": ("PV", "pv"), "sst": ("SST", "som")}
    return {
        f"{name}_{condition}": Measure(
            f"rate of {title} cells, {trials} trials",
            _activity(f"{population}_{condition}"),
            scale=1.0,
            unit="Hz",
            limits=(0.0, math.inf),
        )
        for condition, trials in (("go", "Go"), ("nogo", "NoGo"))
        for name, (title, population) in types.items()
    }


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "trained": Measure("rate networks trained", lambda entry: float(entry.trained["converged"]), True),
        "rate": Measure("accuracy of the rate networks", _rate("rate_correct"), short="accuracy"),
        "rate_strict": Measure(
            "accuracy of the rate networks by the strict rule", _rate("rate_strict"), short="accuracy"
        ),
        "rate_sustained": Measure(
            "accuracy of the rate networks by the sustained rule", _rate("rate_sustained"), short="accuracy"
        ),
        "updates": Measure(
            "updates of trained networks", _trained("updates"), short="updates", **_PLAIN, unit="", decimals=0
        ),
        "decay": Measure("mean synaptic decay", _trained("decay"), **_PLAIN, unit="ms"),
        "decay_sd": Measure("SD of the synaptic decay over units", _trained("decay_sd"), **_PLAIN, unit="ms"),
        "spiking": Measure("accuracy of the spiking networks", _converted("correct"), short="accuracy"),
        "spiking_strict": Measure(
            "accuracy of the spiking networks by the strict rule", _converted("strict"), short="accuracy"
        ),
        "spiking_sustained": Measure(
            "accuracy of the spiking networks by the sustained rule",
            _converted("sustained"),
            short="accuracy",
        ),
        "best_of_grid": Measure(
            "accuracy of the spiking networks, best of the grid on its own trials", _converted("best_of_grid")
        ),
        "success": Measure("spiking networks of 95 % or more", _success, True, short="networks ≥ 95 %"),
        "gap": Measure("rate less spiking accuracy", _gap, limits=(-1.0, 1.0)),
        "rates_alike": Measure(
            "correlation of the units' average rates with the rate network's",
            _activity("rates_alike"),
            **_CORRELATION,
        ),
        "pc_alike": Measure(
            "correlation of the first component with the rate network's",
            _activity("pc_alike"),
            **_CORRELATION,
        ),
        "rate_explained": Measure("variance in three components, rate", _activity("rate_explained")),
        "spiking_explained": Measure("variance in three components, spiking", _activity("spiking_explained")),
        "mixed": Measure("units of mixed selectivity", _activity("mixed")),
        **_population_rates(),
    }
)


def with_other_rules(measures: Sequence[str], rules: Iterable[str]) -> Iterator[str]:
    """Yield measures; those by other rules, such as `strict`, follow each accuracy in fresh trials."""
    for measure in measures:
        yield measure
        if measure in ("rate", "spiking"):
            yield from (f"{measure}_{rule}" for rule in rules)
