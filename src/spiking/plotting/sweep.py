"""What a sweep found, against what was varied."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from spiking.errors import ArgumentError
from spiking.plotting.style import CONDITION_COLOURS, drawing_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.experiments import Sweep

_UNITS = MappingProxyType(
    {
        **dict.fromkeys(("tau_membrane", "refractory", "tau_rise"), "ms"),
        **dict.fromkeys(("reset", "threshold", "bias", "peak", "noise", "stimulation.amplitude"), "mV"),
    }
)


def sweep(found: Sweep, y: str = "accuracy", ax: Axes | None = None) -> Axes:
    """Draw a column of a sweep against the first name varied, a line for each value of the second.

    Parameters
    ----------
    found : Sweep
        Of one or two names.
    y : str
        A column of numbers: ``"accuracy"``, with its 95 % intervals, ``"rate"``, ``"rate_exc"``, ...
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        There is no such column, or more than two names were varied.

    Examples
    --------
    >>> from spiking import datasets, plotting, sweep
    >>> found = sweep(datasets.load("go-nogo"), grid={"refractory": [0, 2, 4]}, n_trials=4, seed=1)
    >>> ax = plotting.sweep(found, "rate")
    >>> ax.figure.savefig("sweep.pdf")
    """
    columns = [name for name, value in found.rows[0].items() if name not in (*found.names, "readout")]
    if y not in columns:
        raise ArgumentError(f"y is {y!r}; expected one of {', '.join(columns)}")
    if len(found.names) > 2:
        raise ArgumentError(
            f"{len(found.names)} names were varied ({', '.join(found.names)}); a figure shows two: "
            f"draw parts of the table"
        )
    with drawing_on(ax) as ax:
        x, *second = found.names
        groups = list(dict.fromkeys(row[second[0]] for row in found.rows)) if second else [None]
        values = list(dict.fromkeys(row[x] for row in found.rows))
        numeric = all(isinstance(value, int | float) for value in values)
        for group, colour in zip(groups, _colours(groups), strict=True):
            rows = [row for row in found.rows if not second or row[second[0]] == group]
            if numeric:
                rows.sort(key=lambda row: float(row[x]))
            places = [row[x] if numeric else values.index(row[x]) for row in rows]
            heights = [row[y] for row in rows]
            label = None if group is None else f"{group:g}" if isinstance(group, float) else str(group)
            style = {"marker": "o", "markersize": 4, "color": colour, "label": label}
            line = "-" if numeric else "none"
            ax.plot(places, heights, linestyle=line, linewidth=1.2, clip_on=False, zorder=3, **style)
            if y == "accuracy":
                low, high = ([row[edge] for row in rows] for edge in ("low", "high"))
                if numeric and len(rows) > 1:
                    ax.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)
                else:
                    ax.vlines(places, low, high, color=colour, linewidth=1.2)
        if not numeric:
            ax.set_xticks(range(len(values)), [str(value) for value in values])
            ax.set_xlim(-0.5, len(values) - 0.5)
        ax.set_xlabel(_title(x))
        ax.set_ylabel({"accuracy": "Accuracy", "rate": "Rate (Hz)"}.get(y, _title(y)))
        if y == "accuracy":
            ax.set_ylim(0, 1.02)
        elif all(row[y] >= 0 for row in found.rows):
            ax.set_ylim(bottom=0)
        if second:
            ax.legend(title=_title(second[0]), frameon=False)
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def _title(name: str) -> str:
    if name.startswith("rate_"):
        return f"Rate of {name.removeprefix('rate_')} (Hz)"
    unit = _UNITS.get(name)
    plain = {"refractory": "refractory period"}.get(name, name.replace("_", " ").replace(".", " "))
    title = plain[:1].upper() + plain[1:]
    return f"{title} ({unit})" if unit else title


def _colours(groups: list[Any]) -> list[Any]:
    """Return a colour for each line: an order of colours where there is one, else distinct ones."""
    if len(groups) == 1:
        return [CONDITION_COLOURS[3]]
    if len(groups) <= len(CONDITION_COLOURS) and not all(isinstance(one, int | float) for one in groups):
        return list(CONDITION_COLOURS[: len(groups)])
    import matplotlib as mpl

    return [mpl.colormaps["viridis"](0.9 * k / (len(groups) - 1)) for k in range(len(groups))]
