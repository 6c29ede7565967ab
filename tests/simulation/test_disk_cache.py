"""The compiled kernel on disk: where it is kept, and that no trouble there stops a simulation."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from compile_one import twice
from unprivileged import unprivileged

import spiking
from spiking.simulation.kernel import disk_cache
from spiking.simulation.kernel.disk_cache import compiled

posix = pytest.mark.skipif(os.name != "posix", reason="permissions and limits of POSIX systems")
PROGRAM = Path(__file__).parents[1] / "helpers" / "compile_one.py"
NO_SPACE = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); "
AS_PROGRAM = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__')"
AS_COMMAND = "from spiking.__main__ import main; main()"
EVALUATE = ("evaluate", "go-nogo", "--trials", "2", "--seed", "1", "--json")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Keep what is compiled in a folder of the test."""
    monkeypatch.setattr(disk_cache, "_HERE", tmp_path / "package")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "chosen"))
    monkeypatch.setattr(disk_cache, "_warned", [])
    return disk_cache._folders()[0]


def hits_and_misses(function):
    assert function(21) == 42
    return sum(function.stats.cache_hits.values()), sum(function.stats.cache_misses.values())


def test_another_process_finds_what_was_compiled(folder):
    assert hits_and_misses(compiled(twice)) == (0, 1)
    assert hits_and_misses(compiled(twice)) == (1, 0)
    (path,) = folder.iterdir()
    assert path.suffix == ".nbc"
    assert numba.__version__ in path.name


def flip_a_bit(data):
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


