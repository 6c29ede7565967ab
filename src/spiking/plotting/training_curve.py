"""How loss and accuracy went while a model was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spiking.errors import ArgumentError
from spiking.plotting.style import ABOVE, drawing_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.rate_model import RateModel


def training_curve(model: RateModel, ax: Axes | None = None) -> Axes:
    """Draw the loss of every update and of the evaluations, and the accuracy on a second axis.

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
        The model does not hold its losses.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> ax = plotting.training_curve(datasets.load("go-nogo"))
    >>> ax.figure.savefig("training.pdf")
    """
    keys = ("losses", "eval_loss_mean", "eval_perf_mean")
    if not all(key in model.extras for key in keys):
        raise ArgumentError(f"{model.source} does not hold the losses of its training: {', '.join(keys)}")
    losses, tests, accuracy = (np.ravel(np.asarray(model.extras[key], dtype=float)) for key in keys)
    updates = np.minimum(100 * np.arange(1, tests.size + 1), losses.size)
    with drawing_on(ax, 50) as ax:
        ax.plot(np.arange(1, losses.size + 1), losses, color="0.75", linewidth=0.5, label="loss, updates")
        ax.plot(updates, tests, color="#0072B2", linewidth=1, label="loss, 100 fresh trials")
        ax.set(xlabel="Update", ylabel="Loss")
        other = ax.twinx()
        other.plot(updates, 100 * accuracy, color="#D55E00", linewidth=1, label="accuracy")
        other.set(ylabel="Accuracy (%)", ylim=(0, 102))
        other.spines["right"].set_visible(True)
        lines = [*ax.get_lines(), *other.get_lines()]
        names = [str(line.get_label()) for line in lines]
        ax.legend(lines, names, **ABOVE)  # within, lines of either axis would cross it
    return ax
