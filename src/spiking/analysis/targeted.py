"""Targeted dimensionality reduction: the directions of activity that represent task variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.analysis.components import activity_of_units, condition_means, principal_components
from spiking.check_arguments import check_arguments
from spiking.checks import at_least, finite_numbers, real_numbers
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr
from spiking.typing import Floats


@dataclass(frozen=True, eq=False)
class TargetedAxes:
    """The directions of activity that represent task variables.

    Attributes
    ----------
    names : tuple of str
        The variables, in the given order.
    axes : array, shape (variables, N)
        Orthonormal axes: the direction of each variable, made orthogonal to those of the variables before it.
    coefficients : array, shape (variables, N, samples)
        Denoised coefficients of the regression of each unit's z-scored activity on the variables, at each
        time.
    peak : array of int, shape (variables,)
        The sample at which a variable's coefficients are largest, which gives its direction.
    mean, scale : array, shape (N,)
        Mean and standard deviation with which activity is z-scored.

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

    __repr__ = short_repr

    @check_arguments()
    def project(self, activity: ArrayLike) -> Floats:
        """Project activity of shape (..., N, samples) on the axes: shape (..., variables, samples)."""
        values = activity_of_units(activity, self.mean.size)
        return self.axes @ ((values - self.mean[:, np.newaxis]) / self.scale[:, np.newaxis])


@check_arguments(n_components=at_least(1))
def targeted_axes(
    activity: ArrayLike,
    variables: Mapping[str, ArrayLike],
    conditions: Sequence[str],
    *,
    n_components: int = 12,
) -> TargetedAxes:
    """Find the directions of activity that represent task variables (Mante et al., Nature 503:78, 2013).

    The activity of each unit, z-scored over trials and time, is regressed on all variables and a constant at
    each time. The coefficients are denoised by projection on the leading principal components of the means of
    the conditions. The direction of a variable is the vector of its coefficients at the time at which they
    are largest. A QR decomposition makes the directions orthogonal, in the order of the variables.

    Parameters
    ----------
    activity : array, shape (trials, N, samples)
    variables : mapping of str to array, shape (trials,)
        For example choice, motion, color and context; they must be linearly independent and not constant.
    conditions : sequence of str
        The condition of each trial, for the means; in the paper, all combinations of the variables.
    n_components : int
        Number of principal components to keep; all if there are fewer.

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
    if values.ndim != 3 or not variables:
        raise ArgumentError(
            f"activity has shape {values.shape}, with {len(variables)} variables; expected finite numbers "
            f"(trials, N, samples), and at least one variable"
        )
    design = np.array(
        [
            finite_numbers(f"variables[{name!r}]", value, "one number for each trial")
            for name, value in variables.items()
        ]
    )
    if design.shape != (len(variables), len(values)):
        raise ArgumentError(
            f"variables has shape {design.shape}; expected {len(values)} finite numbers for each variable, "
            f"one for each trial"
        )
    design = np.column_stack([design.T, np.ones(len(values))])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ArgumentError(
            f"variables are {', '.join(variables)}; expected linearly independent ones (in these trials, one "
            f"is constant or depends on the others)"
        )
    mean, scale = values.mean(axis=(0, 2)), values.std(axis=(0, 2))
    scale = np.where(scale > 0, scale, 1.0)
    standard = (values - mean[:, np.newaxis]) / scale[:, np.newaxis]
    weights = np.linalg.pinv(design) @ standard.reshape(len(values), -1)
    raw = weights[:-1].reshape(len(variables), *values.shape[1:])
    means = np.stack(list(condition_means(standard, conditions).values()))
    most = min(values.shape[1], means.shape[0] * means.shape[2])
    components = principal_components(means, min(n_components, most)).components
    if len(components) < len(variables):
        raise ArgumentError(f"n_components is {len(components)}; expected at least one for each variable")
    denoised = components.T @ (components @ raw)
    peak = np.linalg.norm(denoised, axis=1).argmax(axis=1)
    directions = denoised[np.arange(len(variables)), :, peak]
    axes, upper = np.linalg.qr(directions.T)
    sign = np.where(np.diag(upper) < 0, -1.0, 1.0)  # so that each axis points along its variable
    return TargetedAxes(tuple(variables), (axes * sign).T, denoised, peak, mean, scale)
