"""Result files are whole or not there."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from spiking import ArgumentError
from spiking.files.output import check_writable, write_whole


def test_replaces_and_keeps_permissions(tmp_path):
    path = tmp_path / "result.npz"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link = tmp_path / "link.npz"
    link.symlink_to(path)
    write_whole(link, lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device"), RuntimeError])
def test_failure_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "result.npz"
    path.write_bytes(b"old")

    def fail(file):
        file.write(b"half")
        raise error

    with pytest.raises(ArgumentError if isinstance(error, OSError) else error):
        write_whole(path, fail)
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("result.npz", b"old")]


WRITER = """
import sys
from pathlib import Path
from spiking.files.output import write_whole

def wait(file):
    file.write(b"new")
    print("writes", flush=True)
    sys.stdin.readline()

write_whole(Path(sys.argv[1]), wait)
"""


def writer(path):
    """Start a process that is writing a file when this returns, and goes on when it gets a line."""
    command = [sys.executable, "-c", WRITER, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "writes\n"
    return process


def test_the_next_to_write_tidies_up_after_a_kill_and_leaves_what_a_live_process_writes(tmp_path):
    own, others = tmp_path / "own.npz", tmp_path / ".spiking-mine.tmp"
    others.write_bytes(b"")
    with writer(tmp_path / "killed.npz") as killed, writer(tmp_path / "live.npz") as live:
        killed.kill()
        killed.wait()
        (tmp_path / f".spiking-{16 * 'a'}.tmp").write_bytes(b"of an earlier version, which held nothing")
        assert len(list(tmp_path.glob(".spiking-*.tmp"))) == 4
        write_whole(own, lambda file: file.write(b"own"))
        assert len(list(tmp_path.glob(".spiking-*.tmp"))) == 2
        live.communicate("\n")
    assert live.returncode == 0
    assert (tmp_path / "live.npz").read_bytes() == b"new"
    assert sorted(tmp_path.iterdir()) == [others, tmp_path / "live.npz", own]


def test_without_locks_files_are_written_all_the_same(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("fcntl.flock", flock)
    leftover = tmp_path / f".spiking-{16 * 'a'}.tmp"  # or not: nobody can know
    leftover.write_bytes(b"")
    write_whole(tmp_path / "own.npz", lambda file: file.write(b"own"))
    assert sorted(tmp_path.iterdir()) == [leftover, tmp_path / "own.npz"]


def test_new_file_has_the_usual_permissions(tmp_path):
    write_whole(tmp_path / "a", lambda file: file.write(b"x"))
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_unwritable_places(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "no" / "a", tmp_path / "file" / "a"):
        with pytest.raises(ArgumentError, match="expected"):
            check_writable(path)
    if os.name == "posix" and os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(ArgumentError, match="no permission"):
            check_writable(tmp_path / "a")
        tmp_path.chmod(0o700)
