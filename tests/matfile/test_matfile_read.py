"""Reading MATLAB files: values, classes and shapes of good ones, the errors that others raise."""

from __future__ import annotations

import gzip
import os
import pickle
import struct
import time
import unicodedata
import zlib
from pathlib import Path
from typing import Any

import h5py
import matlab_files
import numpy as np
import pytest
import scipy.io
import scipy.io.matlab
import scipy.sparse
from matlab_files import KINDS, array, element, save, version_5

from spiking.errors import ModelFileError
from spiking.files.hdf5 import process as hdf5_process
from spiking.matfile import hdf5_worker
from spiking.matfile.read import TooLargeFileError, read_variables
from spiking.matfile.values import MatlabOnly, same_value
from spiking.rate_model.model import RateModel

CELL, STRUCT, DOUBLE, SPARSE, TEXT = 1, 2, 6, 5, 4


def compressed(data: bytes) -> bytes:
    packed = zlib.compress(data)
    return struct.pack("<II", 15, len(packed)) + packed


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_value_is_read_in_its_class_and_shape(tmp_path: Path, kind: str) -> None:
    variables = {**matlab_files.model_variables(), **matlab_files.other_variables()}
    read = read_variables(save(tmp_path / "model.mat", variables, kind))
    assert set(read) == set(variables)
    assert [name for name in variables if not same_value(read[name], variables[name])] == []


def same_as_scipy(ours: Any, scipys: Any) -> bool:
    """Equal in value and shape; the class may be one that SciPy does not keep (logical, double)."""
    if isinstance(ours, MatlabOnly):
        kinds = (scipy.io.matlab.MatlabFunction, scipy.io.matlab.MatlabObject, scipy.io.matlab.MatlabOpaque)
        return isinstance(scipys, kinds)
    if hasattr(scipys, "tocsc"):
        return ours.shape == scipys.shape and (ours != scipys).nnz == 0
    if ours.shape != scipys.shape:
        return False
    if ours.dtype.names:
        pairs = [
            pair for name in ours.dtype.names for pair in zip(ours[name].flat, scipys[name].flat, strict=True)
        ]
    elif ours.dtype.kind == "V":  # no fields: SciPy gives None
        return True
    elif ours.dtype == object:
        pairs = list(zip(ours.flat, scipys.flat, strict=True))
    else:
        return np.array_equal(ours, scipys, equal_nan=ours.dtype.kind in "fc")
    return all(same_as_scipy(*pair) for pair in pairs)


def test_files_written_by_many_versions_of_matlab_are_read_as_scipy_reads_them() -> None:
    folder = Path(scipy.io.matlab.__file__).parent / "tests" / "data"
    if not folder.is_dir():
        pytest.skip("this SciPy was installed without its test data")
    version_4 = ("4.2c", "mat4", "debigged_m4", "testvec_4")
    damaged = ("bad_miuint32", "corrupted", "malformed", "nasty_duplicate")
    n_read = 0
    for path in sorted(folder.glob("*.mat")):
        if any(part in path.name for part in version_4 + damaged):
            with pytest.raises(ModelFileError):
                read_variables(path)
            continue
        if "bad_miutf8" in path.name:  # SciPy does not take this name
            assert list(read_variables(path)) == ["äray_name"]
            continue
        ours = read_variables(path)
        if "hdf5" in path.name:
            assert same_value(ours["testdouble"], np.linspace(0, 2 * np.pi, 9)[None])
            continue
        scipys = scipy.io.loadmat(path)
        assert list(ours) == [name for name in scipys if not name.startswith("__")], path.name
        assert all(same_as_scipy(ours[name], scipys[name]) for name in ours), path.name
        n_read += 1
    assert n_read > 70


def test_numbers_kept_in_a_smaller_type_have_the_class_that_matlab_gives_them(tmp_path: Path) -> None:
    double = array("factor", 6, (1, 2), element(2, bytes([50, 255])))
    logical = array("inh", 9, (1, 2), element(2, bytes([0, 1])), flags=2)
    read = read_variables(version_5(tmp_path / "m.mat", double, logical))
    assert same_value(read["factor"], np.array([[50.0, 255.0]]))
    assert same_value(read["inh"], np.array([[False, True]]))


