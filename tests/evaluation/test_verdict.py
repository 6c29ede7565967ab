"""What a spiking network misses: named with its condition and intervals, and with what to try."""

import numpy as np
import pytest
from cue import Cue

from spiking.conversion import Conversion
from spiking.evaluation import Evaluation
from spiking.evaluation.verdict import verdict


def outcome(go, nogo, trials=50):
    """Return an evaluation with so many correct trials of `trials` in each condition."""
    correct = np.concatenate([np.arange(trials) < go, np.arange(trials) < nogo])
    return Evaluation(
        task=Cue(),
        seed=1,
        correct=correct,
        published=correct,
        conditions=("go",) * trials + ("nogo",) * trials,
    )


def test_nothing_is_missed():
    assert verdict(outcome(50, 50), outcome(49, 48), None) is None


def test_a_condition_that_fails_is_named_with_its_intervals():
    line = verdict(outcome(50, 50), outcome(31, 50), None)
    assert line == (
        "the spiking network does not reach the rate network: all trials 0.810 (0.722 to 0.875) against "
        "1.000 (0.963 to 1.000), go 0.620 (0.482 to 0.741) against 1.000 (0.929 to 1.000); try `spiking tune "
        '--conversion matched --force`, see "If it does not convert" in docs/tutorials/convert-your-model.md'
    )
    only_one = verdict(outcome(50, 35), outcome(40, 35), None)
    assert "rate network: go 0.800 (0.670 to 0.888) against 1.000 (0.929 to 1.000); try" in only_one


@pytest.mark.parametrize(
    ("rate", "spiking", "words"),
    [
        ((48, 48), (45, 43), "below 95 %: 0.880 (0.802 to 0.930), least in nogo 0.860 (0.738 to 0.930); try"),
        ((48, 48), (47, 47), "below 95 %: 0.940 (0.875 to 0.972); more trials tell whether that is chance"),
        ((44, 44), (44, 44), "both networks are below 95 %: rate 0.880 (0.802 to 0.930), spiking 0.880"),
    ],
)
def test_below_the_criterion(rate, spiking, words):
    assert words in verdict(outcome(*rate), outcome(*spiking), None)


@pytest.mark.parametrize(
    ("kind", "advice"),
    [("matched", 'see "If it does not convert"'), ("trained", "train longer, or with another seed")],
)
def test_what_was_tried_is_not_advised(kind, advice):
    conversion = Conversion(kind="one_offset" if kind == "matched" else kind, factor=30.0)
    line = verdict(outcome(50, 50), outcome(10, 10), conversion)
    assert f"; {advice}" in line
    assert "--conversion matched" not in line
