"""`spiking train`: train one model, or one for each of several seeds."""

from __future__ import annotations

import json
import math
import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking.checks import whole_number
from spiking.command_line import options
from spiking.command_line.output import check_can_draw, echo, print_message, write_figure
from spiking.command_line.progress import progress_bar, training_bar
from spiking.command_line.training_verdict import Verdict, verdict
from spiking.errors import ArgumentError
from spiking.files.json_text import UNUSABLE, parsed
from spiking.interruption import at_interruption, uninterrupted
from spiking.optional import library
from spiking.tasks.number_lists import listed_numbers

if TYPE_CHECKING:
    from spiking.tasks import Task
    from spiking.training.state import TrainingState

_NOT_CONVERGED, _UNITS = 1, 200


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
        float | None, typer.Option(help="the accuracy (0 to 1) is at least this.")
    ] = None,
    force: options.Force = False,
    threads: options.Threads = None,
    plot: Annotated[Path | None, options.picture_of("loss and accuracy")] = None,
    caption: options.Caption = False,
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
    }
    chosen = {name: value for name, value in chosen.items() if value is not None}
    if learning_rate is not None and final_learning_rate is None:
        chosen["final_learning_rate"] = learning_rate
    task = get(task_name, **options.task_settings(settings))
    options.check_caption(caption, plot)
    if plot is not None:
        check_can_draw(f"the picture {plot}")
    if seeds is None:
        check_outputs([(output, MODELS), (plot, PICTURES)], [task_name, start], force=force)
        if start is not None:
            chosen["start"] = options.load_model(start)
        _train_one(task, n_units, seed, recipe, chosen, output, force, plot, caption, as_json)
    elif given_seed or plot is not None or start is not None:
        raise ArgumentError("--seeds is given; expected none of --seed, --plot and --start with it")
    else:
        _train_family(task, n_units or _UNITS, _seeds(seeds), recipe, chosen, output, force, threads, as_json)


def _train_one(
    task: Task,
    n_units: int | None,
    seed: int,
    recipe: str,
    options: dict[str, Any],
    output: Path,
    force: bool,
    plot: Path | None,
    caption: bool,
    as_json: bool,
) -> None:
    from spiking.files.output import keep
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
        return f"saved the model after {last.updates} updates in {output}"

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
    rule = [f"correct: {task.rule()}"] * task.scored
    if as_json:
        echo(json.dumps(_json(state, result, seconds, output), indent=1), lines=True)
    else:
        echo(f"{_outcome(state, seconds)}; saved {output}")
        for line in (*result.lines, *rule, *result.advice):
            echo(line)
    if plot is not None:
        _draw(state, plot, caption)
    if state.stopped != "converged":
        raise typer.Exit(_NOT_CONVERGED)