# Class, flags, type and bytes of numbers that their class cannot hold, as no program writes them.
UNHOLDABLE = {
    "uint8 of int32": (9, 0, 5, struct.pack("<2i", 1, 300), "300"),
    "int8 of uint8": (8, 0, 2, bytes([1, 200]), "200"),
    "uint64 of int8": (15, 0, 1, b"\x01\xff", "-1"),
    "uint8 of double": (9, 0, 9, struct.pack("<2d", 1.0, 44.7), "44.7"),
    "logical of NaN": (9, 2, 9, struct.pack("<2d", 1.0, np.nan), "nan"),
    "logical of 2": (9, 2, 2, bytes([1, 2]), "2"),
    "single of double": (7, 0, 9, struct.pack("<2d", 1.0, 1e300), "1e\\+300"),
}


@pytest.mark.parametrize("case", UNHOLDABLE)
def test_numbers_that_their_class_cannot_hold_are_damage(tmp_path: Path, case: str) -> None:
    matlab_class, flags, kind, data, number = UNHOLDABLE[case]
    path = version_5(tmp_path / "m.mat", array("x", matlab_class, (1, 2), element(kind, data), flags=flags))
    with pytest.raises(ModelFileError, match=rf"variable 'x' is damaged: it has {number} in an array of"):
        read_variables(path)


@pytest.mark.parametrize(
    ("matlab_class", "stored", "number"),
    [
        ("uint8", [1.0, 300.7], r"300\.7"),
        ("logical", [1.0, np.nan], "nan"),
        ("single", [1.0, 1e300], r"1e\+300"),
        ("int8", np.array([1, 200], np.uint8), "200"),
        ("char", np.array([65, 70000], np.uint32), "70000"),
    ],
)
def test_so_they_are_in_version_73(tmp_path: Path, matlab_class: str, stored: Any, number: str) -> None:
    path = save(tmp_path / "m.mat", {"x": np.array([[0.0]])}, "7.3")
    with h5py.File(path, "r+") as file:
        del file["x"]
        file.create_dataset("x", data=np.array([stored])).attrs["MATLAB_class"] = np.bytes_(matlab_class)
    with pytest.raises(ModelFileError, match=rf"variable 'x' is damaged: it has {number} in an array of"):
        read_variables(path)


def test_files_of_machines_with_the_other_byte_order(tmp_path: Path) -> None:
    numbers = array("x", 6, (1, 2), element(9, struct.pack(">dd", 1.5, -2.0), ">"), order=">")
    text = array("s", 4, (1, 2), element(4, "ωé".encode("utf-16-be"), ">"), order=">")
    read = read_variables(version_5(tmp_path / "m.mat", numbers, text, order=">"))
    assert same_value(read["x"], np.array([[1.5, -2.0]]))
    assert same_value(read["s"], np.array(["ωé"]))


def test_what_only_matlab_can_hold_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    reference = array("", 13, (1, 1), element(6, bytes(4)))
    string = array("s", 17, (), element(1, b"MCOS"), element(1, b"string"), reference)
    number = array("x", 6, (1, 1), element(9, struct.pack("<d", 3.0)))
    workspace = array("", 9, (1, 8), element(2, bytes(8)))
    read = read_variables(version_5(tmp_path / "m.mat", string, number, workspace))
    assert read["s"] == MatlabOnly("string")
    assert same_value(read["x"], np.array([[3.0]]))
    assert list(read) == ["s", "x"]


def test_of_two_variables_of_one_name_the_later_counts(tmp_path: Path) -> None:
    versions = [array("x", 6, (1, 1), element(9, struct.pack("<d", value))) for value in (1.0, 2.0)]
    assert read_variables(version_5(tmp_path / "m.mat", *versions))["x"][0, 0] == 2.0


