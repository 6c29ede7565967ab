"""Make the models in src/spiking/data again: python tools/shipped_models.py [NAME ...].

Each is trained with the default recipe and converted; the scaling factor is the middle of the best on 100
trials. Seeds are fixed, so on one machine the same models come out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import spiking
from spiking.training.train import train_steps

FOLDER = Path(__file__).parent.parent / "src" / "spiking" / "data"
FACTORS = np.arange(20, 76, 5)
MODELS = {  # task, units, decay (ms), seed
    "go-nogo": (spiking.tasks.GoNoGo(), 200, (20.0, 100.0), 1),
    "xor": (spiking.tasks.XOR(), 200, (20.0, 100.0), 1),
    "mante": (spiking.tasks.ContextIntegration(), 250, (20.0, 50.0), 1),
    "dms": (spiking.tasks.DelayedMatchToSample(delay=250.0), 200, (20.0, 100.0), 1),
}


def make(name: str) -> None:
    task, n_units, tau, seed = MODELS[name]
    for state in train_steps(task, n_units, seed=seed, tau=tau):
        print(f"\r{name}: {state.updates} updates, loss {state.loss:.2f}", end="", flush=True)
    if state.stopped != "converged":
        raise SystemExit(f"\n{name} has not converged")
    accuracies = [accuracy(state.model, task, factor) for factor in FACTORS]
    best = FACTORS[np.flatnonzero(np.array(accuracies) == max(accuracies))]
    tuned = {
        "opt_scaling_factor": float(best[len(best) // 2]),
        "scaling_factors": FACTORS.astype(float),
        "all_perfs": np.array(accuracies),
    }
    path = FOLDER / f"{name}.mat"
    spiking.RateModel.load(state.contents() | tuned).save(path, force=True)
    print(f", {path.stat().st_size / 1000:.0f} kB, accuracy {max(accuracies):.2f} at {best[len(best) // 2]}")


def accuracy(model: spiking.RateModel, task: spiking.tasks.Task, factor: float) -> float:
    trials = task.trials(100, seed=0)
    network = spiking.SpikingNetwork.from_rate(model, float(factor))
    record = spiking.Record(interval=0.5)
    run = spiking.simulate(network, trials.spiking_inputs, seed=0, record=record)
    assert run.output is not None
    return float(task.score(run.output[:, 0], run.time, trials).mean())


if __name__ == "__main__":
    for chosen in sys.argv[1:] or MODELS:
        make(chosen)
