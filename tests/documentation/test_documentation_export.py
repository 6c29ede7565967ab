"""The page about exports: its code and commands run as they stand."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    for name in ("xarray", "pandas", "neo", "pynapple", "pynwb", "nir"):
        pytest.importorskip(name)
    folder = tmp_path_factory.mktemp("export")
    code = "\n".join(blocks("python"))  # Brian2's, `py`, run in tests/with_brian2
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "StoredArray('filtered_rates', shape=(60, 200, 1000)" in done.stdout
    return folder


def test_python(folder):
    names = {"run.h5", "run.nwb", "run.mat", "network.nir", "published.nir"}
    assert {path.name for path in folder.iterdir()} >= names


def test_commands(folder):
    before = (folder / "run.h5").read_bytes()
    for name in ("run.nwb", "run.mat"):  # the Python before each command has written the same
        (folder / name).unlink(missing_ok=True)
    for line in "".join(blocks("sh")).splitlines():
        program, *words = shlex.split(line)
        assert program == "spiking"
        done = subprocess.run([sys.executable, "-m", "spiking", *words], cwd=folder, check=False)
        assert done.returncode == 0, line
    assert (folder / "run.csv").exists()
    assert (folder / "run.h5").read_bytes() == before
