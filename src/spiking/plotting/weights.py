"""Draw recurrent weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.network.open import AnyNetwork, open_network
from spiking.plotting.captions import changes_sentence, describe
from spiking.plotting.style import (
    POPULATION_COLOURS,
    by_population,
    drawing_on,
    population_colours,
    population_label,
)
from spiking.rate_model.model import RateModel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FULL_COLOUR = 0.95  # quantile of the absolute weights from which on colours are saturated


@check_arguments()
def weights(model: AnyNetwork, ax: Axes | None = None, *, populations: Sequence[str] | None = None) -> Axes:
    """Draw the recurrent weights W with a colour bar, units grouped by population, presynaptic in columns.

    Excitatory weights are red, inhibitory ones blue. Colours are saturated from the 95th percentile of the
    absolute weights on, so that weaker ones stay visible beside a few strong ones.

    Parameters
    ----------
    model : RateModel, SpikingNetwork, path, str or mapping
        A network, its file, or the name of a model that comes with the package.
        The weights of a spiking network are divided by the scaling factor.
    populations : list of str, optional
        Draw the weights between these populations, also combined, such as ``["PFC&exc", "MD"]``. By default
        exc and inh, or exc, pv and som.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> ax = plotting.weights(datasets.load("go-nogo"))
    >>> ax.figure.savefig("weights.pdf")
    """
    model = open_network(model)
    matrix = model.effective_weights() if isinstance(model, RateModel) else model.dense_weights
    groups = by_population(model.populations, populations)
    own_colours = population_colours(groups)
    order = np.concatenate([members for _, members in groups])
    strengths = np.abs(matrix[matrix != 0])
    limit = float(np.quantile(strengths, _FULL_COLOUR)) if strengths.size else 1.0
    with drawing_on(ax, 75) as ax:
        from matplotlib.colors import LinearSegmentedColormap

        colours = LinearSegmentedColormap.from_list(
            "weights", [POPULATION_COLOURS["inh"], "white", POPULATION_COLOURS["exc"]]
        )
        picture = ax.imshow(
            matrix[np.ix_(order, order)], cmap=colours, vmin=-limit, vmax=limit, interpolation="nearest"
        )
        sizes = np.array([len(members) for _, members in groups])
        ends = np.cumsum(sizes)
        names = [population_label(name) for name, _ in groups]
        for end in ends[:-1] - 0.5:
            ax.axhline(end, color="black", linewidth=0.4)
            ax.axvline(end, color="black", linewidth=0.4)
        ax.set_xticks(ends - sizes / 2 - 0.5, names)
        ax.set_yticks(ends - sizes / 2 - 0.5, names)
        for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
            for label, (name, _) in zip(labels, groups, strict=True):
                label.set_color(own_colours[name])
        ax.tick_params(length=0)
        ax.set_xlabel("From")
        ax.set_ylabel("To")
        ax.spines[:].set_visible(True)
        assert ax.figure is not None
        bar = ax.figure.colorbar(picture, ax=ax, extend="both", shrink=0.8, aspect=25, pad=0.03)
        title = "W" if isinstance(model, RateModel) else f"W / {model.scaling_factor:g}"
        bar.ax.set_title(title, fontsize="medium", loc="left")
        bar.outline.set_linewidth(0.4)
        sizes_of = ", ".join(f"{population_label(name)}: {len(members)}" for name, members in groups)
        describe(
            ax,
            f"Recurrent weights {title} of {len(order)} units ({sizes_of}); presynaptic units in columns.",
            changes_sentence(model),
            f"Colours are saturated from {limit:.3g} on, the 95th percentile of the absolute weights.",
        )
    return ax
