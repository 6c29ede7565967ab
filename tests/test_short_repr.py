"""Every public class, found by inspection, has a representation of two lines without arrays of numbers."""

import contextlib
import dataclasses
import re

import numpy as np
import pytest
from every_field import EXAMPLES
from public_classes import example_of, public_classes

from spiking import Record, Stimulation, Waveform, datasets, simulate
from spiking.reproduce import PANELS
from spiking.short_repr import part, short_repr
from spiking.tasks import Task

CLASSES = public_classes()


class Told(Task):
    """A task that is not a dataclass."""

    name = "told"
    n_inputs = 1
    conditions = {"a": 1}  # noqa: RUF012


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Two instances of each public class: its own example, and one with a value in every field."""
    with contextlib.chdir(tmp_path_factory.mktemp("examples")):
        made = {name: [example_of(kind)] for name, kind in CLASSES.items() if kind is not Task}
    made["spiking.reproduce.Paper"] = [PANELS["fig7c"].conditions[0].paper["success"]]
    for name, kind in CLASSES.items():
        if kind in EXAMPLES:
            made[name].append(EXAMPLES[kind]())
    return made


@pytest.mark.slow
def test_every_public_class(examples):
    wrong = []
    for name, instances in examples.items():
        for instance in filter(lambda one: one is not None, instances):
            text = repr(instance)
            if len(text) > 220 or "\n" in text or "array(" in text or " object at 0x" in text:
                wrong.append((name, text[:300]))
            if len(re.findall(r"-?\d+\.\d+(?:e-?\d+)?, (?=-?\d+\.\d)", text)) > 12:
                wrong.append((name, text))
            if not text.startswith(f"{CLASSES[name].__name__}("):
                wrong.append((name, text))
    assert wrong == []
    assert sum(one is not None for made in examples.values() for one in made) >= 80


def test_large_values_are_given_by_their_sizes():
    stimulation = Stimulation(units=range(100), window=(250, 500), amplitude=1.0 / 3)
    assert repr(stimulation).startswith(
        "Stimulation(units=<100 items>, window=(250.0, 500.0), amplitude=0.3333"
    )
    waveform = Waveform(units=[3], samples=np.linspace(0, 1, 1000), interval=0.5)
    assert repr(waveform).startswith("Waveform(units=(3,), samples=<1000 items>, interval=0.5")
    model = datasets.load("go-nogo")
    assert repr(dataclasses.replace(model, source="x" * 5000)).endswith("xxx...')")
    run = simulate(model, np.zeros((1, 21)), trials=2, seed=1, record=Record(spikes=True))
    assert repr(run) == "Simulation(trials=2, duration=100 ms, N=200, seed=1, output + spikes)"
    assert re.fullmatch(r"Spikes\(trial=<\d+ int32>, .*, time_step=0\.05\)", repr(run.spikes))
    assert repr(Told()) == "Told(name='told')"


def test_values():
    assert part(np.zeros((3, 4))) == "<3 x 4 float64>"
    assert part((1, 2.0, None, "a")) == "(1, 2.0, None, 'a')"
    assert part({"a": 1 / 3}) == "{'a': 0.3333}"
    assert part({1: 2, 3: 4, 5: 6, 7: 8, 9: 0}) == "<5 entries>"
    assert part("y" * 200) == f"'{'y' * 55}...'"
    assert part(np.float64(2.5)) == "2.5"
    assert part(1e-12 / 3) == "3.333e-13"
    assert part(float("nan")) == "nan"


def test_what_exceeds_two_lines_is_left_out():
    kind = dataclasses.make_dataclass("Wide", [(f"field_{k}", int) for k in range(40)])
    text = short_repr(kind(*range(40)))
    assert len(text) <= 220
    assert text.startswith("Wide(field_0=0, ")
    assert text.endswith(", ...)")
