"""`spiking simulate`: run trials of a model as a spiking network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking.command_line import loading, options
from spiking.command_line.output import check_can_draw, echo, print_json, table_csv, write_figure
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError

if TYPE_CHECKING:
    from spiking import Simulation
    from spiking.evaluation import Evaluation
    from spiking.tasks import Task


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
    csv_file: Annotated[Path | None, options.table_of("trial")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Simulate a model, or a network of a file, as a spiking network.

    Example: spiking simulate model.mat --scaling-factor 50 --task go-nogo --condition go --trials 20 --seed 1
    --plot out.png -o run.npz
    """
    from spiking import Record
    from spiking.files.output import PICTURES, RUNS, check_outputs, keep, keep_text
    from spiking.simulation.simulate import simulate as run_simulation
    from spiking.simulation.storage import npz
    from spiking.simulation.storage.inputs import read_inputs
    from spiking.tuning.recorded_search import is_recorded_choice

    options.check_caption(caption, plot)
    stream = output is not None and output.suffix.lower() in RUNS
    check_outputs(
        [(plot, PICTURES), (output, (".npz", *RUNS)), (csv_file, (".csv",))],
        [model, task_name, input_file],
        force=force or stream,  # the simulation itself checks whether it can continue the file
    )
    check_outputs([(csv_file, (".csv",))], force=force)
    if plot is not None:
        check_can_draw(f"the picture {plot}")
    stimulation = loading.named_stimulation(stimulate, units, window, current, pulses)
    rate_model, network = loading.both_networks(
        *(model, None, scaling_factor),
        initial_weights=initial_weights,
        task=(task_name, settings) if input_file is None else None,
    )
    task = None
    if input_file is not None:
        if task_name is not None or condition is not None or settings:
            raise ArgumentError(
                "--input is given together with --task, --setting or --condition; expected one of them"
            )
        inputs = read_inputs(input_file)
        total = trials or (len(inputs) if inputs.ndim == 3 else 1)
    else:
        task = loading.chosen_task(rate_model or network, task_name, settings)
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
    scored = None
    if task is not None and run.correct is not None and (as_json or csv_file is not None):
        scored = _evaluation(run, task, seed, condition)
    if as_json:
        fresh = rate_model is not None and is_recorded_choice(rate_model, network)
        print_json({**_json(model, run, scored, fresh), "output": output, "plot": plot})
    else:
        echo(str(run), lines=True)
    if csv_file is not None:
        keep_text(csv_file, table_csv(_rows(run, scored)))
    if not as_json and task is not None and run.correct is not None:
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


def _evaluation(run: Simulation, task: Task, seed: int, condition: str | None) -> Evaluation:
    """Return the trials that were correct: by every rule, or of a run on disk by that of the task."""
    import numpy as np

    from spiking.evaluation import Evaluation
    from spiking.network.describe import changes_words
    from spiking.tasks.scoring import score_trials

    if isinstance(run.output, np.ndarray):
        drawn = task.trials(len(run.trials), seed=seed, condition=condition)
        columns = vars(score_trials(task, run.output, run.time, drawn))
    else:
        columns = {"correct": np.asarray(run.correct)}
    conditions = tuple(run.conditions or ())
    return Evaluation(
        task=task,
        seed=seed,
        conditions=conditions,
        network="spiking",
        changes=tuple(changes_words(run.network)),
        stimulation=run.stimulation,
        **columns,
    )


def _rates(run: Simulation) -> dict[str, Any]:
    """Return the mean rate of all neurons and of each population in each trial, in Hz, shape (trials,)."""
    import numpy as np

    rates = np.asarray(run.rates)
    alive = ~np.isnan(rates).any(axis=0)
    populations = {name: mask & alive for name, mask in run.network.populations.items()}
    if not populations["som"].any():
        del populations["pv"]  # all inhibitory neurons
    masks = {
        "rate_hz": alive,
        **{f"rate_hz_{'sst' if name == 'som' else name}": mask for name, mask in populations.items()},
    }
    return {name: rates[:, mask].mean(axis=1) for name, mask in masks.items() if mask.any()}


def _rows(run: Simulation, scored: Evaluation | None) -> list[dict[str, Any]]:
    """Return a row a trial: its number, how it was scored, and mean rates in Hz."""
    columns = {} if scored is None else scored.table()
    columns |= {"trial": run.trials, **_rates(run)}
    lists = {name: values.tolist() for name, values in columns.items()}
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _json(model: str, run: Simulation, scored: Evaluation | None, fresh: bool) -> dict[str, Any]:
    import numpy as np

    from spiking.evaluation.words import evaluation_json
    from spiking.network.describe import changes_words
    from spiking.simulation.result import SILENT_HZ

    mean = np.asarray(run.rates).mean(axis=0)
    alive = mean[~np.isnan(mean)]
    rates = {name: float(values.mean()) for name, values in _rates(run).items()}
    conversion = run.network.conversion
    return {
        "file": model,
        "task": run.task or None,
        "scaling_factor": run.network.scaling_factor,
        "conversion": "published" if conversion is None else conversion.kind,
        "seed": run.seed,
        "trials": len(run.trials),
        "changes": "; ".join(changes_words(run.network)),
        "stimulation": "; ".join(run.stimulation),
        "duration_ms": run.duration,
        "n_neurons": run.network.n_neurons,
        "lesioned": run.network.n_neurons - alive.size,
        "spiking_network": None if scored is None else evaluation_json(scored, fresh=fresh or None),
        "rate_hz": None,  # unless a neuron is left
        **rates,
        "silent": float(np.mean(alive < SILENT_HZ)) if alive.size else None,
        "spikes": None if run.spikes is None else len(run.spikes),
        "initial_spikes": None if run.spikes is None else run.spikes.n_initial,
    }
