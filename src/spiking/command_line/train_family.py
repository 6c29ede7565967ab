"""Train a family of models, one for each seed; those that exist already are checked and kept."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from spiking.command_line.output import echo, print_json, print_message, table_csv
from spiking.command_line.progress import progress_bar
from spiking.command_line.training_verdict import as_json_of, outcome, rule_lines, verdict
from spiking.errors import ArgumentError
from spiking.files.json_text import UNUSABLE, parsed
from spiking.interruption import at_interruption
from spiking.optional import library

if TYPE_CHECKING:
    from spiking.tasks import Task
    from spiking.training.state import TrainingState

NOT_CONVERGED = 1  # exit status


def train_family(
    task: Task,
    task_name: str,
    n_units: int,
    seeds: list[int],
    recipe: str,
    options: dict[str, Any],
    folder: Path,
    force: bool,
    threads: int | None,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """Train the models that are missing in a folder, and say of each how it ended."""
    from spiking.files.output import MODELS, check_outputs, keep, keep_text
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
    converged, errors, results = 0, list[ArgumentError](), dict[int, dict[str, Any]]()
    for seed in existing:
        expected = origin(task, seed=seed, recipe=recipe, **options)
        done_before = _has_converged(paths[seed], n_units, expected)
        converged += done_before
        facts = {"seed": seed, "file": str(paths[seed]), "task": task.name, "converged": done_before}
        results[seed] = {**facts, "stopped": "existed"}
    if existing and not as_json:
        echo(f"{len(existing)} of {len(seeds)} models exist in {folder}; {converged} have converged")
    began = time.perf_counter()

    def finished(seed: int, state: TrainingState) -> None:
        nonlocal converged
        converged += state.stopped == "converged"
        seconds = time.perf_counter() - began
        result = verdict(state, limits, str(paths[seed]))
        results[seed] = as_json_of(state, limits, result, seconds, paths[seed], task, seed)
        lines = [f"seed {seed}: {outcome(state, seconds)}"]
        try:
            keep(paths[seed], lambda place: state.model.save(place, force=force))
        except ArgumentError as error:  # the other models are still trained
            errors.append(error)
        else:
            lines[0] += f"; saved {paths[seed]}"
        lines += [
            *result.lines,
            *rule_lines(state, limits, task, str(paths[seed]), task_name),
            *result.advice,
        ]
        if not as_json:
            echo("\n  ".join(lines), lines=True)

    missing = [seed for seed in seeds if seed not in existing]
    check_outputs([*((paths[seed], MODELS) for seed in missing), (csv_file, (".csv",))], force=force)
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
        print_json([results[seed] for seed in seeds])
    else:
        echo(f"{converged} of {len(seeds)} models have converged")
    if csv_file is not None:
        keep_text(csv_file, table_csv([results[seed] for seed in seeds]))
    for failure in errors:
        print_message(str(failure))
    if errors or converged < len(seeds):
        raise typer.Exit(NOT_CONVERGED)


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
        same = recorded == expected[name]
        if name == "training_options" and not same:
            same = _with_defaults(recorded, expected["recipe"]) == parsed(expected[name])
        if not same:
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


def _with_defaults(options: str | None, recipe: str) -> Any:
    """Return recorded options of training; one that the file of an earlier version lacks has its default."""
    from spiking.training.options import options_for

    try:
        return json.loads(json.dumps(asdict(options_for(recipe)))) | parsed(options or "")
    except (TypeError, *UNUSABLE):
        return None
