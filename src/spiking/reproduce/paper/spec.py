"""Networks, tunings and tests as the paper describes them, and the keys by which a journal knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from spiking.check_arguments import check_arguments
from spiking.conversion.conversion import Asked
from spiking.evaluation.both_networks import BothNetworks
from spiking.files.digest import digest
from spiking.neuron.params import LIFParams
from spiking.tasks import Task
from spiking.tasks.recorded.identity import identity

_P_REC = 1.0  # 0.2, as in the published code, trains slower than in Fig. 1C (see `docs/reproduction.md`)

Row = dict[str, Any]


@check_arguments()
@dataclass(frozen=True)
class NetworkSpec:
    """A rate network, trained as in the paper.

    Training uses the published recipe, starts with all connections, and has the stopping rule of the paper's
    SI: a mean loss below 7 and an accuracy of at least 95 %, checked every 100 updates, with at most 6000
    updates and no minimum.

    Parameters
    ----------
    task : Task
    n_units : int
    tau : float or (float, float)
        Synaptic decay in ms.
    options : mapping of str to value
        Values of other fields of `~spiking.training.TrainingOptions`.

    Examples
    --------
    >>> from spiking import tasks
    >>> from spiking.reproduce import NetworkSpec
    >>> NetworkSpec(tasks.GoNoGo(), 250, (20.0, 50.0)).training()["recipe"]
    'published'
    """

    task: Task
    n_units: int
    tau: float | tuple[float, float]
    options: dict[str, Any] = field(default_factory=dict)

    def training(self) -> dict[str, Any]:
        """Return the arguments of `train` other than the task, the number of units and the seed."""
        # The published rule asks for more than stop_accuracy, the paper for at least 95 of 100 trials.
        rule = {"min_updates": 0, "stop_accuracy": 0.949}
        return {"recipe": "published", "tau": self.tau, "p_rec": _P_REC, **rule, **self.options}

    @cached_property
    def _task_identity(self) -> Row:
        return identity(self.task)

    def key(self) -> Row:
        """Return what stands for it in a journal."""
        return {**self._task_identity, "n_units": self.n_units, **self.training()}


Activity = Callable[
    [BothNetworks], dict[str, float | None]
]  # a function of `spiking.reproduce.paper.activity`


@dataclass(frozen=True)
class Tested:
    """A test of a converted network: its constants, and a function that measures its activity, if any."""

    params: LIFParams
    activity: Activity | None = None

    def key(self) -> Row:
        """Return what stands for it in a journal."""
        key: Row = {"tested": params_key(self.params)}
        if self.activity is not None:
            key["activity"] = self.activity.__name__
            if not self.activity.__module__.startswith("spiking."):
                key["activity_code"] = digest(self.activity)
        return key


@dataclass(frozen=True)
class Matched:
    """A conversion that `find_scaling_factor` searches, and the constants in the search."""

    params: LIFParams
    conversion: Asked = "matched"


_SEARCH = 2  # of matched conversions: what it compares, in the keys of journals; rows of others are not used

# Constants with which the factor is tuned as published; a given factor; or a matched conversion.
Tuning = LIFParams | float | Matched


def tuning_key(tuned: Tuning) -> Row:
    """Return the key of a tuning in a journal; the published conversion is not named."""
    if isinstance(tuned, Matched):
        return {"tuned": params_key(tuned.params), "conversion": tuned.conversion, "search": _SEARCH}
    return {"tuned": params_key(tuned) if isinstance(tuned, LIFParams) else float(tuned)}


def params_key(params: LIFParams) -> Row:
    """Return the key of constants in a journal: those that differ from the published ones."""
    return {k: v for k, v in params.as_json().items() if v != getattr(LIFParams(), k)}
