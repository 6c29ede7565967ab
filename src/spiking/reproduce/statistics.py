"""Statistics of a panel: intervals, whether the paper's values agree, and tests between conditions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from spiking.evaluation.binomial import wilson_interval
from spiking.reproduce.conditions import Paper

_LEVEL = 0.05  # of the tests of whether a value agrees


def interval(
    values: Sequence[float], share: bool, limits: tuple[float, float] = (-math.inf, math.inf)
) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson) or a mean (Student, cut at limits); or NaN."""
    n = len(values)
    if share and n:
        return wilson_interval(round(sum(values)), n)
    if n < 2:
        return math.nan, math.nan
    half = _student(values) * math.sqrt(1 / n)
    mean = float(np.mean(values))
    return max(mean - half, limits[0]), min(mean + half, limits[1])


def _student(values: Sequence[float]) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, len(values) - 1)) * float(np.std(values, ddof=1))


def agrees(values: Sequence[float], share: bool, paper: Paper) -> bool | None:
    """Say whether chance can explain the difference.

    Where the paper says of how many networks its value is: Fisher's exact test of shares, Welch's test of
    means, at 5 %; of one network, whether one more of ours could be like it (95 % prediction interval).
    Elsewhere: whether our 95 % interval, as wide as the figure could be read, holds it.
    """
    from scipy.stats import fisher_exact, ttest_ind_from_stats

    low, high = interval(values, share)
    if math.isnan(low):
        return None
    if paper.networks == 1:
        half = _student(values) * math.sqrt(1 + 1 / len(values))
        return bool(abs(paper.value - float(np.mean(values))) <= half + paper.reading)
    if paper.networks and share:
        ours, theirs = round(sum(values)), round(paper.value * paper.networks)
        counts = np.array([[ours, len(values) - ours], [theirs, paper.networks - theirs]])
        return bool(fisher_exact(counts).pvalue >= _LEVEL)
    if paper.networks and paper.sd:
        test = ttest_ind_from_stats(
            float(np.mean(values)),
            float(np.std(values, ddof=1)),
            len(values),
            paper.value,
            paper.sd,
            paper.networks,
            equal_var=False,
        )
        return bool(test.pvalue >= _LEVEL)
    return low - paper.reading <= paper.value <= high + paper.reading


def difference(groups: Sequence[Sequence[float]], share: bool) -> tuple[str, float] | None:
    """Test whether conditions differ; return the name of the test and its p value.

    Two conditions: Fisher's exact test of shares, else the two-sided Wilcoxon rank-sum test; more: the
    Kruskal-Wallis test. None for fewer than two conditions of two networks or more.
    """
    from scipy.stats import fisher_exact, kruskal, mannwhitneyu

    own = [group for group in groups if len(group) > 1]
    if len(own) < 2:
        return None
    if share and len(own) == 2:
        counts = np.array([[round(sum(group)), len(group) - round(sum(group))] for group in own])
        return "Fisher's exact test", float(fisher_exact(counts).pvalue)
    name = "Wilcoxon rank-sum test" if len(own) == 2 else f"Kruskal-Wallis test of {len(own)} conditions"
    if len({value for group in own for value in group}) == 1:
        return name, 1.0  # all ranks tied: the tests divide 0 by 0
    test: Any = mannwhitneyu if len(own) == 2 else kruskal
    return name, float(test(*own).pvalue)


def paired_difference(first: Sequence[float], second: Sequence[float], share: bool) -> tuple[str, float]:
    """Test whether the same networks differ between two conditions, as `difference` does of other ones.

    McNemar's exact test of shares, else the two-sided Wilcoxon signed-rank test.
    """
    from scipy.stats import binomtest, wilcoxon

    differences = np.subtract(first, second)
    name = "McNemar's exact test" if share else "Wilcoxon signed-rank test"
    if not differences.any():
        p = 1.0
    elif share:
        p = float(binomtest(int(np.sum(differences > 0)), int(np.sum(differences != 0))).pvalue)
    else:
        p = float(wilcoxon(differences).pvalue)
    return f"{name}, paired by network", p
