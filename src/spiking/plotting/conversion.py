"""Draw the transfer function of a rate model, the matching f-I curve, and the inputs that occur."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spiking.conversion.conversion import Conversion
from spiking.conversion.visited import visited_currents
from spiking.errors import ArgumentError
from spiking.network.network import SpikingNetwork
from spiking.neuron.f_i import fi_curve
from spiking.neuron.params import LIFParams
from spiking.optional import library
from spiking.plotting.style import CONDITION_COLOURS, DASHES, STIMULUS_COLOUR, drawing_on
from spiking.rate_model.model import RateModel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.tasks import Task

_SPIKING_COLOUR = CONDITION_COLOURS[3]
_TAILS = 0.001  # of the visited currents, left out on each side
_HISTOGRAM_HEIGHT = 0.35  # of the axes


def conversion(
    model: RateModel,
    how: Conversion | SpikingNetwork | None = None,
    task: Task | str | None = None,
    ax: Axes | None = None,
    *,
    params: LIFParams | None = None,
    seed: int = 1,
) -> Axes:
    """Draw phi(x), f(s x + b)/k, and how often the rate model visits each x in trials of a task.

    Where the two lines agree on visited inputs, spiking units do what rate units did. The unit offsets of a
    conversion with mean drive, which shift x unit by unit, are not drawn.

    Parameters
    ----------
    model : RateModel
    how : Conversion or SpikingNetwork, optional
        None: what tuning left in the model's file.
    task : Task or str, optional
        A task or what `spiking.tasks.get` takes; None: the one that the model's file records.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    params : LIFParams, optional
        Constants of the neurons; by default those of a `SpikingNetwork`, or that a conversion was fitted for.
    seed : int
        Of the trials.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        No task or no conversion is known, or `how` is neither.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.conversion import fit_conversion
    >>> model = datasets.load("go-nogo")
    >>> ax = plotting.conversion(model, fit_conversion(model))
    >>> ax.figure.savefig("conversion.pdf")
    """
    library("matplotlib", "figures", "a figure")
    if how is None:
        how = SpikingNetwork.from_rate(model)
    if not isinstance(how, Conversion | SpikingNetwork):
        raise ArgumentError(f"how is {how!r:.60}; expected a Conversion or a SpikingNetwork")
    if not isinstance(how, Conversion):
        params = params or how.params
        how = how.conversion or Conversion(kind="published", factor=how.scaling_factor)
    seen = visited_currents(model, task, seed=seed)
    low, high = np.quantile(seen.currents, (_TAILS, 1 - _TAILS))
    edge = 0.05 * (high - low)
    x = np.linspace(low - edge, high + edge, 400)
    curve = fi_curve(params or how.params, downsample=how.downsample)
    with drawing_on(ax, 50) as ax:
        ax.plot(
            x,
            curve(how.gain * x + how.offset) / how.factor,
            color=_SPIKING_COLOUR,
            linewidth=1.4,
            label=_formula(how),
        )
        ax.plot(
            x,
            model.transfer(x),
            color="black",
            linestyle=DASHES,
            linewidth=1,
            label=str(model.activation).replace("_", " "),
        )
        shown = ax.get_ylim()
        height = _HISTOGRAM_HEIGHT * (shown[1] - shown[0])
        ax.fill_between(
            seen.x,
            shown[0],
            shown[0] + height * seen.share / seen.share.max(),
            step="mid",
            color=STIMULUS_COLOUR,
            linewidth=0,
            zorder=0,
            label="visited",
        )
        ax.legend(frameon=False)
        ax.set_ylim(shown)
        ax.set_xlim(x[0], x[-1])
        ax.set_xlabel("Synaptic current x")
        ax.set_ylabel("Rate")
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def _formula(how: Conversion) -> str:
    """Return how rates follow from x, such as ``f(8 x + 3.2) / 40``."""
    argument = "x"
    if how.kind != "published":
        argument = f"{how.gain:g} x {'-' if how.offset < 0 else '+'} {abs(how.offset):.3g}"
    return f"f({argument}) / {how.factor:.3g}"
