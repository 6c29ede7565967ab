"""`spiking reproduce`: reproduce panels of the 2019 paper from scratch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from spiking.command_line import options
from spiking.command_line.output import check_can_draw, echo
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError
from spiking.tasks.number_lists import listed_values

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
    seed: options.Seed = 1,
    output: Annotated[
        Path | None, options.output_to("Folder for the journal, networks, tables and figures.")
    ] = None,
    values: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="Use only these values of the panel's axis, such as 10,50 or 0:5:1."
        ),
    ] = None,
    conversion: options.Conversion = "published",
    threads: options.Threads = None,
    scheduler: options.Scheduler = None,
    list_panels: Annotated[
        bool, typer.Option("--list", help="List the panels (or only PANEL) and about how long each takes.")
    ] = False,
) -> None:
    """Reproduce a panel of Kim, Li & Sejnowski, PNAS 2019.

    Trains the networks, finds their scaling factors on the paper's grid, tests them on fresh trials, prints
    a table with the paper's values, and draws the panel. If a run was stopped or killed, start it again with
    the same folder: it continues where it stopped, also with more networks. Each thread trains and converts
    one network at a time. With --conversion matched, the same networks are used; they are compared with the
    published conversion if the folder has both. Conditions without a factor to tune are left out.

    Example: spiking reproduce fig7c --networks 10 --seed 1 -o reproduced
    """
    from spiking.reproduce import PANELS
    from spiking.reproduce import panel as run
    from spiking.reproduce.paper.panels import find
    from spiking.reproduce.run import prepare

    wanted = None if values is None else listed_values("--values", values)
    if panel is None and list_panels:
        panel = "all"
    if panel is None:
        raise ArgumentError(
            "PANEL is missing; expected a panel that `spiking reproduce --list` shows, or all"
        )
    if panel != "all":
        chosen = [find(panel) if wanted is None else find(panel).only(wanted)]
    elif wanted is not None:
        raise ArgumentError("PANEL is all; expected one panel with --values")
    else:
        chosen = [named for named in PANELS.values() if conversion == "published" or named.tunes]
    panels = [named.converted_by(cast("Asked", conversion)) for named in chosen]
    if list_panels:
        _list(panels, networks)
        return
    if output is None:
        raise ArgumentError(
            "-o FOLDER is missing; expected a folder for the journal, networks, tables and figures"
        )
    check_can_draw("the figure of a panel")
    prepare(output, panels)
    with options.cluster_client(scheduler) as client:
        for chosen_panel in panels:
            with progress_bar(f"{chosen_panel.name}: steps") as advance:
                result = run(
                    chosen_panel,
                    networks=networks,
                    seed=seed,
                    folder=output,
                    threads=threads,
                    client=client,
                    progress=advance,
                )
            echo(str(result), lines=True)
            echo(f"wrote {', '.join(str(path) for path in result.save(output))}")


def _list(panels: list[Panel], networks: int) -> None:
    from spiking.reproduce.estimate import minutes, trial_seconds

    trial = trial_seconds()
    rows = [("panel", "minutes", f"title ({networks} networks in each condition, on all processors)")]
    rows += [(panel.name, _shown(minutes([panel], networks, trial)), panel.title) for panel in panels]
    if len(panels) > 1:
        total = _shown(minutes(panels, networks, trial))
        rows.append(("all", total, "panels share networks, which are trained once"))
    width = max(len(name) for name, _, _ in rows)
    for name, duration, title in rows:
        echo(f"{name:{width}}  {duration:>7}  {title}")


def _shown(minutes: float) -> str:
    return f"{minutes:.0f}" if minutes >= 1 else "<1"
