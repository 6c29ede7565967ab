"""Colours and settings of figures for print, new figures, and elements that several figures share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.connectivity.units import standard_population, unit_numbers
from spiking.errors import ArgumentError
from spiking.files.escape import printable
from spiking.optional import library

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation


POPULATION_COLOURS = MappingProxyType(
    {
        "exc": "#D55E00",
        "inh": "#0072B2",
        "pv": "#0072B2",
        "som": "#E69F00",
        "all": "#444444",
    }  # vermilion, blue, amber, grey
)
_OWN_COLOURS = ("#009E73", "#882255", "#56B4E9", "#AA8800", "#CC79A7")  # green, wine, light blue, ...
POPULATION_NAMES = MappingProxyType({"exc": "exc.", "inh": "inh.", "pv": "PV", "som": "SST", "all": "all"})
CONDITION_COLOURS = ("#009E73", "#CC79A7", "#56B4E9", "#882255")  # green, pink, light blue, wine
STIMULUS_COLOUR, THRESHOLD_COLOUR, TARGET_COLOUR = "#E4E4E4", "#777777", "#AAAAAA"
STIMULATION_COLOUR = "#FBE3A6"  # pale yellow, unlike the grey of stimuli
DASHES = (0, (4, 2))  # the rate model
ABOVE: Mapping[str, Any] = MappingProxyType(  # arguments for a legend of three entries above the axes
    {
        "loc": "lower center",
        "bbox_to_anchor": (0.5, 1.0),
        "ncols": 3,
        "handlelength": 1.4,
        "columnspacing": 1.2,
        "frameon": False,
    }
)

COLUMN_MM = 85.0  # width of a column of print
_MM_PER_INCH = 25.4

_FONT_SIZE = 7.0  # points
_FAINT = "#555555"

_SETTINGS: Mapping[Any, Any] = MappingProxyType(
    {
        "legend.frameon": False,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "pdf.fonttype": 42,  # keep text editable
        "svg.fonttype": "none",
    }
)
_TEXTS = ("font.size", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize")
_CHOSEN: ContextVar[tuple[float, float | None]] = ContextVar("chosen", default=(_FONT_SIZE, None))


@check_arguments()
def publication(font_size: float | None = None, width: float | None = None) -> AbstractContextManager[None]:
    """Return a context in which Matplotlib draws for print: small text, thin lines, text that can be edited.

    Use it for your own figures, and to choose the size of those of `spiking.plotting`: draw and save them in
    the context. Afterwards the previous settings are restored. The font is the one that Matplotlib's
    ``font.family`` names.

    Parameters
    ----------
    font_size : float, optional
        Size of the text in points; titles have 1 point more, remarks in figures 1 point less. By default that
        of the context around this one, or else 7.
    width : float, optional
        Width in mm of new figures of `spiking.plotting`, also of those that have several columns by default.
        By default that of the context around this one, or else each figure's own: 85 for most, up to 158.

    Raises
    ------
    ArgumentError
        A size is out of range.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> with plotting.publication(font_size=8, width=88):
    ...     ax = plotting.weights(datasets.load("go-nogo"))
    >>> ax.figure.savefig("weights.pdf")
    """
    for name, value, low, high in (("font_size", font_size, 4, 40), ("width", width, 30, 500)):
        if value is not None and not low <= value <= high:
            unit = "points" if name == "font_size" else "mm"
            raise ArgumentError(f"{name} is {value}; expected {low} to {high} {unit}")
    around_size, around_width = _CHOSEN.get()
    return _sized(around_size if font_size is None else font_size, around_width if width is None else width)


@contextmanager
def _sized(font_size: float, width: float | None) -> Iterator[None]:
    mpl = library("matplotlib", "figures", "a figure")
    settings = {**_SETTINGS, **dict.fromkeys(_TEXTS, font_size), "axes.titlesize": font_size + 1}
    # Not `rc_context`: the first figure of a notebook switches Matplotlib to interactive mode; `rc_context`
    # would switch it off again, and later figures would not be shown.
    before = {name: mpl.rcParams[name] for name in settings}
    mpl.rcParams.update(settings)
    chosen = _CHOSEN.set((font_size, width))
    try:
        yield
    finally:
        _CHOSEN.reset(chosen)
        mpl.rcParams.update(before)


def font_size() -> float:
    """Return the size of the text in points."""
    return _CHOSEN.get()[0]


def width_mm(usual: float) -> float:
    """Return the chosen width of a figure, or else its usual one, in mm."""
    return _CHOSEN.get()[1] or usual


@contextmanager
def drawing_on(ax: Axes | None, height_mm: float = 55.0) -> Iterator[Axes]:
    """Yield `ax`, or the axes of a new figure with the settings for print, a column wide or as chosen."""
    if ax is not None:
        if ax.name != "rectilinear":
            raise ArgumentError(
                f"ax is {ax.name} axes; expected rectilinear ones, such as plt.subplots makes"
            )
        yield ax
        return
    with publication():
        import matplotlib.pyplot as plt

        size = width_mm(COLUMN_MM) / _MM_PER_INCH, height_mm / _MM_PER_INCH
        yield plt.figure(figsize=size, layout="constrained").subplots()


@contextmanager
def drawing_in(figure: Figure | None, usual_mm: float, height_mm: float) -> Iterator[Figure]:
    """Yield the figure, or a new one, with this size or the chosen width, with the settings for print."""
    with publication():
        if figure is None:
            import matplotlib.pyplot as plt

            figure = plt.figure()
        figure.set_size_inches(width_mm(usual_mm) / _MM_PER_INCH, height_mm / _MM_PER_INCH)
        # The padding keeps the first and last tick labels of neighbouring panels apart.
        figure.set_layout_engine("constrained", w_pad=0.05, h_pad=0.04)
        yield figure


def finish_time_axis(ax: Axes, duration: float) -> None:
    """Set the limits and the label of a time axis in ms."""
    ax.set_xlim(0, duration)
    ax.set_xlabel("Time (ms)")
    ax.spines[["top", "right"]].set_visible(False)


def note(ax: Axes, text: str) -> Annotation:
    """Write a short remark above the right end of axes: what is drawn, and of how many trials."""
    return ax.annotate(
        text,
        (1, 1),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=font_size() - 1,
        color=_FAINT,
    )


def shown(text: str) -> str:
    """Return a text as it is drawn: control characters as escapes, and no formulas."""
    return printable(text, lines=True).replace("$", r"\$")


def by_population(
    populations: Mapping[str, NDArray[np.bool_]], chosen: Sequence[str] | None = None
) -> list[tuple[str, NDArray[np.int64]]]:
    """Return the names and members of the populations; inhibitory units are split if there are SST units.

    A network without inhibitory units is one without Dale's law; its units are one population, ``all``.
    `chosen` are populations to return instead, also combined, such as ``"PFC&inh"``.
    """
    if chosen is not None:
        if isinstance(chosen, str) or not len(chosen):
            raise ArgumentError(
                f"populations is {chosen!r}; expected a list of names, such as ['PFC', 'MD&inh']"
            )
        units = (unit_numbers("populations", name, populations) for name in chosen)
        labels = [standard_population(name, populations) for name in chosen]
        if not populations["som"].any():  # then all inhibitory units are "pv" of the file format
            labels = ["inh" if name == "pv" else name for name in labels]
        return list(zip(labels, units, strict=True))
    if not populations["inh"].any():
        return [("all", np.arange(len(populations["inh"])))]
    names = ("exc", "pv", "som") if populations["som"].any() else ("exc", "inh")
    members = ((name, np.flatnonzero(populations[name])) for name in names)
    return [(name, units) for name, units in members if units.size]


def population_colours(groups: Sequence[tuple[str, Any]]) -> dict[str, str]:
    """Return the colour of each population; those of the user's own take turns with a few colours."""
    own = [name for name, _ in groups if name not in POPULATION_COLOURS]
    turns = {name: _OWN_COLOURS[k % len(_OWN_COLOURS)] for k, name in enumerate(own)}
    return {name: POPULATION_COLOURS.get(name) or turns[name] for name, _ in groups}


def population_label(name: str) -> str:
    """Return the name of a population as figures show it."""
    return POPULATION_NAMES.get(name, name)
