"""`spiking info`: describe model files."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spiking.command_line import loading, options
from spiking.command_line.output import BAD_INPUT, echo, print_json, print_message, table_csv
from spiking.command_line.saved_runs import is_run, run_lines, run_row
from spiking.errors import ArgumentError, ModelFileError

if TYPE_CHECKING:
    from rich.table import Table


def info(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL",
            autocompletion=options.names_for,
            help="Model or network files (.mat, .npz), simulations (.h5, .npz), folders of models, or "
            "go-nogo, xor, mante, dms.",
        ),
    ],
    csv_file: options.Csv = None,
    force: options.Force = False,
    as_json: options.AsJson = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only list which files are usable; exit with 1 if one is not.")
    ] = False,
) -> None:
    """Describe a model file, a network file or a saved simulation.

    Lists the contents and everything that looks wrong. Several files are shown as a table.

    Example: spiking info --check models/*.mat
    """
    from spiking import RateModel, Simulation
    from spiking.conversion import model_info_text
    from spiking.conversion.model_info import model_info
    from spiking.files.output import check_outputs, keep_text
    from spiking.network.describe import network_facts, network_row
    from spiking.network.file import recorded_evaluation

    files = loading.model_files(models, networks=True)
    check_outputs([(csv_file, (".csv",))], files, force=force)
    infos, networks, runs, unusable, rows = [], {}, {}, {}, []
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # info prints the same
        for name in files:
            try:
                loaded = loading.load_network(name)
                if isinstance(loaded, RateModel):
                    infos.append(model_info(loaded))
                    rows.append(model_info_text.as_row(infos[-1]))
                else:
                    accuracy = recorded_evaluation(name)
                    networks[name] = network_facts(loaded, accuracy)
                    rows.append(network_row(name, loaded, accuracy))
            except ModelFileError as error:
                reason = str(error)
                if not check and is_run(Path(name)):
                    try:
                        run = Simulation.load(name)
                    except ArgumentError as damage:
                        reason = str(damage)
                    else:
                        runs[name] = run_lines(name, run)
                        rows.append(run_row(name, run))
                        continue
                unusable[name] = reason
                rows.append({"file": name, "usable": False, "error": reason})
    if csv_file is not None:
        keep_text(csv_file, table_csv(rows))
    if as_json:
        print_json(rows)
    elif check:
        for file in (*(facts.file for facts in infos), *networks):
            echo(f"usable    {file}")
        for name in unusable:
            echo(f"unusable  {name}")
    elif len(infos) == 1:
        echo(str(infos[0]), lines=True)
    elif infos:
        _print_table(model_info_text.as_table(infos))
        for facts in infos:
            for note in facts.suspicious:
                echo(f"{facts.file}: {note}")
    if not as_json and not check:
        for name, facts_of_network in networks.items():
            echo(model_info_text.lines_of(f"{name} (spiking network)", facts_of_network), lines=True)
        for text in runs.values():
            echo(text, lines=True)
    for reason in unusable.values():
        print_message(reason)
    if unusable:
        raise typer.Exit(1 if check else BAD_INPUT)


def _print_table(table: Table) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 250  # a pipe has no width
    console.print(table)
