"""`spiking train`: train one model, or one for each of several seeds."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking.checks import counted, whole_number
from spiking.command_line import loading, options
from spiking.command_line.output import check_can_draw, echo, print_json, table_csv, write_figure
from spiking.command_line.progress import training_bar
from spiking.command_line.train_family import NOT_CONVERGED, train_family
from spiking.command_line.training_verdict import as_json_of, outcome, rule_lines, verdict
from spiking.errors import ArgumentError
from spiking.interruption import at_interruption, uninterrupted
from spiking.tasks.number_lists import listed_numbers

if TYPE_CHECKING:
    from spiking.tasks import Task
    from spiking.training.state import TrainingState

_UNITS = 200


def train(
    context: typer.Context,
    task_name: Annotated[
        str,
        typer.Argument(
            metavar="TASK",
            autocompletion=options.names_for,
            help="Task: go-nogo, xor, mante, dms, or mytask.py.",
        ),
    ],
    output: Annotated[Path, options.output_to("Model file (.mat) to write; with --seeds, a folder.")],
    n_units: Annotated[
        int | None, typer.Option(min=1, help="Number of units. Default: 200, or as many as --start has.")
    ] = None,
    seed: options.Seed = 1,
    seeds: Annotated[
        str | None,
        typer.Option(help="Train one model per seed, such as 1:20 or 1:5,8; existing models are kept."),
    ] = None,
    recipe: Annotated[str, typer.Option(help="default, or published (as Kim, Li & Sejnowski).")] = "default",
    settings: options.Settings = None,
    start: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Go on from the weights of this model.")
    ] = None,
    gain: Annotated[float | None, typer.Option(help="Gain of the initial recurrent weights.")] = None,
    p_inh: Annotated[float | None, typer.Option(help="Probability that a unit is inhibitory.")] = None,
    p_rec: Annotated[float | None, typer.Option(help="Fraction of connections present at the start.")] = None,
    n_som: Annotated[
        int | None, typer.Option(help="Number of inhibitory units (SST) without inhibitory input.")
    ] = None,
    dale: Annotated[
        bool | None, typer.Option("--dale/--no-dale", help="Enforce Dale's law. Default: yes.")
    ] = None,
    activation: Annotated[
        str | None,
        typer.Option(
            help="lif: the spiking units' own f-I curve (default); sigmoid, softplus or clipped_relu."
        ),
    ] = None,
    neuron: Annotated[
        str | None,
        typer.Option(
            metavar="published|noisy", help="lif: the spiking unit; noisy: lower, more irregular rates."
        ),
    ] = None,
    scaling_factor: Annotated[
        float | None, typer.Option(help="lif: spikes per second that stand for a rate of 1. Default: 20.")
    ] = None,
    tau: Annotated[
        str | None,
        typer.Option(
            help="Synaptic decay in ms: 35 (fixed), or 20-100 (trained in this range). Default: 20-100."
        ),
    ] = None,
    w_dist: Annotated[str | None, typer.Option(help="Initial weights: gaussian or gamma.")] = None,
    loss: Annotated[str | None, typer.Option(help="Loss: l2 or l1.")] = None,
    noise: Annotated[
        float | None, typer.Option(help="Noise added to the synaptic current at each step.")
    ] = None,
    spike_noise: Annotated[
        float | None, typer.Option(help="Train with noise like that of spikes at this rate (Hz); 0: none.")
    ] = None,
    hardening: Annotated[int | None, typer.Option(help="Maximum number of updates with spike noise.")] = None,
    optimizer: Annotated[
        str | None, typer.Option(help="Optimiser of Optax, such as adamw. Default: adam.")
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Learning rate of the optimiser.")] = None,
    final_learning_rate: Annotated[float | None, typer.Option(help="Learning rate at --max-updates.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Number of trials per update.")] = None,
    clip_norm: Annotated[
        float | None, typer.Option(help="Maximum norm of the gradient; 0: no limit.")
    ] = None,
    rate_penalty: Annotated[float | None, typer.Option(help="Penalty on the mean squared rate.")] = None,
    averaging: Annotated[
        float | None, typer.Option(help="Decay of the running average of the weights.")
    ] = None,
    max_updates: Annotated[int | None, typer.Option(help="Maximum number of updates.")] = None,
    min_updates: Annotated[int | None, typer.Option(help="Minimum number of updates.")] = None,
    stop_loss: Annotated[float | None, typer.Option(help="Converged if the loss is below this, and")] = None,
    stop_accuracy: Annotated[
        float | None, typer.Option(help="the accuracy (0 to 1) is at least this, and")
    ] = None,
    stop_spiking_accuracy: Annotated[
        float | None,
        typer.Option(
            help="that of the spiking network is at least this (default: halfway from --stop-accuracy to 1), "
            "and"
        ),
    ] = None,
    stop_r2: Annotated[
        float | None,
        typer.Option(
            help="lif: R2 of the spiking network's output against the rate network's is at least this "
            "(default: 0.94; with --neuron noisy 0.9)."
        ),
    ] = None,
    force: options.Force = False,
    threads: options.Threads = None,
    plot: Annotated[Path | None, options.picture_of("loss and accuracy")] = None,
    caption: options.Caption = False,
    csv_file: Annotated[Path | None, options.table_of("model")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Train a rate model on a task.

    With --seeds, each thread trains one model at a time.

    Example: spiking train go-nogo --n-units 200 --seed 1 -o model.mat
    """
    from spiking.files.output import MODELS, PICTURES, check_outputs
    from spiking.tasks import get

    source = context.get_parameter_source("seed")
    given_seed = source is not None and source.name != "DEFAULT"
    chosen: dict[str, Any] = {
        "gain": gain,
        "p_inh": p_inh,
        "p_rec": p_rec,
        "n_som": n_som,
        "dale": dale,
        "activation": activation,
        "neuron": neuron,
        "scaling_factor": scaling_factor,
        "tau": None if tau is None else _decay(tau),
        "w_dist": w_dist,
        "loss": loss,
        "noise": noise,
        "spike_noise": spike_noise,
        "hardening": hardening,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "final_learning_rate": final_learning_rate,
        "batch_size": batch_size,
        "clip_norm": clip_norm,
        "rate_penalty": rate_penalty,
        "averaging": averaging,
        "max_updates": max_updates,
        "min_updates": min_updates,
        "stop_loss": stop_loss,
        "stop_accuracy": stop_accuracy,
        "stop_spiking_accuracy": stop_spiking_accuracy,
        "stop_r2": stop_r2,
    }
    chosen = {name: value for name, value in chosen.items() if value is not None}
    if learning_rate is not None and final_learning_rate is None:
        chosen["final_learning_rate"] = learning_rate
    task = get(task_name, **loading.task_settings(settings))
    options.check_caption(caption, plot)
    if plot is not None:
        check_can_draw(f"the picture {plot}")
    if seeds is None:
        check_outputs(
            [(output, MODELS), (plot, PICTURES), (csv_file, (".csv",))], [task_name, start], force=force
        )
        if start is not None:
            chosen["start"] = loading.load_model(start)
        _train_one(
            *(task, task_name, n_units, seed, recipe, chosen),
            *(output, force, plot, caption, csv_file, as_json),
        )
    elif given_seed or plot is not None or start is not None:
        raise ArgumentError("--seeds is given; expected none of --seed, --plot and --start with it")
    else:
        train_family(
            *(task, task_name, n_units or _UNITS, _seeds(seeds), recipe, chosen),
            *(output, force, threads, csv_file, as_json),
        )


