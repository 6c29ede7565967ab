"""What importing the package does, and does not."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import spiking


def loaded_by(statement):
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(output.stdout.split())


def test_importing_loads_nothing_heavy():
    loaded = loaded_by("import spiking")
    assert not loaded & {
        "numpy",
        "numba",
        "scipy",
        "scipy.io",
        "h5py",
        "jax",
        "optax",
        "matplotlib",
        "pandas",
        "typer",
        "rich",
        "filelock",
        "distributed",
        "xarray",
        "neo",
        "pynapple",
        "pynwb",
        "nir",
        "brian2",
    }


def test_public_names_are_listed_and_exist():
    assert sorted(spiking.__all__) == [
        "ArgumentError",
        "ClusterError",
        "Conversion",
        "Evaluation",
        "LIFParams",
        "LIF_network_fnc",
        "ModelFileError",
        "Oscillation",
        "RandomDraws",
        "RateModel",
        "Record",
        "ScalingFactorSearch",
        "Simulation",
        "Smoothing",
        "SpikingError",
        "SpikingNetwork",
        "Stimulation",
        "Sweep",
        "UnitFraction",
        "Waveform",
        "datasets",
        "evaluate",
        "export",
        "find_scaling_factor",
        "find_scaling_factors",
        "fine_tune",
        "fit_conversion",
        "simulate",
        "smoothed_rates",
        "sweep",
        "tasks",
        "train",
        "train_many",
    ]
    for name in spiking.__all__:
        assert getattr(spiking, name).__doc__
    assert set(spiking.__all__) <= set(dir(spiking))


def test_names_come_from_where_type_checkers_see_them():
    tree = ast.parse(Path(spiking.__file__).read_text(encoding="utf-8"))
    (imports,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {}
    for node in imports.body:  # type checkers take `spiking.evaluation.evaluate` for the module of that name
        _, _, module = node.module.partition(".")
        seen.setdefault(module.partition(".")[0], set()).update(alias.name for alias in node.names)
    assert seen.pop("") == {"datasets", "export", "tasks"}
    assert seen == {module: set(names) for module, names in spiking._HOMES.items()}


def test_modules_are_imported_when_they_are_asked_for():
    assert "spiking.analysis" in loaded_by("import spiking; spiking.analysis.agreement")
    assert "spiking.tasks" in loaded_by("import spiking; spiking.tasks.get('xor')")
    assert "spiking.experiments" in loaded_by(
        "from spiking import *; assert callable(sweep) and callable(train)"
    )
    with pytest.raises(AttributeError, match="module 'spiking' has no attribute 'nothing'"):
        spiking.nothing  # noqa: B018