@pytest.mark.parametrize("kind", KINDS)
def test_only_named_variables_are_read_however_large_the_others(tmp_path: Path, kind: str) -> None:
    variables = {"large": np.random.default_rng(0).random((1000, 100)), "N": np.array([[3.0]])}
    path = save(tmp_path / "m.mat", variables, kind)
    assert list(read_variables(path, ["N", "absent"], max_bytes=1000)) == ["N"]
    assert list(read_variables(path, "N", max_bytes=1000)) == ["N"]
    with pytest.raises(TooLargeFileError, match=r"m\.mat has more variables .* 'large' .* name the"):
        read_variables(path, max_bytes=1000)


def test_of_a_file_of_several_gigabytes_only_what_is_named_is_read(tmp_path: Path) -> None:
    n_numbers = 400_000_000
    start = array("x", DOUBLE, (1, n_numbers))[8:] + struct.pack("<II", 9, 8 * n_numbers)
    path = version_5(tmp_path / "large.mat")
    with path.open("ab") as file:
        for _ in range(3):
            file.write(struct.pack("<II", 14, len(start) + 8 * n_numbers) + start)
            file.truncate(file.tell() + 8 * n_numbers)  # zeros that take no place on the disk
            file.seek(0, os.SEEK_END)
        file.write(array("N", DOUBLE, (1, 1), element(9, struct.pack("<d", 200))))
    assert path.stat().st_size > 9e9
    begin = time.perf_counter()
    assert read_variables(path, ["N"])["N"] == 200
    with pytest.raises(TooLargeFileError, match="with 'x' they take more than 256 MiB"):
        read_variables(path)
    assert time.perf_counter() - begin < 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_model_of_200_units_reads_quickly(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path / "m.mat", matlab_files.model_variables(200), kind)
    first, again = [], []
    for _ in range(3):
        hdf5_worker._read_small.cache_clear()
        for durations in (first, again):
            start = processor_seconds()
            read_variables(path)
            durations.append(processor_seconds() - start)
    assert min(first) < 0.5
    assert min(again) < 0.1


def processor_seconds() -> float:
    """Of this process and those that it started: unlike the time of day, much the same on a busy machine."""
    return sum(os.times()[:4])


@pytest.mark.parametrize("kind", KINDS)
def test_a_caller_who_changes_what_was_read_changes_no_later_reading(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path / "m.mat", {"x": np.ones((2, 2))}, kind)
    read_variables(path)["x"][:] = 0
    assert read_variables(path)["x"].all()


