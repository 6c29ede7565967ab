"""What a spiking network misses: named with its condition and intervals, and with what to try."""

import numpy as np
import pytest
from cue import Cue

from spiking.conversion import Conversion
from spiking.evaluation import Evaluation
from spiking.evaluation.verdict import verdict


def outcome(go, nogo, trials=50, **by_rule):
    """Return an evaluation with so many correct trials of `trials` in each condition, and by other rules."""
    correct = np.concatenate([np.arange(trials) < go, np.arange(trials) < nogo])
    return Evaluation(
        task=Cue(),
        seed=1,
        correct=correct,
        published=correct,
        conditions=("go",) * trials + ("nogo",) * trials,
        **{name: np.arange(2 * trials) < n for name, n in by_rule.items()},
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


def test_a_rule_by_which_the_rate_network_is_not_reached_is_named():
    line = verdict(outcome(50, 49, sustained=98), outcome(48, 48, sustained=66), None)
    assert line.startswith(
        "the spiking network does not reach the rate network: all trials by the sustained rule 0.660 (0.563 "
        "to 0.745) against 0.980 (0.930 to 0.994); try `spiking tune"
    )


@pytest.mark.parametrize(
    ("rate", "spiking", "end"),
    [
        (
            73,
            71,
            "by the sustained rule in only 0.710 (0.615 to 0.790) (rate network 0.730 (0.636 to 0.807))",
        ),
        (
            98,
            94,
            "(rate network 0.980 (0.930 to 0.994)); try `spiking tune --conversion matched --force`, see",
        ),
        (98, 95, None),
    ],
)
def test_a_rule_by_which_clearly_fewer_trials_are_correct_is_named(rate, spiking, end):
    line = verdict(outcome(50, 49, sustained=rate), outcome(49, 49, sustained=spiking), None)
    if end is None:
        assert line is None
    else:
        assert line.startswith(
            "the spiking network is correct in 0.980 (0.930 to 0.994), but by the sustained"
        )
        assert end in line


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("matched", 'its conversion is a matched one already, see "If it does not convert"'),
        ("trained", "train longer, or with another seed"),
    ],
)
def test_what_was_tried_is_not_advised(kind, advice):
    conversion = Conversion(kind="one_offset" if kind == "matched" else kind, factor=30.0)
    line = verdict(outcome(50, 50), outcome(10, 10), conversion)
    assert f"; {advice}" in line
    assert "--conversion matched" not in line
