"""Run the demonstration: a trained Go-NoGo model as a rate network and as a spiking network."""

from __future__ import annotations

from collections.abc import Callable

from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks, run_both
from spiking.network.network import SpikingNetwork
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded import recorded_scaling_factor, task_for
from spiking.simulation.simulate import simulate
from spiking.tasks import GoNoGo, Task
from spiking.tasks.scoring import score

TRIALS = 100  # Go and NoGo in turn
_FACTORS = tuple(float(factor) for factor in range(20, 80, 5))  # the published grid
_SEARCH_TRIALS = 20


def demonstrate(
    model: RateModel,
    *,
    scaling_factor: float | None = None,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[BothNetworks, str]:
    """Run Go and NoGo trials of a model, as a rate network and as a spiking network.

    Parameters
    ----------
    model : RateModel
        Trained on Go-NoGo, with the settings that its file records.
    scaling_factor : float, optional
        None: the one that the file records; if it records none, the best of 20, 25, ..., 75 on 20 trials.
    seed : int
    progress : callable, optional
        Called with the number of finished spiking trials after each.

    Returns
    -------
    both : BothNetworks
        50 Go and 50 NoGo trials.
    scaling_factor_from : str
        Where the scaling factor came from, in words.

    Raises
    ------
    ArgumentError
        The model has another number of inputs or outputs than Go-NoGo.
    """
    if (model.n_inputs, model.n_outputs) != (GoNoGo.n_inputs, GoNoGo.n_outputs):
        raise ArgumentError(
            f"{model.source} has inputs: {model.n_inputs}, outputs: {model.n_outputs}; the demonstration "
            f"needs a Go-NoGo model, with one of each"
        )
    task = task_for(model, GoNoGo)
    factor, origin = scaling_factor, "as given"
    if factor is None and recorded_scaling_factor(model) is not None:
        origin = "tuned, from the file"
    elif factor is None:
        factor = _best_factor(model, task, seed + 1)
        origin = f"the best of {_FACTORS[0]:g} to {_FACTORS[-1]:g} on {_SEARCH_TRIALS} other trials"
    both = run_both(model, task, TRIALS, seed=seed, scaling_factor=factor, activity=False, progress=progress)
    return both, origin


def _best_factor(model: RateModel, task: Task, seed: int) -> float:
    trials = task.trials(_SEARCH_TRIALS, seed=seed, balanced=True)

    def correct(factor: float) -> int:
        run = simulate(SpikingNetwork.from_rate(model, factor), trials.spiking_inputs, seed=seed)
        assert run.output is not None
        return int(score(task, run.output, run.time, trials).sum())

    return max(_FACTORS, key=correct)
