"""Imported networks against the equations of their frameworks, in plain NumPy; and what is refused.

PyTorch itself is the witness in tests/with_torch.
"""

import json
import pickle
import struct
import sys
import zipfile

import numpy as np
import pytest

from spiking import ArgumentError, ModelFileError, RateModel, Simulation, SpikingError, SpikingNetwork
from spiking.conversion import model_info
from spiking.importing import from_keras, from_named_arrays, from_psychrnn, from_torch, from_trainrnnbrain
from spiking.simulation.storage.inputs import read_inputs

N, IN, OUT, STEPS = 16, 3, 2, 80


def normal(*shape, seed=0, size=1.0):
    values = np.random.default_rng([seed, *shape]).standard_normal(shape) * size
    return values.astype(np.float32)


W, B, C = normal(N, N, size=0.8 / 4), normal(N, IN), normal(OUT, N, size=0.5)
BIAS, B_OUT, START = normal(N, seed=1), normal(OUT, seed=2), normal(N, seed=3)
U = normal(5, STEPS, IN, seed=4)  # trials, time, channels


def relu(x):
    return np.maximum(x, 0)


def walk(step, start, outputs, u=U):
    """Return the outputs of trials, shape (trials, time, channels), of which the first is after a step."""
    state, out = np.tile(start, (len(u), 1)), []
    for t in range(u.shape[1]):
        state = step(state, u[:, t])
        out.append(outputs(state))
    return np.stack(out, axis=1)


def agree(imported, outputs, u=U, **options):
    agreement = imported.check(u, outputs, **options)
    assert agreement.agrees, agreement
    assert agreement.difference < 1e-5
    assert agreement.largest > 0.5
    return agreement


# PyTorch, by the equations of its documentation


def torch_rnn(phi, prefix="rnn.", ending="_l0"):
    names = {"weight_ih": B, "weight_hh": W, "bias_ih": BIAS, "bias_hh": START}
    arrays = {f"{prefix}{key}{ending}": value for key, value in names.items()}
    rates = walk(lambda h, u: phi(u @ B.T + BIAS + h @ W.T + START), np.zeros(N), lambda h: h)
    return arrays, rates


@pytest.mark.parametrize(("name", "phi"), [("tanh", np.tanh), ("relu", lambda x: relu(x))])
@pytest.mark.parametrize("ending", ["_l0", ""])
def test_rnn_and_cell_of_pytorch(name, phi, ending):
    arrays, rates = torch_rnn(phi, ending=ending)
    model = from_torch(arrays, tau=20, activation=name)
    assert model.model.step == 20
    agree(model, rates, layout="NTC")
    read_out = from_torch({**arrays, "fc.weight": C, "fc.bias": B_OUT}, tau=20, activation=name)
    agreement = agree(read_out, np.transpose(rates @ C.T + B_OUT, (1, 0, 2)), np.transpose(U, (1, 0, 2)))
    assert agreement.at_a_tenth > 0.01  # with alpha 1 a step is far from the differential equation
    assert "the same network" in str(agreement)


def ctrnn(form, alpha=0.2, mask=None):
    w = W if mask is None else W * mask

    def step(state, u):
        drive = (state if form == "rate" else relu(state)) @ w.T + START + u @ B.T + BIAS
        return (1 - alpha) * state + alpha * (relu(drive) if form == "rate" else drive)

    def outputs(state):
        return (state if form == "rate" else relu(state)) @ C.T + B_OUT

    return walk(step, np.zeros(N), outputs)


CTRNN = {
    "rnn.input2h.weight": B,
    "rnn.input2h.bias": BIAS,
    "rnn.h2h.weight": W,
    "rnn.h2h.bias": START,
    "fc.weight": C,
    "fc.bias": B_OUT,
}


@pytest.mark.parametrize("form", ["rate", "current"])
def test_a_ctrnn_is_found_by_its_shapes(form):
    imported = from_torch(CTRNN, tau=100, step=20, activation="relu", form=form)
    agreement = agree(imported, ctrnn(form), layout="NTC")
    assert agreement.at_a_tenth < 0.5
    assert ("rnn.input2h.bias + rnn.h2h.bias", "bias of the units (16,)") in imported.taken


