"""The commands that made a model and this page."""

from __future__ import annotations

import json
import shlex
from typing import Any

from spiking.both_networks import BothNetworks
from spiking.conversion import Conversion
from spiking.errors import ArgumentError, SpikingError
from spiking.model_info import recorded_text
from spiking.rate_model import RateModel
from spiking.tuned_conversion import recorded_conversion
from spiking.tuning.recorded import recorded_search


def commands(both: BothNetworks, name: str, task: str | None, n_trials: int) -> list[str]:
    """Return the commands, as far as the model's file records them.

    Parameters
    ----------
    both : BothNetworks
    name : str
        What the model is called on the command line.
    task : str or None
        What was given as ``--task``.
    n_trials : int
        Of the evaluation.
    """
    options = [] if task is None else ["--task", task]
    recorded, network = recorded_conversion(both.model), both.spiking.network
    used = network.conversion or Conversion(kind="published", factor=network.scaling_factor)
    if recorded is None or (recorded.kind, recorded.factor) != (used.kind, used.factor):
        options += ["--scaling-factor", f"{network.scaling_factor:g}"]
    options += ["--trials", str(n_trials), "--seed", str(both.seed)]
    known = [
        _train(both.model, name),
        _tune(both.model, name),
        shlex.join(["spiking", "evaluate", name, *options]),
        shlex.join(["spiking", "report", name, *options]),
    ]
    return [command for command in known if command]


def _train(model: RateModel, name: str) -> str:
    """Return the command that trained a model of ours; empty if the file does not say all of it."""
    from spiking.tasks import get
    from spiking.training_options import options_for

    task, recipe = recorded_text(model, "task"), recorded_text(model, "recipe")
    try:
        seed = int(model.extras["seed"].item())
        used: dict[str, Any] = json.loads(recorded_text(model, "training_options") or "")
        settings: dict[str, Any] = json.loads(recorded_text(model, "task_settings") or "{}")
        default = options_for(str(recipe))
        own = get(str(task)).settings
        gone = [f"{key}={value}" for key, value in used.items() if not hasattr(default, key)]
        changed = {
            key: value
            for key, value in used.items()
            if hasattr(default, key) and _plain(getattr(default, key)) != value
        }
        asked = [f"{key}={value:g}" for key, value in settings.items() if own[key] != value]
    except (KeyError, AttributeError, TypeError, ValueError, SpikingError):
        return ""
    words = ["spiking", "train", str(task), "--units", str(model.n_units), "--seed", str(seed)]
    words += [] if recipe == "default" else ["--recipe", str(recipe)]
    words += [word for setting in asked for word in ("--setting", setting)]
    for key, value in changed.items():
        words += _option(key, value)
    words += ["--output", name if name.endswith(".mat") else f"{name}.mat"]
    note = f"  # an earlier version, with {', '.join(gone)}" if gone else ""
    return shlex.join(words) + note


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _option(name: str, value: Any) -> list[str]:
    if name == "dale":
        return ["--dale" if value else "--no-dale"]
    if isinstance(value, list):
        value = "-".join(f"{limit:g}" for limit in value)
    return [f"--{name.replace('_', '-')}", str(value)]


def _tune(model: RateModel, name: str) -> str:
    """Return the command that tuned a model; empty if the file does not say how."""
    try:
        found = recorded_search(model)
    except ArgumentError:
        return ""
    if found is None or not found.details:
        return ""
    words = ["spiking", "tune", name]
    task = found.details.get("task")
    if task is not None and task != recorded_text(model, "task"):
        words += ["--task", str(task)]
    matched = found.details.get("conversion")
    if isinstance(matched, dict):
        words += ["--conversion", str(matched.get("kind"))]
    for key, usual in (("method", "auto"), ("choice", "plateau"), ("seed", 1), ("downsample", 1)):
        value = found.details.get(key, usual)
        if value != usual and not (matched and key == "choice"):
            words += [f"--{key}", str(value)]
    return shlex.join(words)
