"""Draw the transfer function of a rate model, the converted f-I curve, and the currents that occur."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import shown
from spiking.conversion.conversion import Conversion
from spiking.conversion.visited_currents import visited_currents
from spiking.errors import ArgumentError
from spiking.network.network import SpikingNetwork
from spiking.neuron.f_i import fi_curve
from spiking.neuron.params import LIFParams
from spiking.optional import library
from spiking.plotting.captions import CONVERSIONS, changes_sentence, describe
from spiking.plotting.style import ABOVE, CONDITION_COLOURS, DASHES, STIMULUS_COLOUR, drawing_on
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.tasks.given_inputs import TaskLike

_SPIKING_COLOUR = CONDITION_COLOURS[3]
_TAILS = 0.001  # share of the currents that is left out on each side
_HISTOGRAM_HEIGHT = 0.35  # share of the height of the axes


@check_arguments()
def conversion(
    model: AnyModel,
    how: Conversion | SpikingNetwork | None = None,
    task: TaskLike | None = None,
    ax: Axes | None = None,
    *,
    params: LIFParams | None = None,
    seed: int = 1,
) -> Axes:
    """Draw phi(x), f(s x + b)/k, and how often each current x occurs in the rate model in trials of a task.

    Where the two lines agree on currents that occur, spiking units respond as rate units. The unit offsets of
    a ``mean_drive`` conversion, which shift x for each unit, are not drawn.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package.
    how : Conversion or SpikingNetwork, optional
        None: the conversion that tuning wrote into the model's file.
    task : Task or str, optional
        A task or its name (as for `spiking.tasks.get`); None: the one that the model's file records.
    params : LIFParams, optional
        Constants of the neurons; by default those of the `SpikingNetwork`, or those for which the conversion
        was fitted.
    seed : int
        Seed of the trials.

    Raises
    ------
    ArgumentError
        No task or no conversion is given or recorded, or `how` has another type.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.conversion import fit_conversion
    >>> model = datasets.load("go-nogo-sigmoid")
    >>> ax = plotting.conversion(model, fit_conversion(model))
    >>> ax.figure.savefig("conversion.pdf")
    """
    library("matplotlib", "figures", "a figure")
    model = rate_model("model", model)
    if how is None:
        how = SpikingNetwork.from_rate(model)
    if not isinstance(how, Conversion | SpikingNetwork):
        raise ArgumentError(f"how is {shown(how)}; expected a Conversion or a SpikingNetwork")
    if not isinstance(how, Conversion):
        params = params or how.params
        how = how.conversion or Conversion(kind="published", factor=how.scaling_factor)
    visited = visited_currents(model, task, seed=seed)
    low, high = np.quantile(visited.currents, (_TAILS, 1 - _TAILS))
    edge = 0.05 * (high - low)
    x = np.linspace(low - edge, high + edge, 400)
    curve = fi_curve(params or how.params, downsample=how.downsample)
    with drawing_on(ax, 50) as ax:
        ax.plot(
            x,
            curve(how.gain * x + how.offset) / how.factor,
            color=_SPIKING_COLOUR,
            linewidth=1.4,
            label=f"spiking neurons: {_formula(how)}",
        )
        ax.plot(
            x,
            model.transfer(x),
            color="black",
            linestyle=DASHES,
            linewidth=1,
            label=f"rate units: {_transfer_name(model)}",
        )
        limits = ax.get_ylim()
        height = _HISTOGRAM_HEIGHT * (limits[1] - limits[0])
        ax.fill_between(
            visited.x,
            limits[0],
            limits[0] + height * visited.share / visited.share.max(),
            step="mid",
            color=STIMULUS_COLOUR,
            linewidth=0,
            zorder=0,
            label="currents that occur",
        )
        ax.legend(**{**ABOVE, "ncols": 2})
        ax.set_ylim(limits)
        ax.set_xlim(x[0], x[-1])
        ax.set_xlabel("Synaptic current x")
        ax.set_ylabel("Rate")
        describe(
            ax,
            f"Transfer function of the rate units ({_transfer_name(model)}, dashed) and f-I curve "
            f"of the spiking units, {_formula(how)} ({CONVERSIONS[how.kind]}).",
            "Grey: distribution of the synaptic currents x of the rate network in trials of its task "
            f"(seed {seed}), without {100 * _TAILS:g} % at each end; its height has no scale.",
            changes_sentence(model),
        )
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def _transfer_name(model: RateModel) -> str:
    names = {"lif": "f-I curve in training"}
    name = str(model.activation)
    return names.get(name, name.replace("_", " "))


def _formula(how: Conversion) -> str:
    """Return the formula of the rates, such as ``f(8 x + 3.2) / 40``."""
    argument = "x"
    if how.kind != "published":
        gain = "" if how.gain == 1 else f"{how.gain:g} "
        shift = f" {'-' if how.offset < 0 else '+'} {abs(how.offset):.3g}" if how.offset else ""
        argument = f"{gain}x{shift}"
    return f"f({argument}) / {how.factor:.3g}"
