"""Open MATLAB 7.3 (HDF5) files in a separate process, because the HDF5 library may crash on damaged files.

The time and memory of the process are limited. ``python -m spiking.matfile.hdf5_worker`` reads one pickled
task from standard input and writes the pickled result to standard output.
"""

from __future__ import annotations

import errno
import math
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from spiking.errors import ModelFileError
from spiking.interruption import at_interruption
from spiking.matfile.limits import DamagedError, NotMatlabError, TooLargeError

SECONDS = 3.5  # of processor time for a small file, once h5py is imported
BYTES_PER_SECOND = 50e6  # larger files may take longer
STALLED_SECONDS = 120  # of additional waiting, because the machine or disk may be slow
BASE_BYTES = 256 * 2**20  # Python, NumPy and h5py
PACKAGES = str(Path(__file__).parents[2])  # where `spiking` is
SMALL_FILE = 8 * 2**20  # bytes; files up to this size are cached


def read_hdf5(
    path: Path, file: IO[bytes], file_size: int, names: list[str] | None, max_bytes: int
) -> dict[str, Any]:
    """Read the variables called `names` (None: all) of an open MATLAB 7.3 file."""
    wanted = None if names is None else tuple(names)
    file.seek(0)
    if file_size <= SMALL_FILE:
        reply = _read_small(file.read(), wanted, max_bytes)
    else:
        reply = _reply(file_size, 2 * max_bytes, "read", os.path.realpath(path), wanted, max_bytes)
    variables: dict[str, Any] = _result(reply)
    return variables


@lru_cache(maxsize=4)
def _read_small(content: bytes, names: tuple[str, ...] | None, max_bytes: int) -> bytes:
    """Read a file given by its content; results are cached, because starting a process takes 0.3 s."""
    return _reply(len(content), 2 * max_bytes, "read", content, names, max_bytes)


def change_hdf5(path: Path, changes: dict[str, Any]) -> None:
    """Add or replace variables in a MATLAB 7.3 file, in place; an empty file gets only these."""
    size, extra = path.stat().st_size, 2 * len(pickle.dumps(changes)) + 2**20
    _check_space(path, size, extra)
    try:
        _result(_reply(size, extra, "change", os.path.realpath(path), changes))
    except DamagedError as error:
        raise ModelFileError(f"error of the HDF5 library: {error}") from None


def _check_space(path: Path, size: int, extra: int) -> None:
    """Raise an `OSError` if the disk is full: the HDF5 library would lose data or crash."""
    if not hasattr(os, "posix_fallocate"):
        return
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size + extra)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # not supported by the file system
                raise
        finally:
            file.truncate(size)


def same_elsewhere(old: Path, new: Path, names: list[str]) -> bool:
    """Return whether two 7.3 files have the same bytes in all variables except those called `names`."""
    paths = os.path.realpath(old), os.path.realpath(new)
    return bool(_result(_reply(2 * old.stat().st_size, 2**30, "same_elsewhere", *paths, names)))


def _result(reply: bytes) -> Any:
    result = pickle.loads(reply)
    if isinstance(result, Exception):
        raise result
    return result


def _reply(file_size: int, memory: int, task: str, *arguments: Any) -> bytes:
    """Run a task in a new process and return what it wrote."""
    seconds = SECONDS + file_size / BYTES_PER_SECOND
    request = pickle.dumps((seconds, BASE_BYTES + memory, task, arguments))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (PACKAGES, os.environ.get("PYTHONPATH")))),
        "OPENBLAS_NUM_THREADS": "1",  # its threads reserve memory
        "HDF5_PLUGIN_PRELOAD": "::",  # load no plugins, which a file may request
    }
    with (
        subprocess.Popen(
            [sys.executable, "-P", "-m", "spiking.matfile.hdf5_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            process_group=0,  # Ctrl-C on a terminal goes only to this process, which then kills the other
        ) as process,
        at_interruption(process.kill),
    ):
        try:
            reply, error_output = process.communicate(request, timeout=STALLED_SECONDS + seconds)
        except subprocess.TimeoutExpired:
            timeout = STALLED_SECONDS + seconds
            raise DamagedError(f"the HDF5 library did not finish within {timeout:.0f} s") from None
        finally:
            process.kill()
    if process.returncode == 0:
        return reply
    if process.returncode == 1:
        last_line = error_output.decode(errors="replace").strip().rpartition("\n")[2]
        raise OSError(f"the process for MATLAB 7.3 files failed: {last_line}")
    if process.returncode == -getattr(signal, "SIGXCPU", 0):
        raise DamagedError(f"the HDF5 library used more than {seconds:.0f} s of processor time")
    raise DamagedError(f"the HDF5 library crashed (its process ended with status {process.returncode})")


def _limit(seconds: float, memory: int) -> None:
    """Limit the processor time and memory of this process, where the system supports it."""
    try:
        import resource
    except ImportError:  # Windows, where only the timeout of the caller applies
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    end = math.ceil(usage.ru_utime + usage.ru_stime + seconds)
    for kind, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, end),
        (resource.RLIMIT_AS, min(memory, sys.maxsize)),
    ):
        with suppress(ValueError, OSError):  # a lower limit is in force, or macOS
            resource.setrlimit(kind, (limit, resource.getrlimit(kind)[1]))


def main() -> None:
    """Run the task from standard input and write its result to standard output."""
    from spiking.matfile import hdf5_read, hdf5_write

    seconds, memory, task, arguments = pickle.load(sys.stdin.buffer)
    tasks: dict[str, Callable[..., Any]] = {
        "read": hdf5_read.read_arrays,
        "change": hdf5_write.change,
        "same_elsewhere": hdf5_write.same_elsewhere,
    }
    _limit(seconds, memory)
    result: Any
    try:
        result = tasks[task](*arguments)
    except (DamagedError, NotMatlabError, TooLargeError, ModelFileError, MemoryError) as error:
        result = error
    except Exception as error:  # noqa: BLE001 - what h5py raises on damaged files is not documented
        result = DamagedError(" ".join(str(error).split()))
    pickle.dump(result, sys.stdout.buffer, protocol=5)
    sys.stdout.flush()
    os._exit(0)  # after an error, the HDF5 library may crash when it closes the file


if __name__ == "__main__":
    main()
