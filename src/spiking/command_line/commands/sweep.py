"""`spiking sweep`: run a task at every point of a grid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spiking.command_line.cluster import cluster_client
from spiking.command_line.commands.simulate import named_stimulation
from spiking.command_line.models import SettingOption, TaskOption, chosen_task, load_model
from spiking.command_line.pictures import check_can_draw, write_figure
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError

_MOST_VALUES = 10_000
_DRAWN = ("accuracy", "rate", "rate_exc", "rate_inh", "rate_som", "rate_pv")


def sweep(
    model: Annotated[str, typer.Argument(help="Model file (.mat), or go-nogo, xor, mante or dms.")],
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=VALUES",
            help="What to vary: refractory=0:5:0.5 (from 0 to 5 in steps of 0.5), noise=0,0.1,0.2, "
            "scaling_factor=20:80:10, scale_weights.inh.exc=0:1:0.25, cut.exc=0:0.5:0.1, lesion.inh=0,0.5,1, "
            "stimulation.amplitude=0:2:0.5 (with --stimulate). Give --vary several times for a grid.",
        ),
    ],
    task_name: TaskOption = None,
    setting: SettingOption = None,
    trials: Annotated[int, typer.Option(min=1, max=1_000_000, help="Number of trials at every point.")] = 100,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="The same seed gives the same table.")] = 1,
    scaling_factor: Annotated[
        float | None,
        typer.Option(help="Divides recurrent and output weights. Default: the one that the file records."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="A trial is wrong if the output also crosses the opposite threshold."),
    ] = False,
    independent: Annotated[
        bool, typer.Option("--independent", help="Use different trials and noise at every point.")
    ] = False,
    downsample: Annotated[
        int, typer.Option(min=1, help="Make time steps this many times longer: faster, less accurate.")
    ] = 1,
    stimulate: Annotated[
        str | None,
        typer.Option(
            metavar="exc|inh", help="Depolarise or hyperpolarise neurons; needs --units and --window."
        ),
    ] = None,
    units: Annotated[
        str | None,
        typer.Option(
            help="Neurons to stimulate: numbers from 0, such as 10,15,20, or exc, inh, som, pv or all."
        ),
    ] = None,
    window: Annotated[
        tuple[float, float] | None, typer.Option(metavar="START STOP", help="Time of the stimulation in ms.")
    ] = None,
    current: Annotated[
        float | None,
        typer.Option(
            help="Stimulate with this current in mV. Default: add 0.5 mV to the voltage at each step with "
            "probability 0.5 (as published)."
        ),
    ] = None,
    pulses: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="HZ MS", help="Stimulate in pulses: their frequency in Hz and width in ms."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Number of threads. Default: all processors.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="Simulate on this dask.distributed cluster.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the table into this .csv file.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the results for one or two varied names into this file (.png, .pdf, .svg)."),
    ] = None,
    y: Annotated[str, typer.Option(help="Column to draw: accuracy, rate, rate_exc, ...")] = "accuracy",
) -> None:
    """Run a task at every point of a grid, and print the table.

    With -o, results are saved beside the table, in TABLE.csv.sweep, until the sweep is finished. If a run was
    stopped or killed, the same command continues where it stopped.

    Example: spiking sweep mante --vary refractory=0:5:0.5 --trials 100 --seed 1 -o table.csv --plot sweep.png
    """
    from spiking import SpikingNetwork
    from spiking.experiments import sweep as run_sweep
    from spiking.files.output import PICTURES, check_outputs, keep_text

    grid, stimulation = _grid(vary), named_stimulation(stimulate, units, window, current, pulses)
    check_outputs([(output, (".csv",)), (plot, PICTURES)], [model, task_name])
    if plot is not None:
        check_can_draw(plot)
        if y not in _DRAWN:
            raise ArgumentError(f"--y is {y!r}; expected one of {', '.join(_DRAWN)}")
        if len(grid) > 2:
            raise ArgumentError(f"--plot draws one or two names; {', '.join(grid)} are varied")
    rate_model = load_model(model)
    task = chosen_task(rate_model, task_name, setting)
    journal = None if output is None else output.with_name(output.name + ".sweep")
    if scaling_factor is not None and "scaling_factor" in grid:
        raise ArgumentError("--scaling-factor is given and varied; expected one of them")
    network = rate_model if scaling_factor is None else SpikingNetwork.from_rate(rate_model, scaling_factor)
    points = 1
    for values in grid.values():
        points *= len(values)
    with cluster_client(scheduler) as client, progress_bar(points * trials) as advance:
        found = run_sweep(
            network,
            task,
            grid=grid,
            trials=trials,
            seed=seed,
            stimulation=stimulation,
            strict=strict,
            downsample=downsample,
            common_random_numbers=not independent,
            journal=journal,
            threads=threads,
            client=client,
            progress=advance,
        )
    typer.echo(str(found))
    if output is not None and journal is not None:
        keep_text(output, found.csv())
        typer.echo(f"wrote {output}")
        if found.unused:
            told = f"{journal} stays: it holds {found.unused} trials of another sweep that was stopped"
            typer.echo(f"{told}; delete it when they are not needed", err=True)
        else:
            journal.unlink(missing_ok=True)
    if plot is not None:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4.5, 3.2), layout="constrained")
        found.plot(y, figure.subplots())
        write_figure(plot, figure)


def _grid(vary: list[str]) -> dict[str, list[int | float | str]]:
    grid: dict[str, list[int | float | str]] = {}
    for one in vary:
        name, equals, text = one.partition("=")
        if not (name.strip() and equals and text.strip()):
            raise ArgumentError(f"--vary {one}: expected NAME=VALUES, such as refractory=0:5:0.5")
        if name.strip() in grid:
            raise ArgumentError(f"--vary: {name.strip()} is given twice; give all its values at once")
        grid[name.strip()] = _values(one, text)
    return grid


def _values(one: str, text: str) -> list[int | float | str]:
    """Return numbers of START:STOP:STEP, the stop included, or what stands between commas."""
    if ":" not in text:
        return [_number(part.strip()) for part in text.split(",")]
    numbers = [_number(part.strip()) for part in text.split(":")]
    expected = "expected START:STOP:STEP in numbers, with START before STOP and STEP above 0"
    if len(numbers) != 3 or any(isinstance(number, str) for number in numbers):
        raise ArgumentError(f"--vary {one}: {expected}")
    start, stop, step = (float(number) for number in numbers)
    if not (step > 0 and start <= stop < float("inf") and start > -float("inf")):
        raise ArgumentError(f"--vary {one}: {expected}")
    count = int((stop - start) / step + 1e-9) + 1
    if count > _MOST_VALUES:
        raise ArgumentError(f"--vary {one}: these are {count} values; expected at most {_MOST_VALUES}")
    values = [round(start + k * step, 12) for k in range(count)]
    return [int(value) for value in values] if all(isinstance(n, int) for n in numbers) else list(values)


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
