"""How the files beside this one were made, with version 0.1.0 as of commit 6ad356a.

From the top of that commit: PYTHONPATH=src:tests python tests/files_of_0_1_0/make.py. Not to be run with any
later version: the files show that what 0.1.0 wrote can be read.
"""

import contextlib
import json
from pathlib import Path

import numpy as np
from matlab_files import save
from models import model_mapping

from spiking import (
    Record,
    Simulation,
    SpikingNetwork,
    find_scaling_factor,
    simulate,
    simulation_file,
    simulation_stream,
    sweep,
    tasks,
)

HERE = Path(__file__).parent
TASK = tasks.GoNoGo(duration=100.0, stimulus_onset=25.0, stimulus_duration=25.0, score_delay=25.0)
RECORD = Record(spikes=True, filtered_rates=[1, 4], voltage=[0], currents=[2], interval=5.0)


class Enough(Exception):
    pass


def stopped(after):
    """Return a progress callback that ends the work at its call of that number."""
    left = iter(range(after - 1, -1, -1))

    def progress(*_):
        if next(left) == 0:
            raise Enough

    return progress


def main():
    model = model_mapping(
        8,
        seed=5,
        som_N=np.array([[1]]),
        task=np.array([TASK.name]),
        task_settings=np.array([json.dumps(TASK.settings)]),
    )
    for name, kind in (("tuned_5.mat", "compressed"), ("tuned_73.mat", "7.3"), ("tuning.mat", "compressed")):
        save(HERE / name, model, kind)
    options = {"seed": 3, "conversion": "matched", "n_trials": 4, "write": True, "threads": 1}
    for name in ("tuned_5.mat", "tuned_73.mat"):
        find_scaling_factor(HERE / name, **options)
    with contextlib.suppress(Enough):
        find_scaling_factor(HERE / "tuning.mat", progress=stopped(12), **options)

    network = SpikingNetwork.from_rate(HERE / "tuned_5.mat")
    run = simulate(network, TASK, seed=7, trials=[4, 9, 2], record=RECORD)
    run.save(HERE / "run.h5")
    simulation_file.save(run, HERE / "run.npz", model="tuned_5.mat")
    np.savez_compressed(
        HERE / "expected.npz",
        **{name: getattr(run, name) for name in ("rates", "output", "filtered_rates", "voltage", "currents")},
        **{name: getattr(run.spikes, name) for name in ("trial", "neuron", "step")},
        weights=network.weights,
        offset=network.offset,
    )

    simulation_stream._BLOCK_TRIALS = 2
    with contextlib.suppress(Enough):
        simulate(
            network,
            TASK,
            seed=7,
            trials=6,
            record=RECORD,
            output_file=HERE / "half.h5",
            threads=1,
            progress=stopped(6),
        )
    half = Simulation.load(HERE / "half.h5")
    found = sweep(
        network,
        TASK,
        grid={"refractory": [2.0, 10.0]},
        n_trials=4,
        seed=1,
        jobs=1,
        journal=HERE / "sweep.journal",
    )
    facts = {
        "half": {"trials": half.trials.tolist(), "rates": half.rates.tolist()},
        "sweep": found.rows,
        "conversion": network.conversion.as_json(),
    }
    (HERE / "expected.json").write_text(json.dumps(facts))
    for leftover in HERE.glob("*.lock"):
        leftover.unlink()


if __name__ == "__main__":
    main()
