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
    pictures = [
        (
            plotting.trial(both, 0, _new()),
            f"A trial ({both.trials.conditions[0]}) of both networks: their outputs, and the activity of all "
            "units. In both panels, the units are in the order of their peaks in the rate network.",
        )
    ]
    with contextlib.suppress(ArgumentError):  # a network whose activity does not vary
        components = plotting.state_space(both, _new())
        caption = (
            "Mean activity of each condition along the leading principal components of each network (with "
            "their shares of its variance); circles mark the start of a trial, squares its end."
        )
        pictures.append((components, caption))
    return "\n".join(_figure(figure, caption) for figure, caption in pictures)


def tuning_figures(both: BothNetworks) -> str:
    """Draw accuracy against scaling factor, and the fit of a matched conversion; return HTML.

    Empty if the file records no search.
    """
    try:
        figure = _drawn(plotting.scaling_factor, both.model)
    except ArgumentError:
        return ""
    accuracy = _figure(
        figure, "Accuracy of the spiking network against scaling factor, with 95 % intervals where known."
    )
    network = both.spiking.network
    if network.conversion is None:
        return accuracy
    fit = _drawn(lambda model, ax: plotting.conversion(model, network, both.task, ax), both.model)
    caption = (
        "Transfer function of the rate units (dashed), f-I curve of the spiking units with the gain, offset "
        "and factor of the conversion (line), and distribution of the currents of the rate network (grey)."
    )
    return f"{accuracy}\n{_figure(fit, caption)}"


def network_figures(both: BothNetworks) -> str:
    """Draw rates, decays, weights and, if the file records it, the course of the training; return HTML."""
    pictures = [
        (
            plotting.firing_rates(both.spiking, _new(), trials=both.trials),
            "Mean firing rates of the neurons of the spiking network, by condition.",
        ),
        (_drawn(plotting.time_constants, both.model), "Synaptic decay time constants of the units."),
        (_drawn(plotting.weights, both.model, height=2.9), "Recurrent weights W, before scaling."),
    ]
    with contextlib.suppress(ArgumentError):  # a file without the losses of its training
        training = _drawn(plotting.training_curve, both.model)
        pictures.append((training, "Loss and accuracy during the training of the rate network."))
    return "\n".join(_figure(figure, caption) for figure, caption in pictures)


def _new() -> Figure:
    from matplotlib.figure import Figure

    return Figure()


def _drawn(draw: Any, what: Any, height: float = 2.0) -> Figure:
    from matplotlib.figure import Figure

    with plotting.publication():
        figure = Figure(figsize=(3.35, height), layout="constrained")
        draw(what, figure.subplots())
    return figure


def _figure(figure: Figure, caption: str) -> str:
    """Return HTML that contains a figure; its text is drawn as shapes, to look the same in all browsers."""
    import matplotlib as mpl

    file = io.BytesIO()
    with plotting.publication(), mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "spiking"}):
        figure.savefig(file, format="svg", dpi=200, metadata={"Date": None})
    picture = base64.b64encode(file.getvalue()).decode("ascii")
    text = html.escape(caption)
    return (
        f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{picture}">'
        f"<figcaption>{text}</figcaption></figure>"
    )
