"""Draw a column of a sweep's table against what was varied."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.analysis.bootstrap import QUANTILES
from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.experiments.lesioned_units import UNIT
from spiking.experiments.result import remarks
from spiking.experiments.sweep_grid import changes_rate_network
from spiking.plotting.captions import CONVERSIONS, describe, rule_words
from spiking.plotting.style import ABOVE, CONDITION_COLOURS, DASHES, drawing_on
from spiking.plotting.sweeps.units import draw_units
from spiking.typing import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.experiments import Sweep

_UNITS = MappingProxyType(
    {
        **dict.fromkeys(("tau_membrane", "refractory", "tau_rise", "adaptation.tau"), "ms"),
        **dict.fromkeys(("reset", "threshold", "bias", "peak", "noise", "stimulation.amplitude"), "mV"),
        "adaptation.jump": "mV a spike",
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
_EXPERIMENTS = MappingProxyType(
    {
        "scale_weights": "Weights{of} (factor)",
        "cut": "Fraction of connections{of} that is cut",
        "shuffle_weights": "Fraction of weights{of} that is shuffled",
        "lesion": "Lesioned fraction{of}",
        "delays": "Delay{of} (ms)",
        "plasticity.utilisation": "Utilisation of resources{of}",
        "plasticity.recovery": "Recovery from depression{of} (ms)",
        "plasticity.facilitation": "Decay of facilitation{of} (ms)",
    }
)
_MARKER = 3.6  # points
_MOST_BANDS = 2  # of more lines, bands would cover each other
_TASK, _TIMES = "task.", ("onset", "duration", "delay")  # settings of the tasks of the package in ms
_IN_CONDITION = "accuracy_"
_TIME, _RESAMPLES = "response_time_ms", 1000
_COLUMNS = MappingProxyType(
    {
        "accuracy": "Accuracy",
        "strict": "Accuracy by the strict rule",
        "sustained": "Accuracy by the sustained rule",
        "rate_hz": "Rate (Hz)",
        "positive": "Fraction of responses +1",
        "response_time_ms": "Response time (ms)",
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

    Lines of the rate network, if it was run, are dashed, with open markers. A sweep of ``lesion_unit`` alone
    shows the spiking network without each of the 20 units that matter most, and without each of the others.

    Parameters
    ----------
    result : Sweep
        A sweep of one or two parameters.
    y : str
        A column of numbers: ``"accuracy"``, ``"strict"`` or ``"sustained"`` (drawn with 95 % intervals),
        that of a condition such as ``"accuracy_go"`` (the same), ``"positive"``, ``"response_time_ms"`` (with
        95 % bootstrap intervals of the mean over trials with a response),
        ``"rate_hz"``, ``"rate_hz_exc"``, ``"rate_hz_sst"`` (or ``"rate_hz_som"``), ...

    Raises
    ------
    ArgumentError
        The column does not exist, or more than two parameters were varied.

    Examples
    --------
    >>> from spiking import datasets, plotting, sweep
    >>> result = sweep(datasets.load("go-nogo"), grid={"refractory": [0, 2, 4]}, trials=4, seed=1)
    >>> ax = plotting.sweep(result, "rate_hz")
    >>> ax.figure.savefig("sweep.pdf")
    """
    columns = [
        name
        for name in result.rows[0]
        if name not in (*result.names, "network", "population", "readout", "seed")
        and name not in ("model", "conversion", "changes", "stimulation")
        and not name.endswith("rule")
        and not (name.startswith(_IN_CONDITION) and name.endswith(("_low", "_high")))
    ]
    by_name = {name.lower(): name for name in columns} | {"rate_hz_som": "rate_hz_sst"}
    y = by_name.get(y.lower(), y)
    if y not in columns:
        raise ArgumentError(f"y is {y!r}; expected one of {', '.join(columns)}")
    if len(result.names) > 2:
        raise ArgumentError(
            f"result varies {len(result.names)} parameters ({', '.join(result.names)}); expected one or two; "
            f"draw parts of the table"
        )
    with drawing_on(ax) as ax:
        from matplotlib.transforms import ScaledTranslation

        assert ax.figure is not None
        scale = ax.figure.dpi_scale_trans
        x, *second = result.names
        is_score = y in _EDGES or y.startswith(_IN_CONDITION)
        is_rate = y.startswith("rate_hz")
        if result.names == (UNIT,):
            interval = partial(_interval, result, y=y) if is_score else None
            rule = "" if is_rate else _rule(result, y)
            draw_units(result, y, ax, _COLUMNS.get(y) or title(y), interval, rule, _which(result))
            if is_score:
                ax.set_ylim(0, 1.02)
            return ax
        groups = list(dict.fromkeys(row[second[0]] for row in result.rows)) if second else [None]
        values = list(dict.fromkeys(row[x] for row in result.rows))
        numeric = all(isinstance(value, int | float) for value in values)
        networks = list(dict.fromkeys(row["network"] for row in result.rows))
        known = [name for name in networks if not all(np.isnan(row[y]) for row in _of(result, name))]
        fixed = [name for name in result.names if "rate" in known and not changes_rate_network(name)]
        lines = [
            (group, colour, network)
            for (group, colour), network in itertools.product(
                zip(groups, _colours(groups), strict=True), known
            )
            if network != "rate" or group == groups[0] or second[0] not in fixed
        ]
        for place, (group, colour, network) in enumerate(lines):
            rows = [row for row in _of(result, network) if not second or row[second[0]] == group]
            if numeric:
                rows.sort(key=lambda row: float(row[x]))
            once = network == "rate" and bool(second) and second[0] in fixed
            parts = (
                [] if group is None or once else [f"{group:g}" if isinstance(group, float) else str(group)]
            )
            parts += [network] if len(known) > 1 and not once else []
            label = "rate network" if once else ", ".join(parts) or None
            if network == "rate" and numeric and x in fixed:
                level: dict[str, Any] = {
                    "color": "black" if once else colour,
                    "linestyle": DASHES,
                    "linewidth": 1.0,
                }
                ax.axhline(rows[0][y], label=label, zorder=1, **level)
                continue
            positions = [row[x] if numeric else values.index(row[x]) for row in rows]
            style: dict[str, Any] = {"marker": "o", "markersize": _MARKER, "label": label}
            style |= {"color": "black" if once else colour}
            style |= {"markerfacecolor": "white"} if network == "rate" else {}
            line: Any = (DASHES if network == "rate" else "-") if numeric else "none"
            aside = ScaledTranslation((place - (len(lines) - 1) / 2) * _MARKER / 72, 0, scale)
            style |= {"transform": ax.transData + aside} if len(lines) > _MOST_BANDS else {}
            heights = [row[y] for row in rows]
            ax.plot(positions, heights, linestyle=line, linewidth=1.2, clip_on=False, zorder=3, **style)
            ax.update_datalim(np.column_stack([positions, heights]))  # which moved lines do not do
            if y == _TIME:
                low, high = zip(*(_interval_of_time(result, row) for row in rows), strict=True)
                place_of = {"transform": style["transform"]} if "transform" in style else {}
                ax.vlines(positions, low, high, color=style["color"], linewidth=0.8, **place_of)
            if is_score:
                low, high = zip(*(_interval(result, row, y) for row in rows), strict=True)
                if numeric and len(rows) > 1 and len(lines) <= _MOST_BANDS:
                    ax.fill_between(positions, low, high, color=style["color"], alpha=0.2, linewidth=0)
                else:
                    place_of = {"transform": style["transform"]} if "transform" in style else {}
                    ax.vlines(positions, low, high, color=style["color"], linewidth=0.8, **place_of)
        ax.autoscale_view()
        if not numeric:
            ax.set_xticks(range(len(values)), [str(value) for value in values])
            ax.set_xlim(-0.5, len(values) - 0.5)
        ax.set_xlabel(_varied(result, x))
        ax.set_ylabel(_COLUMNS.get(y) or title(y))
        if is_score:
            ax.set_ylim(0, 1.02)
        elif y != _TIME and not any(row[y] < 0 for row in result.rows):
            ax.set_ylim(bottom=0)
        if second or len(known) > 1:
            heading = _varied(result, second[0]) if second else None
            ax.legend(title=heading, **{**ABOVE, "ncols": 2 if len(known) > 1 and second else 4})
        ax.spines[["top", "right"]].set_visible(False)
        describe(
            ax,
            f"{_COLUMNS.get(y) or title(y)} of a {' and of a '.join(known)} network{_which(result)} against "
            f"{' and '.join(_in_sentence(result, name) for name in result.names)}.",
            f"Task {result.task.name}: {result.n_trials} trials at each point, seed {result.seed}, "
            "conditions drawn at random.",
            *remarks(result),
            ("Bands" if numeric and len(lines) <= _MOST_BANDS else "Vertical lines")
            + ": 95 % Wilson intervals."
            if is_score
            else "",
            _about_times(result) if y == _TIME else "",
            "Markers at the same value stand side by side." if len(lines) > _MOST_BANDS else "",
            "Dashed, open markers: rate network." if len(known) > 1 and numeric and x not in fixed else "",
            f"Dashed{' line' if x in fixed else ''}: rate network, drawn once, as "
            f"{' and '.join(_in_sentence(result, name) for name in fixed)} "
            f"{'are' if len(fixed) > 1 else 'is'} no constant of it."
            if fixed
            else "",
            "" if is_rate else _rule(result, y),
        )
    return ax


