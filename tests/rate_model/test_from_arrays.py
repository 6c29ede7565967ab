"""A model of arrays is the network of the equations, comes back from its file, and refuses what is none."""

import numpy as np
import pytest

from spiking import ArgumentError, LIF_network_fnc, RateModel

N = 12


def arrays(seed=0, **changes):
    rng = np.random.default_rng(seed)
    return {
        "w": rng.standard_normal((N, N)) / np.sqrt(N),
        "w_in": rng.standard_normal((N, 2)),
        "w_out": rng.standard_normal((3, N)),
        "bias": rng.standard_normal(N),
        "b_out": [0.5, -1.0, 2.0],
        "activation": "relu",
        "tau": 50.0,
        "step": 10.0,
        "form": "current",
        **changes,
    }


def by_hand(a, u, phi):
    """The network's output by the equations, one unit of time after another."""
    x = np.zeros(N) if a.get("initial") is None else a["initial"]
    w = np.array(a["w"])
    if a.get("signs") is not None:
        w = np.maximum(w, 0) * a["signs"]
    out = []
    for t in range(u.shape[1]):
        r = phi(x) if a["form"] == "current" else x
        out.append(a["w_out"] @ r + np.array(a["b_out"]))
        drive = w @ r + a["w_in"] @ u[:, t] + a["bias"]
        x = x + a["step"] / np.array(a["tau"]) * (-x + (drive if a["form"] == "current" else phi(drive)))
    return np.array(out).T


DECAYS = np.linspace(20.0, 80.0, N)
SIGNS = np.where(np.arange(N) < 9, 1.0, -1.0)


@pytest.mark.parametrize(
    ("changes", "phi"),
    [
        ({}, lambda x: np.maximum(x, 0)),
        ({"form": "rate", "activation": "tanh"}, np.tanh),
        ({"tau": DECAYS}, lambda x: np.maximum(x, 0)),
        ({"signs": SIGNS, "initial": np.linspace(-1, 1, N)}, lambda x: np.maximum(x, 0)),
        ({"activation": np.arctan}, np.arctan),
        ({"activation": ([-1, 0, 1], [-0.2, 0, 1])}, lambda x: np.where(x > 0, x, 0.2 * x)),
        (
            {"activation": "elu", "activation_parameters": {"alpha": 0.3}},
            lambda x: np.where(x > 0, x, 0.3 * np.expm1(np.minimum(x, 0))),
        ),
    ],
    ids=["relu", "rate", "decays", "dale", "function", "table", "parameters"],
)
def test_the_equations_and_the_file(tmp_path, changes, phi):
    given = arrays(**changes)
    model = RateModel.from_arrays(**given)
    u = np.random.default_rng(1).standard_normal((2, 40))
    wanted = by_hand(given, u, phi)
    assert np.abs(wanted).max() > 1
    run = model.run(u)  # the noise is 0 unless it is given
    np.testing.assert_allclose(run.output[0], wanted, rtol=1e-9, atol=1e-9)
    assert run.time[1] == 10.0
    model.save(tmp_path / "m.mat")
    again = RateModel.load(tmp_path / "m.mat")
    tolerance = 1e-3 if callable(given["activation"]) else 1e-9  # of the table that stands for a function
    np.testing.assert_allclose(again.run(u).output[0], wanted, rtol=tolerance, atol=tolerance)
    assert again.dale == ("signs" in changes)
    np.testing.assert_allclose(again.b_out, given["b_out"])


def test_decays_are_those_given_at_both_ends():
    model = RateModel.from_arrays(**arrays(tau=DECAYS))
    np.testing.assert_allclose(model.tau_decay(), DECAYS, rtol=1e-12)
    assert model.tau_range == (20.0, 80.0)


def test_vectors_are_one_input_and_one_output():
    model = RateModel.from_arrays(**arrays(w_in=np.ones(N), w_out=np.ones(N), b_out=1))
    assert (model.n_inputs, model.n_outputs, model.b_out.tolist()) == (1, 1, [1.0])


def test_with_signs_negative_weights_are_no_connections():
    w = arrays()["w"]
    model = RateModel.from_arrays(**arrays(signs=SIGNS))
    assert model.rectified == np.count_nonzero(w < 0)
    assert np.array_equal(model.effective_weights(), np.maximum(w, 0) * SIGNS)
    assert np.array_equal(RateModel.from_arrays(**arrays()).effective_weights(), w)
    excitatory = RateModel.from_arrays(**arrays(signs=np.ones(N)))
    assert np.array_equal(excitatory.effective_weights(), np.maximum(w, 0))


def test_the_published_function_adds_none_of_several_output_biases():
    models = [RateModel.from_arrays(**arrays(bias=None, b_out=b)) for b in (0, [1.0, 2.0, 3.0])]
    outputs = [LIF_network_fnc(m, 30, np.ones((2, 5)), {"mode": "none"}, 1, False, seed=1)[5] for m in models]
    assert outputs[0].shape == (3, 400)
    assert np.array_equal(*outputs)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"w": np.ones((N, N + 1))}, r"w has shape \(12, 13\); expected \(N, N\)"),
        ({"w": np.full((N, N), np.nan)}, "144 of 144 are NaN or infinite"),
        ({"w": "weights"}, "w is 'weights'"),
        ({"w": 1.0}, "w has shape"),
        ({"w_in": np.ones((2, N))}, r"w_in has shape \(2, 12\); expected \(12, n_inputs\)"),
        ({"w_out": np.ones((N, 3))}, r"w_out has shape \(12, 3\); expected \(n_outputs, 12\)"),
        ({"b_out": [1.0, 2.0]}, r"b_out has shape \(2,\); expected one number, or one for each of 3 outputs"),
        ({"bias": np.ones(3)}, "bias has shape"),
        ({"initial": np.ones(3)}, "initial has shape"),
        ({"tau": None}, "tau is not given"),
        ({"tau": 0}, "tau is 0"),
        ({"tau": [20.0, 30.0]}, "tau is"),
        ({"tau": DECAYS, "form": "rate"}, "tau is 20 to 80 ms, and form is rate; expected one time constant"),
        ({"step": None}, "step is not given"),
        ({"step": -1}, "step is -1"),
        ({"form": "spikes"}, "form is 'spikes'"),
        ({"signs": np.zeros(N)}, "signs is"),
        ({"signs": np.ones(3)}, "signs is"),
        ({"signs": SIGNS, "w": np.ones((N, N)) * SIGNS}, "w includes the signs already"),
        ({"activation": "swish"}, "activation is 'swish'"),
        ({"activation": 3}, "activation is 3"),
        ({"activation": np.tanh, "activation_parameters": {"a": 1}}, "activation_parameters are given"),
        ({"activation": ([0, 0], [1, 2])}, "the table of the activation"),
        ({"noise": -1}, "noise is -1"),
    ],
)
def test_what_is_refused(changes, words):
    with pytest.raises(ArgumentError, match=words):
        RateModel.from_arrays(**arrays(**changes))
