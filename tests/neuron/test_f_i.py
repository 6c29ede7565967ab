"""The f-I curve: theory against the simulation, closed forms, and where theory does not hold."""

import numpy as np
import pytest

from spiking import ArgumentError, LIFParams
from spiking.experiments import f_i_by_simulation
from spiking.neuron import f_i as module
from spiking.neuron.f_i import fi_curve


def simulated(monkeypatch, params, downsample=1, trials=20):
    monkeypatch.setattr(f_i_by_simulation, "_TRIALS", trials)
    currents = fi_curve(params, downsample=downsample).current[::6]
    return currents, *f_i_by_simulation.simulated(params, currents, downsample)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("params", "downsample"),
    [
        (LIFParams(), 1),
        (LIFParams(), 3),
        (LIFParams(noise=0.3, refractory=5.0, bias=-45.0, tau_membrane=20.0), 1),
        (LIFParams(noise=0.2, noise_scaling="sqrt_dt", reset=-55.0), 2),
    ],
)
def test_theory_is_what_the_simulation_does(monkeypatch, params, downsample):
    curve = fi_curve(params, downsample=downsample)
    assert curve.method == "theory"
    currents, rates, errors = simulated(monkeypatch, params, downsample)
    # Stated: 0.2 %. A regular unit's counts differ by whole spikes: 1 in all trials together at least.
    allowed = 4 * np.hypot(errors, 1 / 20) + 0.002 * rates
    assert (np.abs(curve(currents) - rates) < allowed).all()
    assert rates.max() > 100
    assert rates.min() == 0


@pytest.mark.slow
def test_weak_noise_approaches_the_curve_without_noise():
    quiet, silent = fi_curve(LIFParams(noise=0.05)), fi_curve(LIFParams(noise=0.0))
    currents = np.array([5.0, 20.0, 60.0])
    np.testing.assert_allclose(quiet(currents), silent(currents), rtol=0.01)
    assert silent(-1.0) == 0
    # The continuous neuron's closed form: refractory period and passage from reset to threshold.
    closed = 1000 / (2.0 + 10.0 * np.log((currents + 25) / currents))
    np.testing.assert_allclose(silent(currents), closed, rtol=0.01)


def test_curves_rise_and_are_kept():
    curve = fi_curve()
    assert (np.diff(curve.rate) >= 0).all()
    assert fi_curve(LIFParams(tau_rise=1.0, initial_voltage=-50.0)) is curve
    assert curve([[0.0, 1.0]]).shape == (1, 2)
    # Noise at threshold makes a unit without input fire: the number that no factor can undo.
    assert 20 < curve(0.0) < 30


@pytest.mark.slow
def test_the_quadratic_neuron_is_simulated(monkeypatch):
    monkeypatch.setattr(f_i_by_simulation, "_TRIALS", 2)
    module._curve.cache_clear()
    params = LIFParams(neuron="quadratic", threshold=30.0, bias=0.0)
    curve = fi_curve(params)
    assert curve.method == "simulation"
    assert curve(200.0) > curve(20.0) > 0
    assert curve.error.max() > 0
    with pytest.raises(ArgumentError, match="leaky"):
        fi_curve(params, method="theory")


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"noise": 0.001}, "too small"), ({"noise": 2.0}, "refractory"), ({"tau_membrane": 0.05}, "step")],
)
def test_theory_says_where_it_does_not_hold(changes, said):
    with pytest.raises(ArgumentError, match=said):
        fi_curve(LIFParams(**changes), method="theory")
    with pytest.raises(ArgumentError, match="expected one of theory, simulation"):
        fi_curve(method="siegert")