def _of(result: Sweep, network: str) -> list[Mapping[str, Any]]:
    return [row for row in result.rows if row["network"] == network]


def _interval(result: Sweep, row: Mapping[str, Any], y: str) -> tuple[float, float]:
    """Return the 95 % Wilson interval of an accuracy of a row."""
    if y in _EDGES:
        low, high = (row[edge] for edge in _EDGES[y])
        return low, high
    return row[f"{y}_low"], row[f"{y}_high"]


def _which(result: Sweep) -> str:
    """Return which network was run, in brackets: its file, scaling factor and conversion, if known."""
    factors = {row["scaling_factor"] for row in result.rows}
    kinds = {row["conversion"] for row in result.rows}
    parts = [result.model] if result.model else []
    parts += [f"scaling factor {factors.pop():g}"] if len(factors) == 1 else []
    kind = kinds.pop() if len(kinds) == 1 else "published"
    parts += [CONVERSIONS[kind]] if kind != "published" else []
    return f" ({'; '.join(parts)})" if parts else ""


def _varied(result: Sweep, name: str) -> str:
    """Return the label of an axis for a varied name; that of an amplitude says what it is."""
    if name != "stimulation.amplitude":
        return title(name)
    is_current = any("a current of" in row["stimulation"] for row in result.rows)
    return "Stimulating current (mV)" if is_current else "Voltage added at each step (mV)"


