"""Mistakes in stimulations and currents are named."""

import numpy as np
import pytest
from networks import pulse_input, random_network

from spiking import ArgumentError, Oscillation, Stimulation, Waveform, simulate


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Stimulation([0], (5, 5)), "which is empty"),
        (lambda: Stimulation([0], (5, 1)), "start before stop"),
        (lambda: Stimulation([0], (0, 1), "strong"), "amplitude is 'strong'"),
        (lambda: Stimulation([0], (0, 1), (1, 2, 3)), "or two, .first, last., for a ramp"),
        (lambda: Stimulation([0], (0, 1), probability=-0.1), "probability is -0.1"),
        (lambda: Stimulation([0], (0, 1), acts_on="both"), "acts_on is 'both'; expected one of voltage, cur"),
        (lambda: Stimulation([0], (0, 1), coin="two"), "coin is 'two'"),
        (lambda: Stimulation([0], (0, 1), frequency=20), "expected both or neither"),
        (lambda: Stimulation([0], (0, 1), frequency=0, pulse_width=1), "frequency is 0"),
        (lambda: Stimulation([0], (0, 1), frequency=100, pulse_width=11), "overlap at 100 Hz"),
        (lambda: Oscillation([0], -1, 1), "frequency is -1"),
        (lambda: Oscillation([0], 1, np.inf), "amplitude is inf"),
        (lambda: Oscillation([0], 1, 1, window=(3, 3)), "which is empty"),
        (lambda: Oscillation([0, 1], 1, 1, weights=[1]), "weights has 1 numbers; expected one for each of 2"),
        (lambda: Waveform([0], [], 1), "samples is empty"),
        (lambda: Waveform([0], [np.nan], 1), r"samples\[0\] is nan"),
        (lambda: Waveform([0], [1], 0), "interval is 0"),
        (lambda: Waveform([0], [1], 1, start=-2), "start is -2"),
    ],
)  # fmt: skip
def test_mistakes_are_named(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize(
    ("stimulation", "message"),
    [
        (Stimulation("som", (0, 1)), r"no SST units \(som_N is 0\); it has exc 15, inh 5$"),
        (Stimulation([20], (0, 1)), "units has 20; expected numbers from 0 to 19"),
        (Stimulation([0], (1.01, 1.02)), "no step begins"),
        (
            Stimulation([0], (0, 9), frequency=10, pulse_width=0.01),
            "pulse_width is 0.01 ms; expected at least",
        ),
        (Waveform([0], [1, 2], 0.01), "interval is 0.01 ms; expected at least a time step, 0.05 ms"),
        (Oscillation("exc", 1, 1, weights=[1.0]), "weights has 1 numbers; expected one for each of"),
        ("exc", "stimulation is 'exc'"),
        ([Stimulation([0], (0, 1)), 5], r"stimulation\[1\] is 5"),
    ],
)
def test_what_does_not_fit_the_network_is_named(stimulation, message):
    with pytest.raises(ArgumentError, match=message):
        simulate(random_network(20), pulse_input(), seed=1, stimulation=stimulation)
