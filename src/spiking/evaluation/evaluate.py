"""Measure how often a rate or spiking network answers a task correctly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import shown
from spiking.errors import ArgumentError
from spiking.evaluation.result import Evaluation
from spiking.evaluation.smoothing import Smoothing
from spiking.evaluation.trial_chunks import rate_outputs, spiking_outputs, spiking_simulations
from spiking.network.describe import changes_words
from spiking.network.network import SpikingNetwork
from spiking.network.open import AnyNetwork, open_network
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import task_for
from spiking.simulation.random_numbers import SharedNoise
from spiking.simulation.resolved_stimulation import AnyStimulation
from spiking.simulation.result import Simulation
from spiking.tasks import Task, Trials
from spiking.tasks.given_inputs import TaskLike
from spiking.tasks.recorded.record import task_for_channels
from spiking.tasks.scoring import ScoredTrials, score, score_trials
from spiking.typing import Floats


@check_arguments()
def evaluate(
    network: AnyNetwork,
    task: TaskLike | None = None,
    trials: int = 100,
    *,
    seed: int = 1,
    strict: bool = False,
    smoothing: Smoothing | None = None,
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None = None,
    input_noise: float | Sequence[float] = 0.0,
    noise: float | None = None,
    keep_outputs: bool = False,
    downsample: int = 1,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Run a network on trials of a task and count the correct ones.

    Parameters
    ----------
    network : SpikingNetwork, RateModel, path, str or mapping
        A network, its file, or the name of a model that comes with the package. A rate model, also that of a
        file, is run as a rate network.
    task : Task or str, optional
        A task, or a name that `spiking.tasks.get` accepts; by default the task that a rate model's file
        records.
    trials : int
        Number of trials; the condition of each is random.
    seed : int
        Seed of the trials and of the network's noise. Trial k of a seed is the same for any number of trials.
    strict : bool
        In tasks with responses of both signs, also count a trial as wrong if the output crosses the opposite
        threshold. The result has the scores by the other rules too.
    smoothing : Smoothing, optional
        Smooth the outputs before they are scored and kept.
    stimulation, input_noise
        As in `simulate`, in every trial; only for spiking networks.
    noise : float, optional
        Standard deviation of the noise of a rate model's step, as in `RateModel.run`; None: that of its
        training. Only for rate models: noise of a spiking network is `LIFParams.noise`.
    keep_outputs : bool
        Keep the outputs of all trials, at every step: 8 bytes x trials x outputs x samples.
    downsample : int
        As in `simulate`; only for spiking networks.
    threads : int, optional
        Number of threads; all available processors by default. Results do not depend on it.
    progress : callable, optional
        Called with the number of finished trials.

    Returns
    -------
    Evaluation

    Raises
    ------
    ArgumentError
        An argument is invalid, no task is given or recorded, or an output is not finite (which is an error,
        not a wrong answer).

    Warns
    -----
    UserWarning
        The window of a stimulation reaches beyond the trial, or seems to be in seconds.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, evaluate
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> result = evaluate(network, "go-nogo", 20, seed=1)
    >>> result.correct.shape, result.accuracy > 0.8
    ((20,), True)
    """
    network = open_network(network)
    task = network_task(network, task)
    if isinstance(network, RateModel) and (stimulation is not None or np.any(input_noise)):
        raise ArgumentError(
            "network is a RateModel; expected a SpikingNetwork with stimulation or input_noise"
        )
    if isinstance(network, SpikingNetwork) and noise is not None:
        raise ArgumentError(
            f"noise is {noise!r} and network is a SpikingNetwork; expected a RateModel with noise, or "
            f"network.with_params(noise=...)"
        )
    scored, outputs, time = [], [], None
    conditions: list[str] = []
    rates: list[Floats] = []
    acting: list[str] = []
    if isinstance(network, RateModel):
        chunks = rate_outputs(network, task, seed, trials, noise)
    else:
        experiment = {"stimulation": stimulation, "input_noise": input_noise}
        numbers = range(trials)
        runs = spiking_simulations(network, task, seed, numbers, downsample, threads, progress, **experiment)
        chunks = spiking_outputs(_keeping(runs, rates, acting))
    done = 0
    for drawn, raw, time in chunks:
        output = smoothing.apply(raw, time[1] - time[0]) if smoothing else raw
        scored.append(score_trials(task, output, time, drawn, strict=strict))
        conditions += drawn.conditions
        if keep_outputs:
            outputs.append(output)
        done += len(drawn)
        if progress:
            progress(done)
    return Evaluation(
        task=task,
        seed=seed,
        conditions=tuple(conditions),
        **vars(ScoredTrials.join(scored)),
        output=np.concatenate(outputs) if keep_outputs else None,
        time=time if keep_outputs else None,
        readout_refit=network.readout_refit if isinstance(network, SpikingNetwork) else None,
        rates=np.concatenate(rates).mean(axis=0) if rates else None,
        network="rate" if isinstance(network, RateModel) else "spiking",
        changes=tuple(changes_words(network)),
        stimulation=tuple(acting),
    )


def _keeping(
    runs: Iterable[tuple[Trials, Simulation]], rates: list[Floats], acting: list[str]
) -> Iterator[tuple[Trials, Simulation]]:
    """Yield the simulations of chunks; keep the rates of each, and what stimulated them all."""
    for trials, run in runs:
        rates.append(run.rates)
        acting[:] = run.stimulation
        yield trials, run


def correct_trials(
    network: SpikingNetwork,
    task: Task,
    seed: int,
    numbers: range,
    *,
    downsample: int = 1,
    shared_noise: SharedNoise | None = None,
) -> NDArray[np.bool_]:
    """Return whether a spiking network answers each trial in `numbers` correctly."""
    runs = spiking_simulations(network, task, seed, numbers, downsample, 1, shared_noise=shared_noise)
    chunks = spiking_outputs(runs)
    return np.concatenate([score(task, output, time, trials) for trials, output, time in chunks])


def network_task(network: SpikingNetwork | RateModel, task: TaskLike | None) -> Task:
    """Return the task that a network is run on (see `evaluate`).

    Raises
    ------
    ArgumentError
        No task is given or recorded, or it has other numbers of inputs or outputs than the network.
    """
    if isinstance(network, RateModel):
        return task_for(network, task)
    if not isinstance(network, SpikingNetwork):
        raise ArgumentError(f"network is {shown(network)}; expected a SpikingNetwork or a RateModel")
    return task_for_channels(task, network.n_inputs, network.n_outputs, network.task)
