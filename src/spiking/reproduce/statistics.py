"""Statistics of a panel: intervals, agreement with the paper's values, and tests between conditions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from spiking.reproduce.conditions import Paper
from spiking.tasks.scoring import wilson_interval

_LEVEL = 0.05  # significance level of the tests of agreement


def interval(
    values: Sequence[float], share: bool, limits: tuple[float, float] = (-math.inf, math.inf)
) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson) or a mean (Student's t, cut at `limits`).

    NaN for a mean of fewer than two values, or without values.
    """
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
    """Return whether chance can explain the difference from the paper's value; None if this is unknown.

    If the paper gives its number of networks, Fisher's exact test (shares) or Welch's test (means) decides at
    the 5 % level. A value of one network agrees if it is in the 95 % prediction interval of our networks.
    Otherwise, a value agrees if it is in our 95 % interval, widened by the uncertainty of reading it off the
    figure.
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

    For two conditions, Fisher's exact test (shares) or the two-sided Wilcoxon rank-sum test; for more, the
    Kruskal-Wallis test. None for fewer than two conditions with at least two networks each.
    """
    from scipy.stats import fisher_exact, kruskal, mannwhitneyu

    groups = [group for group in groups if len(group) > 1]
    if len(groups) < 2:
        return None
    if share and len(groups) == 2:
        counts = np.array([[round(sum(group)), len(group) - round(sum(group))] for group in groups])
        return "Fisher's exact test", float(fisher_exact(counts).pvalue)
    two = len(groups) == 2
    name = "Wilcoxon rank-sum test" if two else f"Kruskal-Wallis test of {len(groups)} conditions"
    if len({value for group in groups for value in group}) == 1:
        return name, 1.0  # all ranks are tied: the tests would divide 0 by 0
    test: Any = mannwhitneyu if two else kruskal
    return name, float(test(*groups).pvalue)


def paired_difference(first: Sequence[float], second: Sequence[float], share: bool) -> tuple[str, float]:
    """Test whether the same networks differ between two conditions; return name and p value of the test.

    McNemar's exact test for shares, else the two-sided Wilcoxon signed-rank test.
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
