"""The task of one's own in the documentation trains and converts, from the command line, as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "training.md"


@pytest.mark.slow
def test_a_task_of_ones_own(tmp_path):
    code = next(
        block
        for block in re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
        if "(Task)" in block
    )
    assert len(code.splitlines()) <= 30
    (tmp_path / "mytask.py").write_text(code, encoding="utf-8")
    for command in (
        "train mytask.py --seed 1 --n-units 50 -o model.mat",
        "evaluate model.mat --task mytask.py --scaling-factor 30 --trials 50 --json",
    ):
        done = subprocess.run(
            [sys.executable, "-m", "spiking", *command.split()],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    accuracies = [float(value) for value in re.findall(r'"accuracy": ([\d.]+)', done.stdout)]
    assert len(accuracies) >= 2
    assert min(accuracies) >= 0.95
