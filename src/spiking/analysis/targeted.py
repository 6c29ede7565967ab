"""Targeted dimensionality reduction: directions of activity that belong to task variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.analysis.components import condition_means, principal_components
from spiking.checks import real_numbers, whole_number
from spiking.errors import ArgumentError
from spiking.typing import Floats


@dataclass(frozen=True, eq=False)
class TargetedAxes:
    """Directions of activity that belong to task variables.

    Attributes
    ----------
    names : tuple of str
        The variables, in the order given.
    axes : array, shape (variables, N)
        Orthonormal; each is what is left of its variable's direction without those of the variables before.
    coefficients : array, shape (variables, N, samples)
        Of the regression of each unit's activity (z-scored) on the variables, at each time, denoised.
    peak : array of int, shape (variables,)
        The sample at which a variable's coefficients are largest, where its direction was taken.
    mean, scale : array, shape (N,)
        What activity is centred with and divided by.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("xor"), trials=16, seed=1)
    >>> variables = {"choice": both.trials.labels}
    >>> axes = analysis.targeted_axes(both.spiking_activity, variables, both.trials.conditions)
    >>> axes.project(both.spiking_activity.mean(axis=0)).shape == (1, both.spiking_activity.shape[2])
    True
    """

    names: tuple[str, ...]
    axes: Floats
    coefficients: Floats
    peak: NDArray[np.int64]
    mean: Floats
    scale: Floats

    def project(self, activity: ArrayLike) -> Floats:
        """Return activity of shape (..., N, samples) along the axes: (..., variables, samples)."""
        values = real_numbers("activity", activity, "shape (..., N, samples)")
        return self.axes @ ((values - self.mean[:, np.newaxis]) / self.scale[:, np.newaxis])


def targeted_axes(
    activity: ArrayLike,
    variables: Mapping[str, ArrayLike],
    conditions: Sequence[str],
    *,
    n_components: int = 12,
) -> TargetedAxes:
    """Find directions of activity that belong to task variables (Mante et al., Nature 503:78, 2013).

    The activity of each unit, z-scored over trials and time, is regressed on all variables and a constant at
    each time. The coefficients are denoised: projected on the leading principal components of the means of
    the conditions. A variable's direction is taken where its coefficients are largest; then all are made
    orthogonal (QR), the first variable first.

    Parameters
    ----------
    activity : array, shape (trials, N, samples)
    variables : mapping of str to array, shape (trials,)
        Such as choice, motion, color and context; each must vary, and none may follow from the others.
    conditions : sequence of str
        Of each trial, for the means. In the paper all combinations of the variables.
    n_components : int
        Principal components to keep; all that there are if there are fewer.

    Returns
    -------
    TargetedAxes

    Raises
    ------
    ArgumentError
        The shapes do not fit, or the variables are not linearly independent.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("xor"), trials=16, seed=1)
    >>> first = np.array([1 if name[0] == "+" else -1 for name in both.trials.conditions])
    >>> variables = {"choice": both.trials.labels, "first": first}
    >>> axes = analysis.targeted_axes(both.spiking_activity, variables, both.trials.conditions)
    >>> axes.names, axes.axes.shape
    (('choice', 'first'), (2, 200))
    """
    values = real_numbers("activity", activity, "shape (trials, N, samples)")
    if values.ndim != 3 or not np.isfinite(values).all() or not variables:
        raise ArgumentError(
            f"activity has shape {values.shape}; expected finite numbers (trials, N, samples), and a variable"
        )
    design = np.array(
        [
            real_numbers(f"variables[{name!r}]", value, "one number a trial")
            for name, value in variables.items()
        ]
    )
    if design.shape != (len(variables), len(values)) or not np.isfinite(design).all():
        raise ArgumentError(f"variables: expected {len(values)} finite numbers each, one a trial")
    design = np.column_stack([design.T, np.ones(len(values))])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ArgumentError(
            f"variables {', '.join(variables)}: one is constant, or follows from the others, in these trials"
        )
    mean, scale = values.mean(axis=(0, 2)), values.std(axis=(0, 2))
    scale = np.where(scale > 0, scale, 1.0)
    standard = (values - mean[:, np.newaxis]) / scale[:, np.newaxis]
    weights = np.linalg.pinv(design) @ standard.reshape(len(values), -1)
    raw = weights[:-1].reshape(len(variables), *values.shape[1:])
    means = np.stack(list(condition_means(standard, conditions).values()))
    most = min(values.shape[1], means.shape[0] * means.shape[2])
    kept = principal_components(means, min(whole_number("n_components", n_components, 1), most)).components
    if len(kept) < len(variables):
        raise ArgumentError(f"n_components is {len(kept)}; expected at least one for each variable")
    denoised = kept.T @ (kept @ raw)
    peak = np.linalg.norm(denoised, axis=1).argmax(axis=1)
    directions = denoised[np.arange(len(variables)), :, peak]
    axes, upper = np.linalg.qr(directions.T)
    sign = np.where(np.diag(upper) < 0, -1.0, 1.0)  # along its variable, not against it
    return TargetedAxes(tuple(variables), (axes * sign).T, denoised, peak, mean, scale)
