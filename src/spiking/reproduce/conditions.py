"""Define a panel of the paper: its conditions, each a kind of network, and the paper's values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from spiking.check_arguments import check_arguments
from spiking.conversion.conversion import ASKED, Asked
from spiking.errors import ArgumentError
from spiking.neuron.params import LIFParams
from spiking.reproduce.paper.spec import Activity, Matched, NetworkSpec, Tested, Tuning
from spiking.short_repr import short_repr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PUBLISHED_ONLY = ("best_of_grid",)  # measures that exist only for the published conversion


@check_arguments()
@dataclass(frozen=True)
class Paper:
    """A value of the paper: a share, or a mean and standard deviation over networks.

    Parameters
    ----------
    value : float
    sd : float, optional
    networks : int, optional
        Number of networks, if the paper gives it.
    reading : float
        Uncertainty (plus or minus) of a value that was read off a figure; 0 for a printed number.

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

    __repr__ = short_repr


@check_arguments()
@dataclass(frozen=True)
class Condition:
    """A kind of network at a value on the axis of a panel.

    Parameters
    ----------
    value : float or str
        The value on the axis.
    network : NetworkSpec
    params : LIFParams, optional
        Constants of the spiking network in the test; with None, only the rate network is measured.
    tuned : LIFParams, float or Matched, optional
        Constants of the spiking network while the scaling factor is tuned, by default `params`; or a given
        factor; or a matched conversion (see `Panel.converted_by`).
    line : str
        The line of the panel that the condition belongs to, if it has several.
    paper : mapping of str to Paper
        The paper's values by measure.
    activity : function, optional
        Measures the activity of both networks (see ``spiking.reproduce.paper.activity``).

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

    __repr__ = short_repr

    @property
    def tuning(self) -> Tuning:
        """Constants during tuning, a given scaling factor, or a matched conversion."""
        return self.tuned or self.params or LIFParams()

    @property
    def tested(self) -> Tested | None:
        """Constants and measures of the test of the spiking network, or None without one."""
        return None if self.params is None else Tested(self.params, self.activity)


@check_arguments()
@dataclass(frozen=True)
class Panel:
    """A panel of the paper, or of your own.

    Parameters
    ----------
    name, title : str
    axis : str
        Label of the axis on which the conditions differ.
    measures : tuple of str
        Measures of each condition.
    conditions : tuple of Condition
    note : str
        A remark below the table.
    drawn : tuple of str
        Measures that are drawn, one below the other; by default the first.
    compared : tuple of str
        Measures whose difference between the conditions is tested.
    evenly : bool
        Draw the values of the axis evenly spaced instead of to scale.
    picture : function, optional
        Draws one network instead of the measures (see ``spiking.reproduce.paper.pictures``).

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

    __repr__ = short_repr

    def __post_init__(self) -> None:
        object.__setattr__(self, "drawn", self.drawn or self.measures[:1])

    @check_arguments()
    def only(self, values: Sequence[float | str]) -> Panel:
        """Return the panel with some of the values of its axis; its note says so.

        Raises
        ------
        ArgumentError
            The panel does not have a value, or no value is given.
        """
        if isinstance(values, str):
            raise ArgumentError(f"values is {values!r}; expected a list, such as [{values!r}]")
        names = list(dict.fromkeys(shown(condition.value) for condition in self.conditions))
        unknown = [shown(value) for value in values if shown(value) not in names]
        if unknown or not values:
            what = f"value is {unknown[0]!r}" if unknown else "values is empty"
            raise ArgumentError(f"{self.name}: {what}; expected some of {', '.join(names)}")
        wanted = [shown(value) for value in values]
        conditions = tuple(condition for condition in self.conditions if shown(condition.value) in wanted)
        chosen = list(dict.fromkeys(shown(condition.value) for condition in conditions))
        if chosen == names:
            return self
        remark = f"Only {', '.join(chosen)} of {', '.join(names)}."
        return dataclasses.replace(self, conditions=conditions, note=f"{remark} {self.note}".rstrip())

    @property
    def conversion(self) -> Asked:
        """The conversion: ``published``, or the one given to `converted_by`."""
        tunings = (condition.tuning for condition in self.conditions)
        return next((tuning.conversion for tuning in tunings if isinstance(tuning, Matched)), "published")

    @property
    def tunes(self) -> bool:
        """Whether a scaling factor is tuned in any condition, so that `converted_by` can be used."""
        return any(_tuned(condition) for condition in self.conditions)

    @check_arguments()
    def converted_by(self, conversion: Asked) -> Panel:
        """Return the panel, under a new name, with another conversion of its networks.

        Conditions in which nothing is tuned (with a given factor, or with rate networks only) are left out,
        and the note says so. Measures of the published grid are left out, too.

        Raises
        ------
        ArgumentError
            The conversion is unknown, or the panel tunes nothing.
        """
        if conversion not in ASKED:
            raise ArgumentError(f"conversion is {shown(conversion)}; expected one of {', '.join(ASKED)}")
        if conversion == "published":
            return self
        if not self.tunes:
            raise ArgumentError(
                f"{self.name}: conversion is {conversion!r}; expected 'published', because nothing is tuned "
                f"in this panel (its factors are given, or it has only rate networks)"
            )
        converted, left_out = [], []
        for condition in self.conditions:
            if _tuned(condition):
                assert isinstance(condition.tuning, LIFParams)
                tuned = Matched(condition.tuning, conversion)
                converted.append(dataclasses.replace(condition, tuned=tuned))
            else:
                left_out.append(shown(condition.value))
        remark = f" Left out, as nothing is tuned: {', '.join(left_out)}." if left_out else ""
        return dataclasses.replace(
            self,
            name=f"{self.name}.{conversion}",
            title=f"{self.title}; {conversion} conversion",
            measures=tuple(name for name in self.measures if name not in _PUBLISHED_ONLY),
            conditions=tuple(converted),
            note=f"{self.note} The paper's values are of the published conversion.{remark}".lstrip(),
            drawn=tuple(name for name in self.drawn if name not in _PUBLISHED_ONLY),
            compared=tuple(name for name in self.compared if name not in _PUBLISHED_ONLY),
        )


def _tuned(condition: Condition) -> bool:
    return condition.tested is not None and isinstance(condition.tuning, LIFParams)


def shown(value: float | str) -> str:
    """Format a value of an axis."""
    return value if isinstance(value, str) else f"{value:g}"
