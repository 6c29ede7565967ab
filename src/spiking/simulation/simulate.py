"""Simulate a spiking network: many trials at once, in milliseconds each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError, warn
from spiking.network.network import SpikingNetwork
from spiking.network.open import AnyNetwork, spiking_network
from spiking.simulation.random_numbers import (
    RandomDraws,
    SharedNoise,
)
from spiking.simulation.record import Record
from spiking.simulation.resolved_stimulation import AnyStimulation, warn_of_windows
from spiking.simulation.result import Simulation
from spiking.simulation.run_trials import checked_downsample, run_trials, trial_numbers
from spiking.simulation.storage.stream import simulate_to_file
from spiking.simulation.task_trials import run_task_trials
from spiking.tasks import Task
from spiking.tasks.recorded.record import recorded_task, task_for_channels
from spiking.timing import STEP_MS

_TASKS_LONG = 50  # a trial that is so many times as long as those of the task may have been given in steps
_LONGEST = 60_000.0  # ms, without a task


@check_arguments()
def simulate(
    network: AnyNetwork,
    inputs: ArrayLike | Task | str,
    *,
    seed: int | None = 1,
    trials: int | Iterable[int] | None = None,
    condition: str | None = None,
    record: Record | None = None,
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None = None,
    input_noise: float | Sequence[float] = 0.0,
    input_interval: float | None = None,
    downsample: int = 1,
    threads: int | None = None,
    draws: RandomDraws | Sequence[RandomDraws] | None = None,
    shared_noise: SharedNoise | None = None,
    progress: Callable[[int], None] | None = None,
    output_file: str | os.PathLike[str] | None = None,
    force: bool = False,
) -> Simulation:
    """Simulate trials of a spiking network (forward Euler, 0.05 ms x `downsample` a step).

    Parameters
    ----------
    network : SpikingNetwork, RateModel, path, str or mapping
        A rate model is converted as its file records (`SpikingNetwork.from_rate`). A path is that of a model
        file or of a network file; a name is that of a model that comes with the package.
    inputs : array, shape (n_inputs, columns) or (trials, n_inputs, columns), list, or Task or str
        The same input for every trial, or one for each. A column lasts 5 ms (`input_interval`); the first and
        the last act for about half of that, so C columns give a trial of (C - 1) 5 ms. 1-D is accepted for
        one input. In a list of arrays (n_inputs, columns), one for each trial, the numbers of columns may
        differ: each trial then lasts as long as its own inputs (see `Simulation`), and has the spikes that it
        has alone. With a task, or a name that `spiking.tasks.get` accepts, the trials of the task are drawn
        from the same seed; the result then has their `conditions`, and `correct`.
    seed : int or None
        Every trial has its own random streams, derived from (seed, trial number), so its numbers do not
        depend on threads or on what else is simulated. None: a new seed, stored in the result.
    trials : int or iterable of int, optional
        Number of trials (numbered from 0), or the numbers of the trials to run. One by default, or as many
        as `inputs` has.
    condition : str, optional
        With a task: run only trials of this condition. By default it is drawn for each trial.
    record : Record, optional
        What to record; the output at every step by default.
    stimulation : Stimulation, Oscillation, Waveform or a sequence of them, optional
        Stimulation of chosen neurons in addition to the inputs. The effects of several add.
    input_noise : float or sequence of float, one for each input
        Standard deviation of the normal noise added to each column of each input, drawn anew for each trial.
        0 by default. Like the inputs it reaches the neurons through `w_in`.
    input_interval : float, optional
        Duration of a column of `inputs` in ms, a multiple of the time step. None: 5 ms.
    downsample : int
        Make time steps this many times longer: faster, less accurate. Without `input_interval`, only every
        `downsample`-th column of the input is kept, for `downsample` times 5 ms (as published); with it, all
        columns are kept.
    threads : int, optional
        Number of threads; by default one per available processor. Results do not depend on it.
    draws : RandomDraws or sequence of RandomDraws, optional
        Random numbers to replay, one object per trial, in place of those of the seed.
    shared_noise : SharedNoise, optional
        Saves time if several networks run the same trials: see `~spiking.simulation.SharedNoise`. Results are
        the same.
    progress : callable, optional
        Called after each trial with the number of finished trials.
    output_file : path, optional
        Write everything recorded into this HDF5 file, block by block as it is simulated, and return it as
        `Simulation.load` does; memory then holds one block (64 MB, or a trial). If the process ends
        before that, the same call runs the missing trials and produces the same file, even without a seed;
        until then, `Simulation.load` opens the finished trials.
    force : bool
        Replace another run, finished or not, that exists at `output_file`.

    Returns
    -------
    Simulation

    Raises
    ------
    ArgumentError
        An argument cannot be used, or `output_file` holds another run; the message says what was expected.

    Warns
    -----
    UserWarning
        The window of a stimulation reaches beyond the trial, or seems to be in seconds; or,
        without `input_interval`, inputs last at least 50 times as long as the trials of the task that the
        network records or, if it records none, more than 60 s: perhaps they have a column for each step.

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, datasets, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> run = simulate(network, tasks.get("go-nogo"), trials=10, seed=1, record=Record(spikes=True))
    >>> run.rates.shape, run.correct.shape
    ((10, 200), (10,))
    >>> again = simulate(network, tasks.get("go-nogo"), trials=[7], seed=1)
    >>> bool((again.rates[0] == run.rates[7]).all())  # trial 7 is the same alone
    True
    """
    network = spiking_network(network)
    if isinstance(inputs, str):
        inputs = task_for_channels(inputs, network.n_inputs, network.n_outputs, network.task)
    if isinstance(inputs, Task):
        warn_of_windows(stimulation, inputs.duration)
    else:
        arrays = inputs if isinstance(inputs, list | tuple) else [inputs]
        columns = [u.shape[-1] for u in arrays if isinstance(u, np.ndarray) and u.ndim >= 2]
        if columns:  # trials may differ in length: a window concerns the longest
            warn_of_windows(stimulation, (max(columns) - 1) * (input_interval or STEP_MS))
    downsample = checked_downsample(network, downsample)
    settings: dict[str, Any] = {
        "seed": None if draws is not None else seed,
        "record": record or Record(),
        "stimulation": stimulation,
        "input_noise": input_noise,
        "input_interval": input_interval,
        "shared_noise": shared_noise,
        "downsample": downsample,
        "threads": threads,
        "progress": progress,
    }
    if draws is not None and (output_file is not None or isinstance(inputs, Task)):
        raise ArgumentError("draws cannot be given with a task or output_file; expected a seed")
    if condition is not None and not isinstance(inputs, Task):
        raise ArgumentError("condition is given without a task; expected a task in place of inputs")
    if not isinstance(inputs, Task) and input_interval is None:
        _question_length(network, inputs)
    if output_file is not None:
        return simulate_to_file(
            output_file, network, inputs, trials=trials, condition=condition, force=force, **settings
        )
    if isinstance(inputs, Task):
        return run_task_trials(network, inputs, trials=trial_numbers(trials), condition=condition, **settings)
    return run_trials(network, inputs, trials=trials, draws=draws, **settings)


def _question_length(network: SpikingNetwork, inputs: ArrayLike) -> None:
    """Warn of inputs that are so long that they probably have a column for each step."""
    items: Any = inputs if isinstance(inputs, list | tuple) else [inputs]
    columns = max((u.shape[-1] for u in items if isinstance(u, np.ndarray) and u.ndim), default=0)
    duration = STEP_MS * (columns - 1)
    try:
        task = recorded_task(network.task, "the network")
    except ArgumentError:  # a task of the user's own
        task = None
    if duration >= _TASKS_LONG * task.duration if task is not None else duration > _LONGEST:
        compared = "" if task is None else f"; trials of the task {task.name} last {task.duration:g} ms"
        warn(
            f"the inputs have {columns} columns of {STEP_MS:g} ms, a trial of {duration / 1000:g} s"
            f"{compared}; if a column is a simulation step or 1 ms, keep one for every {STEP_MS:g} ms, or "
            f"give simulate its duration as input_interval"
        )