def test_the_other_form_is_found_by_the_check():
    imported = from_torch(CTRNN, tau=100, step=20, activation="relu")
    wrong = imported.check(U, ctrnn("current"), layout="NTC")
    assert not wrong.agrees
    assert "they agree with form='current' and shift 1" in str(wrong)
    far = imported.check(U, ctrnn("rate") + 1, layout="NTC")
    assert "compare activation" in far.advice
    assert far.difference == pytest.approx(1, abs=1e-4)


def test_masks_of_connections():
    mask = (normal(N, N, seed=5) > 0).astype(np.float32)
    found = from_torch({**CTRNN, "rnn.h2h.mask": mask}, tau=100, step=20, activation="relu")
    agree(found, ctrnn("rate", mask=mask), layout="NTC")
    names = {"w": "rnn.h2h.weight", "w_in": "rnn.input2h.weight", "w_out": "fc.weight", "b_out": "fc.bias"}
    names |= {"bias": ["rnn.input2h.bias", "rnn.h2h.bias"], "w_mask": mask}
    named = from_torch(CTRNN, tau=100, step=20, activation="relu", names=names)
    assert np.array_equal(named.model.effective_weights(), found.model.effective_weights())
    signed = np.where(np.arange(N) < 12, 1, -1) * mask
    with pytest.raises(ArgumentError, match="mask with other entries than 0 and 1"):
        from_torch({**CTRNN, "rnn.h2h.mask": signed}, tau=100, step=20, activation="relu")


def test_an_initial_state_and_a_checkpoint():
    checkpoint = {"epoch": 3, "model": {**CTRNN, "rnn.h0": START[np.newaxis]}, "optimizer": {"state": {}}}
    imported = from_torch(checkpoint, tau=100, step=20, activation="relu")
    assert np.array_equal(imported.model.initial, START)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rnn.h2h.weight": None}, "0 square matrices"),
        ({"fc2.weight": normal(3, N)}, "no place for fc.weight, fc.bias, fc2.weight"),
        ({"norm.weight": BIAS}, "norm.weight seems to be a normalisation"),
        ({"rnn.h2h.weight": None, "rnn.wrec": W}, "rnn.wrec is in no nn.Linear, so its orientation"),
        ({"rnn.weight_hh_l0": normal(4 * N, N)}, "that of LSTM, which is not taken: its gates and its cell"),
        (
            {"rnn.weight_hh_l0": normal(3 * N, N)},
            "that of GRU, which is not taken: its gates change the time",
        ),
        ({"rnn.weight_hh_l0": W, "rnn.weight_hh_l1": W}, "more than one layer or direction"),
        ({"a.weight_hh_l0": W, "b.weight_hh_l0": W}, "several recurrent layers, a.weight_hh_l0, b.weight"),
    ],
)
def test_what_is_refused_of_a_state_dict(change, words):
    arrays = {key: value for key, value in {**CTRNN, **change}.items() if value is not None}
    with pytest.raises(ArgumentError, match=words):
        from_torch(arrays, tau=100, step=20, activation="relu")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "tau is not given"),
        ({"tau": 100}, "step is not given"),
        ({"tau": np.linspace(20, 40, N), "step": 5}, "tau is 20 to 40 ms, and form is rate"),
        ({"tau": 100, "step": 20, "activation": None}, "activation is not given"),
        ({"tau": 100, "step": 20, "names": {"w": "no"}}, "names has w: 'no'; expected names of arrays"),
        (
            {"tau": 100, "step": 20, "names": {"weights": "no"}},
            "names has 'weights'; expected some of w, w_in",
        ),
        ({"tau": 100, "step": 20, "names": {"w": "rnn.h2h.weight"}}, "PyTorch has no w_in"),
        ({"tau": 100, "step": 20, "names": 3}, "names is 3"),
        ({"tau": "slow", "step": 20}, "tau is 'slow'"),
    ],
)
def test_what_is_refused_of_arguments(options, words):
    with pytest.raises(ArgumentError, match=words):
        from_torch(CTRNN, **{"activation": "relu", **options})


