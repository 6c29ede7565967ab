"""Record in the file of a model or network how often its spiking network was correct."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from spiking.checks import file_path
from spiking.conversion.conversion import Conversion
from spiking.conversion.recorded_accuracy import network_digest
from spiking.conversion.recorded_conversion import recorded_conversion
from spiking.evaluation.result import Evaluation
from spiking.evaluation.words import accuracy_json
from spiking.matfile.write import update_variables
from spiking.network.file import record_evaluation
from spiking.network.network import SpikingNetwork
from spiking.rate_model.model import RateModel
from spiking.tasks.recorded.identity import as_json_value


def record_accuracy(
    path: str | os.PathLike[str],
    owner: RateModel | SpikingNetwork,
    network: SpikingNetwork,
    spiking: Evaluation,
    rate: Evaluation | None,
    *,
    strict: bool = False,
    downsample: int = 1,
    fresh: bool = False,
) -> bool:
    """Write the accuracy of a spiking network into a file, with all that decided it.

    Parameters
    ----------
    path : path or str
        A model file (``.mat``) or a network file (``.npz``).
    owner : RateModel or SpikingNetwork
        What was read from the file.
    network, spiking : SpikingNetwork, Evaluation
        The network and its evaluation.
    rate : Evaluation or None
        That of the rate network of a model file, of the same trials.
    strict, downsample
        As in `evaluate`.
    fresh : bool
        Whether it is known that nothing was chosen on these trials.

    Returns
    -------
    bool
        False if nothing was written: trials are not scored, or the file records another conversion, so that
        the network that is made from it is another one.

    Raises
    ------
    ModelFileError
        The file cannot be read or written.
    """
    task = spiking.task
    if not spiking.score.scored:
        return False
    values: dict[str, Any] = {
        "scaling_factor": float(network.scaling_factor),
        "task": task.name,
        "task_settings": {name: as_json_value(value) for name, value in task.settings.items()},
        "downsample": downsample,
        **accuracy_json(spiking.score, task.rule(strict), seed=spiking.seed, fresh=fresh),
        "rate_correct": None if rate is None else rate.score.correct,
    }
    if isinstance(owner, SpikingNetwork):
        return record_evaluation(file_path("path", path), owner, values)
    conversion = network.conversion or Conversion(kind="published", factor=network.scaling_factor)
    evaluated = network_digest(owner, conversion, network.params)
    if evaluated != network_digest(owner, recorded_conversion(owner), None):
        return False
    update_variables(
        file_path("path", path), {"evaluation": np.array([json.dumps({**values, "network": evaluated})])}
    )
    return True
