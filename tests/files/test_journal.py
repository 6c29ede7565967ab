"""Journals: what is taken for one, what is not, and what a full disk leaves of one."""

from __future__ import annotations

import errno
import json
import os
import resource

import numpy as np
import pytest
from cue import Cue, cue_model
from fuzz_files import MAX_BYTES, MAX_SECONDS, fuzz
from networks import random_network

from spiking import ArgumentError, SpikingError, find_scaling_factor, sweep
from spiking.files.journal import open_journal
from spiking.parallel.trial_journal import open_trials
from spiking.reproduce.journal import open_reproduction_journal
from spiking.tuning.tuned_file import journal_path

HEADER = {"format": "spiking test journal 1", "seed": 1}


def lines(path, header=HEADER, **settings):
    with open_journal(path, header, int, doing="testing", **settings) as journal:
        return journal.lines


NOT_OURS = [
    b"\n",
    b"\nprecious\n",
    b"{\nprecious\n",
    b"{}\n",
    b"precious",
    b"[1, 2]\n",
    b'{"format": "spiking test journal 12", "seed": 1}\n',
    b'{"format": "spiking sweep journal 1"}\n[1]\n',
    b'{"seed": 1, "format": "spiking test journal 1"}\n',
    b'{"format": "spiking test journal 1", "se\n',
    b"\x00\xff\n",
]


@pytest.mark.parametrize("content", NOT_OURS)
def test_what_is_no_journal_stays_as_it_is(tmp_path, content):
    path = tmp_path / "journal"
    path.write_bytes(content)
    for force in (False, True):
        with pytest.raises(ArgumentError, match="is not a journal"):
            lines(path, force=force)
    with pytest.raises(ArgumentError, match="is not a journal"), open_reproduction_journal(path):
        pass
    assert path.read_bytes() == content


def test_a_pipe_is_no_journal(tmp_path):
    os.mkfifo(tmp_path / "journal")
    with pytest.raises(ArgumentError, match="is a device or pipe"):
        lines(tmp_path / "journal")


@pytest.mark.parametrize("content", [b"", b"\nnotes\n", b"{\nnotes\n"])
def test_a_sweep_empties_no_file_of_its_user(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    arguments = {"grid": {"refractory": [2]}, "trials": 2, "seed": 1, "journal": path}
    if not content:
        assert len(sweep(random_network(5, n_outputs=1), Cue(), **arguments).rows) == 1
        return
    with pytest.raises(ArgumentError, match="is not a journal"):
        sweep(random_network(5, n_outputs=1), Cue(), **arguments)
    assert path.read_bytes() == content


def test_one_that_was_killed_as_it_wrote_the_first_line_goes_on(tmp_path):
    path = tmp_path / "journal"
    whole = json.dumps(HEADER).encode()
    for n in range(len(whole) + 1):
        path.write_bytes(whole[:n])
        assert lines(path) == []
        assert path.read_bytes() == whole + b"\n"


def test_it_goes_on_and_drops_a_line_that_was_cut(tmp_path):
    path = tmp_path / "journal"
    with open_journal(path, HEADER, int, doing="testing") as journal:
        journal.add(1)
        journal.add(22)
    whole = path.read_bytes()
    path.write_bytes(whole + b"33")
    assert lines(path) == [1, 22]
    assert path.read_bytes() == whole
    with pytest.raises(ArgumentError, match="that differs in: seed; repeat the call that started it"):
        lines(path, {**HEADER, "seed": 2})
    assert path.read_bytes() == whole
    path.write_bytes(whole.replace(b"\n1\n", b"\n]\n"))
    with pytest.raises(ArgumentError, match="line 2 is damaged, but more lines follow"):
        lines(path)
    assert lines(path, {**HEADER, "seed": 2}, force=True) == []


@pytest.fixture
def full_disk():
    """Return what limits the size of files to so many bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [0, 40, 10_000])
def test_a_full_disk_is_told_with_the_file_and_what_it_keeps(tmp_path, full_disk, room):
    from scipy.io import savemat

    path = tmp_path / "model.mat"
    savemat(path, cue_model())
    before = path.read_bytes()
    arguments = {"seed": 1, "method": "grid", "trials": 3000, "write": True}
    full_disk(room)
    with pytest.raises(SpikingError) as raised:
        find_scaling_factor(path, Cue(), **arguments)
    full_disk(resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    told = f"{journal_path(path)} could not be written: File too large; it holds"
    assert str(raised.value).startswith(told)
    assert path.read_bytes() == before
    assert journal_path(path).stat().st_size <= room
    find_scaling_factor(path, Cue(), **{**arguments, "trials": 100})
    assert not journal_path(path).exists()


def test_without_locks_nothing_is_begun(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("fcntl.flock", flock)
    path = tmp_path / "journal"
    with pytest.raises(
        ArgumentError, match=r"journal\.lock could not be created and locked: .*file system with"
    ):
        lines(path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([["a", 0, [[1.0, 2.0], [1.0]]], ["a", 2, [[1.0, 2.0]]]], "line 2 is damaged"),
        ([["a", 0, [[1.0, 2.0]]], ["a", 1, [[1.0]]]], "line 3 is damaged, as trials have different numbers"),
        ([["a", 0, [[1e999]]], ["a", 1, [[1.0]]]], "line 2 is damaged"),
        ([["a", 0, ["x"]], ["a", 1, [[1.0]]]], "line 2 is damaged"),
    ],
)
def test_results_of_trials_that_do_not_fit_each_other(tmp_path, lines, words):
    path = tmp_path / "a.journal"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in [HEADER, *lines]))
    with pytest.raises(ArgumentError, match=words), open_trials(path, HEADER, doing="testing"):
        pass


def test_a_damaged_journal_takes_no_results_of_another_shape(tmp_path):
    path = tmp_path / "a.journal"
    path.write_text(f'{json.dumps(HEADER)}\n["a", 0, [[1.0]]]\n')
    with (
        open_trials(path, HEADER, doing="testing") as journal,
        pytest.raises(ArgumentError, match="a line before the last one is damaged"),
    ):
        journal.add("a", 1, np.ones((1, 2)))


@pytest.mark.parametrize("n_files", [30, pytest.param(400, marks=pytest.mark.slow)])
def test_journals_with_random_damage(n_files):
    counts, longest, largest, _ = fuzz(n_files, 2, ["journal"])
    assert {said for _, said in counts} <= {"sound", "SpikingError"}
    assert sum(counts.values()) == n_files
    assert longest < MAX_SECONDS
    assert largest < MAX_BYTES