def _times(result: Sweep, row: Mapping[str, Any]) -> Floats:
    trials = next(trials for other, trials in zip(result.rows, result.by_trial, strict=True) if other is row)
    times: Floats = trials[_TIME][np.isfinite(trials[_TIME])]
    return times


def _interval_of_time(result: Sweep, row: Mapping[str, Any]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean response time of a row."""
    times = _times(result, row)
    if not times.size:
        return np.nan, np.nan
    draws = np.random.default_rng(result.seed).choice(times, (_RESAMPLES, times.size))
    low, high = np.quantile(draws.mean(axis=1), QUANTILES)
    return float(low), float(high)


def _about_times(result: Sweep) -> str:
    counts = [_times(result, row).size for row in result.rows]
    return (
        f"Means over the trials with a response, right or wrong ({min(counts)} to {max(counts)} of "
        f"{result.n_trials} at a point); vertical lines: 95 % bootstrap intervals."
    )


def _in_sentence(result: Sweep, name: str) -> str:
    text = _varied(result, name)
    return text[:1].lower() + text[1:]


def _rule(result: Sweep, y: str) -> str:
    sustained = result.task.sustained_rule() if y == "sustained" else None
    return (
        f"Correct: {sustained}."
        if sustained
        else rule_words(result.task, strict=result.strict or y == "strict")
    )


def title(name: str) -> str:
    """Return the label of an axis for a varied name or a column."""
    if name.startswith("rate_hz_"):
        population = name.removeprefix("rate_hz_")
        return f"Rate of {_POPULATIONS.get(population, population)} (Hz)"
    if name.startswith(_IN_CONDITION):
        return f"Accuracy in {name.removeprefix(_IN_CONDITION)} trials"
    if name == UNIT:
        return "Lesioned unit"
    method, *populations = name.split(".")
    if method == "plasticity":
        method, *populations = f"{method}.{populations[0]}", *populations[1:]
    if method in _EXPERIMENTS:
        words = [_POPULATIONS.get(part.lower().replace("som", "sst"), part) for part in populations]
        of = f" of {words[0]}" if len(words) == 1 else f" from {' to '.join(words)}" if words else ""
        return _EXPERIMENTS[method].format(of=of)
    if name.endswith(".sd"):
        constant = name.removesuffix(".sd")
        return f"S.d. of {constant.replace('_', ' ')} over neurons ({_UNITS.get(constant, 'mV')})"
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
