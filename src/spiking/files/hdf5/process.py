"""Open HDF5 files in a separate process, because the HDF5 library may crash or hang on damaged files.

The time and memory of the process are limited. ``python -m spiking.files.hdf5.process`` reads one pickled
task from standard input and writes the pickled result to standard output.
"""

from __future__ import annotations

import math
import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from spiking.errors import ModelFileError
from spiking.files.limits import DamagedError, NotMatlabError, TooLargeError, TooSlowError
from spiking.interruption import at_interruption

SECONDS = 3.5  # of processor time for a small file, once h5py is imported
BYTES_PER_SECOND = 50e6  # larger files may take longer
STALLED_SECONDS = 120  # of additional waiting, because the machine or disk may be slow
BASE_BYTES = 256 * 2**20  # Python, NumPy and h5py
PACKAGES = str(Path(__file__).parents[3])  # where `spiking` is


def result_of(task: str, *arguments: Any, file_size: int, memory: int) -> Any:
    """Return the result of a task that ran in a new process.

    Parameters
    ----------
    task : str
        A function, as ``module:name``.
    *arguments
        Its arguments, which can be pickled.
    file_size : int
        Bytes of the files that it opens; larger files may take longer.
    memory : int
        Bytes that it may take.

    Raises
    ------
    DamagedError, NotMatlabError, TooLargeError, ModelFileError, MemoryError
        The task raised it. All its other exceptions are a DamagedError, as is the death of its process.
    TooSlowError
        The task did not finish in time.
    OSError
        The process could not be started.
    """
    return unpacked(reply_of(task, *arguments, file_size=file_size, memory=memory))


def unpacked(reply: bytes) -> Any:
    """Return the result in a reply, or raise the exception that it holds."""
    result = pickle.loads(reply)
    if isinstance(result, Exception):
        raise result
    return result


def reply_of(task: str, *arguments: Any, file_size: int, memory: int) -> bytes:
    """Run a task as `result_of` does, and return its pickled result."""
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
            [sys.executable, "-P", "-m", "spiking.files.hdf5.process"],
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
            raise TooSlowError(
                f"the HDF5 library did not finish within {STALLED_SECONDS + seconds:.0f} s"
            ) from None
        finally:
            process.kill()
    if process.returncode == 0:
        return reply
    if process.returncode == 1:
        last_line = error_output.decode(errors="replace").strip().rpartition("\n")[2]
        raise OSError(f"the process for HDF5 files failed: {last_line}")
    if process.returncode == -getattr(signal, "SIGXCPU", 0):
        raise TooSlowError(f"the HDF5 library used more than {seconds:.0f} s of processor time")
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
    seconds, memory, task, arguments = pickle.load(sys.stdin.buffer)
    module, _, name = task.partition(":")
    function = getattr(import_module(module), name)
    _limit(seconds, memory)
    result: Any
    try:
        result = function(*arguments)
    except (DamagedError, NotMatlabError, TooLargeError, ModelFileError, MemoryError) as error:
        result = error
    except Exception as error:  # noqa: BLE001  # what h5py raises on damaged files is not documented
        result = DamagedError(" ".join(str(error).split()))
    pickle.dump(result, sys.stdout.buffer, protocol=5)
    sys.stdout.flush()
    os._exit(0)  # after an error, the HDF5 library may crash when it closes the file


if __name__ == "__main__":
    main()
