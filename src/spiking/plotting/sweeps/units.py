"""Draw a sweep that lesioned one unit at each point: the units that matter most, and all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.experiments.lesioned_units import INTACT, UNIT, by_effect
from spiking.experiments.result import remarks
from spiking.plotting.captions import describe
from spiking.plotting.style import ABOVE, DASHES, POPULATION_COLOURS, POPULATION_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes

    from spiking.experiments import Sweep

_SHOWN = 20  # units with a place of their own
_MARKER = 3.6  # points


def draw_units(
    result: Sweep,
    y: str,
    ax: Axes,
    label: str,
    interval: Callable[[Mapping[str, Any]], tuple[float, float]] | None,
    rule: str,
    which: str,
) -> None:
    """Draw a column of the spiking network: a place for each unit that matters most, and one for all others.

    Parameters
    ----------
    result : Sweep
        Of `lesion_unit` alone.
    y, label : str
        The column, and what it is.
    ax : matplotlib.axes.Axes
    interval : function of a row, or None
        Returns the 95 % interval of the column, if it has one.
    rule : str
        When a trial is correct, for the caption.
    which : str
        Which network it is, for the caption.
    """
    spiking = [row for row in result.rows if row["network"] == "spiking"]
    shown, others = by_effect(spiking, y, _SHOWN)
    intact = next((row[y] for row in spiking if row[UNIT] == INTACT), None)
    for place, row in enumerate(shown):
        kind = "som" if row["population"] == "sst" else row["population"]
        colour = POPULATION_COLOURS.get(kind, "black")
        if interval is not None:
            ax.vlines(place, *interval(row), color=colour, linewidth=0.8)
        name = POPULATION_NAMES.get(kind, kind)
        ax.plot(place, row[y], "o", color=colour, markersize=_MARKER, clip_on=False, label=name)
    names = [str(row[UNIT]) for row in shown]
    if others:
        names.append(f"{len(others)} other{'' if len(others) == 1 else 's'}")
        beside = np.linspace(-0.3, 0.3, len(others)) if len(others) > 1 else np.zeros(1)
        grey: dict[str, Any] = {"color": "#777777", "markersize": 1.5, "markeredgewidth": 0, "clip_on": False}
        ax.plot(len(shown) + beside, [row[y] for row in others], "o", **grey)
    if intact is not None:
        ax.axhline(intact, color="black", linestyle=DASHES, linewidth=0.8, zorder=0, label="intact")
    ax.set_xticks(range(len(names)), names, rotation=90)
    ax.set_xlim(-0.7, len(names) - 0.3)
    ax.set_xlabel("Lesioned unit")
    ax.set_ylabel(label)
    handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    ax.legend(handles.values(), handles.keys(), **ABOVE)
    ax.spines[["top", "right"]].set_visible(False)
    n = len(shown) + len(others)
    first = "those units (numbered from 0) first for which it"
    if others:
        first = f"those {len(shown)} of {n} units (numbered from 0) first for which it"
    against = "of the intact network" if intact is not None else "of all these networks (median)"
    rest = [f"{row[y]:.3g}" for row in sorted(others, key=lambda row: float(row[y])) if np.isfinite(row[y])]
    describe(
        ax,
        f"{label} of the spiking network{which} with one unit lesioned, {first} differs most from "
        f"that {against}"
        + (", dashed" if intact is not None else "")
        + (f"; grey: the others ({' to '.join(dict.fromkeys((rest[0], rest[-1])))})" if rest else "")
        + ".",
        f"Task {result.task.name}: {result.n_trials} trials for each unit, the same for all, "
        f"seed {result.seed}, conditions drawn at random.",
        *remarks(result),
        ""
        if interval is None
        else "Vertical lines: 95 % Wilson intervals, each of one unit: of many units some differ by chance.",
        rule,
    )
