"""Read thousands of damaged files, each in a process whose death would be seen, and count what happens.

    python tests/helpers/fuzz_files.py [FILES] [SEED] [KINDS]

The files are good ones (models of version 5, uncompressed and compressed, and 7.3; runs in HDF5 and in .npz;
networks; the journal of a sweep, which is run again), changed in one or a few bytes, cut off, spliced
together, or with a number replaced by one that could do harm.
A read is good when it gives a model that passes validation and variables that can be used, or a simulation
all of whose data can be used, or raises a `SpikingError`, within 5 s of processor time and 1 GiB.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Collection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import harmful_runs
import matlab_files
import numpy as np
from cue import Cue
from networks import random_network
from peak_memory import peak_bytes

SUFFIXES = {
    **dict.fromkeys(matlab_files.KINDS, ".mat"),
    "run": ".h5",
    "run in .npz": ".npz",
    "network": ".npz",
    "journal": ".journal",
}
# Of the files: one of version 7.3 or a run in HDF5 takes 0.3 s, the others some milliseconds.
SHARES = {
    "uncompressed": 0.4,
    "compressed": 0.2,
    "7.3": 0.15,
    "run": 0.17,
    "run in .npz": 0.04,
    "network": 0.02,
    "journal": 0.02,
}
MAX_SECONDS = 5.0
MAX_BYTES = 2**30
HARMFUL = (0, 1, 2, 4, 14, 15, 255, 2**15, 2**16, 2**20, 2**26, 2**31 - 1, 2**31, 2**32 - 1)


def good_files(folder: Path) -> dict[str, bytes]:
    """Return the content of a good file of each kind."""
    from spiking import Record, simulate, tasks
    from spiking.simulation.storage import npz

    variables = matlab_files.all_variables()
    kinds = matlab_files.KINDS
    good = {kind: matlab_files.save(folder / "good.mat", variables, kind).read_bytes() for kind in kinds}
    task = tasks.GoNoGo(duration=50.0, stimulus_onset=10.0, stimulus_duration=10.0, score_delay=10.0)
    record = Record(spikes=True, filtered_rates=[5, 2], voltage=[0], interval=1.0)
    run = simulate(random_network(12, strength=3.0, bias=-39.0), task, trials=3, seed=1, record=record)
    run.save(folder / "good.h5")
    npz.save(run, folder / "good.npz", model="good.mat")
    run.network.save(folder / "network.npz")
    sweep_again(folder / "good.journal")
    return good | {
        "journal": (folder / "good.journal").read_bytes(),
        "network": (folder / "network.npz").read_bytes(),
        "run": (folder / "good.h5").read_bytes(),
        "run in .npz": (folder / "good.npz").read_bytes(),
    }


def sweep_again(path: Path) -> None:
    """Run a sweep with a journal: what the journal holds of its trials is not run again."""
    from spiking import sweep

    network = random_network(5, n_outputs=1, strength=3.0, bias=-39.0)
    grid = {"refractory": [2.0, 3.0]}
    result = sweep(network, Cue(), grid=grid, trials=6, seed=1, journal=path, threads=1)
    for row in result.rows:
        assert 0 <= row["accuracy"] <= 1
        assert all(np.isfinite(value) for value in row.values() if isinstance(value, float))


def damaged(good: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    """Return a file with one kind of damage."""
    content = bytearray(good)
    # Half of the damage in the first part of the file, where most of its structure is
    end = len(content) if random.random() < 0.5 else min(len(content), 4096)
    place = int(random.integers(end))
    match random.choice(["byte", "bytes", "number", "cut", "splice", "remove", "insert", "zeros"]):
        case "byte":
            content[place] ^= int(random.integers(1, 256))
        case "bytes":
            for place in random.integers(end, size=random.integers(2, 20)):
                content[place] = int(random.integers(256))
        case "number":
            place -= place % 4
            number = int(random.choice(HARMFUL))
            content[place : place + 4] = number.to_bytes(4, "little" if random.random() < 0.9 else "big")
        case "cut":
            del content[place:]
        case "splice":
            other = others[random.integers(len(others))]
            content[place:] = other[random.integers(len(other)) :]
        case "remove":
            del content[place : place + int(random.integers(1, 64))]
        case "insert":
            content[place:place] = random.bytes(int(random.integers(1, 64)))
        case "zeros":
            stop = min(len(content), place + int(random.integers(1, 1024)))
            content[place:stop] = bytes(stop - place)
    return bytes(content)


def read_each(connection: Connection, folder: str) -> None:
    """Read the files whose content is received, and send what came of each."""
    import resource

    from spiking import Simulation, SpikingNetwork
    from spiking.errors import SpikingError
    from spiking.matfile.read import read_variables
    from spiking.rate_model.model import RateModel

    warnings.simplefilter("error")
    while received := connection.recv():
        kind, content = received
        path = Path(folder) / f"{multiprocessing.current_process().pid}{SUFFIXES[kind]}"
        path.write_bytes(content)
        start = sum(os.times()[:4])
        try:
            if path.suffix == ".mat":
                use(read_variables(path))
                RateModel.load(path).effective_weights()
            elif kind == "journal":
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UserWarning)  # that trials of other tasks are not used
                    sweep_again(path)
            elif kind == "network":
                assert np.isfinite(SpikingNetwork.load(path).weights).all()
            else:
                harmful_runs.use(Simulation.load(path))
            outcome = "sound"
        except SpikingError as error:
            outcome = (
                "SpikingError" if str(path) in str(error) else f"error that does not name the file: {error}"
            )
        except BaseException as error:  # noqa: BLE001 - any other error is what is looked for
            outcome = f"{type(error).__name__}: {error}"
        seconds = sum(os.times()[:4]) - start
        children = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        connection.send((outcome, seconds, peak_bytes() + children))


def use(variables: dict[str, Any]) -> None:
    """Touch every value, so that one that points outside of its memory is noticed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for value in variables.values():
            str(value)
            if hasattr(value, "tocsc"):
                value @ np.ones(value.shape[1])
            elif isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
                value.sum()


