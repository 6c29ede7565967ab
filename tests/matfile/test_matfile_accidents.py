"""A model file is the old or the new one, whole: killed at any moment, on a full disk, without rights.

Everything here happens to real processes and real files.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matlab_files import save

from spiking.errors import ModelFileError
from spiking.matfile.read import read_variables
from spiking.matfile.values import as_matlab, same_value
from spiking.matfile.write import update_variables, write_variables

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills and limits processes as Linux does")
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["pytest", "scipy.io", "scipy.sparse", "h5py", "spiking.matfile.write"])

LARGE = np.random.default_rng(0).random((200, 200))
NOBODY = 65534


def version(number: int) -> dict[str, Any]:
    """The variables of one version of a file."""
    return {"number": float(number), "array": LARGE + number, "text": "x" * (number + 1)}


def which_version(path: Path) -> int:
    """Return which version a file holds; all of it has to be there."""
    read = read_variables(path)
    number = int(read["number"].item())
    assert read.keys() == version(0).keys()
    assert all(same_value(read[name], as_matlab(value)) for name, value in version(number).items())
    return number


def write_on_and_on(connection: Connection, path: Path, number: int) -> None:
    """Write one version after the other."""
    connection.send("begins")
    while True:
        number += 1
        (write_variables, update_variables)[number % 2](path, version(number))


def killed(path: Path, number: int, seconds: float) -> None:
    """Start to write versions, and kill the writer after so many seconds."""
    ours, theirs = context.Pipe()
    process = context.Process(target=write_on_and_on, args=(theirs, path, number))
    process.start()
    ours.recv()
    time.sleep(seconds)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    ours.close()
    theirs.close()


@pytest.mark.slow
def test_killed_at_100_moments_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "m.mat"
    write_variables(path, version(0))
    start = time.perf_counter()
    write_variables(path, version(0))
    time_of_one = time.perf_counter() - start
    moments = random.Random(0)
    numbers = [0]
    for _ in range(100):
        killed(path, numbers[-1], moments.uniform(0, 4 * time_of_one))
        numbers.append(which_version(path))
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 5


@pytest.mark.slow
def test_killed_while_it_changes_a_73_file_the_file_is_whole(tmp_path: Path) -> None:
    path = save(tmp_path / "m.mat", {name: as_matlab(value) for name, value in version(0).items()}, "7.3")
    moments = random.Random(0)
    number = 0
    for _ in range(5):
        killed(path, number, moments.uniform(0.2, 2))
        assert which_version(path) >= number
        number = which_version(path)


CALLS = ("open", "close", "fsync", "chmod", "chown", "replace", "unlink")


def die_before_call(path: Path, fatal: int) -> None:
    """Write version 1, but die by kill -9 just before the call of the system that has the number `fatal`."""
    n_calls = 0

    def fatally(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal n_calls
            if n_calls == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            n_calls += 1
            return function(*arguments, **options)

        return call

    for name in CALLS:
        setattr(os, name, fatally(getattr(os, name)))
    update_variables(path, version(1))


@pytest.mark.slow
def test_killed_between_any_two_calls_of_the_system_the_file_is_whole(tmp_path: Path) -> None:
    versions = []
    for fatal in range(100):
        path = tmp_path / f"{fatal}.mat"
        write_variables(path, version(0))
        process = context.Process(target=die_before_call, args=(path, fatal))
        process.start()
        process.join()
        versions.append(which_version(path))
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
    assert versions == sorted(versions)
    assert (
        versions.count(0) >= 8
    )  # before it is in place: created, closed, opened, flushed, closed, rights, replace
    assert versions.count(1) >= 4  # after: unlink, opened, flushed, closed


def report(
    connection: Connection, prepare: Callable[[], None], action: Callable[..., Any], *arguments: Any
) -> None:
    prepare()
    try:
        action(*arguments)
    except ModelFileError as error:
        connection.send(str(error))
    else:
        connection.send("")


def error_of(prepare: Callable[[], None], action: Callable[..., Any], *arguments: Any) -> str:
    """Return the message of the error that an action raises in a process of its own, or an empty text."""
    ours, theirs = context.Pipe()
    process = context.Process(target=report, args=(theirs, prepare, action, *arguments))
    process.start()
    message: str = ours.recv()
    process.join()
    ours.close()
    theirs.close()
    return message


def small_files_only() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def nothing() -> None:
    pass


@pytest.mark.parametrize("kind", ["compressed", "7.3"])
def test_a_file_too_large_for_the_quota(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path / "m.mat", {"x": np.ones((1, 1))}, kind)
    before = path.read_bytes()
    message = error_of(small_files_only, write_variables, path, version(1))
    assert message.startswith(f"{path} could not be written: ")
    assert "File too large" in message
    assert message.endswith(f"{path} is unchanged")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["m.mat"]
    message = error_of(small_files_only, write_variables, tmp_path / "new.mat", version(1))
    assert message.endswith("File too large; no file was written")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kind", ["compressed", "7.3"])
def test_a_full_disk(small_disk: Path, kind: str) -> None:
    path = save(small_disk / "m.mat", {"x": LARGE[:100, :100]}, kind)
    before = path.read_bytes()
    for action in (write_variables, update_variables):
        message = error_of(nothing, action, path, {"w": np.random.default_rng(1).random((300, 300))})
        assert message.endswith(f"{path} is unchanged")
        assert "No space left on device" in message
        assert path.read_bytes() == before
        assert [file.name for file in small_disk.iterdir()] == ["m.mat"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder
        folder.chmod(0o777)


def become_nobody() -> None:
    if os.getuid() == 0:  # who has every right
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def test_a_folder_without_permission(open_folder: Path) -> None:
    path = save(open_folder / "m.mat", {"x": np.ones((1, 1))}, "compressed")
    path.chmod(0o666)
    before = path.read_bytes()
    open_folder.chmod(0o555)
    message = error_of(become_nobody, write_variables, path, version(1))
    assert message == f"{path} could not be written: Permission denied; {path} is unchanged"
    message = error_of(become_nobody, write_variables, open_folder / "new.mat", version(1))
    assert message.endswith("Permission denied; no file was written")
    assert path.read_bytes() == before


def test_files_without_permission(open_folder: Path) -> None:
    path = save(open_folder / "m.mat", {"x": np.ones((1, 1))}, "compressed")
    path.chmod(0o444)
    message = error_of(become_nobody, write_variables, path, version(1))
    assert message == f"{path} could not be written: it is write-protected; {path} is unchanged"
    path.chmod(0o000)
    message = error_of(become_nobody, read_variables, path)
    assert message.startswith(f"{path} could not be opened: Permission denied")
