"""Draw a column of a sweep's table against what was varied."""

from __future__ import annotations

import itertools
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.plotting.captions import describe, rule_words
from spiking.plotting.style import CONDITION_COLOURS, DASHES, drawing_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.experiments import Sweep

_UNITS = MappingProxyType(
    {
        **dict.fromkeys(("tau_membrane", "refractory", "tau_rise"), "ms"),
        **dict.fromkeys(("reset", "threshold", "bias", "peak", "noise", "stimulation.amplitude"), "mV"),
    }
)

_POPULATIONS = MappingProxyType(
    {
        "exc": "excitatory neurons",
        "inh": "inhibitory neurons",
        "pv": "PV neurons",
        "sst": "SST neurons",
    }
)
_TASK, _TIMES = "task.", ("onset", "duration", "delay")  # settings of the tasks of the package in ms
_COLUMNS = MappingProxyType(
    {
        "accuracy": "Accuracy",
        "strict": "Accuracy by the strict rule",
        "sustained": "Accuracy by the sustained rule",
        "rate": "Rate (Hz)",
        "positive": "Fraction of responses +1",
        "response_time": "Response time (ms)",
    }
)
_EDGES = MappingProxyType(
    {
        "accuracy": ("low", "high"),
        "strict": ("strict_low", "strict_high"),
        "sustained": ("sustained_low", "sustained_high"),
    }
)


@check_arguments()
def sweep(result: Sweep, y: str = "accuracy", ax: Axes | None = None) -> Axes:
    """Draw a column of a sweep against the first varied parameter, with a line for each value of the second.

    Lines of the rate network, if it was run, are dashed, with open markers.

    Parameters
    ----------
    result : Sweep
        A sweep of one or two parameters.
    y : str
        A column of numbers: ``"accuracy"``, ``"strict"`` or ``"sustained"`` (drawn with 95 % intervals),
        ``"positive"``,
        ``"response_time"``, ``"rate"``, ``"rate_exc"``, ``"rate_sst"`` (or ``"rate_som"``), ...

    Raises
    ------
    ArgumentError
        The column does not exist, or more than two parameters were varied.

    Examples
    --------
    >>> from spiking import datasets, plotting, sweep
    >>> result = sweep(datasets.load("go-nogo"), grid={"refractory": [0, 2, 4]}, trials=4, seed=1)
    >>> ax = plotting.sweep(result, "rate")
    >>> ax.figure.savefig("sweep.pdf")
    """
    columns = [
        name
        for name in result.rows[0]
        if name not in (*result.names, "network", "readout", "seed") and not name.endswith("rule")
    ]
    y = {"rate_som": "rate_sst"}.get(y.lower(), y.lower() if y.lower() in columns else y)
    if y not in columns:
        raise ArgumentError(f"y is {y!r}; expected one of {', '.join(columns)}")
    if len(result.names) > 2:
        raise ArgumentError(
            f"result varies {len(result.names)} parameters ({', '.join(result.names)}); expected one or two; "
            f"draw parts of the table"
        )
    with drawing_on(ax) as ax:
        x, *second = result.names
        groups = list(dict.fromkeys(row[second[0]] for row in result.rows)) if second else [None]
        values = list(dict.fromkeys(row[x] for row in result.rows))
        numeric = all(isinstance(value, int | float) for value in values)
        networks = list(dict.fromkeys(row["network"] for row in result.rows))
        lines = itertools.product(zip(groups, _colours(groups), strict=True), networks)
        for (group, colour), network in lines:
            rows = [row for row in result.rows if row["network"] == network]
            rows = [row for row in rows if not second or row[second[0]] == group]
            if numeric:
                rows.sort(key=lambda row: float(row[x]))
            positions = [row[x] if numeric else values.index(row[x]) for row in rows]
            heights = [row[y] for row in rows]
            parts = [] if group is None else [f"{group:g}" if isinstance(group, float) else str(group)]
            parts += [network] if len(networks) > 1 else []
            style = {"marker": "o", "markersize": 4, "color": colour, "label": ", ".join(parts) or None}
            style |= {"markerfacecolor": "white"} if network == "rate" else {}
            line: Any = (DASHES if network == "rate" else "-") if numeric else "none"
            ax.plot(positions, heights, linestyle=line, linewidth=1.2, clip_on=False, zorder=3, **style)
            if y in _EDGES:
                low, high = ([row[edge] for row in rows] for edge in _EDGES[y])
                if numeric and len(rows) > 1:
                    ax.fill_between(positions, low, high, color=colour, alpha=0.2, linewidth=0)
                else:
                    ax.vlines(positions, low, high, color=colour, linewidth=1.2)
        if not numeric:
            ax.set_xticks(range(len(values)), [str(value) for value in values])
            ax.set_xlim(-0.5, len(values) - 0.5)
        ax.set_xlabel(title(x))
        ax.set_ylabel(_COLUMNS.get(y) or title(y))
        if y in _EDGES:
            ax.set_ylim(0, 1.02)
        elif not any(row[y] < 0 for row in result.rows):
            ax.set_ylim(bottom=0)
        if second or len(networks) > 1:
            ax.legend(title=title(second[0]) if second else None, frameon=False)
        ax.spines[["top", "right"]].set_visible(False)
        is_rate = y == "rate" or y.startswith("rate_")
        describe(
            ax,
            f"{_COLUMNS.get(y) or title(y)} of a {' and of a '.join(networks)} network against "
            f"{' and '.join(title(name)[:1].lower() + title(name)[1:] for name in result.names)}.",
            f"Task {result.task.name}: {result.n_trials} trials at each point, seed {result.seed}.",
            ("Bands" if numeric else "Lines") + ": 95 % Wilson intervals." if y in _EDGES else "",
            "Dashed, open markers: rate network." if len(networks) > 1 and numeric else "",
            "" if is_rate else _rule(result, y),
        )
    return ax


def _rule(result: Sweep, y: str) -> str:
    sustained = result.task.sustained_rule() if y == "sustained" else None
    return (
        f"Correct: {sustained}."
        if sustained
        else rule_words(result.task, strict=result.strict or y == "strict")
    )


def title(name: str) -> str:
    """Return the label of an axis for a varied name or a column."""
    if name.startswith("rate_"):
        population = name.removeprefix("rate_")
        return f"Rate of {_POPULATIONS.get(population, population)} (Hz)"
    is_time = name.startswith(_TASK) and name.endswith(_TIMES)
    unit = "ms" if is_time else _UNITS.get(name)
    plain = name.removeprefix(_TASK).replace("_", " ").replace(".", " ")
    plain = {"refractory": "refractory period"}.get(name, plain)
    text = plain[:1].upper() + plain[1:]
    return f"{text} ({unit})" if unit else text


def _colours(groups: list[Any]) -> list[Any]:
    """Return a colour for each line: from a colour scale for numbers, otherwise distinct colours."""
    if len(groups) == 1:
        return [CONDITION_COLOURS[3]]
    numeric = all(isinstance(group, int | float) for group in groups)
    if len(groups) <= len(CONDITION_COLOURS) and not numeric:
        return list(CONDITION_COLOURS[: len(groups)])
    import matplotlib as mpl

    return [mpl.colormaps["viridis"](0.9 * k / (len(groups) - 1)) for k in range(len(groups))]
