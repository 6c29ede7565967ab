"""PyTorch is the witness of imported networks. It has an environment of its own: `make witnesses`."""

import numpy as np
import pytest
import torch
from torch import nn

from spiking import ArgumentError, ModelFileError, RateModel
from spiking.importing import from_named_arrays, from_torch

UNITS, STEPS, TRIALS = 48, 120, 5


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(1)


def inputs():
    return torch.randn(STEPS, TRIALS, 3)


def agree(imported, u, outputs, **options):
    agreement = imported.check(u, outputs, **options)
    assert agreement.difference < 1e-5, agreement
    assert agreement.largest > 0.1
    return agreement


class WithReadout(nn.Module):
    def __init__(self, rnn, **options):
        super().__init__()
        self.rnn = rnn
        self.fc = nn.Linear(UNITS, 2)

    def forward(self, u):
        return self.fc(self.rnn(u)[0])


class CTRNN(nn.Module):
    """Rate or current form, with biases, and a mask that is a buffer, a plain attribute or missing."""

    def __init__(self, form, mask=None, phi=torch.relu):
        super().__init__()
        self.input2h, self.h2h = nn.Linear(3, UNITS), nn.Linear(UNITS, UNITS)
        self.alpha, self.form, self.phi = 0.2, form, phi
        entries = (torch.rand(UNITS, UNITS) < 0.5).float()
        if mask == "buffer":
            self.h2h.register_buffer("mask", entries)
        elif mask == "attribute":
            self.h2h.mask = entries
        with torch.no_grad():
            self.h2h.weight *= 2

    def forward(self, u):
        state, out = torch.zeros(u.shape[1], UNITS), []
        weights = self.h2h.weight * getattr(self.h2h, "mask", 1)
        for t in range(len(u)):
            rates = state if self.form == "rate" else self.phi(state)
            drive = self.input2h(u[t]) + rates @ weights.T + self.h2h.bias
            drive = self.phi(drive) if self.form == "rate" else drive
            state = (1 - self.alpha) * state + self.alpha * drive
            out.append(state if self.form == "rate" else self.phi(state))
        return torch.stack(out), state


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("bias", [True, False])
def test_nn_rnn(nonlinearity, bias):
    net, u = WithReadout(nn.RNN(3, UNITS, nonlinearity=nonlinearity, bias=bias)), inputs()
    agree(from_torch(net, tau=20), u, net(u))
    agree(from_torch(net.state_dict(), tau=20, activation=nonlinearity), u, net(u))
    alone = nn.RNN(3, UNITS, nonlinearity=nonlinearity, batch_first=True)
    agree(from_torch(alone, tau=20), u.transpose(0, 1), alone(u.transpose(0, 1))[0])
    with pytest.raises(ArgumentError, match=f"expected {nonlinearity}, that of the module"):
        from_torch(net, tau=20, activation="softplus")


def test_nn_rnn_cell_in_a_loop_of_its_own():
    cell, u = nn.RNNCell(3, UNITS, nonlinearity="relu"), inputs()
    h, out, leaky, leaky_out = torch.zeros(TRIALS, UNITS), [], torch.zeros(TRIALS, UNITS), []
    for t in range(STEPS):
        h, leaky = cell(u[t], h), 0.9 * leaky + 0.1 * cell(u[t], leaky)
        out.append(h)
        leaky_out.append(leaky)
    agree(from_torch(cell, tau=20), u, torch.stack(out))
    agree(from_torch(cell, tau=100, step=10), u, torch.stack(leaky_out))


@pytest.mark.parametrize("form", ["rate", "current"])
@pytest.mark.parametrize("mask", [None, "buffer", "attribute"])
def test_a_ctrnn_with_biases_and_masks(tmp_path, form, mask):
    net, u = WithReadout(CTRNN(form, mask)), inputs()
    imported = from_torch(net, tau=100, form=form, activation="relu")
    assert imported.model.step == pytest.approx(20)  # alpha of the module
    agree(imported, u, net(u))
    imported.model.save(tmp_path / "m.mat")
    again = RateModel.load(tmp_path / "m.mat")
    columns = np.transpose(u.double().numpy(), (1, 2, 0))
    np.testing.assert_allclose(again.run(columns).output, imported.model.run(columns).output, atol=1e-12)


def test_a_function_of_pytorch_as_activation():
    net, u = WithReadout(CTRNN("rate", phi=nn.functional.mish)), inputs()

    def mish(x):
        return nn.functional.mish(torch.from_numpy(x)).numpy()

    agree(from_torch(net, tau=100, activation=mish), u, net(u))