def test_a_file_of_pytorch_needs_pytorch(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "w.pt").write_bytes(b"")
    with pytest.raises(ArgumentError, match=r"torch is not installed; .*spikernn\[torch\]"):
        from_torch(tmp_path / "w.pt", tau=20)


def test_nn_rnn_has_one_step():
    arrays, _ = torch_rnn(np.tanh)
    with pytest.raises(ArgumentError, match=r"step is 10\.0 and tau is 100.*; expected the same"):
        from_torch(arrays, tau=100, step=10, activation="tanh")
    with pytest.raises(ArgumentError, match="source is 3"):
        from_torch(3, tau=100)
    with pytest.raises(ArgumentError, match="source has no arrays"):
        from_torch({}, tau=100)


# PsychRNN, by its `Basic.recurrent_timestep` and `output_timestep`


def psychrnn(dale):
    ratio = 12 if dale else N
    signs = np.where(np.arange(N) < ratio, 1.0, -1.0)
    masks = {
        "rec_connectivity": (normal(N, N, seed=6) > 0).astype(np.float32),
        "input_connectivity": (normal(N, IN, seed=7) > -1).astype(np.float32),
        "output_connectivity": np.ones((OUT, N), np.float32),
    }
    weights = {"W_rec": W * masks["rec_connectivity"], "W_in": B * masks["input_connectivity"], "W_out": C}
    if dale:
        weights = {
            "W_rec": np.abs(weights["W_rec"]) @ np.diag(signs),
            "W_in": np.abs(weights["W_in"]),
            "W_out": np.abs(C) @ np.diag(signs > 0),
        }
    arrays = {
        **weights,
        **masks,
        "b_rec": BIAS,
        "b_out": B_OUT,
        "init_state": START[np.newaxis],
        "Dale_rec": np.diag(signs),
        "Dale_out": np.diag((signs > 0).astype(float)),
        "W_rec/Adam": W,
    }
    return arrays, weights


@pytest.mark.parametrize("dale", [False, True], ids=["basic", "dale"])
@pytest.mark.parametrize("saved", ["effective", "raw"])
def test_psychrnn(tmp_path, dale, saved):
    arrays, used = psychrnn(dale)
    alpha = 10 / 100

    def step(x, u):
        return (1 - alpha) * x + alpha * (relu(x) @ used["W_rec"].T + u @ used["W_in"].T + BIAS)

    outputs = walk(step, START, lambda x: relu(x) @ used["W_out"].T + B_OUT)
    stored = arrays if saved == "effective" else {**arrays, "W_rec": W, "W_in": B, "W_out": C}
    np.savez(tmp_path / "w.npz", **stored, dale_ratio=np.array(None), transfer_function=np.array(relu))
    imported = from_psychrnn(tmp_path / "w.npz", tau=100, step=10)
    agree(imported, outputs)
    assert imported.model.dale == dale
    assert any("dale_ratio, which is pickled" in what for what in imported.left)
    imported.model.save(tmp_path / "m.mat")
    model = RateModel.load(tmp_path / "m.mat")
    u = np.transpose(U, (0, 2, 1))
    np.testing.assert_allclose(model.run(u).output, imported.model.run(u).output, rtol=1e-9, atol=1e-9)


def test_psychrnn_with_time_constants_of_single_units():
    arrays, used = psychrnn(False)
    tau = np.linspace(50, 150, N)
    alpha = 10 / tau

    def step(x, u):
        return (1 - alpha) * x + alpha * (relu(x) @ used["W_rec"].T + u @ used["W_in"].T + BIAS)

    outputs = walk(step, START, lambda x: relu(x) @ used["W_out"].T + B_OUT)
    agree(from_psychrnn(arrays, tau=tau, step=10), outputs)


