"""Make the models in src/spiking/data again: python tools/shipped_models.py [NAME ...].

Each task has a model that is trained on the f-I curve of the spiking neurons, which needs no search, and a
sigmoid model; its scaling factor is the middle of the best on 100 trials. Seeds are fixed, so on one machine
the same models come out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import spiking
from spiking.evaluation.record_accuracy import record_accuracy
from spiking.training.train import train_steps

FOLDER = Path(__file__).parent.parent / "src" / "spiking" / "data"
FRESH_TRIALS = 200
FACTORS = np.arange(20, 76, 5)
MODELS = {  # task, units, decay (ms), seed
    "go-nogo": (spiking.tasks.GoNoGo(), 200, (20.0, 100.0), 1),
    "xor": (spiking.tasks.XOR(), 200, (20.0, 100.0), 1),
    "mante": (spiking.tasks.ContextIntegration(), 250, (20.0, 50.0), 1),
    "dms": (spiking.tasks.DelayedMatchToSample(delay=250.0), 200, (20.0, 100.0), 1),
}


SEEDS = {"go-nogo": 8}  # of seeds 1 to 8, its output is the closest to the target, which most overshoot


def make(name: str) -> None:
    task, n_units, tau, seed = MODELS[name.removesuffix("-sigmoid")]
    seed = SEEDS.get(name, seed)
    activation = "sigmoid" if name.endswith("-sigmoid") else "lif"
    for state in train_steps(task, n_units, seed=seed, tau=tau, activation=activation):
        print(f"\r{name}: {state.updates} updates, loss {state.loss:.2f}", end="", flush=True)
    if state.stopped != "converged":
        raise SystemExit(f"\n{name} has not converged")
    contents = dict(state.contents())
    if activation == "lif":
        factor = float(np.asarray(contents["opt_scaling_factor"]).item())
        best = accuracy(state.model, task, factor)
    else:
        accuracies = np.array([accuracy(state.model, task, factor) for factor in FACTORS])
        ties = FACTORS[accuracies == accuracies.max()]
        factor, best = float(ties[len(ties) // 2]), accuracies.max()
        contents |= {
            "opt_scaling_factor": factor,
            "scaling_factors": FACTORS.astype(float),
            "all_perfs": accuracies,
        }
    path = FOLDER / f"{name}.mat"
    spiking.RateModel.load(contents).save(path, force=True)
    record(name)
    print(f", {path.stat().st_size / 1000:.0f} kB, accuracy {best:.2f} at {factor:g}")


def record(name: str) -> None:
    """Record the accuracy in fresh trials, those of seed 1: `make` chooses on others."""
    path, task = FOLDER / f"{name}.mat", MODELS[name.removesuffix("-sigmoid")][0]
    model = spiking.RateModel.load(path)
    network = spiking.SpikingNetwork.from_rate(model)
    rate, scored = (spiking.evaluate(net, task, FRESH_TRIALS, seed=1) for net in (model, network))
    assert record_accuracy(path, model, network, scored, rate, fresh=True)


def accuracy(model: spiking.RateModel, task: spiking.tasks.Task, factor: float) -> float:
    trials = task.trials(100, seed=0)
    network = spiking.SpikingNetwork.from_rate(model, float(factor))
    record = spiking.Record(interval=0.5)
    run = spiking.simulate(network, trials.spiking_inputs, seed=0, record=record)
    assert run.output is not None
    return float(task.score(run.output[:, 0], run.time, trials).mean())


if __name__ == "__main__":
    for chosen in sys.argv[1:] or [name + kind for name in MODELS for kind in ("", "-sigmoid")]:
        make(chosen)