DAMAGES = {
    "emptied": lambda data: b"",
    "truncated": lambda data: data[:-1],
    "half": lambda data: data[: len(data) // 2],
    "only the digest": lambda data: data[:32],
    "random": lambda data: os.urandom(len(data)),
    "one bit": flip_a_bit,
    "zeros": lambda data: bytes(len(data)),
    "longer": lambda data: data + b"\0",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_written_again(folder, damage):
    hits_and_misses(compiled(twice))
    (path,) = folder.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert hits_and_misses(compiled(twice)) == (0, 1)
    assert hits_and_misses(compiled(twice)) == (1, 0)
    assert list(folder.iterdir()) == [path]


def test_sound_bytes_that_are_no_code_are_compiled_again(folder):
    hits_and_misses(compiled(twice))
    (path,) = folder.iterdir()
    for content in (b"", b"no pickle", b"\x80\x04N."):  # the last is None
        path.write_bytes(disk_cache._digest(path.name, content) + content)
        assert hits_and_misses(compiled(twice)) == (0, 1)
        assert hits_and_misses(compiled(twice)) == (1, 0)


def test_a_file_of_another_signature_under_this_name_is_not_used(folder):
    function = compiled(twice)
    assert (function(21), function(0.5)) == (42, 1.0)
    first, second = folder.iterdir()
    shutil.copy(first, second)
    again = compiled(twice)
    assert (again(21), again(0.5)) == (42, 1.0)
    assert sum(again.stats.cache_misses.values()) == 1


@posix
@pytest.mark.parametrize("obstacle", ["folder", "pipe", "loop"])
def test_what_is_no_file_under_the_name_is_passed_by(folder, obstacle):
    hits_and_misses(compiled(twice))
    (path,) = folder.iterdir()
    path.unlink()
    if obstacle == "folder":
        path.mkdir()
        with pytest.warns(UserWarning, match=r"cannot be kept in .*chosen.*set NUMBA_CACHE_DIR"):
            assert hits_and_misses(compiled(twice)) == (0, 1)
        assert hits_and_misses(compiled(twice)) == (1, 0)  # from the package's folder
        return
    os.mkfifo(path) if obstacle == "pipe" else path.symlink_to(path.name)
    assert hits_and_misses(compiled(twice)) == (0, 1)
    assert hits_and_misses(compiled(twice)) == (1, 0)


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root can give files away")
def test_code_of_another_user_is_not_run(folder):
    hits_and_misses(compiled(twice))
    (path,) = folder.iterdir()
    os.chown(path, 54321, -1)
    assert hits_and_misses(compiled(twice)) == (0, 1)


def test_versions_of_numba_share_a_folder_and_older_sources_do_not_pile_up(folder, monkeypatch):
    hits_and_misses(compiled(twice))
    with monkeypatch.context() as context:
        context.setattr(numba, "__version__", "0.63.1")
        hits_and_misses(compiled(twice))
        assert len(list(folder.iterdir())) == 2
        context.setattr(disk_cache, "_SOURCES", disk_cache._SOURCES[:-1])
        hits_and_misses(compiled(twice))
        assert len(list(folder.iterdir())) == 2
    assert hits_and_misses(compiled(twice)) == (1, 0)


def test_the_code_on_disk_depends_on_all_files_that_are_compiled_into_it():
    names = {path.name for path in disk_cache._SOURCES}
    assert names > {"arguments.py", "equations.py", "membrane.py", "standard_normals.py", "trial.py"}


@pytest.fixture
def nowhere(tmp_path):
    """An environment where neither the package's folder nor the home can be written."""
    package = Path(spiking.__file__).parent
    shutil.copytree(package, tmp_path / "src" / "spiking", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "src" / "spiking" / "simulation" / "kernel" / "__pycache__").write_text("no folder")
    (tmp_path / "tmp").mkdir()
    removed = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "PYTHONPATH")
    return {
        **{name: value for name, value in os.environ.items() if name not in removed},
        "PYTHONPATH": str(tmp_path / "src"),
        "HOME": "/dev/null",
        "TMPDIR": str(tmp_path / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def ran(environment, *command, code=AS_PROGRAM):
    done = subprocess.run(
        [*command, sys.executable, "-c", code, PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results, *counts = json.loads(done.stdout)
    assert results == [42, 1.0]
    return counts, done.stderr


def the_warning(printed):
    assert printed.count("UserWarning") == 1, printed
    assert "set NUMBA_CACHE_DIR to a folder that can be written" in printed
    return printed


@posix
def test_without_package_and_home_the_temporary_folder_is_used(nowhere, tmp_path):
    counts, printed = ran(nowhere)
    own = tmp_path / "tmp" / f"spiking-{os.geteuid()}"
    assert counts == [0, 2]
    assert f"it is kept in {own};" in the_warning(printed)
    assert f"{tmp_path / 'src/spiking/simulation/kernel/__pycache__'} (" in printed
    assert "/dev/null/.cache/numba/" in printed
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    assert ran(nowhere) == ([2, 0], "")


@posix
def test_a_temporary_folder_that_others_can_write_is_not_used(nowhere, tmp_path):
    own = tmp_path / "tmp" / f"spiking-{os.geteuid()}"
    own.mkdir()
    own.chmod(0o777)
    for _ in range(2):
        counts, printed = ran(nowhere)
        assert counts == [0, 2]
        assert "every process compiles it again" in the_warning(printed)
        assert "is open to other users" in printed
        assert not list(own.iterdir())
    own.rmdir()
    (tmp_path / "elsewhere").mkdir()
    own.symlink_to(tmp_path / "elsewhere")
    assert "is open to other users" in ran(nowhere)[1]


@posix
def test_a_full_quota(nowhere, tmp_path):
    nowhere |= {"HOME": str(tmp_path / "home"), "NUMBA_CACHE_DIR": str(tmp_path / "chosen")}
    counts, printed = ran(nowhere, code=NO_SPACE + AS_PROGRAM)
    assert counts == [0, 2]
    assert f"{tmp_path}/chosen/spiking_" in the_warning(printed)
    assert "File too large" in printed
    assert "every process compiles it again" in printed
    assert not [path for path in (tmp_path / "chosen").rglob("*") if path.is_file()]


@posix
def test_folders_that_are_write_protected(nowhere, tmp_path):
    kernel, home = tmp_path / "src" / "spiking" / "simulation" / "kernel", tmp_path / "home"
    (kernel / "__pycache__").unlink()
    kernel.chmod(0o555)
    home.mkdir(mode=0o555)
    nowhere |= {"HOME": str(home)}
    try:
        printed = the_warning(ran(nowhere, *unprivileged())[1])
    finally:
        kernel.chmod(0o755)
    assert printed.count("Permission denied") == 2


@posix
def test_a_chosen_folder_that_cannot_be_made_is_named(nowhere, tmp_path):
    nowhere |= {"HOME": str(tmp_path), "NUMBA_CACHE_DIR": "/dev/null/chosen"}
    printed = the_warning(ran(nowhere)[1])
    assert "/dev/null/chosen/spiking_" in printed
    assert f"it is kept in {tmp_path}/.cache/numba/spiking_" in printed
    assert ran(nowhere) == ([2, 0], "")


@posix
@pytest.mark.slow
@pytest.mark.parametrize("code", [AS_COMMAND, NO_SPACE + AS_COMMAND], ids=["not writable", "quota"])
def test_a_command_where_nothing_can_be_written(nowhere, code):
    def evaluated(environment, code):
        done = subprocess.run(
            [sys.executable, "-c", code, *EVALUATE],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), done.stderr

    expected, printed = evaluated(dict(os.environ), AS_COMMAND)
    assert "NUMBA_CACHE_DIR" not in printed
    found, printed = evaluated(nowhere, code)
    assert found == expected
    assert printed.count("NUMBA_CACHE_DIR") == 1
    *progress, note = printed.splitlines()
    assert note.startswith("spiking: note: "), printed
    assert all(line.startswith("compiling") for line in progress), printed


def test_without_the_compiler_one_line_says_why():
    done = subprocess.run(
        [sys.executable, "-m", "spiking", *EVALUATE],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "spiking: NUMBA_DISABLE_JIT is 1; expected 0 or nothing, because simulations need the compiler of "
        "Numba\n"
    )


@pytest.mark.parametrize(
    ("given", "status", "printed"),
    [
        ({"NUMBA_NUM_THREADS": "0"}, 2, "spiking: Numba cannot be used with NUMBA_NUM_THREADS=0 "),
        ({"NUMBA_OPT": "abc"}, 0, "spiking: note: Environment variable 'NUMBA_OPT' is defined but "),
    ],
)
def test_variables_that_numba_cannot_use_are_named_in_one_line(given, status, printed):
    done = subprocess.run(
        [sys.executable, "-m", "spiking", *EVALUATE],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status
    assert done.stderr.startswith(printed), done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("compiling")]
    assert len(lines) == 1, done.stderr
