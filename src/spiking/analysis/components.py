"""Principal components of the activity of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, finite_numbers, real_numbers
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr
from spiking.typing import Floats


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """The directions in which activity varies most.

    Attributes
    ----------
    components : array, shape (k, N)
        Orthonormal rows, the leading one first. The largest entry of each is positive.
    explained : array, shape (k,)
        Share of the variance along each component.
    mean : array, shape (N,)
        The mean that is subtracted from activity before it is projected.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> result = analysis.principal_components(both.spiking_activity, 3)
    >>> result.components.shape, result.explained.shape
    ((3, 200), (3,))
    """

    components: Floats
    explained: Floats
    mean: Floats

    __repr__ = short_repr

    @check_arguments()
    def project(self, activity: ArrayLike) -> Floats:
        """Project activity of shape (..., N, samples) on the components: shape (..., k, samples)."""
        centred = activity_of_units(activity, self.mean.size) - self.mean[:, np.newaxis]
        return self.components @ centred

    @check_arguments()
    def signed_like(self, other: PrincipalComponents) -> PrincipalComponents:
        """Return the same components, with signs such that each points in the direction of that of `other`.

        This removes the arbitrary signs if the units of both networks correspond, as in a rate network and
        its spiking network.
        """
        along = np.sum(self.components * other.components, axis=1, keepdims=True)
        return PrincipalComponents(np.where(along < 0, -1, 1) * self.components, self.explained, self.mean)


def activity_of_units(activity: ArrayLike, n_units: int) -> Floats:
    """Return activity of shape (..., N, samples), or raise ArgumentError unless N is the number of units."""
    values = finite_numbers("activity", activity, "shape (..., N, samples)")
    if values.ndim < 2 or values.shape[-2] != n_units:
        raise ArgumentError(f"activity has shape {values.shape}; expected (..., {n_units}, samples)")
    return values


@check_arguments(n_components=at_least(1))
def principal_components(activity: ArrayLike, n_components: int = 3) -> PrincipalComponents:
    """Find the directions in which activity varies most, over time and conditions (or trials).

    Parameters
    ----------
    activity : array, shape (N, samples) or (conditions, N, samples)
        Usually means over the trials of a condition, which have little noise (see `condition_means`).
    n_components : int
        Number of components, at most N.

    Returns
    -------
    PrincipalComponents

    Raises
    ------
    ArgumentError
        The activity has another shape, is not finite or does not vary, or has fewer components.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> result = analysis.principal_components(both.rate_activity, 2)
    >>> bool(result.explained[0] >= result.explained[1])
    True
    """
    values = finite_numbers("activity", activity, "shape (N, samples) or (conditions, N, samples)")
    if values.ndim not in (2, 3) or not values.size:
        raise ArgumentError(
            f"activity has shape {values.shape}; expected finite numbers, (N, samples) or "
            f"(conditions, N, samples)"
        )
    points = np.moveaxis(values[np.newaxis] if values.ndim == 2 else values, 1, -1)
    points = points.reshape(-1, points.shape[-1])
    if n_components > min(points.shape):
        raise ArgumentError(f"n_components is {n_components}; expected at most {min(points.shape)}")
    mean = points.mean(axis=0)
    _, singular, directions = np.linalg.svd(points - mean, full_matrices=False)
    power = singular**2
    if power.sum() == 0:
        raise ArgumentError("activity is constant; expected activity that varies")
    chosen = directions[:n_components]
    largest = np.take_along_axis(chosen, np.abs(chosen).argmax(axis=1)[:, np.newaxis], axis=1)
    return PrincipalComponents(chosen * np.sign(largest), power[:n_components] / power.sum(), mean)


@check_arguments()
def condition_means(
    activity: ArrayLike, conditions: Sequence[str], order: Sequence[str] | None = None
) -> dict[str, Floats]:
    """Average activity over the trials of each condition.

    Parameters
    ----------
    activity : array, shape (trials, ...)
    conditions : sequence of str
        The condition of each trial.
    order : sequence of str, optional
        Names of conditions in the order of the result, such as ``both.trials.names``, the task's; those
        that do not occur, or are not named, are left out. By default alphabetical.

    Returns
    -------
    dict of str to array
        The mean of each condition.

    Raises
    ------
    ArgumentError
        The numbers of conditions and trials differ.

    Examples
    --------
    >>> from spiking import analysis
    >>> means = analysis.condition_means([[[1.0]], [[2.0]], [[4.0]]], ["go", "nogo", "nogo"])
    >>> means["nogo"].tolist()
    [[3.0]]
    """
    values = np.atleast_1d(real_numbers("activity", activity, "shape (trials, ...)"))
    if len(values) != len(conditions):
        raise ArgumentError(f"conditions has {len(conditions)} names; expected {len(values)} (one per trial)")
    labels = np.array(conditions)
    occurring = np.unique(labels).tolist()
    names = occurring if order is None else [name for name in order if name in occurring]
    return {name: values[labels == name].mean(axis=0) for name in names}