@pytest.mark.parametrize("kind", KINDS)
def test_names_with_spaces_and_accents_links_and_read_only_places(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "Modèles à moi" / unicodedata.normalize("NFD", "été")
    folder.mkdir(parents=True)
    path = save(folder / "réseau 1.mat", {"x": np.ones((1, 1))}, kind)
    link = tmp_path / "link.mat"
    link.symlink_to(path)
    path.chmod(0o444)
    folder.chmod(0o555)
    try:
        assert read_variables(link)["x"] == 1
        assert read_variables(os.fspath(path))["x"] == 1
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "it is empty"),
        (bytes(3000), "begins with zeros"),
        (b"PK\x03\x04" + bytes(100), r"zip file, as NumPy \(\.npz\) and PyTorch"),
        (b"\x93NUMPY\x01\x00v\x00", r"NumPy file \(\.npy\)"),
        (pickle.dumps({"w": 1}), "Python pickle"),
        (gzip.compress(b"MATLAB", mtime=0), "gzip file"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"# Created by Octave 7.3.0\n# name: w\n", "save -v7"),
        (b"1.0, 2.0\n3.0, 4.0\n", r"looks like text \('1\.0, 2\.0"),
        (b"\xff\xfe\x01\x02" * 10, "begins with the bytes ff fe 01 02"),
        (b"MATLAB 5.0 MAT-file Platform: posix", r"damaged or incomplete \(35 bytes\)"),
    ],
)
def test_what_is_no_matlab_file_is_told_by_its_looks(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "model.mat"
    path.write_bytes(content)
    with pytest.raises(
        ModelFileError, match=rf"model\.mat is not a MATLAB file of version 5 to 7\.3: .*{expected}"
    ):
        read_variables(path)


def test_a_file_of_version_4_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "m.mat"
    scipy.io.savemat(path, {"w": np.ones((3, 3))}, format="4")
    with pytest.raises(ModelFileError, match=r"version 4; in MATLAB, load it and save it"):
        read_variables(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"absent\.mat: there is no such file"):
        read_variables(tmp_path / "absent.mat")
    with pytest.raises(ModelFileError, match="is a folder"):
        read_variables(tmp_path)
    with pytest.raises(ModelFileError, match="is not a file name"):
        read_variables("a\0b.mat")
    os.mkfifo(tmp_path / "pipe.mat")
    with pytest.raises(ModelFileError, match="device or pipe"):
        read_variables(tmp_path / "pipe.mat")


def test_hdf5_files_that_matlab_did_not_write(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "keras.mat", "w") as file:
        file["w"] = np.ones((3, 3))
    with pytest.raises(ModelFileError, match=r"keras\.mat is not a MATLAB file: .* 'w' has no attribute"):
        read_variables(tmp_path / "keras.mat")


def test_a_file_cut_off_says_so_at_every_length(tmp_path: Path) -> None:
    for kind in KINDS[:2]:
        path = save(tmp_path / "m.mat", matlab_files.model_variables(), kind)
        content = path.read_bytes()
        n_whole = len(read_variables(path))
        for length in np.linspace(1, len(content) - 1, 60).astype(int):
            path.write_bytes(content[:length])
            try:
                assert len(read_variables(path)) < n_whole  # only where one variable ends and the next begins
            except ModelFileError as error:
                assert "m.mat" in str(error)  # noqa: PT017 - most, but not all, lengths raise


def test_a_damaged_variable_is_named(tmp_path: Path) -> None:
    path = save(
        tmp_path / "m.mat",
        {"fine": np.ones((2, 2)), "w": np.random.default_rng(0).random((50, 50))},
        "compressed",
    )
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"m\.mat is damaged or incomplete: its variable 'w' is damaged"):
        read_variables(path)
    assert list(read_variables(path, ["fine"])) == ["fine"]


INTS = struct.Struct("<3i")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (array("x", DOUBLE, (3, 3), element(9, bytes(8 * 8))), "8 numbers; its dimensions need 9"),
        (array("x", DOUBLE, (-1, 3), element(9, b"")), "dimensions"),
        (array("x", DOUBLE, (1, 1), element(9, bytes(7))), "not a whole number"),
        (array("x", DOUBLE, (1, 1), element(77, bytes(8))), "unknown type"),
        (array("x", 9, (1, 1), element(9, struct.pack("<d", 300.7))), "300.7 in an array of uint8"),
        (array("x", DOUBLE, (1, 1), element(9, bytes(8)), element(9, bytes(8))), "16 bytes more"),
        (array("x", 99, (1, 1)), "MATLAB class 99 does not exist"),
        (array("x", DOUBLE, (1,) * 40, element(9, bytes(8))), "dimensions"),
        (array("x\nx", DOUBLE, (1, 1), element(9, bytes(8))), "is not a valid name"),
        (array("x", TEXT, (1, 2), element(4, bytes(6))), "3 characters; its dimensions need 2"),
        (array("x", TEXT, (60_000, 1), element(4, b"\x3d\xd8" * 60_000)), "more than 50000 rows of text"),
        (array("x", CELL, (2**31 - 1, 2**31 - 1)), "more than 50000 cells"),
        (array("x", CELL, (1, 1), element(9, bytes(8))), "a cell or field has type 9"),
        (
            array("x", STRUCT, (2**20, 2**20), element(5, bytes([32, 0, 0, 0])), element(1, b"")),
            "more than 50000",
        ),
        (array("x", STRUCT, (1, 1), element(5, bytes(4)), element(1, bytes(8))), "field names"),
        (
            array("x", STRUCT, (1, 1), element(5, bytes([1, 0, 0, 0])), element(1, b"a" * 60_000)),
            "more than 50000",
        ),
        (array("x", STRUCT, (0, 0), element(5, bytes([2, 0, 0, 0])), element(1, b"a\0a\0")), "field names"),
        (
            array(
                "x",
                SPARSE,
                (2, 2),
                element(5, INTS.pack(0, 9, 0)),
                element(5, INTS.pack(0, 1, 2)),
                element(9, bytes(24)),
            ),
            "entries outside of it",
        ),
        (
            array(
                "x",
                SPARSE,
                (2, 2),
                element(5, INTS.pack(0, 1, 0)),
                element(5, INTS.pack(0, 2, 1)),
                element(9, bytes(24)),
            ),
            "not in order",
        ),
        (element(14, b""), "it ends in the middle"),
        (element(3, bytes(16)), "no variable begins at byte"),
        (compressed(element(14, bytes(64)))[:-20], "ends .* before the end|is damaged"),
        (
            compressed(array("x", DOUBLE, (1, 1), element(9, bytes(8))) + bytes(8)),
            "longer or shorter than stated",
        ),
        (compressed(struct.pack("<II", 14, 2**32 - 8) + bytes(500)), "damaged"),
    ],
)
def test_structure_that_is_not_whole(tmp_path: Path, content: bytes, expected: str) -> None:
    with pytest.raises(ModelFileError, match=expected):
        read_variables(version_5(tmp_path / "m.mat", content))


