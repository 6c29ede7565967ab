"""`spiking reproduce`: reproduce panels of the 2019 paper from scratch."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from spiking.command_line import loading, options
from spiking.command_line.output import check_can_draw, echo, print_json, table_csv
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError
from spiking.tasks.number_lists import listed_values

if TYPE_CHECKING:
    from spiking.conversion.conversion import Asked
    from spiking.reproduce import Panel
    from spiking.reproduce.result import Reproduction


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
    csv_file: Annotated[
        Path | None, options.table_of("measure and condition of all panels; with --list, per panel")
    ] = None,
    force: options.Force = False,
    as_json: options.AsJson = False,
) -> None:
    """Reproduce a panel of Kim, Li & Sejnowski, PNAS 2019.

    Trains the networks, finds their scaling factors on the paper's grid, tests them on fresh trials, prints
    a table with the paper's values, and draws the panel. If a run was stopped or killed, start it again with
    the same folder: it continues where it stopped, also with more networks. Each thread trains and converts
    one network at a time. With --conversion matched, the same networks are used; they are compared with the
    published conversion if the folder has both. Conditions without a factor to tune are left out.

    Example: spiking reproduce fig7c --networks 10 --seed 1 -o reproduced
    """
    from spiking.files.output import check_outputs, keep_text
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
    check_outputs([(csv_file, (".csv",))], force=force)
    if list_panels:
        rows = _estimates(panels, networks)
        if as_json:
            print_json(rows)
        else:
            _print_list(rows, networks)
        if csv_file is not None:
            keep_text(csv_file, table_csv(rows))
        return
    if output is None:
        raise ArgumentError(
            "-o FOLDER is missing; expected a folder for the journal, networks, tables and figures"
        )
    check_can_draw("the figure of a panel")
    prepare(output, panels)
    results: list[dict[str, Any]] = []
    with loading.cluster_client(scheduler) as client:
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
            if not as_json:
                echo(str(result), lines=True)
            paths = result.save(output)
            results.append({**_json(result), "files": paths})
            echo(f"wrote {', '.join(map(str, paths))}")
    if as_json:
        print_json(results)
    if csv_file is not None:
        lines = [{"panel": one["panel"], **line} for one in results for line in one["rows"]]
        keep_text(csv_file, table_csv(lines))


def _json(result: Reproduction) -> dict[str, Any]:
    """Return the result of a panel for JSON, its table as a list of measures in conditions."""
    from spiking.reproduce.train_and_convert import TRIALS

    rows = [
        {
            **{name: getattr(line, name) for name in ("line", "condition", "measure", "networks")},
            **{"value": line.value, "sd": line.sd, "interval": [line.low, line.high]},
            "paper": None if line.paper is None else asdict(line.paper),
            "agrees": line.agrees,
        }
        for line in result.table
    ]
    rules = dict.fromkeys(condition.network.task.rule() for condition in result.panel.conditions)
    return {
        "panel": result.panel.name,
        "title": result.panel.title,
        "conversion": result.panel.conversion,
        "networks": result.networks,
        "seed": result.seed,
        "rule": "; or ".join(rules),
        "trials": TRIALS,
        "fresh": True,
        "rows": rows,
        "tests": [{"measure": name, "test": test, "p": p} for name, test, p in result.tests],
    }


def _estimates(panels: list[Panel], networks: int) -> list[dict[str, Any]]:
    """Return about how many minutes each panel takes; and all of them, as they share networks."""
    from spiking.reproduce.estimate import minutes, trial_seconds

    trial = trial_seconds()
    rows = [
        {"panel": panel.name, "minutes": minutes([panel], networks, trial), "title": panel.title}
        for panel in panels
    ]
    if len(panels) > 1:
        title = "panels share networks, which are trained once"
        rows.append({"panel": "all", "minutes": minutes(panels, networks, trial), "title": title})
    return [{**row, "networks": networks} for row in rows]


def _print_list(rows: list[dict[str, Any]], networks: int) -> None:
    width = max(len(row["panel"]) for row in rows)
    echo(f"{'panel':{width}}  minutes  title ({networks} networks in each condition, on all processors)")
    for row in rows:
        echo(f"{row['panel']:{width}}  {_shown(row['minutes']):>7}  {row['title']}")


def _shown(minutes: float) -> str:
    return f"{minutes:.0f}" if minutes >= 1 else "<1"
