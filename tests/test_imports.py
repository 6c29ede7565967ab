"""What importing the package does, and does not."""

import subprocess
import sys

import spiking


def loaded_by(statement):
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(output.stdout.split())


def test_importing_loads_nothing_heavy():
    loaded = loaded_by("import spiking")
    assert "numpy" in loaded
    assert not loaded & {
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