def _train_one(
    task: Task,
    task_name: str,
    n_units: int | None,
    seed: int,
    recipe: str,
    options: dict[str, Any],
    output: Path,
    force: bool,
    plot: Path | None,
    caption: bool,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    from spiking.files.output import keep, keep_text
    from spiking.training.options import options_for
    from spiking.training.train import train_steps

    limits = options_for(recipe, **{name: value for name, value in options.items() if name != "start"})
    state, saved, began = None, False, time.perf_counter()

    def save(last: TrainingState) -> None:
        keep(output, lambda place: last.model.save(place, force=force))

    def rescue() -> str | None:
        """Save the current model, marked as interrupted, unless it is saved already."""
        last = None if saved else state  # training continues at the same time
        if last is None:
            return None
        save(last)
        return f"saved the model after {counted(last.updates, 'update')} in {output}"

    with ExitStack() as stack:
        with training_bar(limits.max_updates) as show:  # Ctrl-C removes it first
            stack.enter_context(at_interruption(rescue))
            for state in train_steps(task, n_units, seed=seed, recipe=recipe, **options):
                show(state)
        assert state is not None
        seconds = time.perf_counter() - began
        with uninterrupted:
            save(state)
            saved = True
    result = verdict(state, limits, str(output))
    facts = as_json_of(state, limits, result, seconds, output, task, seed)
    if as_json:
        print_json(facts)
    else:
        echo(f"{outcome(state, seconds)}; saved {output}")
        for line in (*result.lines, *rule_lines(state, limits, task, str(output), task_name), *result.advice):
            echo(line, lines=True)
    if csv_file is not None:
        keep_text(csv_file, table_csv([facts]))
    if plot is not None:
        _draw(state, plot, caption)
    if state.stopped != "converged":
        raise typer.Exit(NOT_CONVERGED)


def _draw(state: TrainingState, path: Path, caption: bool) -> None:
    from spiking.plotting import training_curve

    write_figure(path, training_curve(state.model).figure, caption=caption)


def _decay(text: str) -> float | tuple[float, float]:
    try:
        limits = [float(part) for part in text.split("-")]
    except ValueError:
        limits = []
    if len(limits) not in (1, 2):
        raise ArgumentError(f"--tau is {text}; expected ms, such as 35 or 20-100")
    return limits[0] if len(limits) == 1 else (limits[0], limits[1])


def _seeds(text: str) -> list[int]:
    """Return the seeds in a text such as 1:20, 3, or 1-5,8."""
    return [
        whole_number("--seeds", seed, 0)
        for seed in listed_numbers("--seeds", re.sub(r"(\d)\s*-\s*(?=\d)", r"\1:", text))
    ]
