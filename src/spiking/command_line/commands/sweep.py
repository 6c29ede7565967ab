"""`spiking sweep`: run a task at every point of a grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking.command_line import loading, options
from spiking.command_line.output import check_can_draw, echo, print_json, write_figure
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError
from spiking.tasks.number_lists import listed_values

if TYPE_CHECKING:
    from spiking import RateModel
    from spiking.experiments import Sweep
    from spiking.tasks import Task

_DRAWN = ("accuracy", "strict", "sustained", "positive", "response_time_ms", "rate_hz")  # in every sweep
_BY_NAME = ("accuracy_", "rate_hz_")  # of a condition, of a population
_MOST_UNITS = 10  # rows on the screen of a sweep that lesions each unit
_AMPLITUDE = "stimulation.amplitude"
_CURVES = ("signed", "correct")


def sweep(
    model: options.Network,
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=VALUES",
            help="What to vary: refractory=0:5:0.5 (from 0 to 5 in steps of 0.5), noise=0,0.1,0.2, "
            "scaling_factor=20:80:10, scale_weights.inh.exc=0:1:0.25, cut.exc=0:0.5:0.1, lesion.inh=0,0.5,1, "
            "threshold.sd=0,1,2, adaptation.jump=0,0.2, delays.exc=0,2,5 (ms), plasticity.recovery.exc=0,50, "
            "lesion_unit=none,inh (intact, and without each inhibitory unit), "
            "task.delay=100:700:200 (setting of the task), stimulation.amplitude=0:2:0.5 (with --stimulate). "
            "Give --vary several times for a grid.",
        ),
    ],
    task_name: options.TaskName = None,
    settings: options.Settings = None,
    trials: options.Trials = 100,
    seed: options.Seed = 1,
    scaling_factor: options.ScalingFactor = None,
    strict: options.Strict = False,
    independent: Annotated[
        bool, typer.Option("--independent", help="Use different trials and noise at every point.")
    ] = False,
    rate_network: Annotated[
        bool,
        typer.Option("--rate-network", help="Also run the rate network, in the same trials: a row for each."),
    ] = False,
    rate_model: options.RateModelFile = None,
    downsample: options.Downsample = 1,
    stimulate: options.Stimulate = None,
    units: options.StimulatedUnits = None,
    window: options.Window = None,
    current: options.Current = None,
    pulses: options.Pulses = None,
    threads: options.Threads = None,
    scheduler: options.Scheduler = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", "--csv", help="Write the table into this .csv file.")
    ] = None,
    plot: Annotated[Path | None, options.picture_of("one or two varied names, or --curve,")] = None,
    caption: options.Caption = False,
    y: Annotated[
        str,
        typer.Option(
            help="Column to draw, and by which lesioned units are ordered: accuracy, strict, sustained, "
            "positive (fraction of all trials with the response +1, correct or not), response_time_ms "
            "(not before the time from which the task is scored), accuracy_go or that of another condition, "
            "rate_hz, or the rate of a population: rate_hz_exc, rate_hz_inh, rate_hz_sst, rate_hz_pv."
        ),
    ] = "accuracy",
    curve: Annotated[
        str | None,
        typer.Option(
            metavar="signed|correct",
            help="Fit a psychometric curve to the first name of --vary. signed: responses +1 against value x "
            "expected response. correct: correct responses against the value.",
        ),
    ] = None,
    force: options.Force = False,
    as_json: options.AsJson = False,
) -> None:
    """Run a task at every point of a grid, and print the table.

    With -o, finished trials are saved in TABLE.csv.sweep until the sweep is finished. If a run was stopped or
    killed, the same command continues where it stopped.

    Example: spiking sweep mante --vary refractory=0:5:0.5 --trials 100 --seed 1 -o table.csv --plot sweep.png

    Which neurons matter: the network without each of its units, those first that matter most:
    spiking sweep go-nogo --vary lesion_unit=none,all --trials 20 --plot units.png -o units.csv

    Psychometric curves of both networks:
    spiking sweep mante --vary task.offset=0,0.05,0.1,0.2 --rate-network --curve signed --plot curves.png
    """
    from spiking.experiments import sweep as run_sweep
    from spiking.experiments.lesioned_units import UNIT, with_units
    from spiking.experiments.result import named
    from spiking.files.output import PICTURES, check_outputs, keep_text

    options.check_caption(caption, plot)
    grid, stimulation = _grid(vary), loading.named_stimulation(stimulate, units, window, current, pulses)
    check_outputs([(output, (".csv",)), (plot, PICTURES)], [model, task_name], force=force)
    if curve is not None and curve not in _CURVES:
        raise ArgumentError(f"--curve is {curve!r}; expected one of {', '.join(_CURVES)}")
    stimulus, values = next(iter(grid.items()))
    if curve is not None and any(isinstance(value, str) for value in values):
        raise ArgumentError(
            f"--vary {stimulus} has values that are not numbers; expected numbers with --curve"
        )
    units_alone = tuple(grid) == (UNIT,)
    y_matters = plot is not None or units_alone
    if y_matters and y.lower() not in _DRAWN and not y.lower().startswith(_BY_NAME):
        raise ArgumentError(
            f"--y is {y!r}; expected one of {', '.join(_DRAWN)}, accuracy_CONDITION, rate_hz_exc, "
            f"rate_hz_inh, rate_hz_sst, rate_hz_pv"
        )
    if plot is not None:
        check_can_draw(f"the picture {plot}")
        if len(grid) > 2 and curve is None:
            raise ArgumentError(f"--vary has {', '.join(grid)}; expected one or two names with --plot")
    if stimulation is not None and _AMPLITUDE in grid:
        kind = "currents in mV" if current is not None else "voltages in mV, added at each step"
        instead = "" if current is None else f", instead of --current {current:g}"
        echo(
            f"--vary {_AMPLITUDE} has {kind}{instead}: above 0 they depolarise, below 0 hyperpolarise, with "
            f"--stimulate {stimulate} too",
            err=True,
        )
    loaded = loading.load_network(model)
    task = loading.chosen_task(loaded, task_name, settings)
    journal = None if output is None else output.with_name(output.name + ".sweep")
    if scaling_factor is not None and "scaling_factor" in grid:
        raise ArgumentError("--scaling-factor is given and varied; expected one of them")
    if y_matters and y.lower().startswith(_BY_NAME):
        _check_column(y, loaded.populations, task)
    grid = dict(with_units(grid, loaded.populations))
    network = loaded if scaling_factor is None else loading.both_networks(model, None, scaling_factor)[1]
    if rate_model is not None and rate_network:
        raise ArgumentError("--rate-network and --rate-model are given; expected one of them")
    beside: RateModel | bool = rate_network
    if rate_model is not None:
        beside = loading.load_model(rate_model)
    elif rate_network and network is not loaded:  # converted above, with --scaling-factor
        beside = loading.load_model(model)
    points = 1
    for values in grid.values():
        points *= len(values)
    with loading.cluster_client(scheduler) as client, progress_bar("trials", points * trials) as advance:
        result = run_sweep(
            network,
            task,
            grid=grid,
            trials=trials,
            seed=seed,
            stimulation=stimulation,
            strict=strict,
            downsample=downsample,
            common_random_numbers=not independent,
            rate_network=beside,
            journal=journal,
            threads=threads,
            client=client,
            progress=advance,
        )
    if not result.model:
        result = named(result, Path(model).name)
    for name in ("lesion", "lesion.all"):
        if 1 in grid.get(name, ()):
            echo(
                f"at {name}=1 all units are lesioned, so that nothing fires; lesion.inh, lesion.exc or "
                f"another population lesions a part",
                err=True,
            )
    curves = None if curve is None else result.psychometric(signed=curve == "signed")
    if as_json:
        psychometric = None if curves is None else curves.as_json()
        print_json({"file": model, **_json(result), "psychometric": psychometric})
    elif units_alone:
        _print_units(result, y)
    else:
        echo(str(result), lines=True)
    if output is not None and journal is not None:
        keep_text(output, result.csv())
        echo(f"wrote {output}")
        if result.unused:
            message = f"{journal} was kept: it has {result.unused} trials of another, unfinished sweep"
            echo(f"{message}; delete it if you do not need them", err=True)
        else:
            journal.unlink(missing_ok=True)
    if curves is not None and not as_json:
        echo(str(curves), lines=True)
    if plot is not None:
        write_figure(plot, result.plot(y).figure if curves is None else curves.plot(), caption=caption)


def _print_units(result: Sweep, y: str) -> None:
    """Print the intact network and the units that matter most; a line says how many are left out."""
    from spiking.experiments.lesioned_units import INTACT, UNIT, by_effect

    column = next((name for name in result.rows[0] if name.lower() == y.lower()), y)
    spiking = [row for row in result.rows if row["network"] == "spiking"]
    shown, others = by_effect(spiking, column, _MOST_UNITS)
    units = (INTACT, *(row[UNIT] for row in shown))
    rows = [row for unit in units for row in result.rows if row[UNIT] == unit]
    if rows:
        echo(str(replace(result, rows=tuple(rows))), lines=True)
    n = len(shown) + len(others)
    if others:
        echo(
            f"{len(shown)} of {n} units (numbered from 0), those whose lesion changes {column} most; -o "
            f"writes the table of all"
        )


def _json(result: Sweep) -> dict[str, Any]:
    """Return the table for JSON; an accuracy has its interval, and that nobody knows if trials are fresh."""
    rows: list[dict[str, Any]] = []
    for row in result.rows:
        cells = {name: value for name, value in row.items() if name not in ("low", "high")}
        rows.append({**cells, "interval": [row["low"], row["high"]], "fresh": None})
    facts = {"model": result.model, "task": result.task.name, "seed": result.seed, "strict": result.strict}
    return {**facts, "varied": result.names, "rows": rows}


def _check_column(y: str, populations: Mapping[str, Any], task: Task) -> None:
    """Raise ArgumentError unless the task has the condition, or the network the population, that is drawn."""
    names = [name for name, mask in populations.items() if mask.any()]
    if not populations["som"].any() and "pv" in names:
        names.remove("pv")  # without SST units it is `inh`
    columns = [f"accuracy_{name}" for name in (task.conditions if task.scored else ())]
    columns += [f"rate_hz_{'sst' if name == 'som' else name}" for name in names]
    if {"rate_hz_som": "rate_hz_sst"}.get(y.lower(), y.lower()) not in map(str.lower, columns):
        raise ArgumentError(f"--y is {y!r}; expected one of {', '.join([*_DRAWN, *columns])}")


def _grid(vary: list[str]) -> dict[str, list[int | float | str]]:
    grid: dict[str, list[int | float | str]] = {}
    for varied in vary:
        name, equals, text = (part.strip() for part in varied.partition("="))
        if not (name and equals and text):
            raise ArgumentError(f"--vary is {varied}; expected NAME=VALUES, such as refractory=0:5:0.5")
        if name in grid:
            raise ArgumentError(f"--vary has {name} twice; expected all its values at once")
        grid[name] = listed_values(f"--vary {name}", text)
    return grid