def test_cells_nested_too_deep(tmp_path: Path) -> None:
    content = array("", DOUBLE, (0, 0), element(9, b""))
    for _ in range(60):
        content = array("x", CELL, (1, 1), content)
    with pytest.raises(ModelFileError, match="nested more than 50 deep"):
        read_variables(version_5(tmp_path / "m.mat", content))


def test_a_small_file_that_would_unpack_to_much(tmp_path: Path) -> None:
    start = array("x", DOUBLE, (2**14, 2**14))[8:] + struct.pack("<II", 9, 2**31)
    packer = zlib.compressobj()
    packed = packer.compress(struct.pack("<II", 14, len(start) + 2**31) + start)
    packed += b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
    path = version_5(tmp_path / "m.mat", struct.pack("<II", 15, len(packed)) + packed)
    begin = time.perf_counter()
    with pytest.raises(ModelFileError, match="more variables than can be read at once: with 'x'"):
        read_variables(path)
    assert time.perf_counter() - begin < 1


def version_73(path: Path, fill: Any) -> Path:
    """A 7.3 file into which `fill` puts the variable 'x'."""
    with h5py.File(path, "w", userblock_size=512) as file:
        node = fill(file)
        if node is not None:
            node.attrs["MATLAB_class"] = np.bytes_(b"double")
    return path


def cyclic(file: Any) -> None:
    cell = file.create_dataset("x", (1, 1), h5py.ref_dtype)
    cell.attrs["MATLAB_class"] = np.bytes_(b"cell")
    cell[0, 0] = cell.ref


def wide(file: Any) -> None:
    number = file.create_dataset("#refs#/a", data=np.ones((1, 1)))
    number.attrs["MATLAB_class"] = np.bytes_(b"double")
    cell = file.create_dataset("x", data=np.full((45_000, 1), number.ref), dtype=h5py.ref_dtype)
    cell.attrs["MATLAB_class"] = np.bytes_(b"cell")


def sparse(file: Any) -> None:
    group = file.create_group("x")
    group.attrs["MATLAB_class"] = np.bytes_(b"double")
    group.attrs["MATLAB_sparse"] = np.uint64(5_620_492_334_958_379_011)
    group["jc"], group["ir"], group["data"] = np.array([0, 1], np.uint64), np.zeros(1, np.uint64), np.ones(1)


def link_elsewhere(file: Any) -> None:
    file["x"] = h5py.ExternalLink("/etc/passwd", "/x")


def sparse_elsewhere(file: Any) -> None:
    group = file.create_group("x")
    group.attrs["MATLAB_class"], group.attrs["MATLAB_sparse"] = np.bytes_(b"double"), np.uint64(1)
    group["jc"] = h5py.ExternalLink("/dev/stdin", "/jc")


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (sparse_elsewhere, "'jc' is a soft or external link"),
        (cyclic, "nested more than 50 deep"),
        (sparse, "expected fewer than 2"),
        (link_elsewhere, "soft or external link"),
        (
            lambda file: file.create_dataset("x", (1, 100), "f8", external=[("/etc/passwd", 0, 800)]),
            "another file",
        ),
        (
            lambda file: file.create_dataset("x", (2**13, 2**12), "f8", chunks=(64, 64)),
            "only 0 of",
        ),
        (lambda file: file.create_dataset("x", data=[b"text"]), "values of the type"),
        (lambda file: file.create_group("x"), "a dataset is missing"),
    ],
)
def test_hdf5_structure_that_is_not_whole(tmp_path: Path, fill: Any, expected: str) -> None:
    with pytest.raises(ModelFileError, match=rf"'x' is damaged: .*{expected}"):
        read_variables(version_73(tmp_path / "m.mat", fill))


