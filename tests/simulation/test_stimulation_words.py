"""What stimulated a run is recorded in words, and told wherever the run is described."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from networks import random_network

from spiking import (
    Oscillation,
    Record,
    Simulation,
    SpikingNetwork,
    Stimulation,
    UnitFraction,
    Waveform,
    datasets,
    evaluate,
    plotting,
    simulate,
    tasks,
)
from spiking.evaluation.words import evaluation_json
from spiking.export.parts import settings
from spiking.network.describe import changes_words
from spiking.simulation.storage import npz

MODEL = datasets.load("go-nogo")
NETWORK = SpikingNetwork.from_rate(MODEL)
LIGHT = Stimulation("exc", (100, 900), -0.5)
SAID = "exc (154 neurons), -0.5 mV at each step with probability 0.5, from 100 to 900 ms"
WORDS = [
    (LIGHT, SAID),
    (
        Stimulation([1, 2, 3], (0, 100), 30.0, acts_on="current", frequency=40, pulse_width=5),
        "3 neurons (1, 2, 3), a current of +30 mV in pulses of 5 ms at 40 Hz, from 0 to 100 ms",
    ),
    (
        Stimulation(range(9), (0, 50), (0.5, -1.0), probability=0.25, coin="unit"),
        "9 neurons (0, 1, 2, ..., 8), +0.5 to -1 mV in a ramp at each step with probability 0.25 for each "
        "neuron on its own, from 0 to 50 ms",
    ),
    (
        Oscillation(UnitFraction(0.5, "inh", seed=3), 8.0, 2.0, phase=1.5),
        "23 neurons (50 % of inh, seed 3), a current of 2 mV oscillating at 8 Hz with phase 1.5, in the "
        "whole trial",
    ),
    (
        Waveform([7], [0.0, 1.0, -2.0], interval=100, start=50, weights=[0.5]),
        "1 neuron (7), a current of -2 to 1 mV in samples of 100 ms, weighted by neuron, from 50 to 350 ms",
    ),
]


@pytest.mark.parametrize(("stimulation", "words"), WORDS, ids=[type(item).__name__ for item, _ in WORDS])
def test_every_stimulation_is_said(stimulation, words):
    assert simulate(NETWORK, np.zeros((1, 201)), stimulation=stimulation).stimulation == (words,)


def test_several_stimulations_and_noise_on_the_inputs_follow_each_other():
    network, u = random_network(20, n_inputs=2), np.zeros((2, 11))
    run = simulate(network, u, stimulation=[Stimulation([0], (0, 10)), Waveform([1], [1.0], 9)])
    assert [words.partition(",")[0] for words in run.stimulation] == ["1 neuron (0)", "1 neuron (1)"]
    noisy = simulate(network, u, input_noise=[0.1, 0.2])
    assert noisy.stimulation == ("noise on the inputs, standard deviation 0.1, 0.2",)
    assert simulate(network, u).stimulation == ()


def test_files_exports_prints_and_captions_say_it(tmp_path):
    task = tasks.get("go-nogo")
    record = Record(spikes=True, interval=1.0)
    options = {"trials": 2, "seed": 1, "stimulation": LIGHT, "record": record}
    run = simulate(NETWORK, task, **options)
    streamed = simulate(NETWORK, task, **options, output_file=tmp_path / "streamed.h5")
    run.save(tmp_path / "run.h5")
    npz.save(run, tmp_path / "run.npz", model="go-nogo")
    for found in (run, streamed, *(Simulation.load(tmp_path / name) for name in ("run.h5", "run.npz"))):
        assert found.stimulation == (SAID,)
        assert settings(found)["stimulation"] == SAID
        assert f"stimulation: {SAID}" in str(found).splitlines()
    drawn = task.trials(2, seed=1)
    overview = plotting.overview(run, trials=drawn, task=task, stimulation=LIGHT, figure=Figure())
    assert f"Yellow areas: stimulation of {SAID}." in plotting.caption_of(overview)
    for figure in (
        plotting.overview(run, trials=drawn, figure=Figure()),
        plotting.outputs(run, Figure()),
        plotting.raster(run, 0, Figure().subplots()).figure,
        plotting.psth(run, Figure()),
    ):
        assert f"Stimulation: {SAID}." in plotting.caption_of(figure)


def test_evaluations_say_stimulation_and_changes():
    lesioned = NETWORK.lesion([3, 4])
    result = evaluate(lesioned, "go-nogo", 2, seed=1, stimulation=LIGHT)
    lines = str(result).splitlines()
    (changes,) = changes_words(lesioned)
    assert changes.startswith("2 neurons lesioned")
    assert f"  changes of the network: {changes}" in lines
    assert f"  stimulation: {SAID}" in lines
    values = evaluation_json(result, fresh=None)
    assert (values["changes"], values["stimulation"]) == (changes, SAID)
    table = result.table()
    assert table["changes"].tolist() == [changes] * 2
    assert table["stimulation"].tolist() == [SAID] * 2
    rate = evaluate(MODEL.lesion([3]), "go-nogo", 2, seed=1)
    assert "\n  changes of the network: 1 unit lesioned" in str(rate)
    assert not {"changes", "stimulation"} & evaluate(NETWORK, "go-nogo", 2).table().keys()


def test_weights_from_before_training_are_said():
    initial = SpikingNetwork.from_rate(MODEL.scale_weights(factor=0.5), 20, initial_weights=True)
    assert initial.weight_changes == ("weights from before training",)  # the trained ones were scaled
    assert np.array_equal(20 * initial.dense_weights, MODEL.effective_weights(initial=True))
    run = simulate(initial, "go-nogo", trials=1)
    assert "changes of the network: weights from before training" in str(run).splitlines()
    assert settings(run)["changes"] == "weights from before training"
