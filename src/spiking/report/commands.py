"""List the commands that trained and tuned a model, and those that evaluate it and make its page."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from spiking.conversion.conversion import Conversion
from spiking.conversion.recorded_conversion import recorded_conversion
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks
from spiking.files.json_text import UNUSABLE, parsed
from spiking.rate_model.recorded_settings import (
    is_of_training,
    recorded_settings,
    recorded_task,
    recorded_text,
)
from spiking.tasks import CombinedTasks, GivenInputs, names
from spiking.tasks.parse_settings import as_text, changed
from spiking.training.model_file import OWN_OPTIMIZER
from spiking.training.options import options_for
from spiking.tuning.recorded_search import recorded_search


def recorded_commands(both: BothNetworks, name: str, task: str | None) -> list[str]:
    """Return the commands that trained and tuned a model, as far as its file records them.

    Parameters
    ----------
    both : BothNetworks
    name : str
        Name of the model in the commands.
    task : str or None
        The task as it was given with ``--task``, if any.
    """
    if isinstance(both.task, GivenInputs | CombinedTasks):  # which no command can name
        return []
    return [command for command in (_train(both, name, task), _tune(both, name, task)) if command]


def page_commands(
    both: BothNetworks, name: str, task: str | None, trials: int, rate_model: str | None = None
) -> list[str]:
    """Return the commands that evaluate the networks of a page, and make the page.

    Parameters
    ----------
    both, task
        As in `recorded_commands`.
    name : str
        Name of the model in the commands, or of the network's file.
    trials : int
        Number of trials of the evaluation.
    rate_model : str, optional
        Name of the rate model, if `name` is a network's file.
    """
    task_name = task
    if task_name is None and both.task.name != recorded_text(both.model, "task"):
        task_name = both.task.name if both.task.name in names() else None
    recorded = recorded_settings(both.model, both.task)
    options = [] if task_name is None else ["--task", task_name]
    if isinstance(both.task, GivenInputs | CombinedTasks):  # which no command can name
        return []
    options += _settings(changed(type(both.task), both.task.settings, recorded))
    if rate_model is not None:
        options = ["--rate-model", rate_model, *options]
    conversion, network = recorded_conversion(both.model), both.spiking.network
    used = network.conversion or Conversion(kind="published", factor=network.scaling_factor)
    given = rate_model is None
    if given and (conversion is None or (conversion.kind, conversion.factor) != (used.kind, used.factor)):
        options += ["--scaling-factor", f"{network.scaling_factor:g}"]
    options += ["--trials", str(trials), "--seed", str(both.seed)]
    return [shlex.join(["spiking", verb, name, *options]) for verb in ("evaluate", "report")]


def _settings(settings: Mapping[str, Any]) -> list[str]:
    return [word for name, value in settings.items() for word in ("--setting", f"{name}={as_text(value)}")]


def _train(both: BothNetworks, name: str, given: str | None) -> str:
    """Return the command that trained a model; empty if the file does not record all of its options."""
    model = both.model
    recorded, recipe = recorded_text(model, "task"), recorded_text(model, "recipe")
    task = given if given is not None and recorded == both.task.name else recorded
    try:
        trained = recorded_task(model, type(both.task) if recorded == both.task.name else None)
        assert trained is not None
        seed = int(model.extras["seed"].item())
        used: dict[str, Any] = parsed(recorded_text(model, "training_options") or "")
        if {"started_from", "connectivity_share"} & {*model.extras} or used.get("optimizer") == OWN_OPTIMIZER:
            return ""  # no command has the arrays of the call
        default = options_for(str(recipe))
        removed = [f"{key}={value}" for key, value in used.items() if not hasattr(default, key)]
        options = {
            key: value
            for key, value in used.items()
            if hasattr(default, key) and _plain(getattr(default, key)) != value
        }
    except (AssertionError, *UNUSABLE):
        return ""
    words = ["spiking", "train", str(task), "--n-units", str(model.n_units), "--seed", str(seed)]
    words += [] if recipe == "default" else ["--recipe", str(recipe)]
    words += _settings(changed(type(trained), trained.settings))
    for key, value in options.items():
        words += _option(key, value)
    words += ["--output", name if name.endswith(".mat") else f"{name}.mat"]
    note = f"  # an earlier version, with {', '.join(removed)}" if removed else ""
    return shlex.join(words) + note


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _option(name: str, value: Any) -> list[str]:
    if name == "dale":
        return ["--dale" if value else "--no-dale"]
    if isinstance(value, list):
        value = "-".join(f"{limit:g}" for limit in value)
    return [f"--{name.replace('_', '-')}", str(value)]


def _tune(both: BothNetworks, name: str, given: str | None) -> str:
    """Return the command that tuned a model; empty if the file does not record it."""
    model = both.model
    try:
        search = recorded_search(model)
    except ArgumentError:
        return ""
    if search is None or not search.details:
        return ""
    words = ["spiking", "tune", name]
    task = search.details.get("task")
    trained = is_of_training(model)  # otherwise, this search may have recorded the task
    if task == both.task.name and given is not None:
        words += ["--task", given]
    elif task is not None and not (trained and task == recorded_text(model, "task")):
        words += ["--task", str(task) if task in names() else recorded_text(model, "task_file") or str(task)]
    settings = search.details.get("task_settings")  # older files do not record them
    if task == both.task.name and isinstance(settings, dict):
        before = recorded_settings(model, both.task) if trained else {}
        words += _settings(changed(type(both.task), settings, before))
    matched = search.details.get("conversion")
    if isinstance(matched, dict):
        words += ["--conversion", str(matched.get("kind"))]
    defaults = {"method": "auto", "choice": "plateau", "seed": 1, "trials": 100, "downsample": 1}
    for key, default in defaults.items():
        value = search.details.get(key, default)
        if value != default and not (matched and key == "choice"):
            words += [f"--{key}", str(value)]
    return shlex.join(words)
