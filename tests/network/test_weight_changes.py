"""What was done to the weights of a network is recorded in words, and told where the network is described."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from spiking import (
    RateModel,
    Simulation,
    SpikingNetwork,
    UnitFraction,
    datasets,
    evaluate,
    plotting,
    simulate,
    tasks,
)
from spiking.connectivity.words import weights_changed, which_lesioned
from spiking.conversion import model_info
from spiking.export.parts import settings
from spiking.files.digest import digest
from spiking.network.describe import changes_words, network_facts
from spiking.network.open import open_network
from spiking.report.methods import methods
from spiking.tuning.trial_setup import model_digest

MODEL = datasets.load("go-nogo")
NETWORK = SpikingNetwork.from_rate(MODEL)
CHANGES = [
    (lambda net: net.scale_weights(factor=0.5), "recurrent weights multiplied by 0.5"),
    (
        lambda net: net.scale_weights(pre="inh", post="exc", factor=1.5),
        "weights inh -> exc multiplied by 1.5",
    ),
    (lambda net: net.cut(pre="inh", fraction=0.3, seed=2), "30 % of the weights inh -> all (seed 2) cut"),
    (lambda net: net.cut(pre=[3, 4], post=np.arange(200) < 9), "weights 2 units -> 9 units cut"),
    (lambda net: net.cut(pre=iter([3])), "weights 1 unit -> all cut"),
    (
        lambda net: net.cut(pre=UnitFraction(0.25, "inh", seed=7)),
        "weights 25 % of inh (seed 7) -> all cut",
    ),
    (
        lambda net: net.cut(pre="inh", fraction=0.1, control="strength"),
        "weights from elsewhere, as strong as 10 % of the weights inh -> all (seed 1), cut",
    ),
    (lambda net: net.shuffle_weights(seed=3), "recurrent weights (seed 3) shuffled"),
    (
        lambda net: net.shuffle_weights(pre="exc", fraction=0.5),
        "50 % of the weights exc -> all (seed 1) shuffled",
    ),
    (lambda net: net.shuffle_input_weights(post="exc"), "input weights of exc (seed 1) shuffled"),
]


@pytest.mark.parametrize("intact", [MODEL, NETWORK], ids=["rate", "spiking"])
@pytest.mark.parametrize(("change", "words"), CHANGES, ids=[words for _, words in CHANGES])
def test_every_change_is_recorded(intact, change, words):
    assert change(intact).weight_changes == (words,)


def test_changes_that_only_a_spiking_network_has():
    trials = tasks.get("go-nogo").trials(2, seed=1)
    changed = NETWORK.with_weights(2 * NETWORK.dense_weights)
    changed = changed.with_weights(3 * NETWORK.dense_weights)  # again: said once
    changed = changed.with_input_weights(NETWORK.w_in[::-1])
    frozen = changed.freeze(trials.spiking_inputs, pre="inh", seed=4)
    assert frozen.weight_changes == (
        "recurrent weights replaced by others",
        "input weights replaced by others",
        "weights inh -> all replaced by their mean current (2 trials, seed 4)",
    )


def test_what_changes_nothing_is_not_recorded():
    for same in (
        NETWORK.scale_weights(factor=1.0),
        NETWORK.cut(fraction=0),
        NETWORK.with_weights(NETWORK.dense_weights),
        NETWORK.with_populations(PFC=[1]),
    ):
        assert same.weight_changes == ()


def test_the_record_goes_with_the_conversion_and_into_files(tmp_path):
    model = MODEL.cut(pre="inh", post="exc").scale_weights(factor=0.9)
    words = ("weights inh -> exc cut", "recurrent weights multiplied by 0.9")
    model.save(tmp_path / "cut.mat")
    assert RateModel.load(tmp_path / "cut.mat").weight_changes == words
    network = SpikingNetwork.from_rate(tmp_path / "cut.mat", scaling_factor=50)
    network.save(tmp_path / "cut.npz")
    run = simulate(open_network(tmp_path / "cut.npz"), "go-nogo", trials=1, seed=1)
    run.save(tmp_path / "run.h5")
    for found in (network, open_network(tmp_path / "cut.npz"), Simulation.load(tmp_path / "run.h5").network):
        assert found.weight_changes == words


def test_the_record_changes_no_digest():
    changed = NETWORK.scale_weights(factor=0.5)
    replaced = NETWORK.with_weights(changed.dense_weights)
    assert changed.weight_changes != replaced.weight_changes
    assert digest(changed) == digest(replaced) != digest(NETWORK)
    halved = MODEL.scale_weights(factor=0.5)
    assert model_digest(halved) == model_digest(halved.scale_weights(factor=2).scale_weights(factor=0.5))


def test_it_is_told_where_lesions_are():
    model = MODEL.cut(pre="inh", post="exc")
    network = SpikingNetwork.from_rate(model).scale_weights(factor=0.5).lesion([3])
    both = "weights inh -> exc cut", "recurrent weights multiplied by 0.5"
    assert changes_words(network) == ["1 neuron lesioned, number 3", *both]
    assert network_facts(network)["weight changes"] == "; ".join(both)
    assert "weights changed" in repr(network)
    assert "weight changes  weights inh -> exc cut" in str(model_info(model))
    run = simulate(network, "go-nogo", trials=1, seed=1)
    assert settings(run)["changes"] == "; ".join(changes_words(network))
    ax = plotting.output(run, ax=Figure().subplots())
    for drawn in (ax, plotting.weights(network, ax=Figure().subplots())):
        assert "1 neuron lesioned, number 3; weights inh -> exc cut" in plotting.caption_of(
            drawn.figure
        ).replace("unit", "neuron")
    paragraph = methods(model, network, {"spiking": evaluate(network, "go-nogo", 2)}, None)
    assert "both networks after training: weights inh -> exc cut." in paragraph
    assert "of the spiking network: recurrent weights multiplied by 0.5." in paragraph


def test_of_many_changes_the_first_are_told():
    network = NETWORK
    for unit in range(9):
        network = network.cut(pre=[unit])
    words = changes_words(network)
    assert len(network.weight_changes) == 9
    assert words[6:] == ["3 more changes of weights"]


def test_how_lesioned_units_were_chosen_is_told_everywhere(tmp_path):
    chosen = UnitFraction(0.2, "inh", seed=3)
    for net in (NETWORK, MODEL):
        network = net.lesion(chosen)
        numbers = ", ".join(map(str, network.lesioned))
        words = f"20 % of inh (seed 3): number{'s' * (len(network.lesioned) > 1)} {numbers}"
        assert which_lesioned(network) == words
        assert network.weight_changes == ("20 % of inh (seed 3) lesioned",)
        both = network.lesion([0])
        assert which_lesioned(both).startswith("20 % of inh (seed 3), 1 unit: numbers 0, ")
        assert not weights_changed(both)
    spiking = NETWORK.lesion(chosen)
    spiking.save(tmp_path / "lesioned.npz")
    again = open_network(tmp_path / "lesioned.npz")
    words = which_lesioned(again)
    assert network_facts(again)["lesioned"] == f"{len(spiking.lesioned)}, {words}"
    assert network_facts(again)["weight changes"] == "none"
    run = simulate(again, "go-nogo", trials=1, seed=1)
    caption = plotting.caption_of(plotting.output(run, ax=Figure().subplots()).figure)
    paragraph = methods(None, again, {"spiking": evaluate(again, "go-nogo", 2)}, None)
    for told in (settings(run)["changes"], caption, paragraph):
        assert words in told
    assert f"lesioned        {len(spiking.lesioned)} unit" in str(model_info(MODEL.lesion(chosen)))
    assert words in str(model_info(MODEL.lesion(chosen)))
    assert which_lesioned(NETWORK.lesion("all")) == "all"  # too many to list
    assert which_lesioned(NETWORK.lesion([1, 2])) == "numbers 1, 2"