class Opened:
    """A pickle of this writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_pickled_entries_are_not_unpickled(tmp_path):
    arrays, _ = psychrnn(True)
    bad = np.empty(1, dtype=object)
    bad[0] = Opened(tmp_path / "harm")
    np.savez(tmp_path / "w.npz", **arrays, dale_ratio=bad)
    from_psychrnn(tmp_path / "w.npz", tau=100, step=10)
    np.savez(tmp_path / "w.npz", **{**arrays, "W_rec": bad})
    with pytest.raises(ModelFileError, match="has no W_rec"):
        from_psychrnn(tmp_path / "w.npz", tau=100, step=10)
    (tmp_path / "p.npz").write_bytes(pickle.dumps(Opened(tmp_path / "harm")))
    with pytest.raises(ModelFileError, match="cannot be read as"):
        from_psychrnn(tmp_path / "p.npz", tau=100, step=10)
    assert not (tmp_path / "harm").exists()


def test_what_is_no_psychrnn(tmp_path):
    arrays, _ = psychrnn(True)
    with pytest.raises(ModelFileError, match="Dale_rec is no diagonal matrix"):
        from_psychrnn({**arrays, "Dale_rec": np.ones((N, N))}, tau=100, step=10)
    with pytest.raises(ModelFileError, match="has no W_rec and no W_in and no W_out; expected weights of"):
        from_psychrnn({"W_f": W}, tau=100, step=10)
    with pytest.raises(ModelFileError, match="No such file"):
        from_psychrnn(tmp_path / "no.npz", tau=100, step=10)
    with pytest.raises(ArgumentError, match="tau is not given"):
        from_psychrnn(arrays, tau=None, step=10)
    for name, content in (("e.npz", b""), ("z.npz", b"PK\x03\x04 no archive")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelFileError, match="cannot be read as"):
            from_psychrnn(tmp_path / name, tau=100, step=10)
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, W)
    with pytest.raises(ModelFileError, match="holds one array"):
        from_psychrnn(tmp_path / "a.npz", tau=100, step=10)


@pytest.mark.parametrize("content", [b"just a text\n", pickle.dumps([1.0])])
def test_no_message_advises_to_unpickle(tmp_path, content):
    for name in ("t.npz", "t.npy"):
        (tmp_path / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / "members.npz", "w") as archive:
        archive.writestr("format.npy", content)
    for read in (
        lambda: from_psychrnn(tmp_path / "t.npz", tau=100, step=10),
        lambda: read_inputs(tmp_path / "t.npy"),
        lambda: SpikingNetwork.load(tmp_path / "members.npz"),
        lambda: Simulation.load(tmp_path / "members.npz"),
    ):
        with pytest.raises(SpikingError) as caught:
            read()
        assert "allow_pickle" not in str(caught.value)
        assert "pickle.load" not in str(caught.value)
    with pytest.raises(SpikingError, match="it is not in NumPy's format, or holds pickled objects"):
        from_psychrnn(tmp_path / "t.npz", tau=100, step=10)


@pytest.mark.parametrize(
    "read",
    [
        lambda path: from_torch(path, tau=100, activation="relu"),
        lambda path: from_psychrnn(path, tau=100, step=10),
        lambda path: from_keras(path, tau=100),
        lambda path: from_named_arrays(path, {}, step=5, form="rate", activation="relu"),
        lambda path: from_trainrnnbrain(path),
    ],
)
@pytest.mark.parametrize("ending", ["pt", "safetensors", "npz", "json", "other"])
def test_a_missing_file_is_said_first(tmp_path, monkeypatch, read, ending):
    for name in ("torch", "safetensors", "keras", "tensorflow"):
        monkeypatch.setitem(sys.modules, name, None)  # as if not installed
    with pytest.raises(ModelFileError, match=rf"no\.{ending} cannot be read: No such file"):
        read(tmp_path / f"no.{ending}")
    with pytest.raises(ModelFileError, match="is a folder, a device or a pipe; expected a file"):
        read(tmp_path)


# Keras, by the documentation of SimpleRNN; its layers by what the importer asks of them


class Layer:
    def __init__(self, name, weights=(), activation=None, **attributes):
        self.__class__ = type(name, (Layer,), {})
        self.weights_, self.activation = list(weights), activation
        vars(self).update(attributes)

    def get_weights(self):
        return self.weights_


def test_keras(tmp_path):
    weights = [B.T, W.T, BIAS, C.T, B_OUT]
    outputs = walk(lambda h, u: np.tanh(u @ B.T + h @ W.T + BIAS), np.zeros(N), lambda h: h @ C.T + B_OUT)
    agree(from_keras(weights, tau=20, activation="tanh"), outputs)
    np.savez(tmp_path / "k.npz", *weights)
    agree(from_keras(tmp_path / "k.npz", tau=20, activation="tanh"), outputs)

    def tanh(x):
        return x

    def softmax(x):
        return x

    def swish(x):
        return x

    rnn = Layer("SimpleRNN", weights[:3], tanh)
    dense = Layer("TimeDistributed", weights[3:], layer=Layer("Dense", activation=softmax))
    model = Layer("Sequential", layers=[Layer("InputLayer"), rnn, Layer("Dropout"), dense])
    imported = from_keras(model, tau=20)
    agree(imported, outputs)
    assert "softmax of the outputs: the task scores them" in imported.left
    alone = walk(lambda h, u: np.tanh(u @ B.T + h @ W.T), START, lambda h: h)
    agree(from_keras(Layer("SimpleRNN", weights[:2], tanh), tau=20, initial=START), alone)
    with pytest.raises(ArgumentError, match="activation is not given"):
        from_keras(Layer("SimpleRNN", weights[:2], swish), tau=20)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ([B.T, normal(N, 4 * N), BIAS], "LSTM, which is not taken: its gates and its cell state"),
        ([B.T, normal(N, 3 * N), BIAS], "GRU, which is not taken: its gates change the time constant"),
        ([B, W, BIAS], r"shapes \(16, 3\), \(16, 16\), \(16,\); expected the weights of SimpleRNN"),
        ([B.T, W.T, BIAS, C.T, B_OUT, B_OUT], "expected the weights of SimpleRNN"),
        ([B.T], "expected the weights of SimpleRNN"),
        ("w.npz", "cannot be read"),
        (3, "source is 3; expected a layer or a model of Keras"),
        (Layer("LSTM"), "the network has LSTM, which is not taken"),
        (
            Layer("M", layers=[Layer("SimpleRNN"), Layer("LayerNormalization")]),
            "LayerNormalization, which is",
        ),
        (Layer("M", layers=[Layer("SimpleRNN"), Layer("SimpleRNN")]), "only one SimpleRNN is"),
        (Layer("SimpleRNN", go_backwards=True), "go_backwards"),
    ],
)
def test_what_is_refused_of_keras(source, words):
    with pytest.raises((ArgumentError, ModelFileError), match=words):
        from_keras(source, tau=20, activation="tanh")


# trainRNNbrain, by the steps of its NumPy class; the first output is of the initial state

PHI = {
    "relu": ({"slope": 1.3}, lambda x: relu(1.3 * x)),
    "tanh": ({"slope": 0.8}, lambda x: np.tanh(0.8 * x)),
    "sigmoid": ({"slope": 7.5, "shift": 0.3}, lambda x: 1 / (1 + np.exp(-7.5 * (x - 0.3)))),
    "softplus": ({"beta": 5.0, "slope": 0.5}, lambda x: np.log1p(np.exp(5 * 0.5 * x)) / 5),
    "leaky_relu": ({"slope": 1.2, "leak_slope": 0.1}, lambda x: np.where(x > 0, 1.2 * x, 0.1 * x)),
}


def trainrnnbrain(kind, name="relu", **changes):
    arguments, phi = PHI[name]
    params = {
        "W_rec": W.tolist(),
        "W_inp": B.tolist(),
        "W_out": C.tolist(),
        "y_init": START.tolist(),
        "bias": BIAS.tolist(),
        "activation_args": {"name": name, **arguments},
        "equation_type": kind,
        "dt": 1.0,
        "tau": 10.0,
        "gamma": 0.0,
        "dale_mask": None,
        **changes,
    }
    w = np.array(params["W_rec"])
    y, out = np.tile(START[:, np.newaxis], (1, len(U))), []
    bias = BIAS[:, np.newaxis]
    for t in range(STEPS):
        out.append(C @ (phi(y) if kind == "h" else y))
        inp = B @ U[:, t].T
        y = y + 0.1 * (-y + (w @ phi(y) + inp + bias if kind == "h" else phi(w @ y + inp + bias)))
    return params, np.stack(out, axis=1)  # outputs, time, trials


@pytest.mark.parametrize("kind", ["h", "s"])
@pytest.mark.parametrize("name", PHI)
def test_trainrnnbrain(tmp_path, kind, name):
    params, outputs = trainrnnbrain(kind, name)
    (tmp_path / "p.json").write_text(json.dumps(params))
    imported = from_trainrnnbrain(tmp_path / "p.json")
    agree(imported, outputs, np.transpose(U, (2, 1, 0)))
    assert (imported.model.step, imported.model.tau_range[0]) == (1.0, 10.0)
    slower = from_trainrnnbrain(tmp_path / "p.json", tau=100)
    assert slower.model.step == pytest.approx(10)
    agree(slower, outputs, np.transpose(U, (2, 1, 0)))


@pytest.mark.parametrize("kind", ["h", "s"])
def test_trainrnnbrain_under_dales_law(kind):
    signs = np.where(np.arange(N) < 12, 1.0, -1.0)
    params, outputs = trainrnnbrain(kind, W_rec=np.abs(W) * signs / 3, dale_mask=signs)
    imported = from_trainrnnbrain(params)
    assert imported.model.dale
    agree(imported, outputs, np.transpose(U, (2, 1, 0)))
    broken = np.abs(W) * signs / 3
    broken[3, 4] = -0.5
    params, outputs = trainrnnbrain(kind, W_rec=broken, dale_mask=signs)
    imported = from_trainrnnbrain(params)
    assert not imported.model.dale
    assert any("Dale's law does not hold" in what for what in imported.left)
    agree(imported, outputs, np.transpose(U, (2, 1, 0)))


def test_older_files_of_trainrnnbrain():
    params, outputs = trainrnnbrain("s")
    params["bias_rec"] = params.pop("bias")
    del params["activation_args"], params["equation_type"], params["gamma"]
    params["W_rec"], params["W_inp"] = 1.3 * W, 1.3 * B
    params["bias_rec"] = 1.3 * BIAS
    agree(from_trainrnnbrain(params, activation="relu"), outputs, np.transpose(U, (2, 1, 0)))
    with pytest.raises(ArgumentError, match="names no activation"):
        from_trainrnnbrain(params)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gamma": 0.1}, "gamma 0.1, a cubic term of the state, which is not taken"),
        ({"W_rec": None, "tau": None}, "has no W_rec and no tau"),
        ({"equation_type": "x"}, "equation_type 'x'"),
        ({"activation_args": {"name": "swish"}}, "activation 'swish'"),
        ({"activation_args": {"name": "relu", "slope": -1}}, "relu with slope -1"),
        ({"dt": 0}, "dt is 0"),
        ({"W_inp": B.T}, "w_in has shape"),
    ],
)
def test_what_is_refused_of_trainrnnbrain(changes, words):
    params, _ = trainrnnbrain("h")
    with pytest.raises((ArgumentError, ModelFileError), match=words):
        from_trainrnnbrain({**params, **changes})


def test_what_is_no_file_of_trainrnnbrain(tmp_path):
    for text, words in (("{", "no JSON"), ("[1]", "expected a mapping"), ("[" * 100_000, "no JSON")):
        (tmp_path / "p.json").write_text(text)
        with pytest.raises(ModelFileError, match=words):
            from_trainrnnbrain(tmp_path / "p.json")
    with pytest.raises(ModelFileError, match="No such file"):
        from_trainrnnbrain(tmp_path / "q.json")


# Files of arrays by names

NAMED = {"J": W.T, "Win": B.T, "Wout": C.T, "b": BIAS}
NAMES = {"w": "J", "w_in": "Win", "w_out": "Wout", "bias": "b"}
OPTIONS = {"tau": 100, "step": 20, "form": "rate", "activation": "relu", "transpose": True}


def safetensors(path, arrays, **header):
    """Write a file as the format's description says."""
    entries, data = {}, b""
    for key, value in arrays.items():
        kind, raw = {"f4": "F32", "f8": "F64"}[value.dtype.str[1:]], np.ascontiguousarray(value).tobytes()
        offsets = [len(data), len(data) + len(raw)]
        entries[key] = {"dtype": kind, "shape": list(value.shape), "data_offsets": offsets}
        data += raw
    text = json.dumps({"__metadata__": {"format": "pt"}, **entries, **header}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def test_arrays_by_names(tmp_path):
    def step(h, u):
        return 0.8 * h + 0.2 * relu(h @ W.T + u @ B.T + BIAS)

    outputs = walk(step, np.zeros(N), lambda h: h @ C.T)
    np.savez(tmp_path / "w.npz", **NAMED, other=W)
    for source in (NAMED, tmp_path / "w.npz", safetensors(tmp_path / "w.safetensors", NAMED)):
        imported = from_named_arrays(source, NAMES, **OPTIONS)
        agree(imported, np.transpose(outputs, (0, 2, 1)), np.transpose(U, (0, 2, 1)))
    left = from_named_arrays(tmp_path / "w.npz", NAMES, **OPTIONS).left
    assert left == ("other: no name mentions it",)
    decays = from_named_arrays(
        {**NAMED, "tau": np.linspace(10, 20, N)},
        {**NAMES, "tau": "tau"},
        **OPTIONS | {"tau": None, "form": "current"},
    )
    assert decays.model.tau_range == (10.0, 20.0)


def test_half_precision_of_both_kinds(tmp_path):
    upper = (W.view(np.uint32) >> 16).astype("<u2")
    entry = {"dtype": "BF16", "shape": [N, N], "data_offsets": [0, 2 * N * N]}
    text = json.dumps({"J": entry}).encode()
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + upper.tobytes())
    source = tmp_path / "w.safetensors"
    imported = from_named_arrays(source, {"w": "J", "w_in": B.T, "w_out": C.T}, **OPTIONS)
    np.testing.assert_allclose(imported.model.w, W.T.T.T, rtol=2**-7)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no safetensors file"),
        (b"\xff" * 20, "its header is longer than the file"),
        (struct.pack("<Q", 2) + b"[]", "header that cannot be used"),
        (struct.pack("<Q", 3) + b"{x}", "header that cannot be used"),
    ],
)
def test_damaged_safetensors(tmp_path, content, words):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(ModelFileError, match=words):
        from_named_arrays(tmp_path / "w.safetensors", NAMES, **OPTIONS)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 10**9]},
        {"dtype": "F32", "shape": [4, 4], "data_offsets": [-8, 8]},
        {"dtype": "F32", "shape": [4, 5], "data_offsets": [0, 64]},
        {"dtype": "F8", "shape": [4, 4], "data_offsets": [0, 16]},
        {"dtype": "F32", "shape": 4, "data_offsets": [0, 16]},
        {"shape": [4]},
        7,
    ],
)
def test_damaged_entries_of_safetensors(tmp_path, entry):
    path = safetensors(tmp_path / "w.safetensors", NAMED, bad=entry)
    with pytest.raises(ModelFileError, match="header that cannot be used"):
        from_named_arrays(path, NAMES, **OPTIONS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"names": {"w": "K"}}, "names has w: 'K'; expected names of arrays: J, Win, Wout, b"),
        ({"names": {**NAMES, "bias": ["b", "J"]}}, "b . J have shapes"),
        ({"names": {**NAMES, "w_mask": np.ones((2, 2))}}, r"w_mask has shape \(2, 2\); expected \(16, 16\)"),
        ({"names": {**NAMES, "tau": "b"}}, "tau is 100 and in names"),
        (
            {"source": "weights.txt"},
            "weights.txt is no file of arrays; expected a name that ends in .npz, .safet",
        ),
        ({"source": 3}, "source is 3"),
        ({"transpose": "yes"}, "transpose is 'yes'"),
    ],
)
def test_what_is_refused_of_named_arrays(changes, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.txt").write_text("1 2 3")
    with pytest.raises((ArgumentError, ModelFileError), match=words):
        from_named_arrays(**{"source": NAMED, "names": NAMES, **OPTIONS, **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"inputs": U[:, :, :2]}, r"inputs has shape \(5, 80, 2\); expected axes NTC"),
        ({"outputs": np.zeros((5, 79, OUT))}, "outputs has 5 trials of 79 steps; expected 5 of 80"),
        ({"outputs": np.full((5, 80, OUT), np.nan)}, r"outputs\[0, 0, 0\] is nan"),
        ({"layout": "NCTT"}, "layout is 'NCTT'"),
        ({"tolerance": 0}, "tolerance is 0"),
        ({"inputs": np.zeros((5, 0, IN))}, "inputs is empty"),
    ],
)
def test_what_the_check_refuses(changes, words):
    imported = from_psychrnn(psychrnn(False)[0], tau=100, step=10)
    with pytest.raises(ArgumentError, match=words):
        imported.check(**{"inputs": U, "outputs": np.zeros((5, 80, OUT)), **changes})


