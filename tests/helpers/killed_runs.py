"""Run as a program: kill a streaming simulation at many moments, and see what is left each time.

A child process counts the calls that it makes and sends itself SIGKILL at a given one; others are killed
after a time. What is left is opened, another run goes on with it and is killed, and a third one comes to the
end. Prints one line of JSON.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
from networks import pulse_input, random_network

from spiking import Record, Simulation, simulate
from spiking.simulation.storage import stream as simulation_stream

NETWORK = random_network(20, strength=3.0, bias=-39.0)
TRIALS = 12
simulation_stream._BLOCK_TRIALS = 3


def run(path, **settings):
    record = Record(spikes=True, filtered_rates=True, interval=1.0)
    inputs = np.stack([pulse_input(5) * k for k in range(TRIALS)])
    return simulate(NETWORK, inputs, seed=3, record=record, threads=1, **settings, output_file=path)


def killed_run(path, at_call=None, after=None):
    """Start a run in a child process and kill it; return whether it was killed before its end."""
    process = os.fork()
    if not process:
        if at_call is not None:
            sys.setprofile(Counter(at_call))
        run(path)
        os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(process, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(process, 0)[1])


class Counter:
    """Counts calls and returns of functions; kills the process at one of them."""

    def __init__(self, kill_at=None):
        self.calls, self.kill_at = 0, kill_at

    def __call__(self, frame, event, argument):
        self.calls += 1
        if self.calls == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def finished_trials(path, expected):
    """Open what a killed run left and compare it with the whole; return how many trials there are."""
    try:
        left = Simulation.load(path)
    except ValueError:
        return 0
    n = len(left.trials)
    assert left.unfinished == (n < TRIALS or not path.exists())
    for name in ("output", "filtered_rates", "rates", "inputs", "trials"):
        assert np.array_equal(getattr(left, name), getattr(expected, name)[:n]), name
    upto = int(expected.spikes.bounds[n])
    for name in ("trial", "neuron", "step"):
        assert np.array_equal(getattr(left.spikes, name), getattr(expected.spikes, name)[:upto]), name
    return n


def main(folder, at_calls, after_times):
    whole, path = folder / "whole.h5", folder / "run.h5"
    expected, counter = run(whole), Counter()
    sys.setprofile(counter)
    start = time.perf_counter()
    run(path)
    duration = time.perf_counter() - start
    sys.setprofile(None)
    moments = [{"at_call": 1 + round((counter.calls - 2) * k / (at_calls - 1))} for k in range(at_calls)]
    moments += [{"after": duration * k / after_times} for k in range(after_times)]
    left, kills = [], 0
    for moment in moments:
        path.unlink()
        kills += killed_run(path, **moment)
        first = finished_trials(path, expected)
        kills += killed_run(path, **{name: type(value)(value / 2) for name, value in moment.items()})
        left.append((first, finished_trials(path, expected)))
        assert left[-1][1] >= first
        run(path)
        assert path.read_bytes() == whole.read_bytes()
        assert sorted(item.name for item in folder.iterdir()) == ["run.h5", "whole.h5"]
    print(json.dumps({"calls": counter.calls, "kills": kills, "left": left}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
