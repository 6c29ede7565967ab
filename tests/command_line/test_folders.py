"""Folders of models are taken where many files are."""

import shutil

import in_process
import pytest

from spiking import datasets


@pytest.fixture
def folder(tmp_path):
    datasets.load("go-nogo-sigmoid").save(tmp_path / "a.mat")
    shutil.copy(tmp_path / "a.mat", tmp_path / "b.mat")
    (tmp_path / "notes.txt").write_text("not a model")
    return tmp_path


def test_each_model_of_a_folder_is_taken_once(folder):
    done = in_process.run("info", "--check", folder, folder / "a.mat")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.rpartition("/")[2] for line in done.stdout.splitlines()] == ["a.mat", "b.mat"]
    (folder / "c.mat").write_bytes(b"damaged")
    done = in_process.run("info", "--check", folder)
    assert done.returncode == 1
    assert done.stdout.count("unusable") == 1
    assert "c.mat" in done.stderr


def test_a_folder_without_models_is_refused(tmp_path):
    for command in ("info", "tune"):
        done = in_process.run(command, tmp_path)
        assert done.returncode == 2
        assert "has no file that ends in .mat" in done.stderr
