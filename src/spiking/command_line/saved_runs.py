"""Describe saved simulations, as `spiking info` prints them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spiking import Simulation


def is_run(path: Path) -> bool:
    """Return whether a file is a simulation that this package wrote; False too if it cannot be read."""
    from spiking.simulation.storage.hdf5 import is_simulation

    if not path.is_file():
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "spike_trial.npy" in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        return is_simulation(path)


def run_lines(file: str, run: Simulation) -> str:
    """Return the description of a simulation: the lines of its text, and what ran and was recorded."""
    from spiking.conversion.model_info_text import lines_of
    from spiking.files.escape import printable

    task = run.network.task if run.task else None
    facts = {
        "task": printable(str(task or run.task or "none: inputs were given")),
        **({} if run.correct is None else {"correct": f"{run.correct.sum()} of {len(run.trials)} trials"}),
        "conversion": str(run.network.conversion or "published"),
        "recorded": ", ".join(_recorded(run)),
        **({"unfinished": "the same call or command continues it"} if run.unfinished else {}),
        "more": "spiking export writes it for other tools; in Python, Simulation.load opens it",
    }
    heading, *rest = lines_of(f"{file} (simulation)", facts).splitlines()
    return "\n".join([heading, *(f"  {line}" for line in str(run).splitlines()), *rest])


def run_row(file: str, run: Simulation) -> dict[str, Any]:
    """Return what a simulation is as a row, for CSV and JSON."""
    from spiking.network.describe import changes_words

    return {
        "file": file,
        "usable": True,
        "kind": "simulation",
        "n_units": run.network.n_neurons,
        "task": run.task,
        "seed": run.seed,
        "trials": len(run.trials),
        "correct": None if run.correct is None else int(run.correct.sum()),
        "recorded": ", ".join(_recorded(run)),
        "unfinished": run.unfinished,
        "scaling_factor": run.network.scaling_factor,
        "conversion_in_words": None if run.network.conversion is None else str(run.network.conversion),
        "changes": "; ".join(changes_words(run.network)),
        "stimulation": "; ".join(run.stimulation),
    }


def _recorded(run: Simulation) -> list[str]:
    """Return the names of what was recorded."""
    names = ("output", "spikes", "rates", "filtered_rates", "voltage", "currents")
    return [name for name in names if getattr(run, name) is not None]