def _train_family(
    task: Task,
    n_units: int,
    seeds: list[int],
    recipe: str,
    options: dict[str, Any],
    folder: Path,
    force: bool,
    threads: int | None,
    as_json: bool,
) -> None:
    from spiking.files.output import MODELS, check_outputs, keep
    from spiking.training.many import train_many
    from spiking.training.model_file import origin
    from spiking.training.options import options_for

    limits = options_for(recipe, **options)
    paths = {seed: folder / f"{task.name}_seed_{seed}.mat" for seed in seeds}
    existing = [seed for seed in seeds if paths[seed].exists() and not force]
    if len(existing) < len(seeds):
        library("jax", "train", "training")  # before anything is written
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ArgumentError(
            f"{folder} could not be created: {error.strerror or error}; choose another folder"
        ) from error
    converged, errors, results = 0, list[ArgumentError](), list[dict[str, Any]]()
    for seed in existing:
        expected = origin(task, seed=seed, recipe=recipe, **options)
        converged += _has_converged(paths[seed], n_units, expected)
    if existing and not as_json:
        echo(f"{len(existing)} of {len(seeds)} models exist in {folder}; {converged} have converged")
    rule = [f"correct: {task.rule()}"] * task.scored
    began = time.perf_counter()

    def finished(seed: int, state: TrainingState) -> None:
        nonlocal converged
        converged += state.stopped == "converged"
        seconds = time.perf_counter() - began
        result = verdict(state, limits, str(paths[seed]))
        results.append({"seed": seed, **_json(state, result, seconds, paths[seed])})
        lines = [f"seed {seed}: {_outcome(state, seconds)}"]
        try:
            keep(paths[seed], lambda place: state.model.save(place, force=force))
        except ArgumentError as error:  # the other models are still trained
            errors.append(error)
        else:
            lines[0] += f"; saved {paths[seed]}"
        lines += [*result.lines, *rule, *result.advice]
        if not as_json:
            echo("\n  ".join(lines), lines=True)

    missing = [seed for seed in seeds if seed not in existing]
    check_outputs([(paths[seed], MODELS) for seed in missing], force=force)
    if missing:
        done, of_all = 0, dict.fromkeys(missing, 0)

        def trained(seed: int, state: TrainingState) -> None:
            nonlocal done
            done, of_all[seed] = done + bool(state.stopped), state.updates
            advance(done, note=f"{sum(of_all.values())} updates, seed {seed} {state.stage}")

        with (
            progress_bar("models", len(missing)) as advance,
            at_interruption(lambda: "the same command trains the missing models"),
        ):
            advance(0, note="compiling")
            train_many(
                *(task, n_units),
                seeds=missing,
                recipe=recipe,
                threads=threads,
                finished=finished,
                progress=trained,
                **options,
            )
    if as_json:
        echo(json.dumps(results, indent=1), lines=True)
    else:
        echo(f"{converged} of {len(seeds)} models have converged")
    for failure in errors:
        print_message(str(failure))
    if errors or converged < len(seeds):
        raise typer.Exit(_NOT_CONVERGED)


def _has_converged(path: Path, n_units: int, expected: dict[str, Any]) -> bool:
    """Return whether an existing model has converged.

    Raises
    ------
    ArgumentError
        The model was trained with other options, or with another version of the task.
    """
    from spiking.files.journal import difference
    from spiking.rate_model.model import RateModel
    from spiking.rate_model.recorded_settings import recorded_text

    model = RateModel.load(path)
    for name in ("task", "task_settings", "training_options"):
        recorded = recorded_text(model, name)
        if recorded != expected[name]:
            raise ArgumentError(
                f"{path} was trained with {name} {recorded}; expected {expected[name]}, or another folder"
            )
    try:
        version = parsed(recorded_text(model, "task_identity") or "null")  # older files do not record it
        other = "" if version is None else difference(version, parsed(expected["task_identity"]))
    except UNUSABLE:
        other = "task identity, which cannot be read"
    if other:
        raise ArgumentError(f"{path} was trained with another {other}; use another folder")
    if model.n_units != n_units:
        raise ArgumentError(f"{path} has {model.n_units} units; expected {n_units}, or another folder")
    return bool(model.extras.get("converged"))


def _outcome(state: TrainingState, seconds: float) -> str:
    reason = {
        "converged": "converged",
        "limit": "not converged, stopped at the limit of updates",
        "diverged": "not converged, the loss is no longer a number",
    }[state.stopped]
    return f"{reason}: {state.updates} updates in {seconds:.1f} s"


def _json(state: TrainingState, result: Verdict, seconds: float, path: Path) -> dict[str, Any]:
    return {
        "file": str(path),
        "learnt": result.learnt,
        "converts": result.converts,
        "stopped": state.stopped,
        "updates": state.updates,
        "seconds": seconds,
        "loss": state.loss if math.isfinite(state.loss) else None,
        "accuracy": state.accuracy,
        "spiking_accuracy": state.spiking_accuracy,
        "spiking_r2": state.spiking_r2,
        "advice": result.advice,
    }


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
