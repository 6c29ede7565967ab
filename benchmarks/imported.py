"""Train networks in a plain PyTorch loop, import them, and measure how faithful their spiking networks are.

python benchmarks/imported.py train FOLDER --seeds 1-5      (needs PyTorch)
python benchmarks/imported.py measure FOLDER --seeds 1-5
python benchmarks/imported.py table

`train` knows the package only for its tasks. The network is a CTRNN as laboratories write it, with biases;
networks of odd seeds have Dale's law, those of even seeds do not. It writes one file of arrays a network: the
state dict, some inputs, and PyTorch's own outputs for them. `measure` imports and converts each network and
writes a row for each conversion into the table; none is left out. Both can be stopped at any time and started
again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

import spiking
from spiking import tasks
from spiking.analysis import faithfulness
from spiking.conversion import fit_conversion
from spiking.importing import from_torch
from spiking.tasks import Task
from spiking.tasks.scoring import wilson_interval

TAU, STEP = 100.0, 10.0  # ms
EVERY = round(STEP / tasks.STEP_MS)  # columns of a task in a step
N_UNITS, N_INHIBITORY = 80, 16
NOISE = 0.05  # of what a unit receives, in training
RATE_PENALTY = 0.01  # times the mean square rate
SOFTPLUS_RADIUS = 1.5  # spectral radius of the first weights of softplus networks
BATCH, MOST_UPDATES, LEARNING_RATE = 32, 1500, 3e-3
LOSS, ACCURACY, TESTED = 0.015, 0.98, 50  # at which training stops, and updates between tests
TRIALS, SEED = 100, 90_000  # of the measurement: trials of no training and of no choice
ACTIVATIONS = ("relu", "tanh", "softplus")
CONVERSIONS = ("published", "matched", "calibrated", "calibrated, gain 8")
GAINS = {"calibrated": None, "calibrated, gain 8": 8.0}  # None: the default, 4
MEASURES = {"output_r2": "output R2", "rate_hz": "rate (Hz)", "cv2": "CV2"}


@dataclass(frozen=True)
class Choice(Task):
    """Which of two noisy inputs is larger? Two outputs: that of the larger one rises to 1, the other stays 0.

    A trial is correct if, from 300 ms after the stimulus on, the mean of the first is above 0.7 and that of
    the other is below 0.3.
    """

    duration: float = 1200.0
    stimulus_onset: float = 200.0
    stimulus_duration: float = 400.0
    difference: float = 0.6
    noise: float = 0.3

    name: ClassVar[str] = "choice"
    conditions: ClassVar[dict[str, int]] = {"left": 1, "right": -1}
    n_inputs: ClassVar[int] = 2
    n_outputs: ClassVar[int] = 2

    @property
    def score_from(self):
        return self.stimulus_onset + self.stimulus_duration + 300.0

    def trial(self, condition, rng):
        on = round(self.stimulus_onset / tasks.STEP_MS)
        off = on + round(self.stimulus_duration / tasks.STEP_MS)
        inputs, target = np.zeros((2, self.n_steps)), np.zeros((2, self.n_steps))
        larger = 0 if condition == "left" else 1
        means = 0.5 + self.difference * np.array([0.5, -0.5] if larger == 0 else [-0.5, 0.5])
        inputs[:, on:off] = means[:, None] + self.noise * rng.standard_normal((2, off - on))
        target[larger, off:] = 1
        return inputs, target

    def score(self, output, time, trials, *, strict=False):
        mean = self.window(output, time, trials).mean(axis=2)
        chosen = np.where(trials.labels > 0, mean.T, mean.T[::-1])
        return (chosen[0] > 0.7) & (chosen[1] < 0.3)


TASKS = {
    "go-nogo": tasks.get("go-nogo", stimulus_duration=120.0, score_delay=130.0),  # 125 ms do not fit the step
    "xor": tasks.get("xor"),
    "choice": Choice(),
}


def seeds_in(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def networks(names, activations, seeds):
    for seed in seeds:  # the first seeds of all tasks come first
        for name in names:
            for activation in activations:
                yield f"{name}_{activation}_{seed}", name, activation, seed


# The laboratory's own code, in PyTorch.


def ctrnn(n_inputs, n_outputs, activation, dale):
    import torch
    from torch import nn

    class CTRNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.input2h = nn.Linear(n_inputs, N_UNITS)
            self.h2h = nn.Linear(N_UNITS, N_UNITS)
            self.fc = nn.Linear(N_UNITS, n_outputs)
            self.alpha = STEP / TAU
            self.phi = getattr(torch.nn.functional, activation)
            signs = torch.ones(N_UNITS)
            if dale:
                signs[-N_INHIBITORY:] = -1
                with torch.no_grad():  # excitation and inhibition balance
                    self.h2h.weight.copy_(torch.rand(N_UNITS, N_UNITS) / N_UNITS)
                    self.h2h.weight[:, -N_INHIBITORY:] *= (N_UNITS - N_INHIBITORY) / N_INHIBITORY
            self.register_buffer("signs", signs)
            self.dale = dale
            if activation == "softplus":  # its slope is a half, so that nothing is learned from small weights
                with torch.no_grad():
                    radius = torch.linalg.eigvals(self.recurrent()).abs().max()
                    self.h2h.weight.mul_(SOFTPLUS_RADIUS / radius)

        def recurrent(self):
            return self.h2h.weight.abs() * self.signs if self.dale else self.h2h.weight

        def forward(self, inputs):  # (time, trials, channels)
            drive, weights = self.input2h(inputs) + self.h2h.bias, self.recurrent().T
            if self.training:
                drive = drive + NOISE * (2 / self.alpha) ** 0.5 * torch.randn_like(drive)
            h, states = torch.zeros(inputs.shape[1], N_UNITS), []
            for received in drive:
                # the same as h = (1 - alpha) * h + alpha * phi(received + h @ weights), and faster
                h = torch.lerp(h, self.phi(torch.addmm(received, h, weights)), self.alpha)
                states.append(h)
            return self.fc(torch.stack(states)), torch.stack(states)

    return CTRNN()


def drawn(task, n, seed, first=0):
    """Return inputs and targets, (time, trials, channels), at the step of the network, and the trials."""
    import torch

    trials = task.trials(n, seed=seed, first=first)
    targets = trials.targets.reshape(n, task.n_outputs, -1)
    arrays = (np.moveaxis(values[:, :, ::EVERY], 2, 0) for values in (trials.inputs, targets))
    return *(torch.tensor(np.ascontiguousarray(array), dtype=torch.float32) for array in arrays), trials


def train_one(task, activation, seed):
    import torch

    torch.manual_seed(seed)
    net = ctrnn(task.n_inputs, task.n_outputs, activation, dale=seed % 2 == 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)
    for update in range(1, MOST_UPDATES + 1):
        inputs, targets, _ = drawn(task, BATCH, seed, first=BATCH * update)
        outputs, states = net(inputs)
        loss = ((outputs - targets) ** 2).mean() + RATE_PENALTY * (states**2).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        if update % TESTED == 0:
            inputs, targets, trials = drawn(task, 100, seed + 10_000, first=100 * update)
            with torch.no_grad():
                outputs, _ = net(inputs)
            loss = float(((outputs - targets) ** 2).mean())
            accuracy = scored(task, outputs.numpy(), trials).mean()
            if loss < LOSS and accuracy >= ACCURACY:
                break
    return net.eval(), update, loss, float(accuracy)


def scored(task, outputs, trials):
    outputs = np.moveaxis(outputs, 0, 2)
    return task.score(
        outputs[:, 0] if task.n_outputs == 1 else outputs, STEP * (1 + np.arange(outputs.shape[2])), trials
    )


def train(folder, chosen):
    import torch

    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    for stem, name, activation, seed in chosen:
        path = folder / f"{stem}.npz"
        if path.exists():
            continue
        task, began = TASKS[name], time.perf_counter()
        net, updates, loss, accuracy = train_one(task, activation, seed)
        seconds = time.perf_counter() - began
        inputs, _, _ = drawn(task, 8, seed + 20_000)
        with torch.no_grad():
            outputs, _ = net(inputs)
        facts = {"updates": updates, "loss": loss, "trained_accuracy": accuracy, "seconds": seconds}
        state = {key: value.numpy() for key, value in net.state_dict().items()}
        unfinished = folder / f"unfinished-{stem}.npz"
        np.savez(unfinished, **state, inputs=inputs, outputs=outputs, facts=json.dumps(facts))
        unfinished.rename(path)
        print(f"{stem}: {facts}", flush=True)


# Import and conversion.


def imported_from(path, activation, dale):
    """Import the state dict of a file; return it with PyTorch's outputs and what is known of the training."""
    with np.load(path) as file:
        state = dict(file)
    inputs, outputs, facts = state.pop("inputs"), state.pop("outputs"), json.loads(str(state.pop("facts")))
    signs, names = state.pop("signs"), {}
    if dale:  # the module changes its weights
        names = {
            "w": np.abs(state["h2h.weight"]),
            "signs": signs,
            "w_in": "input2h.weight",
            "bias": ["input2h.bias", "h2h.bias"],
            "w_out": "fc.weight",
            "b_out": "fc.bias",
        }
    imported = from_torch(state, tau=TAU, step=STEP, activation=activation, names=names or None)
    return imported, imported.check(inputs, outputs), facts


