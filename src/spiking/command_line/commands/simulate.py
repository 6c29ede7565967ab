"""`spiking simulate`: run trials of a model as a spiking network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spiking.command_line.models import SettingOption, TaskOption, chosen_task, load_model
from spiking.command_line.pictures import check_can_draw, save_figure
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError

if TYPE_CHECKING:
    from spiking.simulation.stimulation import Stimulation


def simulate(
    model: Annotated[str, typer.Argument(help="Model file (.mat), or go-nogo, xor, mante or dms.")],
    scaling_factor: Annotated[
        float | None,
        typer.Option(help="Divides recurrent and output weights. Default: the one that the file records."),
    ] = None,
    task_name: TaskOption = None,
    setting: SettingOption = None,
    trial: Annotated[
        str | None,
        typer.Option(help="Condition, such as go or nogo. Default: drawn at random for each trial."),
    ] = None,
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="Inputs instead of a task: (n_inputs, columns of 5 ms), in a .npy file or as u in a .mat.",
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Number of trials. Default: 1.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="The same seed gives the same spikes.")
    ] = None,
    initial_weights: Annotated[
        bool,
        typer.Option("--initial-weights", help="Use the initial recurrent weights, from before training."),
    ] = False,
    downsample: Annotated[
        int, typer.Option(min=1, help="Make time steps this many times longer: faster, less accurate.")
    ] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Number of threads. Default: all processors.")
    ] = None,
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
    plot: Annotated[
        Path | None, typer.Option(help="Draw raster and output into this file (.png, .pdf, .svg).")
    ] = None,
    filtered_rates: Annotated[
        bool, typer.Option("--filtered-rates", help="Also record the filtered rate of every neuron.")
    ] = False,
    interval: Annotated[
        float | None, typer.Option(help="Time between recorded samples in ms. Default: every step.")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            "-o",
            help="Save spikes, rates and samples into this file: .npz (at the end) or .h5 (during the run; "
            "if it is interrupted, the same command continues it).",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing saved run.")] = False,
) -> None:
    """Simulate a model as a spiking network.

    Example: spiking simulate model.mat --scaling-factor 50 --task go-nogo --trial go --seed 1 --trials 20
    --plot out.png --save run.npz
    """
    import secrets

    from spiking import Record
    from spiking.files.output import PICTURES, RUNS, check_outputs, keep
    from spiking.network.network import SpikingNetwork
    from spiking.simulation.simulate import simulate as run_simulation
    from spiking.simulation.storage import npz

    stream = save is not None and save.suffix.lower() in RUNS
    check_outputs(
        [(plot, PICTURES), (save, (".npz", *RUNS))],
        [model, task_name, input_file],
        force=force or stream,  # a run goes on with a file of its own
    )
    if plot is not None:
        check_can_draw(plot)
    stimulation = named_stimulation(stimulate, units, window, current, pulses)
    rate_model = load_model(model)
    network = SpikingNetwork.from_rate(rate_model, scaling_factor, initial_weights=initial_weights)
    task = None
    if input_file is not None:
        if task_name is not None or trial is not None or setting:
            raise ArgumentError(
                "--input is given together with --task, --setting or --trial; expected one of them"
            )
        inputs = npz.read_inputs(input_file)
        total = trials or (len(inputs) if inputs.ndim == 3 else 1)
    else:
        task = chosen_task(rate_model, task_name, setting)
        total = trials or 1
    if seed is None and not stream:  # an unfinished run knows its own
        seed = secrets.randbelow(2**32)
    with progress_bar(total) as advance:
        run = run_simulation(
            network,
            inputs if task is None else task,
            seed=seed,
            trials=trials,
            condition=trial,
            record=Record(spikes=True, filtered_rates=filtered_rates, interval=interval),
            stimulation=stimulation,
            downsample=downsample,
            threads=threads,
            progress=advance,
            output_file=save if stream else None,
            force=force,
        )
    typer.echo(str(run))
    if task is not None and run.correct is not None:
        typer.echo(f"{task.name}: {run.correct.sum()} of {run.correct.size} trials correct")
    if save is not None:
        if not stream:
            keep(save, lambda place: npz.save(run, place, model=model, force=force))
        typer.echo(f"saved {save}")
    if plot is not None:
        assert run.seed is not None
        drawn = None if task is None else task.trials(total, seed=run.seed, condition=trial)
        save_figure(plot, run, trials=drawn, task=task)


def named_stimulation(
    mode: str | None,
    units: str | None,
    window: tuple[float, float] | None,
    current: float | None,
    pulses: tuple[float, float] | None,
) -> Stimulation | None:
    """Return the stimulation that these options of a command describe, if any."""
    from spiking import Stimulation
    from spiking.checks import positive_number

    if all(value is None for value in (mode, units, window, current, pulses)):
        return None
    if mode not in ("exc", "inh") or units is None or window is None:
        raise ArgumentError("stimulation needs --stimulate exc or inh, --units and --window START STOP")
    sign = 1 if mode == "exc" else -1
    frequency, pulse_width = pulses or (None, None)
    return Stimulation(
        units=units if units.isalpha() else units.split(","),  # type: ignore[arg-type]  # checked there
        window=window,
        amplitude=sign * (0.5 if current is None else positive_number("--current", current)),
        acts_on="voltage" if current is None else "current",
        frequency=frequency,
        pulse_width=pulse_width,
    )
