"""The four standard tasks: Go-NoGo, XOR, context integration, delayed match to sample.

Times and criteria: Kim, Li & Sejnowski, PNAS 116:22811 (2019); the context task follows Mante et al.,
Nature 503:78 (2013). Times are in ms, multiples of the 5 ms step; a stimulus lasts from its onset up to, but
not including, its offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import not_negative, one_of
from spiking.errors import ArgumentError
from spiking.tasks.base import Task
from spiking.tasks.trials import check_order, to_steps
from spiking.timing import STEP_MS

_Trial = tuple[NDArray[np.float64], NDArray[np.float64]]


@check_arguments()
@dataclass(frozen=True)
class GoNoGo(Task):
    """Go-NoGo: after a pulse the output must rise to 1 and stay (`go`); without a pulse it stays 0 (`nogo`).

    A trial is correct if the largest output, from `score_delay` after the pulse on, is above 0.7 (Go) or
    below 0.3 (NoGo).

    Parameters
    ----------
    duration : float
        Length of a trial, ms.
    stimulus_onset, stimulus_duration : float
        The pulse of the Go trials, ms. The target is 1 from its offset on.
    score_delay : float
        From the offset of the pulse to the start of scoring, ms.

    Examples
    --------
    >>> from spiking import tasks
    >>> tasks.GoNoGo(stimulus_duration=250.0).score_from
    625.0
    """

    duration: float = 1000.0
    stimulus_onset: float = 250.0
    stimulus_duration: float = 125.0
    score_delay: float = 125.0

    name: ClassVar[str] = "go-nogo"
    conditions: ClassVar[Mapping[str, int]] = {"go": 1, "nogo": 0}
    n_inputs: ClassVar[int] = 1

    def __post_init__(self) -> None:
        to_steps(**self.settings)
        check_order(start=-1.0, stimulus_onset=self.stimulus_onset, stimulus_offset=self._offset)
        check_order(start_of_scoring=self.score_from, end_of_trial=self.duration)

    @property
    def _offset(self) -> float:
        return self.stimulus_onset + self.stimulus_duration

    @property
    def score_from(self) -> float:
        """The time in ms from which the output is scored: 500 with the default settings."""
        return self._offset + self.score_delay

    @check_arguments()
    def trial(self, condition: str, rng: np.random.Generator) -> _Trial:
        """Return inputs (1, n_steps) and target (n_steps,)."""
        one_of("condition", condition, self.conditions)
        inputs, target = np.zeros((1, self.n_steps)), np.zeros(self.n_steps)
        if condition == "go":
            on, off = to_steps(onset=self.stimulus_onset, offset=self._offset)
            inputs[0, on:off] = 1
            target[off:] = 1
        return inputs, target


@dataclass(frozen=True)
class _TwoPulses(Task):
    """Two pulses of +1 or -1, one per channel; the output reports whether their signs were the same."""

    stimulus_onset: float = 250.0
    stimulus_duration: float = 250.0
    delay: float = 50.0
    response_delay: float = 50.0
    response_duration: float = 500.0

    conditions: ClassVar[Mapping[str, int]] = {"++": 1, "+-": -1, "-+": -1, "--": 1}
    n_inputs: ClassVar[int] = 2

    def __post_init__(self) -> None:
        to_steps(**self.settings)
        check_order(
            stimulus_onset=self.stimulus_onset, stimulus_offset=self.stimulus_onset + self.stimulus_duration
        )
        check_order(
            start_of_response=self._second_offset + self.response_delay, end_of_response=self._response_end
        )
        check_order(start_of_scoring=self.score_from, end_of_trial=self.duration)
        if self._response_end > self.duration:
            raise ArgumentError(
                f"duration is {self.duration:g} ms; expected at least {self._response_end:g} ms, the end of "
                f"the response"
            )

    @property
    def _second_offset(self) -> float:
        return self.stimulus_onset + 2 * self.stimulus_duration + self.delay

    @property
    def _response_end(self) -> float:
        return self._second_offset + self.response_delay + self.response_duration

    @property
    def response_end(self) -> float:
        """The end of the target in ms: 1350 for XOR with the default settings."""
        return self._response_end

    @check_arguments()
    def trial(self, condition: str, rng: np.random.Generator) -> _Trial:
        """Return inputs (2, n_steps) and target (n_steps,)."""
        one_of("condition", condition, self.conditions)
        inputs, target = np.zeros((2, self.n_steps)), np.zeros(self.n_steps)
        length, first, second, start, end = to_steps(
            length=self.stimulus_duration,
            first=self.stimulus_onset,
            second=self.stimulus_onset + self.stimulus_duration + self.delay,
            start=self._second_offset + self.response_delay,
            end=self._response_end,
        )
        inputs[0, first : first + length] = 1 if condition[0] == "+" else -1
        inputs[1, second : second + length] = 1 if condition[1] == "+" else -1
        target[start:end] = self.conditions[condition]
        return inputs, target


@check_arguments()
@dataclass(frozen=True)
class XOR(_TwoPulses):
    """Temporal exclusive-or: +1 if two pulses had the same sign (``++``, ``--``), -1 if not (``+-``, ``-+``).

    A trial is correct if, from `score_delay` after the second pulse on, the output exceeds 0.7 (same sign) or
    falls below -0.7 (different signs).

    Parameters
    ----------
    stimulus_onset, stimulus_duration : float
        Onset of the first pulse and length of both, ms.
    delay : float
        From the offset of the first to the onset of the second pulse, ms.
    response_delay, response_duration : float
        From the offset of the second pulse to the target's onset, and the target's length, ms.
    duration : float
        Length of a trial, ms.
    score_delay : float
        From the offset of the second pulse to the start of scoring, ms.

    Examples
    --------
    >>> from spiking import tasks
    >>> tasks.XOR().trials(1, seed=1, condition="+-").labels.tolist()
    [-1]
    """

    duration: float = 1500.0
    score_delay: float = 200.0

    name: ClassVar[str] = "xor"

    @property
    def score_from(self) -> float:
        """The time in ms from which the output is scored: 1000 with the default settings."""
        return self._second_offset + self.score_delay


@check_arguments()
@dataclass(frozen=True)
class DelayedMatchToSample(_TwoPulses):
    """Delayed match to sample: like `XOR`, with a delay between the pulses that may be long.

    The output is scored from the offset of the second pulse on; with ``strict=True`` it must also not cross
    the opposite threshold. A trial ends one step after the response: it lasts 261 steps and the delay. The
    target is 0 in this last step, in which figures do not draw it.

    Parameters
    ----------
    stimulus_onset, stimulus_duration : float
        Onset of the first pulse (the sample) and length of both, ms.
    delay : float
        From the offset of the sample to the onset of the second pulse, ms. Experiments use 100 to 4000 ms.
    response_delay, response_duration : float
        From the offset of the second pulse to the target's onset, and the target's length, ms.

    Examples
    --------
    >>> from spiking import tasks
    >>> tasks.DelayedMatchToSample(delay=250.0).trials(2, seed=1).inputs.shape
    (2, 2, 311)
    """

    delay: float = 750.0

    name: ClassVar[str] = "dms"

    @property
    def duration(self) -> float:
        """Length of a trial, ms."""
        return self._response_end + STEP_MS

    @property
    def score_from(self) -> float:
        """The time in ms from which the output is scored: the offset of the second pulse."""
        return self._second_offset


@check_arguments(offset=not_negative, noise=not_negative)
@dataclass(frozen=True)
class ContextIntegration(Task):
    """Context-dependent integration: report the sign of the cued one of two noisy inputs.

    At every step of the stimulus, inputs 0 (motion) and 1 (color) are drawn from normal distributions with
    mean `offset` or -`offset` and standard deviation `noise`. Input 2 (attend to motion) or 3 (attend to
    color) is 1 during the whole trial. The condition names the cued input and its sign; the sign of the other
    input is drawn. A trial is correct if the output exceeds 0.7 (+) or falls below -0.7 (-).

    Parameters
    ----------
    duration : float
        Length of a trial, ms.
    stimulus_onset, stimulus_duration : float
        Onset and length of the noisy inputs, ms. The target is +1 or -1 from their offset on.
    score_delay : float
        From the offset of the stimulus to the start of scoring, ms.
    offset, noise : float
        Absolute mean and standard deviation of a noisy input at each step.

    Examples
    --------
    >>> from spiking import tasks
    >>> tasks.ContextIntegration(offset=0.25).trials(2, seed=1).inputs.shape
    (2, 4, 500)
    """

    duration: float = 2500.0
    stimulus_onset: float = 250.0
    stimulus_duration: float = 1000.0
    score_delay: float = 50.0
    offset: float = 0.5
    noise: float = 1.0

    name: ClassVar[str] = "mante"
    conditions: ClassVar[Mapping[str, int]] = {"motion+": 1, "motion-": -1, "color+": 1, "color-": -1}
    n_inputs: ClassVar[int] = 4

    def __post_init__(self) -> None:
        times = {name: value for name, value in self.settings.items() if name not in ("offset", "noise")}
        to_steps(**times)
        check_order(stimulus_onset=self.stimulus_onset, stimulus_offset=self._stimulus_offset)
        check_order(start_of_scoring=self.score_from, end_of_trial=self.duration)

    @property
    def _stimulus_offset(self) -> float:
        return self.stimulus_onset + self.stimulus_duration

    @property
    def score_from(self) -> float:
        """The time in ms from which the output is scored: 1300 with the default settings."""
        return self._stimulus_offset + self.score_delay

    @check_arguments()
    def trial(self, condition: str, rng: np.random.Generator) -> _Trial:
        """Return inputs (4, n_steps) and target (n_steps,)."""
        on, off = to_steps(onset=self.stimulus_onset, offset=self._stimulus_offset)
        inputs, target = np.zeros((4, self.n_steps)), np.zeros(self.n_steps)
        one_of("condition", condition, self.conditions)
        cued = 0 if condition.startswith("motion") else 1
        signs = np.where(rng.random(2) < 0.5, 1, -1)
        signs[cued] = self.conditions[condition]
        inputs[:2, on:off] = self.offset * signs[:, None] + self.noise * rng.standard_normal((2, off - on))
        inputs[2 + cued] = 1
        target[off:] = signs[cued]
        return inputs, target
