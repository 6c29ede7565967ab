"""Everything in the reference has an example in its docstring that runs, and every public name is in it."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import spiking

PAGES = sorted((Path(__file__).parents[2] / "docs" / "reference").glob("*.md"))
PUBLIC = tuple(path.parent.name for path in sorted(Path(spiking.__file__).parent.glob("*/__init__.py")))
CONSTANTS = {"PANELS", "STEP_MS"}  # of which a module's or another's example tells
WITNESSES = ("to_brian2", "NeuroGymTask")  # their examples run in tests/with_brian2 and tests/with_neurogym


def documented():
    """Return all that the pages of the reference describe, by its name there."""
    found = {}
    for page in PAGES:
        module = ""
        text = page.read_text(encoding="utf-8")
        for kind, name in re.findall(r"^\.\. (\w+):: ([\w.]+)", text, re.MULTILINE):
            if kind in ("currentmodule", "automodule"):
                module = name
            if kind == "automodule":
                loaded = importlib.import_module(name)
                found |= {f"{name}.{own}": getattr(loaded, own) for own in names_of(loaded)}
            elif kind in ("autofunction", "autoclass"):
                path, _, last = name.rpartition(".")
                full = f"{path or module}.{last}"
                found[full] = getattr(importlib.import_module(path or module), last)
    return found | {f"spiking.{name}": getattr(spiking, name) for name in ("datasets", "export", "tasks")}


def names_of(module):
    """Return what `automodule` with members shows."""
    own = [key for key, value in vars(module).items() if inspect.isfunction(value) and key[0] != "_"]
    listed = getattr(
        module, "__all__", [key for key in own if getattr(module, key).__module__ == module.__name__]
    )
    return set(listed) - CONSTANTS


DOCUMENTED = documented()
EXAMPLES = sorted(name for name in DOCUMENTED if not name.endswith(WITNESSES))
SLOW = ("spiking.train", "spiking.fine_tune", "spiking.reproduce", "spiking.report")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if name.startswith(SLOW) else []) for name in EXAMPLES],
)
def test_example_runs(name, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    tests = [test for test in doctest.DocTestFinder(recurse=False).find(DOCUMENTED[name]) if test.examples]
    assert tests, f"{name} has no example"
    said = []
    for test in tests:
        test.globs = {}
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert not said, "".join(said)


def test_every_public_name_is_in_the_reference():
    described = {id(value) for value in DOCUMENTED.values()}
    for module in (spiking, *(importlib.import_module(f"spiking.{name}") for name in PUBLIC)):
        for name in set(getattr(module, "__all__", ())) - CONSTANTS - {"main"}:
            assert id(getattr(module, name)) in described, f"{module.__name__}.{name}"