class Reader:
    """A process that reads files; it is replaced when it has died or hangs."""

    def __init__(self, folder: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=read_each, args=(theirs, folder), daemon=True)
        self.process.start()
        theirs.close()

    def outcome(self, kind: str, content: bytes) -> tuple[str, float, int]:
        """Return what came of reading a file, the seconds, and the largest memory so far."""
        self.connection.send((kind, content))
        if not self.connection.poll(10 * MAX_SECONDS):
            self.process.kill()
            return "HANGS", 10 * MAX_SECONDS, 0
        try:
            return self.connection.recv()
        except EOFError:
            self.process.join()
            return f"DIED ({self.process.exitcode})", 0.0, 0

    def close(self) -> None:
        """End the process."""
        if self.process.is_alive():
            self.connection.send(None)
        self.process.join()
        self.connection.close()


def fuzz(
    n_files: int, seed: int, kinds: Collection[str] = tuple(SHARES)
) -> tuple[Counter[tuple[str, str]], float, int, list[tuple[str, bytes]]]:
    """Read damaged files.

    Returns
    -------
    counts : Counter
        Of (kind, outcome).
    longest : float
        Seconds that the slowest read took.
    largest : int
        Bytes of memory, of the reading process and of one that it started together.
    bad : list of (str, bytes)
        Kind and content of the files whose reading was not as it should be.
    """
    random = np.random.default_rng(seed)
    shares = np.array([SHARES[kind] for kind in kinds])
    counts: Counter[tuple[str, str]] = Counter()
    longest, largest, bad = 0.0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        good = good_files(Path(folder))
        reader = Reader(folder)
        for _ in range(n_files):
            kind = str(random.choice(list(kinds), p=shares / shares.sum()))
            content = damaged(good[kind], list(good.values()), random)
            outcome, seconds, n_bytes = reader.outcome(kind, content) if content else ("SpikingError", 0.0, 0)
            counts[kind, outcome] += 1
            longest, largest = max(longest, seconds), max(largest, n_bytes)
            if outcome not in ("sound", "SpikingError") or seconds > MAX_SECONDS or n_bytes > MAX_BYTES:
                bad.append((kind, content))
                reader.close()
                reader = Reader(folder)
        reader.close()
    return counts, longest, largest, bad


def main() -> int:
    """Read as many files as the command line says, and print the counts."""
    n_files = int(sys.argv[1]) if len(sys.argv) > 1 else 12_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    counts, longest, largest, bad = fuzz(n_files, seed, sys.argv[3].split(",") if sys.argv[3:] else [*SHARES])
    for (kind, outcome), count in sorted(counts.items()):
        print(f"{kind:14}{outcome:40}{count:8}")
    print(
        f"{sum(counts.values())} files, longest read {longest:.2f} s, most memory {largest / 2**20:.0f} MiB"
    )
    for number, (kind, content) in enumerate(bad):
        path = Path(tempfile.gettempdir()) / f"bad-{number}{SUFFIXES[kind]}"
        path.write_bytes(content)
        print(f"NOT GOOD: {path}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
