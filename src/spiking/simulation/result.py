"""The result of a simulation: spikes as events, sampled traces, average rates."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, file_path
from spiking.errors import ArgumentError
from spiking.files.escape import printable
from spiking.files.output import RUNS, check_output
from spiking.network.describe import changes_words
from spiking.network.network import SpikingNetwork
from spiking.short_repr import joined, part, short_repr
from spiking.simulation.record import Record
from spiking.timing import STEPS_NOT_COUNTED
from spiking.typing import Floats

SILENT_HZ = 0.5  # a neuron with a lower rate counts as silent: without a spike depends on the trials
_MOST_CONDITIONS = 8  # that a description lists
# what is said beside spikes that are not counted
INITIAL = f"in the first {STEPS_NOT_COUNTED} steps of trials (random initial voltages); rates leave these out"
_BLOCK = 2**20  # spikes of a file in memory at once


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes as events, sorted by trial, step and neuron; three arrays of shape (n_spikes,).

    All spikes are here, also those of the first 9 steps of each trial, in which random initial voltages above
    threshold fire at once. `Simulation.rates` and the measures of `spiking.analysis` leave those out;
    `initial` finds them.

    Attributes
    ----------
    trial : array of int
        Position of the trial within the simulation, from 0.
    neuron : array of int
    step : array of int
        Simulation step, from 0.
    time_step : float
        Length of a step in ms.
    bounds : array of int, shape (trials + 1,), optional
        Index of the first spike of each trial, and the number of spikes. Given for spikes on disk, which need
        not be read then to find a trial.

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, datasets, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> spikes = simulate(network, tasks.get("go-nogo"), trials=2, seed=1, record=Record(spikes=True)).spikes
    >>> neurons, times = spikes.of_trial(1)
    >>> len(neurons) == len(times) > 100
    True
    """

    trial: NDArray[np.int32]
    neuron: NDArray[np.int32]
    step: NDArray[np.int32]
    time_step: float
    bounds: NDArray[np.int64] | None = None

    __repr__ = short_repr

    def __len__(self) -> int:
        return self.step.size

    @property
    def time(self) -> Floats:
        """Time of each spike in ms: ``(step + 1) time_step``."""
        return (self.step + 1.0) * np.float64(self.time_step)

    @property
    def initial(self) -> NDArray[np.bool_]:
        """Whether each spike is in the first 9 steps of its trial, which rates leave out."""
        return np.asarray(self.step) < STEPS_NOT_COUNTED

    @property
    def n_initial(self) -> int:
        """Number of spikes in the first 9 steps of the trials, which rates leave out."""
        parts = range(0, len(self), _BLOCK)
        return sum(int(np.sum(self.step[k : k + _BLOCK] < STEPS_NOT_COUNTED)) for k in parts)

    @check_arguments(trials=at_least(0))
    def first_of_trials(self, trials: int) -> NDArray[np.int64]:
        """Return the index of each trial's first spike, and the number of spikes, shape (trials + 1,)."""
        if self.bounds is not None:
            return self.bounds
        return np.searchsorted(self.trial, np.arange(trials + 1)).astype(np.int64)

    @check_arguments()
    def of_trial(self, trial: int) -> tuple[NDArray[np.int32], Floats]:
        """Return neurons and times in ms of one trial's spikes, given by its position from 0."""
        first, last = self._range(trial)
        step = np.asarray(self.step[first:last])
        return np.asarray(self.neuron[first:last]), (step + 1.0) * np.float64(self.time_step)

    def _range(self, trial: int) -> tuple[int, int]:
        if self.bounds is not None:
            return int(self.bounds[trial]), int(self.bounds[trial + 1])
        first, last = np.searchsorted(self.trial, (trial, trial + 1))
        return int(first), int(last)


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """The result of a simulation (see `Record`); quantities that were not recorded are None.

    Attributes
    ----------
    network : SpikingNetwork
        The simulated network.
    seed : int or None
        The same seed gives the same numbers again; None if draws were replayed.
    trials : array of int, shape (trials,)
        Trial numbers.
    n_steps : int
        Simulation steps in a trial; in the longest one, if trials differ.
    trial_steps : array of int, shape (trials,), or None
        Simulation steps of each trial, if `simulate` was given inputs of unequal length; None: `n_steps` in
        each. After the end of a trial there are no spikes, `inputs`, `output` and the other samples are NaN,
        and `rates` are averages over the trial's own duration.
    time_step : float
        Length of a step in ms.
    record : Record
    rates : array, shape (trials, N)
        Average firing rates in Hz. As published, the first 9 steps are not counted (initial voltages above
        threshold fire at once). NaN for lesioned units.
    output : array, shape (trials, n_outputs, samples)
    spikes : Spikes
    filtered_rates, voltage, currents : array, shape (trials, neurons, samples)
        Of the neurons in the order that `Record` names them; in 1/s, mV and mV.
    inputs : array, shape (n_inputs, columns) or (trials, n_inputs, columns)
        The inputs, one for all trials or one for each, without the columns that `downsample` left out.
    task : str
        Name of the task, if `simulate` was given one.
    conditions : tuple of str
        The condition of each trial of that task.
    correct : array of bool, shape (trials,)
        Whether each trial was answered correctly, if the output was recorded.
    stimulation : tuple of str
        What acted on the network beside its inputs, in words: stimulations, and noise on the inputs. Empty
        if nothing did, and of files that the first published version wrote.
    unfinished : bool
        True if the run was interrupted: the trials are those that it finished.

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, datasets, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> record = Record(voltage=[0, 1], interval=0.5)
    >>> run = simulate(network, tasks.get("go-nogo"), trials=4, seed=1, record=record)
    >>> run.rates.shape, run.output.shape, run.voltage.shape
    ((4, 200), (4, 1, 2000), (4, 2, 2000))
    >>> run.times("voltage")[:3].tolist()  # ms
    [0.5, 1.0, 1.5]
    """

    network: SpikingNetwork
    seed: int | None
    trials: NDArray[np.int64]
    n_steps: int
    time_step: float
    record: Record
    rates: Floats
    output: Floats | None = None
    spikes: Spikes | None = None
    filtered_rates: Floats | None = None
    voltage: Floats | None = None
    currents: Floats | None = None
    inputs: Floats | None = None
    task: str | None = None
    conditions: tuple[str, ...] | None = None
    correct: NDArray[np.bool_] | None = None
    unfinished: bool = False
    trial_steps: NDArray[np.int64] | None = None
    stimulation: tuple[str, ...] = ()

    @classmethod
    @check_arguments()
    def load(cls, path: str | os.PathLike[str]) -> Simulation:
        """Open a simulation that `save`, or `simulate` with an `output_file`, wrote.

        Arrays stay on disk (`spiking.files.StoredArray`); indexing reads the chosen trials:
        ``run.output[17]``.

        Parameters
        ----------
        path : str or path-like
            An HDF5 file; if only an unfinished run exists for it, its finished trials are opened. Or a
            ``.npz`` file that ``spiking simulate`` wrote, which is read as a whole.

        Returns
        -------
        Simulation

        Raises
        ------
        ArgumentError
            The file does not exist, or is not a readable simulation.
        """
        from spiking.simulation.storage.stream import load

        return load(file_path("path", path))

    @check_arguments()
    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the simulation into an HDF5 file, as a whole or not at all.

        Parameters
        ----------
        path : str or path-like
            Such as ``run.h5``.
        force : bool
            Replace an existing file.

        Raises
        ------
        ArgumentError
            The file exists, or cannot be written; the message says why.
        """
        from spiking.simulation.storage.stream import save

        place = file_path("path", path)
        check_output(place, RUNS, force=force)
        save(place, self)

    @property
    def duration(self) -> float:
        """Length of a trial in ms.

        Raises
        ------
        ArgumentError
            The trials differ in length. Functions that need one length, such as those that average over
            trials or make bins, refuse such a simulation so.
        """
        if self.trial_steps is not None:
            raise ArgumentError(
                f"the trials last {self.durations.min():g} to {self.durations.max():g} ms; expected trials "
                f"of one length here; simulate those of each length on their own, or use rates, spikes and "
                f"durations of each trial"
            )
        return self.n_steps * self.time_step

    @property
    def durations(self) -> Floats:
        """Length of each trial in ms, shape (trials,)."""
        steps = self.n_steps if self.trial_steps is None else self.trial_steps
        return np.full(len(self.trials), steps) * np.float64(self.time_step)

    @property
    def time(self) -> Floats:
        """Times of the output's samples in ms, shape (samples,)."""
        return self.times("output")

    @check_arguments()
    def times(self, quantity: str) -> Floats:
        """Return the times in ms of a quantity's samples, such as ``"voltage"``, in the longest trial."""
        stride = self.record.stride(quantity, self.time_step)
        return np.arange(1.0, self.n_steps // stride + 1) * np.float64(stride * self.time_step)

    @check_arguments()
    def spike_matrix(self, trial: int = 0) -> NDArray[np.int8]:
        """Return the spikes of one trial as zeros and ones, shape (N, steps of this trial).

        The type int8 saves memory, and its products and sums with int8 overflow above 127: multiply
        ``spike_matrix().astype(float)``.

        Parameters
        ----------
        trial : int
            Position of the trial within this simulation, from 0.

        Raises
        ------
        ArgumentError
            Spikes were not recorded, or there is no such trial.
        """
        if self.spikes is None:
            raise ArgumentError("spikes were not recorded; simulate with record=Record(spikes=True)")
        if trial >= len(self.trials):
            raise ArgumentError(f"trial is {trial}; expected 0 to {len(self.trials) - 1}")
        steps = self.n_steps if self.trial_steps is None else int(self.trial_steps[trial])
        matrix = np.zeros((self.network.n_neurons, steps), np.int8)
        first, last = self.spikes._range(trial)
        matrix[self.spikes.neuron[first:last], self.spikes.step[first:last]] = 1
        return matrix

    def __repr__(self) -> str:
        n_trials, n = self.rates.shape
        parts = [f"task={part(self.task)}"] if self.task else []
        parts += [f"trials={n_trials}", f"duration={self._length()} ms", f"N={n}"]
        parts += [f"seed={self.seed}"] if self.seed is not None else ["replayed random numbers"]
        quantities = ("output", "spikes", "filtered_rates", "voltage", "currents")
        parts += [" + ".join(name for name in quantities if getattr(self, name) is not None)]
        parts += ["stimulated"] if self.stimulation else []
        parts += ["unfinished"] if self.unfinished else []
        return joined("Simulation", list(filter(None, parts)))

    def _repr_html_(self) -> str:
        from spiking.plotting.notebook import simulation_html

        return simulation_html(self)

    def _length(self) -> str:
        return " to ".join(f"{end:g}" for end in np.unique([self.durations.min(), self.durations.max()]))

    def __str__(self) -> str:
        n_trials, n = self.rates.shape
        mean = self.rates.mean(axis=0)
        alive = ~np.isnan(mean)
        populations = {name: mask & alive for name, mask in self.network.populations.items()}
        if not populations["som"].any():
            del populations["pv"]  # all inhibitory neurons
        parts = [f"{name} {mean[mask].mean():.2f}" for name, mask in populations.items() if mask.any()]
        lines = [
            f"{n_trials} trial{'s' if n_trials > 1 else ''} of {self._length()} ms, {n} neurons, "
            f"scaling factor {self.network.scaling_factor:g}, "
            + (f"seed {self.seed}" if self.seed is not None else "replayed random numbers"),
        ]
        changes = changes_words(self.network)
        lines += [f"changes of the network: {printable('; '.join(changes))}"] if changes else []
        lines += [f"stimulation: {printable('; '.join(self.stimulation))}"] if self.stimulation else []
        if alive.any():
            silent = f"{np.mean(mean[alive] < SILENT_HZ):.0%} of the neurons below {SILENT_HZ:g} Hz"
            lines.append(f"mean rate {mean[alive].mean():.2f} Hz ({', '.join(parts)}), {silent}")
        if self.spikes is not None:
            initial = self.spikes.n_initial
            lines.append(
                f"{len(self.spikes)} spikes recorded" + (f", {initial} of them {INITIAL}" if initial else "")
            )
        if self.output is not None and self.output.shape[-1]:
            if self.trial_steps is None:
                output = np.asarray(self.output)
                last = output[..., -1]
            else:
                ends = self.trial_steps // self.record.stride("output", self.time_step) - 1
                output = np.asarray(self.output)
                last = output[np.arange(n_trials), :, ends]
            names = sorted(set(self.conditions or ()))
            groups = {"": np.ones(n_trials, bool)}
            if len(names) <= _MOST_CONDITIONS:  # the mean of responses of both signs would be that of none
                groups = {f"{name} ": np.array(self.conditions) == name for name in names} or groups
            means = [
                name + ", ".join(f"{value:.3f}" for value in last[chosen].mean(axis=0))
                for name, chosen in groups.items()
            ]
            lows, highs = np.nanmin(output, axis=(0, 2)), np.nanmax(output, axis=(0, 2))
            numbers = [f" {k}" for k in range(lows.size)] if lows.size > 1 else [""]
            ranges = [
                f"output{k} from {low:.3f} to {high:.3f}"
                for k, low, high in zip(numbers, lows, highs, strict=True)
            ]
            which = f"outputs{','.join(numbers)} " if lows.size > 1 else ""
            end = f"at the end {which}{printable('; '.join(means))} on average"
            lines.append(f"{', '.join(ranges)}, {end}")
        return "\n".join(lines)