def rows_of(table):
    return [json.loads(line) for line in table.read_text().splitlines()] if table.exists() else []


def converted(model, task, conversion, seed):
    """Return the spiking network, and its gain."""
    if conversion in GAINS:
        fitted = fit_conversion(model, task, kind="calibrated", gain=GAINS[conversion], seed=seed)
        network = spiking.SpikingNetwork.from_rate(model, conversion=fitted)
    else:
        network = spiking.find_scaling_factor(
            model, task, seed=seed, conversion=conversion, threads=1
        ).network
    return network, network.conversion.gain if network.conversion else 1.0


def measure(folder, table, conversions, chosen):
    """Import, convert and measure the networks that have no row yet, in 100 fresh trials."""
    done = {(row["network"], row["method"]) for row in rows_of(table)}
    for (stem, name, activation, seed), conversion in itertools.product(chosen, conversions):
        path = folder / f"{stem}.npz"
        if (stem, conversion) in done or not path.exists():
            continue
        dale, task = seed % 2 == 1, TASKS[name]
        imported, agreement, facts = imported_from(path, activation, dale)
        network, gain = converted(imported.model, task, conversion, seed)
        measured = faithfulness(imported.model, network, task, trials=TRIALS, seed=SEED, threads=1)
        row = {"network": stem, "task": name, "activation": activation, "dale": dale, "method": conversion}
        row |= {**facts, "difference": agreement.difference, "at_a_tenth": agreement.at_a_tenth}
        row |= {"gain": gain, **measured.as_json()}
        table.parent.mkdir(exist_ok=True)
        with table.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{stem} {conversion}: {measured.spiking.correct} of {TRIALS}, {measured}", flush=True)


