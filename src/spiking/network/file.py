"""Save a spiking network in a file, and read it back. Methods of `SpikingNetwork`."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import spiking
from spiking.check_arguments import check_arguments
from spiking.checks import file_path
from spiking.conversion.recorded_accuracy import SpikingAccuracy, accuracy_from_json
from spiking.errors import ModelFileError
from spiking.files.atomic import replace_file
from spiking.files.digest import digest
from spiking.files.json_text import UNUSABLE, parsed
from spiking.files.numpy_files import DAMAGE, read_archive, reason
from spiking.files.output import check_output
from spiking.network.arrays import from_arrays, to_arrays

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork

FORMAT = "spiking network 1"
NETWORKS = (".npz",)
_ZIP = b"PK"
_EVALUATION = "evaluation"  # how often the network was correct; no part of the network
_WORDS = ("task", "weight_changes")  # no spike depends on them


@check_arguments()
def save(network: SpikingNetwork, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write the network to a file, completely or not at all: ``network.save("lesioned.npz")``.

    Everything comes back: weights and what changed them, constants, populations, lesions, offsets, the
    conversion and how the readout was fitted. ``np.load`` opens the file, too: each field is an array of its
    name, populations are ``populations/exc`` and so on, sparse weights are ``weights/data``,
    ``weights/indices``, ``weights/indptr`` and ``weights/shape`` (by columns), and `params`, `conversion`,
    `readout_refit` and `weight_changes` are JSON.

    Parameters
    ----------
    path : str or path-like
        The file; its name ends in ``.npz``. It is accepted wherever a model file is, also by the commands.
    force : bool
        Replace an existing file.

    Raises
    ------
    ArgumentError
        The file exists already, or the path cannot be written.
    ModelFileError
        The file cannot be written; the message says whether an existing file is unchanged.
    """
    target = file_path("path", path)
    check_output(target, NETWORKS, force=force)
    _write(target, {"format": FORMAT, "version": spiking.__version__, **to_arrays(network)})


def record_evaluation(path: Path, network: SpikingNetwork, values: Mapping[str, Any]) -> bool:
    """Write how often a network was correct into its file; return False if the file has another one.

    Raises
    ------
    ModelFileError
        The file cannot be read or written.
    """
    arrays = read_archive(path)
    stored = to_arrays(network)
    if any(
        name not in arrays or np.any(arrays[name] != stored[name]) for name in stored if name not in _WORDS
    ):
        return False
    record = json.dumps({**values, "network": _digest(arrays)})
    _write(path, {**arrays, _EVALUATION: np.array(record)})
    return True


def recorded_evaluation(path: str | os.PathLike[str]) -> SpikingAccuracy | None:
    """Return how often the network of a file was correct, or None if that is not recorded of this network."""
    try:
        arrays = read_archive(file_path("path", path))
        values = parsed(str(arrays[_EVALUATION]))
        return accuracy_from_json(values) if values["network"] == _digest(arrays) else None
    except (*UNUSABLE, *DAMAGE):
        return None


def _digest(arrays: Mapping[str, Any]) -> str:
    """Return a digest of everything in a network's file that its spikes depend on."""
    others = ("format", "version", *_WORDS, _EVALUATION)
    return digest({name: array for name, array in sorted(arrays.items()) if name not in others})


def _write(target: Path, arrays: Mapping[str, Any]) -> None:
    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)

    def verify(temporary: Path) -> None:
        reread = read_archive(temporary)
        if reread.keys() != arrays.keys() or any(np.any(reread[k] != arrays[k]) for k in arrays):
            raise ModelFileError("what was written does not read back")

    replace_file(target, write, verify)


@check_arguments()
def load(cls: type[SpikingNetwork], path: str | os.PathLike[str]) -> SpikingNetwork:
    """Read a network that `save` wrote.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    SpikingNetwork

    Raises
    ------
    ModelFileError
        The file does not exist, is damaged, or holds no network; the message says what it holds.
    """
    place = file_path("path", path)
    expected = "expected a file that SpikingNetwork.save wrote"
    if not is_archive(place):
        raise ModelFileError(
            f"{place} is no network file; {expected} (SpikingNetwork.from_rate converts a model file)"
        )
    try:
        arrays = read_archive(place)
        kind = str(arrays.pop("format", ""))
        for name in ("version", _EVALUATION):
            arrays.pop(name, None)
        if "spike_trial" in arrays:
            raise ModelFileError(f"{place} is a simulation; its network is Simulation.load(path).network")
        if kind != FORMAT:
            found = f"format {kind!r}" if kind else f"the arrays {', '.join(arrays) or 'none'}"
            raise ModelFileError(f"{place} has {found:.200}; {expected} (format {FORMAT!r})")
        network = from_arrays(cls, arrays)
    except ModelFileError:
        raise
    except DAMAGE as error:
        raise _damaged(place, error) from None
    return network


def _damaged(path: Path, error: Exception) -> ModelFileError:
    return ModelFileError(
        f"{path} is damaged or incomplete: {reason(error)}; use another copy, or save the network again "
        f"(spiking.importing reads files of PyTorch)"
    )


def may_hold_network(path: Path) -> bool:
    """Return whether an archive has the arrays of a network file, and not those of a simulation.

    True also of a file that cannot be read: whoever opens it is told why.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return True
    return "format.npy" in names and "spike_trial.npy" not in names


def is_archive(path: Path) -> bool:
    """Return whether a file is an archive (network files are, model files are not), by its first bytes."""
    try:
        if not path.is_file() and path.exists():
            raise ModelFileError(f"{path} is a folder, a device or a pipe; expected a file")
        with path.open("rb") as file:
            return file.read(len(_ZIP)) == _ZIP
    except OSError as error:
        raise ModelFileError(f"{path} could not be read: {error.strerror or error}") from None
