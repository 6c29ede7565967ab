"""Define a panel of the paper: conditions, each a kind of network, and the paper's values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from spiking.conversion.conversion import ASKED, Asked
from spiking.errors import ArgumentError
from spiking.neuron.params import LIFParams
from spiking.reproduce.train_and_convert import Activity, Matched, NetworkSpec, Tested, Tuning

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_OF_THE_GRID = ("best_of_grid",)  # measures of the published tuning alone


@dataclass(frozen=True)
class Paper:
    """A value of the paper: a share, or a mean and its standard deviation over networks.

    Parameters
    ----------
    value : float
    sd : float, optional
    networks : int, optional
        How many it is of, where the paper says so.
    reading : float
        Half the width within which it could be read off a figure; 0 for a printed number.

    Examples
    --------
    >>> from spiking.reproduce import PANELS
    >>> sigmoid = PANELS["fig7c"].conditions[0]
    >>> sigmoid.value, sigmoid.paper["success"].value
    ('sigmoid', 0.94)
    """

    value: float
    sd: float | None = None
    networks: int | None = None
    reading: float = 0.0


@dataclass(frozen=True)
class Condition:
    """A place on the axis of a panel, perhaps one of several lines there.

    Parameters
    ----------
    value : float or str
        The place on the axis.
    network : NetworkSpec
    params : LIFParams, optional
        Constants with which the spiking network is tested; None: only the rate network is looked at.
    tuned : LIFParams, float or Matched, optional
        Constants with which the factor is tuned, by default the same; the factor, which is not tuned; or a
        matched conversion (see `Panel.converted_by`).
    line : str
        Which line of the panel.
    paper : mapping of str to Paper
        By measure.
    activity : function, optional
        What is measured of the activity of both networks (see ``spiking.reproduce.paper.activity``).

    Examples
    --------
    >>> from spiking import tasks
    >>> from spiking.reproduce import Condition, NetworkSpec
    >>> Condition(50, NetworkSpec(tasks.GoNoGo(), 50, (20.0, 50.0))).tuning.refractory
    2.0
    """

    value: float | str
    network: NetworkSpec
    params: LIFParams | None = LIFParams()  # noqa: RUF009  # frozen
    tuned: Tuning | None = None
    line: str = ""
    paper: Mapping[str, Paper] = field(default_factory=dict)
    activity: Activity | None = None

    @property
    def tuning(self) -> Tuning:
        """Constants with which the factor is tuned, the factor, or a matched conversion."""
        return self.tuned or self.params or LIFParams()

    @property
    def tested(self) -> Tested | None:
        """How the spiking network is tested; None if there is none."""
        return None if self.params is None else Tested(self.params, self.activity)


@dataclass(frozen=True)
class Panel:
    """A panel.

    Parameters
    ----------
    name, title, axis : str
    measures : tuple of str
        What is measured in each condition.
    conditions : tuple of Condition
    note : str
        What the table should say beside.
    drawn : tuple of str
        Measures that are drawn, one below the other; by default the first.
    compared : tuple of str
        Measures whose difference between the conditions is tested.
    evenly : bool
        Draw the values of the axis evenly spaced, not to scale.
    picture : function, optional
        Draws one network (see ``spiking.reproduce.paper.pictures``), in place of the measures.

    Examples
    --------
    >>> from spiking.reproduce import PANELS
    >>> PANELS["fig7c"].only(["sigmoid"]).conditions[0].value
    'sigmoid'
    """

    name: str
    title: str
    axis: str
    measures: tuple[str, ...]
    conditions: tuple[Condition, ...]
    note: str = ""
    drawn: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    evenly: bool = False
    picture: Callable[[Any, Figure | None], Figure] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "drawn", self.drawn or self.measures[:1])

    def only(self, values: Sequence[float | str]) -> Panel:
        """Return the panel with fewer values of its axis; its note says so.

        Raises
        ------
        ArgumentError
            There is no such value, or none is given.
        """
        if isinstance(values, str):
            raise ArgumentError(f"values is {values!r}; expected several, such as [{values!r}]")
        names = list(dict.fromkeys(shown(condition.value) for condition in self.conditions))
        unknown = [shown(value) for value in values if shown(value) not in names]
        if unknown or not values:
            what = f"no value {unknown[0]!r}" if unknown else "values is empty"
            raise ArgumentError(f"{self.name}: {what}; its values are {', '.join(names)}")
        wanted = [shown(value) for value in values]
        own = tuple(condition for condition in self.conditions if shown(condition.value) in wanted)
        taken = list(dict.fromkeys(shown(condition.value) for condition in own))
        if taken == names:
            return self
        said = f"Only {', '.join(taken)} of {', '.join(names)}."
        return dataclasses.replace(self, conditions=own, note=f"{said} {self.note}".rstrip())

    @property
    def conversion(self) -> Asked:
        """The conversion: ``published``, or that of `converted_by`."""
        found = [one.tuning.conversion for one in self.conditions if isinstance(one.tuning, Matched)]
        return found[0] if found else "published"

    @property
    def tunes(self) -> bool:
        """Whether it has conditions for `converted_by`: those in which a factor is tuned as published."""
        return any(_tuned(condition) for condition in self.conditions)

    def converted_by(self, conversion: Asked) -> Panel:
        """Return the panel with its networks converted differently, under a name of its own.

        Conditions in which nothing is tuned (a given factor, rate networks alone) are left out, and the note
        says so, and measures of the published grid.

        Raises
        ------
        ArgumentError
            The conversion is unknown, or the panel tunes nothing.
        """
        if conversion not in ASKED:
            raise ArgumentError(f"conversion is {conversion!r:.60}; expected one of {', '.join(ASKED)}")
        if conversion == "published":
            return self
        if not self.tunes:
            raise ArgumentError(
                f"{self.name}: nothing here is tuned (factors are given, or only rate networks trained), so "
                f"there is no {conversion} conversion of it; leave the conversion out"
            )
        own, left = [], []
        for condition in self.conditions:
            if _tuned(condition):
                assert isinstance(condition.tuning, LIFParams)
                tuned = Matched(condition.tuning, conversion)
                own.append(dataclasses.replace(condition, tuned=tuned))
            else:
                left.append(shown(condition.value))
        said = f" Left out, as nothing is tuned: {', '.join(left)}." if left else ""
        return dataclasses.replace(
            self,
            name=f"{self.name}.{conversion}",
            title=f"{self.title}; {conversion} conversion",
            measures=tuple(name for name in self.measures if name not in _OF_THE_GRID),
            conditions=tuple(own),
            note=f"{self.note} The paper's values are of the published conversion.{said}".lstrip(),
            drawn=tuple(name for name in self.drawn if name not in _OF_THE_GRID),
            compared=tuple(name for name in self.compared if name not in _OF_THE_GRID),
        )


def _tuned(condition: Condition) -> bool:
    return condition.tested is not None and isinstance(condition.tuning, LIFParams)


def shown(value: float | str) -> str:
    """Return a value of an axis as it is written."""
    return value if isinstance(value, str) else f"{value:g}"
