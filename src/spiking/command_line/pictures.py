"""Save figures as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from spiking.optional import library

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spiking.rate_model.model import RateRun
    from spiking.simulation.result import Simulation
    from spiking.tasks import Task, Trials


def check_can_draw(path: Path) -> None:
    """Raise ArgumentError if there is no Matplotlib to draw with; to be asked before a long run."""
    library("matplotlib", "figures", f"the picture {path}")


def save_figure(
    path: Path,
    simulation: Simulation,
    *,
    trials: Trials | None,
    task: Task | None,
    rate: RateRun | None = None,
) -> None:
    """Draw a simulation into a file, whole or not at all, and say so."""
    from matplotlib.figure import Figure

    from spiking import plotting

    write_figure(path, plotting.overview(simulation, trials=trials, task=task, rate=rate, figure=Figure()))


def write_figure(path: Path, figure: Figure, dpi: int = 300) -> None:
    """Write a figure into a file, whole or not at all, and say so; `dpi` is of a .png."""
    import matplotlib as mpl

    from spiking.files.output import keep, write_whole

    kind = path.suffix.removeprefix(".").lower()
    with mpl.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):  # text stays text
        keep(path, lambda place: write_whole(place, lambda file: figure.savefig(file, format=kind, dpi=dpi)))
    typer.echo(f"drew {path}")
