"""HTML with a small figure, which notebooks show for a model, a network, a simulation or an evaluation."""

from __future__ import annotations

import base64
import contextlib
import html
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from spiking.errors import ArgumentError
from spiking.evaluation.result import Evaluation
from spiking.files.escape import printable
from spiking.network.network import SpikingNetwork
from spiking.optional import library
from spiking.plotting.comparison import accuracies
from spiking.plotting.distributions import time_constants
from spiking.plotting.raster import raster
from spiking.plotting.style import finish_time_axis, publication
from spiking.plotting.traces import output_name
from spiking.plotting.weights import weights
from spiking.rate_model.model import RateModel
from spiking.simulation.result import Simulation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 3.0  # of a panel in inches; a browser shows 96 pixels for an inch
_DPI = 144
_COLOURS = 128  # of a picture: notebooks keep the pictures, which should stay small
_LARGEST = 2000  # units; larger matrices of weights would take too much time and memory for a glance
_MOST_CONDITIONS = 20
_MOST_OUTPUTS = 4

Draw = Callable[["Axes"], object]


def network_html(network: RateModel | SpikingNetwork) -> str:
    """Return HTML of a network: its sizes and, drawn, its recurrent weights and decay time constants."""
    panels: list[Draw] = [lambda ax: time_constants(network, ax)]
    caption = "Synaptic decay time constants of the units."
    units = network.n_units if isinstance(network, RateModel) else network.n_neurons
    if units <= _LARGEST:
        panels.insert(0, lambda ax: weights(network, ax))
        scale = "before scaling" if isinstance(network, RateModel) else "divided by the scaling factor"
        caption = f"Recurrent weights, {scale}, and synaptic decay time constants of the units."
    return _page(str(network), panels, 2.4, caption)


def simulation_html(simulation: Simulation) -> str:
    """Return HTML of a simulation: its summary and, drawn, output and spikes of its first trial."""
    panels: list[Draw] = []
    drawn = []
    if simulation.output is not None and simulation.output.shape[-1]:
        panels.append(lambda ax: _output_of_first(simulation, ax))
        shown = min(simulation.network.n_outputs, _MOST_OUTPUTS)
        drawn.append("output" if simulation.network.n_outputs == 1 else f"outputs 0 to {shown - 1}")
    if simulation.spikes is not None:
        panels.append(lambda ax: raster(simulation, 0, ax))
        drawn.append("spikes")
    return _page(str(simulation), panels, 2.0, f"{_first_trial(simulation)}: {' and '.join(drawn)}.")


def evaluation_html(evaluation: Evaluation) -> str:
    """Return HTML of an evaluation: accuracy, rule and trials and, drawn, the accuracy of each condition."""
    scores = evaluation.by_condition
    panels: list[Draw] = []
    if evaluation.score.scored and len(scores) <= _MOST_CONDITIONS:
        panels.append(lambda ax: accuracies(scores, ax))
    caption = "Points: accuracy by condition; lines: 95 % Wilson intervals."
    return _page(str(evaluation), panels, 0.6 + 0.24 * len(scores), caption)


def _first_trial(simulation: Simulation) -> str:
    """Return which trial is drawn, such as ``Trial 0 (go, correct), the first of 20``."""
    facts = [simulation.conditions[0]] if simulation.conditions else []
    if simulation.correct is not None:
        facts.append("correct" if simulation.correct[0] else "not correct")
    about = f" ({', '.join(facts)})" if facts else ""
    return f"Trial 0{about}, the first of {len(simulation.trials)}"


def _output_of_first(simulation: Simulation, ax: Axes) -> None:
    assert simulation.output is not None
    n_outputs = simulation.network.n_outputs
    for channel, values in enumerate(simulation.output[0][:_MOST_OUTPUTS]):
        thin = max(1, values.size // 1000)  # more samples cannot be seen
        ax.plot(
            simulation.time[::thin],
            values[::thin],
            color="black" if n_outputs == 1 else f"C{channel}",
            linewidth=0.8,
            label=output_name(channel, n_outputs),
        )
    ax.set_ylabel("Output")
    finish_time_axis(ax, float(simulation.durations[0]))
    if n_outputs > 1:
        ax.legend(loc="best")


def _page(text: str, panels: list[Draw], height: float, caption: str) -> str:
    """Return the text and, if it can be drawn, a figure with panels beside each other and its caption."""
    words = html.escape(printable(text, lines=True))
    page = f'<pre style="white-space: pre-wrap; margin: 0 0 0.5em 0">{words}</pre>'
    picture = None
    with contextlib.suppress(ArgumentError):  # no Matplotlib, or values that cannot be drawn
        picture = _picture(panels, height) if panels else None
    if picture is not None:
        about = html.escape(printable(caption))
        page += (
            f'<figure style="margin: 0"><img alt="{about}" width="{_WIDTH * 96 * len(panels):.0f}" '
            f'style="max-width: 100%; height: auto; background: white" '
            f'src="data:image/png;base64,{base64.b64encode(picture).decode("ascii")}">'
            f'<figcaption style="font-size: small">{about}</figcaption></figure>'
        )
    return f"<div>{page}</div>"


def _picture(panels: list[Draw], height: float) -> bytes:
    """Return panels beside each other as a PNG file."""
    library("matplotlib", "figures", "a figure")
    from matplotlib.figure import Figure  # not of pyplot, which would show the figure a second time
    from PIL import Image

    raw, small = io.BytesIO(), io.BytesIO()
    with publication():
        figure = Figure(figsize=(_WIDTH * len(panels), height), layout="constrained", facecolor="white")
        for draw, ax in zip(panels, figure.subplots(1, len(panels), squeeze=False)[0], strict=True):
            draw(ax)
        figure.savefig(raw, format="png", dpi=_DPI)
    with Image.open(raw) as picture:
        picture.convert("RGB").quantize(_COLOURS).save(small, format="png", optimize=True)
    return small.getvalue()