class Dale(nn.Module):
    """Effective weights abs(w) times a signed mask, as in many E-I networks; excitatory units are read."""

    def __init__(self):
        super().__init__()
        self.inner = CTRNN("current")
        signs = torch.where(torch.arange(UNITS) < 40, 1.0, -1.0)
        self.inner.h2h.signed_mask = signs * (1 - torch.eye(UNITS))
        self.fc = nn.Linear(40, 2)

    def effective(self):
        return self.inner.h2h.weight.abs() * self.inner.h2h.signed_mask / 5

    def forward(self, u):
        state, out = torch.zeros(u.shape[1], UNITS), []
        for t in range(len(u)):
            drive = self.inner.input2h(u[t]) + torch.relu(state) @ self.effective().T + self.inner.h2h.bias
            state = 0.8 * state + 0.2 * drive
            out.append(self.fc(torch.relu(state)[:, :40]))
        return torch.stack(out)


def test_weights_as_they_act():
    net, u = Dale(), inputs()
    with pytest.raises(ArgumentError, match="expected"):
        from_torch(net, tau=100, activation="relu", form="current")
    names = {
        "w": net.effective().abs(),
        "signs": torch.where(torch.arange(UNITS) < 40, 1.0, -1.0),
        "w_in": "inner.input2h.weight",
        "bias": ["inner.input2h.bias", "inner.h2h.bias"],
        "w_out": nn.functional.pad(net.fc.weight, (0, UNITS - 40)),
        "b_out": "fc.bias",
    }
    imported = from_torch(net, tau=100, activation="relu", form="current", names=names)
    assert imported.model.inhibitory.sum() == 8
    agree(imported, u, net(u))


def test_files(tmp_path):
    net, u = WithReadout(CTRNN("rate", "buffer")), inputs()
    options = {"tau": 100, "step": 20, "activation": "relu"}
    torch.save(net.state_dict(), tmp_path / "w.pt")
    agree(from_torch(tmp_path / "w.pt", **options), u, net(u))
    torch.save({"model": net.state_dict(), "epoch": 3}, tmp_path / "c.pt")
    agree(from_torch(tmp_path / "c.pt", **options), u, net(u))
    torch.save(net, tmp_path / "pickled.pt")  # runs what it contains if it is loaded
    with pytest.raises(ModelFileError, match="cannot be read as weights alone"):
        from_torch(tmp_path / "pickled.pt", **options)
    with pytest.raises(ModelFileError, match="No such file"):
        from_torch(tmp_path / "no.pt", **options)


def test_safetensors_of_its_own_library(tmp_path):
    save_file = pytest.importorskip("safetensors.torch").save_file
    net, u = WithReadout(CTRNN("rate")), inputs()
    save_file(net.state_dict(), tmp_path / "w.safetensors", metadata={"step": "3"})
    agree(from_torch(tmp_path / "w.safetensors", tau=100, step=20, activation="relu"), u, net(u))
    half = {"w": torch.randn(5, 5).bfloat16(), "w_in": torch.randn(5, 2).half(), "w_out": torch.randn(1, 5)}
    save_file(half, tmp_path / "h.safetensors")
    names = {key: key for key in half}
    model = from_named_arrays(
        tmp_path / "h.safetensors", names, tau=10, step=1, form="rate", activation="tanh"
    ).model
    for key, tensor in half.items():
        assert np.array_equal(getattr(model, key), tensor.double().numpy())


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (nn.LSTM(3, UNITS), "LSTM, which is not taken"),
        (nn.GRUCell(3, UNITS), "GRUCell, which is not taken"),
        (nn.RNN(3, UNITS, num_layers=2), "more than one layer or direction"),
        (nn.RNN(3, UNITS, bidirectional=True), "more than one layer or direction"),
        (nn.LayerNorm(UNITS), "LayerNorm, which is not taken"),
    ],
)
def test_what_is_refused(layer, words):
    with pytest.raises(ArgumentError, match=words):
        from_torch(WithReadout(layer), tau=20)


def test_a_layer_that_changes_its_weights():
    class Positive(nn.Linear):
        def forward(self, u):
            return nn.functional.linear(u, self.weight.abs(), self.bias)

    net = WithReadout(CTRNN("rate"))
    net.rnn.input2h = Positive(3, UNITS)
    with pytest.raises(
        ArgumentError, match=r"rnn.input2h.weight is in a layer Positive, which may change it"
    ):
        from_torch(net, tau=100, activation="relu")
