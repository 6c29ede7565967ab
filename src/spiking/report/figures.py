"""Draw the static figures of the page, and embed them as pictures."""

from __future__ import annotations

import base64
import contextlib
import html
import io
from typing import TYPE_CHECKING, Any

from spiking import plotting
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def conversion_figures(both: BothNetworks) -> str:
    """Draw both networks in a trial and in the plane of their principal components; return HTML."""
    figures = [plotting.trial(both, 0, _new())]
    with contextlib.suppress(ArgumentError):  # a network whose activity does not vary
        figures.append(plotting.state_space(both, _new()))
    return "\n".join(map(_html, figures))


def tuning_figures(both: BothNetworks) -> str:
    """Draw accuracy against scaling factor, and the fit of a matched conversion; return HTML.

    Empty if the file records no search.
    """
    try:
        figures = [_drawn(plotting.scaling_factor, both.model)]
    except ArgumentError:
        return ""
    network = both.spiking.network
    if network.conversion is not None:
        figures.append(
            _drawn(lambda model, ax: plotting.conversion(model, network, both.task, ax), both.model)
        )
    return "\n".join(map(_html, figures))


def network_figures(both: BothNetworks) -> str:
    """Draw rates, decays, weights and, if the file records it, the course of the training; return HTML."""
    figures = [
        plotting.firing_rates(both.spiking, _new(), trials=both.trials),
        _drawn(plotting.time_constants, both.model),
        _drawn(plotting.weights, both.model, height=2.9),
    ]
    with contextlib.suppress(ArgumentError):  # a file without the losses of its training
        figures.append(_drawn(plotting.training_curve, both.model))
    return "\n".join(map(_html, figures))


def _new() -> Figure:
    from matplotlib.figure import Figure

    return Figure()


def _drawn(draw: Any, what: Any, height: float = 2.0) -> Figure:
    from matplotlib.figure import Figure

    with plotting.publication():
        figure = Figure(figsize=(3.35, height), layout="constrained")
        draw(what, figure.subplots())
    return figure


def _html(figure: Figure) -> str:
    """Return HTML of a figure and its caption; its text is shapes, to look the same in all browsers."""
    import matplotlib as mpl

    file = io.BytesIO()
    with plotting.publication(), mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "spiking"}):
        figure.savefig(file, format="svg", dpi=200, metadata={"Date": None})
    picture = base64.b64encode(file.getvalue()).decode("ascii")
    text = html.escape(plotting.caption_of(figure))
    return (
        f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{picture}">'
        f"<figcaption>{text}</figcaption></figure>"
    )