def test_links_to_pipes_are_not_opened_in_large_files_either(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / "m.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        large = file.create_dataset("large", data=np.zeros((1100, 1000)))  # the HDF5 library opens the path
        large.attrs["MATLAB_class"] = np.bytes_(b"double")
        sparse(file)
        del file["x/ir"]
        file["x/ir"] = h5py.ExternalLink(str(tmp_path / "pipe"), "/x")
        file["x"].attrs["MATLAB_sparse"] = np.uint64(1)
    start = time.perf_counter()
    with pytest.raises(ModelFileError, match="'ir' is a soft or external link"):
        read_variables(path)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("kind", [*KINDS[:2], pytest.param("7.3", marks=pytest.mark.slow)])
def test_a_model_is_read_beside_many_cells(tmp_path: Path, kind: str) -> None:
    cells = np.empty((1, 20_000), object)
    cells[0] = [np.array([[float(k)]]) for k in range(20_000)]
    path = save(tmp_path / "m.mat", {**matlab_files.model_variables(5), "b": cells}, kind)
    assert RateModel.load(path).n_units == 5


@pytest.mark.parametrize("kind", KINDS[:2])
def test_a_model_is_read_beside_a_variable_with_too_many_cells(tmp_path: Path, kind: str) -> None:
    cells = np.empty((1, 60_000), object)
    cells[0] = [np.zeros((0, 0))] * 60_000
    path = save(tmp_path / "m.mat", {**matlab_files.model_variables(5), "b": cells}, kind)
    with pytest.raises(TooLargeFileError, match="with 'b' they have more than 50000 cells"):
        read_variables(path)
    assert RateModel.load(path).n_units == 5


def test_sparse_matrices_are_counted_when_dense() -> None:
    empty = scipy.sparse.csc_matrix((4200, 4200))
    variables = matlab_files.model_variables(5) | {"N": 4200, "w": empty, "w0": empty}  # 135 MiB each
    with pytest.raises(ModelFileError, match=r"`w0` is a sparse matrix .* take more than 256 MiB"):
        RateModel.load(variables)


def test_an_hdf5_reader_that_needs_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5_process, "SECONDS", 0.1)
    path = version_73(tmp_path / "m.mat", wide)
    start = time.perf_counter()
    with pytest.raises(TooLargeFileError, match=r"m\.mat is too slow to read: .*used more than 0 s"):
        read_variables(path)
    assert time.perf_counter() - start < 10


def test_an_hdf5_reader_that_needs_too_much_memory_is_refused_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "m.mat", {"x": np.ones((3000, 3000))}, "7.3")
    monkeypatch.setattr(hdf5_process, "BASE_BYTES", -450 * 2**20)
    with pytest.raises(ModelFileError, match=r"m\.mat (could not be read: .* not enough memory|is damaged)"):
        read_variables(path)


def test_an_hdf5_reader_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "h5py.py").write_text("raise ImportError('libhdf5.so: not found')\n")
    path = save(tmp_path / "m.mat", {"x": np.ones((3, 3))}, "7.3")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(
        ModelFileError, match=r"m\.mat could not be read: .* failed: ImportError: libhdf5\.so: not found"
    ):
        read_variables(path)


def test_an_hdf5_reader_that_dies_takes_nobody_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = save(tmp_path / "m.mat", {"x": np.ones((3, 3))}, "7.3")
    with pytest.raises(
        ModelFileError, match=r"the HDF5 library crashed \(its process ended with status -11\)"
    ):
        read_variables(path)
