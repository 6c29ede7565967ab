"""How loss and accuracy went while a model was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.conversion.model_info import tests_of_training
from spiking.errors import ArgumentError
from spiking.plotting.style import ABOVE, drawing_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.rate_model.model import RateModel


def training_curve(model: RateModel, ax: Axes | None = None) -> Axes:
    """Draw the loss of every update and of the evaluations, and the accuracy on a second axis.

    Files of the original trainer keep the last evaluation only, drawn as a point, and zeros for updates that
    never were, which are left out.

    Parameters
    ----------
    model : RateModel
        One whose `extras` hold ``losses``, ``eval_loss_mean`` and ``eval_perf_mean``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Of the loss.

    Raises
    ------
    ArgumentError
        The model does not hold its losses, or tests that do not belong to them.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> ax = plotting.training_curve(datasets.load("go-nogo"))
    >>> ax.figure.savefig("training.pdf")
    """
    keys = ("losses", "eval_loss_mean", "eval_perf_mean")
    if not all(key in model.extras for key in keys):
        raise ArgumentError(f"{model.source} does not hold the losses of its training: {', '.join(keys)}")
    losses = np.trim_zeros(np.ravel(np.asarray(model.extras["losses"], dtype=float)), "b")  # never were
    tests, accuracy = tests_of_training(model)
    updates = _tested_at(tests.size, losses.size)
    if not tests.size == accuracy.size == updates.size:
        raise ArgumentError(
            f"{model.source} has {losses.size} losses, {tests.size} in eval_loss_mean and {accuracy.size} in "
            f"eval_perf_mean; expected one test every 100 updates, or the last one only"
        )
    mark = "o" if tests.size == 1 else None  # one point is no line
    with drawing_on(ax, 50) as ax:
        ax.plot(np.arange(1, losses.size + 1), losses, color="0.75", linewidth=0.5, label="loss, updates")
        ax.plot(updates, tests, color="#0072B2", linewidth=1, marker=mark, label="loss, 100 fresh trials")
        ax.set(xlabel="Update", ylabel="Loss")
        other = ax.twinx()
        other.plot(updates, 100 * accuracy, color="#D55E00", linewidth=1, marker=mark, label="accuracy")
        other.set(ylabel="Accuracy (%)", ylim=(0, 102))
        other.spines["right"].set_visible(True)
        lines = [line for line in (*ax.get_lines(), *other.get_lines()) if np.size(line.get_xdata())]
        names = [str(line.get_label()) for line in lines]
        ax.legend(lines, names, **ABOVE)  # within, lines of either axis would cross it
    return ax


def _tested_at(n_tests: int, n_updates: int) -> NDArray[np.int64]:
    """Return the updates after which the model was tested: every 100, and the last; or the last only."""
    if n_tests == 1:
        return np.array([n_updates])
    every = np.arange(100, n_updates + 100, 100)
    return np.minimum(every, n_updates)
