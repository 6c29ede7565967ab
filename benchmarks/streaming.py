"""Memory and time of a large run that is written while it is simulated: spikes, and rates at 1 kHz.

python benchmarks/streaming.py run.h5 --trials 10000   (12 GB on disk, twice that for a short time at the end)
"""

import argparse
import resource
import time
from pathlib import Path

from spiking import Record, SpikingNetwork, datasets, simulate, tasks


def peak_gb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--trials", type=int, default=1000)
    arguments = parser.parse_args()
    start = time.perf_counter()

    def report(finished):
        if finished % 250 == 0:
            print(
                f"{finished} trials, {time.perf_counter() - start:.0f} s, peak {peak_gb():.2f} GB", flush=True
            )

    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 35)
    record = Record(spikes=True, filtered_rates=True, interval=1.0)
    settings = {"seed": 1, "trials": arguments.trials, "record": record, "output_file": arguments.file}
    run = simulate(network, tasks.get("go-nogo"), progress=report, **settings)
    print(run)
    size, memory = arguments.file.stat().st_size / 1e9, run.filtered_rates.nbytes / 1e9
    print(f"{size:.2f} GB on disk, {memory:.2f} GB of rates if they were in memory, peak {peak_gb():.2f} GB")


if __name__ == "__main__":
    main()