def faithful(row):
    return row["spiking"]["correct"] >= 95 and row["output_r2"] >= 0.9


def middle(values):
    """Return the median, and the lowest and highest value."""
    known = [value for value in values if value is not None]
    return f"{np.median(known):.2g} ({min(known):.2g} to {max(known):.2g})" if known else ""


def print_table(rows):
    """Print a row for each activation, conversion and task: medians, lowest and highest values."""
    print("| activation | conversion | task | 95 % or more | and R2 0.9 or more |", end=" ")
    print(" | ".join(MEASURES.values()) + " |\n" + "|---" * (5 + len(MEASURES)) + "|")
    names, groups = [*TASKS, "all"], {}
    for row in rows:
        for name in (row["task"], "all"):
            key = ACTIVATIONS.index(row["activation"]), CONVERSIONS.index(row["method"]), names.index(name)
            groups.setdefault(key, []).append(row)
    for (activation, conversion, number), some in sorted(groups.items()):
        cells = [ACTIVATIONS[activation], CONVERSIONS[conversion], names[number]]
        correct = [row["spiking"]["correct"] for row in some]
        for good in (sum(count >= 95 for count in correct), sum(map(faithful, some))):
            low, high = (100 * limit for limit in wilson_interval(good, len(some)))
            cells += [f"{good} of {len(some)} ({low:.0f} to {high:.0f} %)"]
        cells[3] += f", lowest {min(correct)} %"
        print("| " + " | ".join([*cells, *(middle(row[key] for row in some) for key in MEASURES)]) + " |")
    trained = {row["network"]: row for row in rows}.values()
    print(f"\nlargest difference from PyTorch: {max(row['difference'] for row in trained):.1e}")
    print(f"change at a tenth of the step: {middle(row['at_a_tenth'] for row in trained)}")
    print(f"correct trials of the rate networks: {min(row['rate']['correct'] for row in trained)} % or more")
    print(f"updates: {middle(row['updates'] for row in trained)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "measure", "table"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--activations", nargs="+", choices=ACTIVATIONS, default=list(ACTIVATIONS))
    parser.add_argument("--conversions", nargs="+", choices=CONVERSIONS, default=CONVERSIONS)
    parser.add_argument("--table", type=Path, default=Path("benchmarks/results/imported.jsonl"))
    parser.add_argument("--seeds", type=seeds_in, default=seeds_in("1-5"))
    given = parser.parse_args()
    chosen = networks(given.tasks, given.activations, given.seeds)
    if given.what == "train":
        train(given.folder, chosen)
    elif given.what == "measure":
        measure(given.folder, given.table, given.conversions, chosen)
    else:
        print_table(rows_of(given.table))


if __name__ == "__main__":
    main()
