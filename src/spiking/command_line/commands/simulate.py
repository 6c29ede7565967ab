"""`spiking simulate`: run trials of a model as a spiking network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spiking.command_line import options
from spiking.command_line.output import check_can_draw, echo, write_figure
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError


def simulate(
    model: options.Network,
    scaling_factor: options.ScalingFactor = None,
    task_name: options.TaskName = None,
    settings: options.Settings = None,
    condition: options.Condition = None,
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="Inputs instead of a task: (n_inputs, columns of 5 ms), in a .npy file or as u in a .mat.",
        ),
    ] = None,
    trials: Annotated[int | None, options.TRIALS] = None,
    seed: options.Seed = 1,
    initial_weights: Annotated[
        bool,
        typer.Option("--initial-weights", help="Use the initial recurrent weights, from before training."),
    ] = False,
    downsample: options.Downsample = 1,
    threads: options.Threads = None,
    stimulate: options.Stimulate = None,
    units: options.StimulatedUnits = None,
    window: options.Window = None,
    current: options.Current = None,
    pulses: options.Pulses = None,
    plot: Annotated[Path | None, options.picture_of("raster and output")] = None,
    caption: options.Caption = False,
    filtered_rates: Annotated[
        bool, typer.Option("--filtered-rates", help="Also record the filtered rate of every neuron.")
    ] = False,
    interval: Annotated[
        float | None, typer.Option(help="Time between recorded samples in ms. Default: every step.")
    ] = None,
    output: Annotated[
        Path | None,
        options.output_to(
            "Save spikes, rates and samples into this file: .npz (at the end) or .h5 (during the run; if it "
            "is interrupted, the same command continues it)."
        ),
    ] = None,
    force: options.Force = False,
) -> None:
    """Simulate a model, or a network of a file, as a spiking network.

    Example: spiking simulate model.mat --scaling-factor 50 --task go-nogo --condition go --trials 20 --seed 1
    --plot out.png -o run.npz
    """
    from spiking import Record
    from spiking.files.output import PICTURES, RUNS, check_outputs, keep
    from spiking.simulation.simulate import simulate as run_simulation
    from spiking.simulation.storage import npz
    from spiking.simulation.storage.inputs import read_inputs

    options.check_caption(caption, plot)
    stream = output is not None and output.suffix.lower() in RUNS
    check_outputs(
        [(plot, PICTURES), (output, (".npz", *RUNS))],
        [model, task_name, input_file],
        force=force or stream,  # the simulation itself checks whether it can continue the file
    )
    if plot is not None:
        check_can_draw(f"the picture {plot}")
    stimulation = options.named_stimulation(stimulate, units, window, current, pulses)
    rate_model, network = options.both_networks(model, None, scaling_factor, initial_weights=initial_weights)
    task = None
    if input_file is not None:
        if task_name is not None or condition is not None or settings:
            raise ArgumentError(
                "--input is given together with --task, --setting or --condition; expected one of them"
            )
        inputs = read_inputs(input_file)
        total = trials or (len(inputs) if inputs.ndim == 3 else 1)
    else:
        task = options.chosen_task(rate_model or network, task_name, settings)
        total = trials or 1
    with progress_bar("trials", total) as advance:
        run = run_simulation(
            network,
            inputs if task is None else task,
            seed=seed,
            trials=trials,
            condition=condition,
            record=Record(spikes=True, filtered_rates=filtered_rates, interval=interval),
            stimulation=stimulation,
            downsample=downsample,
            threads=threads,
            progress=advance,
            output_file=output if stream else None,
            force=force,
        )
    echo(str(run), lines=True)
    if task is not None and run.correct is not None:
        echo(f"{task.name}: {run.correct.sum()} of {run.correct.size} trials correct")
    if output is not None:
        if not stream:
            keep(output, lambda place: npz.save(run, place, model=model, force=force))
        echo(f"saved {output}")
    if plot is not None:
        from matplotlib.figure import Figure

        from spiking import plotting

        drawn = None if task is None else task.trials(total, seed=seed, condition=condition)
        figure = plotting.overview(
            run, trials=drawn, task=task, stimulation=stimulation or (), figure=Figure()
        )
        write_figure(plot, figure, caption=caption)
