"""The measures of a network: how each one is computed and formatted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from spiking.reproduce.conditions import Condition
from spiking.reproduce.train_and_convert import TRIALS, Row

_SUCCESS = 95  # of 100 fresh trials
_PLAIN: dict[str, Any] = {"scale": 1.0, "limits": (0.0, math.inf)}  # not a percentage
_CORRELATION: dict[str, Any] = {"scale": 1.0, "unit": "", "decimals": 2, "limits": (-1.0, 1.0)}


@dataclass(frozen=True, eq=False)
class Entry:
    """A network of a condition: what became of its training, and of its conversion if it converged.

    `published` is what became of it by the published conversion, where `converted` is another one and the
    journal knows it.
    """

    condition: Condition
    seed: int
    trained: Row
    converted: Row | None
    published: Row | None = None


@dataclass(frozen=True)
class Measure:
    """How a number is had from an entry (None: it has none), and how it is told.

    Attributes
    ----------
    title : str
    of : function of Entry
    share : bool
        Whether it is yes or no of each network.
    scale, unit, decimals : float, str, int
        It is told times the first, in the second, with so many decimals.
    limits : (float, float)
        It cannot be beyond.
    short : str
        The title on an axis; by default the same.
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
        """What to write beside an axis."""
        title = self.short or self.title
        return title[:1].upper() + title[1:] + (f" ({self.unit})" if self.unit else "")


def _converted(name: str) -> Callable[[Entry], float | None]:
    def of(entry: Entry) -> float | None:
        correct = None if entry.converted is None else entry.converted[name]
        return None if correct is None else correct / TRIALS

    return of


def _activity(name: str) -> Callable[[Entry], float | None]:
    return lambda entry: None if entry.converted is None else entry.converted.get(name)


def _trained(name: str) -> Callable[[Entry], float | None]:
    return lambda entry: entry.trained[name] if entry.trained["converged"] else None


def _rate(entry: Entry) -> float | None:
    correct = entry.trained["rate_correct"]
    return None if correct is None else correct / TRIALS


def _success(entry: Entry) -> float | None:
    return None if entry.converted is None else float(entry.converted["correct"] >= _SUCCESS)


def _gap(entry: Entry) -> float | None:
    if entry.converted is None:
        return None
    lost: int = entry.trained["rate_correct"] - entry.converted["correct"]
    return lost / TRIALS


def _population_rates() -> dict[str, Measure]:
    """Return rates of cell types in Go-NoGo, such as ``pyr_go``."""
    types = {"pyr": ("PYR", "exc"), "pv": ("PV", "pv"), "sst": ("SST", "som")}
    return {
        f"{name}_{condition}": Measure(
            f"rate of {title} cells, {shown} trials",
            _activity(f"{population}_{condition}"),
            scale=1.0,
            unit="Hz",
            limits=(0.0, math.inf),
        )
        for condition, shown in (("go", "Go"), ("nogo", "NoGo"))
        for name, (title, population) in types.items()
    }


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "trained": Measure("rate networks trained", lambda entry: float(entry.trained["converged"]), True),
        "rate": Measure("accuracy of the rate networks", _rate, short="accuracy"),
        "updates": Measure(
            "updates of trained networks", _trained("updates"), short="updates", **_PLAIN, unit="", decimals=0
        ),
        "decay": Measure("mean synaptic decay", _trained("decay"), **_PLAIN, unit="ms"),
        "decay_sd": Measure("its SD over units", _trained("decay_sd"), **_PLAIN, unit="ms"),
        "spiking": Measure("accuracy of the spiking networks", _converted("correct"), short="accuracy"),
        "best_of_grid": Measure("the same, best of the grid on its own trials", _converted("best_of_grid")),
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
        "spiking_explained": Measure("the same, spiking", _activity("spiking_explained")),
        "mixed": Measure("units of mixed selectivity", _activity("mixed")),
        **_population_rates(),
    }
)