# Whatever is given, an error is one of ours

JUNK = [
    None,
    "x",
    b"x",
    -1,
    0,
    np.nan,
    np.inf,
    10**400,
    [],
    {},
    {"a": 1},
    [1, 2],
    np.array("s"),
    1j,
    object(),
    True,
]
JUNK += [np.zeros((0, 0)), np.zeros((2, 2)), np.zeros((3, 3, 3)), [None], ("a", "b"), [[1], [2, 3]], {"w": 3}]
JUNK += [np.ma.masked_array([1.0], [True]), np.array([object()], dtype=object), {3: 4}]
CALLS = [
    (from_torch, {"source": CTRNN, "step": 1, "form": "rate", "names": None}),
    (from_torch, {"source": torch_rnn(np.tanh)[0], "step": None}),
    (from_psychrnn, {"source": psychrnn(True)[0], "step": 1}),
    (from_keras, {"source": [B.T, W.T, BIAS], "initial": None}),
    (from_trainrnnbrain, {"source": trainrnnbrain("h")[0]}),
    (from_named_arrays, {"source": NAMED, "names": NAMES, "step": 1, "form": "rate", "transpose": True}),
]


@pytest.mark.parametrize(("function", "arguments"), CALLS)
def test_errors_are_ours(function, arguments):
    arguments = {"tau": 10, "activation": "relu", "activation_parameters": None, **arguments}
    calls = [{**arguments, key: value} for key in arguments for value in JUNK]
    if isinstance(arguments["source"], dict):
        sources = [{**arguments["source"], key: value} for key in arguments["source"] for value in JUNK]
        calls += [{**arguments, "source": source} for source in sources]
    refused = 0
    for call in calls:
        try:
            function(**call)
        except SpikingError:
            refused += 1
    assert refused > len(calls) / 2


def test_a_file_says_what_its_network_was_imported_from(tmp_path):
    arrays = {"J": W, "B": B, "C": C, "U": normal(3, 3, 3)}
    names = {"w": "J", "w_in": "B", "w_out": "C"}
    imported = from_named_arrays(arrays, names, activation="relu", tau=50, step=10, form="rate")
    imported.model.save(tmp_path / "model.mat")
    said = model_info(tmp_path / "model.mat")
    assert "from arrays: J as recurrent weights (16, 16); B as input weights (16, 3); " in said.imported
    assert all(f"not taken: {what}" in said.imported for what in imported.left)
    assert f"  imported        {said.imported}" in str(said)
    assert model_info("go-nogo").imported is None
