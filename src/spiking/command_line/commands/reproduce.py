"""`spiking reproduce`: reproduce panels of the 2019 paper from scratch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from spiking.command_line.cluster import cluster_client
from spiking.command_line.progress import steps_bar
from spiking.errors import ArgumentError
from spiking.optional import library

if TYPE_CHECKING:
    from spiking.conversion.conversion import Asked
    from spiking.reproduce import Panel


def reproduce(
    panel: Annotated[
        str | None, typer.Argument(metavar="PANEL", help="Panel, such as fig7c, or all.")
    ] = None,
    networks: Annotated[
        int, typer.Option(min=1, help="Number of networks of each condition; can be increased later.")
    ] = 10,
    seed: Annotated[int, typer.Option(min=0, max=10**9, help="The same seed gives the same results.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the journal, networks, tables and figures."),
    ] = None,
    values: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Use only these values of the panel's axis.")
    ] = None,
    conversion: Annotated[
        str,
        typer.Option(
            metavar="published|matched|one_offset|mean_drive",
            help="Conversion of the networks; compared with the published one if the folder has both.",
        ),
    ] = "published",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Number of networks at a time. Default: one per processor.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="Run on this dask.distributed cluster.")
    ] = None,
    list_panels: Annotated[
        bool, typer.Option("--list", help="List the panels (or only PANEL) and about how long each takes.")
    ] = False,
) -> None:
    """Reproduce a panel of Kim, Li & Sejnowski, PNAS 2019.

    Trains the networks, finds their scaling factors on the paper's grid, tests them on fresh trials, prints
    a table beside the paper's values, and draws the panel. If a run was stopped or killed, start it again
    with the same folder: it continues where it stopped, also with more networks. With --conversion matched,
    the same networks are used, and conditions without a factor to tune are left out.

    Example: spiking reproduce fig7c --networks 10 --seed 1 -o reproduced
    """
    from spiking.reproduce import PANELS
    from spiking.reproduce import panel as run
    from spiking.reproduce.paper.panels import find
    from spiking.reproduce.run import prepare

    taken = None if values is None else [value.strip() for value in values.split(",")]
    if panel is None and list_panels:
        panel = "all"
    if panel is None:
        raise ArgumentError("which panel? `spiking reproduce --list` says what there is")
    if panel != "all":
        chosen = [find(panel) if taken is None else find(panel).only(taken)]
    elif taken is not None:
        raise ArgumentError("--values are of one panel; name it instead of all")
    else:
        chosen = [one for one in PANELS.values() if conversion == "published" or one.tunes]
    panels = [one.converted_by(cast("Asked", conversion)) for one in chosen]
    if list_panels:
        _list(panels, networks)
        return
    if output is None:
        raise ArgumentError("-o FOLDER is missing: where journal, networks, tables and figures are kept")
    library("matplotlib", "figures", "the figure of a panel")
    prepare(output, panels)
    with cluster_client(scheduler) as client:
        for one in panels:
            with steps_bar(one.name) as advance:
                found = run(
                    one,
                    networks=networks,
                    seed=seed,
                    output=output,
                    threads=threads,
                    client=client,
                    progress=advance,
                )
            typer.echo(str(found))
            typer.echo(f"wrote {', '.join(str(path) for path in found.save(output))}")


def _list(panels: list[Panel], networks: int) -> None:
    from spiking.reproduce.estimate import minutes, trial_seconds

    trial = trial_seconds()
    rows = [("panel", "minutes", f"what ({networks} networks a condition, on all processors)")]
    rows += [(one.name, _shown(minutes([one], networks, trial)), one.title) for one in panels]
    if len(panels) > 1:
        total = _shown(minutes(panels, networks, trial))
        rows.append(("all", total, "panels share networks, which are trained once"))
    width = max(len(name) for name, _, _ in rows)
    for name, long, what in rows:
        typer.echo(f"{name:{width}}  {long:>7}  {what}")


def _shown(minutes: float) -> str:
    return f"{minutes:.0f}" if minutes >= 1 else "<1"
