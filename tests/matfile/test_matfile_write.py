"""Writing MATLAB files: what is read back, what stays, and that the file is whole whatever happens."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import matlab_files
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from matlab_files import KINDS, all_variables, array, element, save

from spiking.errors import ModelFileError
from spiking.files import atomic
from spiking.matfile import write as model_file_writing
from spiking.matfile.mat5_layout import find_variables
from spiking.matfile.read import read_variables
from spiking.matfile.values import MatlabOnly, as_matlab, same_value
from spiking.matfile.write import update_variables, write_variables


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    shared = one.keys() & other.keys()
    return (one.keys() ^ other.keys()) | {name for name in shared if not same_value(one[name], other[name])}


def temporary_files(folder: Path) -> list[Path]:
    return list(folder.glob(".spiking-*"))


@pytest.mark.parametrize("kind", ["5", "7.3"])
def test_what_is_written_is_read_back_equal_in_value_class_and_shape(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "réseau 1.mat"
    if kind == "7.3":
        save(path, {"old": np.ones((1, 1))}, "7.3")
    write_variables(path, all_variables())
    assert differing(read_variables(path), all_variables()) == set()
    assert path.read_bytes()[:10] == (b"MATLAB 7.3" if kind == "7.3" else b"MATLAB 5.0")
    once = read_variables(path)
    write_variables(path, once)
    assert differing(read_variables(path), once) == set()


def test_a_new_file_is_compressed_and_read_by_scipy_as_the_trainers_files_are(tmp_path: Path) -> None:
    path = tmp_path / "m.mat"
    variables = matlab_files.model_variables(20)
    write_variables(path, variables)
    with path.open("rb") as file:
        file.seek(128)
        assert struct.unpack("<I", file.read(4)) == (15,)
    read = scipy.io.loadmat(path)
    found = {name: (read[name].dtype.str, read[name].shape) for name in variables}
    assert found["w"] == ("<f4", (20, 20))
    assert found["taus_gaus"] == ("<f8", (20, 1))
    assert found["N"] == ("<i8", (1, 1))
    assert found["exc"] == found["inh"] == ("|u1", (20, 1))
    assert found["activation"] == ("<U7", (1,))
    assert found["taus"] == ("<f8", (1, 2))
    assert {name: kind for name, _, kind in scipy.io.whosmat(path)}["inh"] == "logical"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, np.array([[3]])),
        (2.5, np.array([[2.5]])),
        (True, np.array([[True]])),
        ("go", np.array(["go"])),
        ([1.0, 2.0], np.array([[1.0, 2.0]])),
        (np.arange(3.0), np.array([[0.0, 1.0, 2.0]])),
        (np.float16([[1.5]]), np.array([[1.5]])),
        (np.arange(2, dtype=">i4"), np.array([[0, 1]], np.int32)),
        (["a", "bcd"], np.array(["a  ", "bcd"])),
        ([], np.zeros((0, 0))),
        (scipy.sparse.coo_matrix(np.eye(2, dtype=np.int8)), scipy.sparse.csc_matrix(np.eye(2))),
    ],
)
def test_python_values_become_matlab_ones(tmp_path: Path, value: Any, expected: Any) -> None:
    path = tmp_path / "m.mat"
    write_variables(path, {"x": value})
    assert same_value(read_variables(path)["x"], expected)


def test_a_mapping_becomes_a_struct_and_unequal_lists_a_cell(tmp_path: Path) -> None:
    path = tmp_path / "m.mat"
    write_variables(path, {"s": {"dt": 0.5, "inner": {"name": "x"}, "none": {}}, "c": [[1, 2], [3]]})
    read = read_variables(path)
    assert read["s"]["dt"][0, 0] == 0.5
    assert read["s"]["inner"][0, 0]["name"][0, 0] == "x"
    assert read["s"]["none"][0, 0].dtype == np.dtype([])
    assert read["c"][0, 0].tolist() == [[1, 2]]
    assert read["c"][0, 1].tolist() == [[3]]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"_x": 1}, r"'_x': name is '_x'; expected a MATLAB name"),
        ({"2x": 1}, "expected a MATLAB name"),
        ({3: 1}, "name is 3; expected a MATLAB name"),
        ({"x" * 64: 1}, "63 at most"),
        ({"x": None}, "None of type NoneType cannot be stored"),
        ({"x": {"a b": 1}}, "name is 'a b'"),
        ({"x": [[1], None]}, "NoneType"),
        ({"x": np.array(["2020-01-01"], "M8[D]")}, "datetime64"),
        ({"x": MatlabOnly("table")}, "MATLAB table can only be written by MATLAB"),
        ({"x": 2**70}, "of type int cannot be stored"),
    ],
)
def test_what_matlab_has_no_counterpart_for_is_refused(
    tmp_path: Path, variables: dict[str, Any], expected: str
) -> None:
    path = tmp_path / "m.mat"
    with pytest.raises(ModelFileError, match=rf"m\.mat cannot hold the variable .*{expected}"):
        write_variables(path, variables)
    assert not path.exists()


def raw_elements(path: Path) -> dict[str, bytes]:
    content = path.read_bytes()
    with path.open("rb") as file:
        return {v.name: content[v.start : v.stop] for v in find_variables(file, len(content), "<")}


@pytest.mark.parametrize("kind", KINDS[:2])
def test_an_update_leaves_the_bytes_of_all_other_variables(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path / "m.mat", all_variables(), kind)
    before = raw_elements(path)
    header = path.read_bytes()[:116]
    changes = {"w": np.ones((3, 3)), "opt_scaling_factor": 45.0, "cell": np.array([["x"]], object)}
    update_variables(path, changes)
    after = raw_elements(path)
    assert {name: data for name, data in after.items() if name not in changes} == {
        name: data for name, data in before.items() if name not in changes
    }
    assert [*before, "opt_scaling_factor"] == list(after)
    assert path.read_bytes()[:116] == header
    read = read_variables(path)
    assert all(same_value(read[name], as_matlab(value)) for name, value in changes.items())


def test_an_update_of_a_73_file_keeps_it_one_and_all_other_variables(tmp_path: Path) -> None:
    path = save(tmp_path / "m.mat", all_variables(), "7.3")
    before, start = read_variables(path), path.read_bytes()[:512]
    nested = np.array([[np.array([[np.array([[1.0]]), "deep"]], object)]], object)
    changes = {"w": np.ones((3, 3)), "opt_scaling_factor": 45.0, "cell": nested, "new": np.array([[True]])}
    update_variables(path, changes)
    after = read_variables(path)
    assert differing(before, after) == set(changes)
    assert all(same_value(after[name], as_matlab(value)) for name, value in changes.items())
    assert path.read_bytes()[:512] == start
    with h5py.File(path) as file:
        classes = {name: file[name].attrs["MATLAB_class"] for name in changes}
        assert classes == {
            "w": b"double",
            "opt_scaling_factor": b"double",
            "cell": b"cell",
            "new": b"logical",
        }
        assert file["m"].attrs["MATLAB_class"] == b"single"
        assert file["activation"].attrs["MATLAB_int_decode"] == 2


def test_an_update_keeps_what_only_matlab_can_hold_and_where_it_finds_it(tmp_path: Path) -> None:
    path = save(tmp_path / "m.mat", {"w": np.ones((5, 5))}, "uncompressed")
    objects = array("", 9, (1, 16), element(2, b"MATLAB's objects"))
    content = bytearray(path.read_bytes())
    content[116:124] = struct.pack("<Q", len(content))
    path.write_bytes(content + objects)
    update_variables(path, {"w": np.zeros((1, 1)), "new": 1.0})
    content = path.read_bytes()
    (start,) = struct.unpack_from("<Q", content, 116)
    assert content[start : start + len(objects)] == objects
    assert list(read_variables(path)) == ["w", "new"]


def test_a_variable_that_is_there_twice_is_replaced_by_one(tmp_path: Path) -> None:
    path = save(tmp_path / "m.mat", {"x": np.ones((1, 1))}, "compressed")
    path.write_bytes(path.read_bytes() + path.read_bytes()[128:])
    update_variables(path, {"x": 2.0})
    assert list(raw_elements(path)) == ["x"]
    assert path.stat().st_size < 250


def test_an_update_needs_a_good_file(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such file"):
        update_variables(tmp_path / "m.mat", {"x": 1})
    path = save(tmp_path / "m.mat", all_variables(), "uncompressed")
    content = path.read_bytes()[:-7]
    path.write_bytes(content)
    with pytest.raises(
        ModelFileError, match=r"m\.mat is damaged or incomplete: it ends .* before .*; it is unchanged"
    ):
        update_variables(path, {"x": 1})
    assert path.read_bytes() == content
    path.write_bytes(content[:124] + b"\x01\x00MI")
    with pytest.raises(ModelFileError, match="its byte order is that of another kind"):
        update_variables(path, {"x": 1})


@pytest.mark.parametrize("function", [write_variables, update_variables])
def test_permissions_and_links_stay(tmp_path: Path, function: Callable[..., None]) -> None:
    path = save(tmp_path / "m.mat", {"x": np.ones((1, 1))}, "compressed")
    path.chmod(0o640)
    link = tmp_path / "folder" / "link.mat"
    link.parent.mkdir()
    link.symlink_to(Path("..") / "m.mat")
    function(link, {"x": 2.0})
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert read_variables(path)["x"] == 2
    assert temporary_files(tmp_path) == temporary_files(link.parent) == []


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    write_variables(tmp_path / "m.mat", {"x": 1})
    (tmp_path / "usual").touch()
    assert (tmp_path / "m.mat").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"the folder .*absent does not exist; no file was written"):
        write_variables(tmp_path / "absent" / "m.mat", {"x": 1})
    with pytest.raises(ModelFileError, match="a folder, a device or a pipe"):
        write_variables(tmp_path, {"x": 1})
    with pytest.raises(ModelFileError, match="a folder, a device or a pipe"):
        write_variables(os.devnull, {"x": 1})


@pytest.mark.parametrize("function", [write_variables, update_variables])
@pytest.mark.parametrize("kind", ["compressed", "7.3"])
def test_a_change_by_someone_else_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: Callable[..., None], kind: str
) -> None:
    path = save(tmp_path / "m.mat", {"x": np.ones((1, 1))}, kind)
    theirs = save(tmp_path / "theirs.mat", {"x": np.zeros((1, 1))}, kind).read_bytes()
    take_over = atomic._copy_status
    monkeypatch.setattr(atomic, "_copy_status", lambda *args: (take_over(*args), path.write_bytes(theirs)))
    with pytest.raises(
        ModelFileError, match=r"m\.mat could not be written: another process changed .* version was kept"
    ):
        function(path, {"x": 2.0})
    assert path.read_bytes() == theirs
    assert temporary_files(tmp_path) == []


def test_what_does_not_read_back_equal_is_not_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "m.mat", {"x": np.ones((1, 1))}, "compressed")
    before = path.read_bytes()
    monkeypatch.setattr(model_file_writing, "_element", lambda *_: raw_elements(path)["x"])
    with pytest.raises(
        ModelFileError, match=r"the variable 'x' reads back with another value; .*m\.mat is unchanged"
    ):
        write_variables(path, {"x": 2.0})
    assert path.read_bytes() == before
    assert temporary_files(tmp_path) == []


def test_ctrl_c_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "m.mat", {"x": np.ones((1, 1))}, "compressed")
    before = path.read_bytes()

    def interrupt(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic, "_flush", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_variables(path, {"x": 2.0})
    assert path.read_bytes() == before
    assert temporary_files(tmp_path) == []
