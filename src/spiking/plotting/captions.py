"""Captions: what a figure shows, in the words that stand under it in a manuscript.

Every function that draws describes what it drew, in axes or in a whole figure; `caption_of` puts it together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from spiking.check_arguments import check_arguments
from spiking.connectivity import words
from spiking.evaluation.both_networks import BothNetworks
from spiking.evaluation.result import Score
from spiking.files.escape import printable
from spiking.network.describe import changes_words
from spiking.network.network import SpikingNetwork
from spiking.plotting.style import POPULATION_NAMES, by_population, font_size
from spiking.rate_model.model import RateModel
from spiking.tasks import Task, Trials

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spiking.simulation.result import Simulation

_OF_AXES: WeakKeyDictionary[Axes, str] = WeakKeyDictionary()
_OF_FIGURES: WeakKeyDictionary[Figure, str] = WeakKeyDictionary()
CONVERSIONS = MappingProxyType(
    {
        "published": "all weights divided by the same factor",
        "one_offset": "matched f-I curve, one offset for all neurons",
        "mean_drive": "matched f-I curve, an offset for each neuron",
        "calibrated": "matched f-I curve, offsets calibrated in simulations",
        "trained": "trained with the f-I curve of the spiking neurons",
        "fine_tuned": "fine-tuned as a spiking network",
    }
)
_CONDITIONS = MappingProxyType(  # what the names mean, by task
    {
        "xor": (("++", "+-", "-+", "--"), "signs of the first and of the second stimulus"),
        "dms": (("++", "+-", "-+", "--"), "signs of the first and of the second stimulus"),
        "mante": (
            ("color+", "color-", "motion+", "motion-"),
            "the input that counts (motion: channel 0; color: 1; channels 2 and 3 tell which), and its sign",
        ),
    }
)
_MARGIN = 0.06  # around a caption under a figure, in inches


@check_arguments()
def caption_of(figure: Figure) -> str:
    """Return the caption of a figure: what is drawn, of which trials, what bands and marks are, and the rule.

    Empty for a figure in which no function of `spiking.plotting` has drawn. In a figure of your own, the
    descriptions of its axes follow each other, with letters in the order in which the axes were made.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> ax = plotting.weights(datasets.load("go-nogo"))
    >>> plotting.caption_of(ax.figure).split(".")[0]
    'Recurrent weights W of 200 units (exc'
    """
    if figure in _OF_FIGURES:
        return _OF_FIGURES[figure]
    panels = [_OF_AXES[ax] for ax in figure.axes if ax in _OF_AXES]
    if len(panels) < 2:
        return "".join(panels)
    return " ".join(f"({chr(ord('a') + k % 26)}) {panel}" for k, panel in enumerate(panels))


def describe(ax: Axes, *sentences: str) -> None:
    """Keep what was drawn in these axes."""
    _OF_AXES[ax] = _joined(sentences)


def describe_more(ax: Axes, sentence: str) -> None:
    """Add a sentence on what was drawn into axes that have a description."""
    if sentence not in _OF_AXES.get(ax, sentence):
        _OF_AXES[ax] = f"{_OF_AXES[ax]} {sentence}"


def describe_figure(figure: Figure, caption: bool, *sentences: str) -> None:
    """Keep what a whole figure shows and, if `caption` is true, write it under the figure."""
    _OF_FIGURES[figure] = _joined(sentences)
    if caption:
        _write_under(figure, _OF_FIGURES[figure])


def _joined(sentences: Sequence[str]) -> str:
    return printable(" ".join(sentence for sentence in sentences if sentence))


def _write_under(figure: Figure, text: str) -> None:
    """Make the figure higher, and write the text into the new space."""
    width, height = figure.get_size_inches()
    written = figure.text(
        _MARGIN / width, 0, text, ha="left", va="bottom", fontsize=font_size(), wrap=True, parse_math=False
    )
    lines = written.get_window_extent().height / figure.dpi + 2 * _MARGIN
    figure.set_size_inches(width, height + lines)
    bottom = lines / (height + lines)
    written.set_y(_MARGIN / (height + lines))
    above = bottom
    for legend in figure.legends:  # at the bottom, now above the caption
        legend.set_bbox_to_anchor((0, bottom, 1, 1 - bottom), transform=figure.transFigure)
        legend.set_in_layout(False)
        pixels = legend.get_window_extent().height + 2 * _MARGIN * figure.dpi
        above = bottom + pixels / (figure.dpi * (height + lines))
    figure.get_layout_engine().set(rect=(0, above, 1, 1 - above))  # type: ignore[union-attr, call-arg]


def network_words(network: SpikingNetwork) -> str:
    """Return what a spiking network is, such as ``200 neurons: 154 exc., 46 inh.; scaling factor 20``."""
    parts = [f"{len(units)} {POPULATION_NAMES[name]}" for name, units in by_population(network.populations)]
    sizes = f": {', '.join(parts)}" if len(parts) > 1 else ""
    kind = [] if network.conversion is None else [CONVERSIONS[network.conversion.kind]]
    facts = [f"scaling factor {network.scaling_factor:g}", *kind, *changes_words(network)]
    return f"{network.n_neurons} neurons{sizes}; {'; '.join(facts)}"


def stimulation_sentence(simulation: Simulation, *, shaded: bool = False) -> str:
    """Return what stimulated the neurons in a sentence, and whether its times are `shaded`."""
    words = "; ".join(simulation.stimulation)
    if shaded:
        return f"Yellow areas: stimulation{f' of {words}' if words else ''}."
    return f"Stimulation: {words}." if words else ""


def changes_sentence(network: RateModel | SpikingNetwork) -> str:
    """Return what was changed in the weights of a network in a sentence; empty if nothing was."""
    changes = words.changes_words(network)
    return f"Changes of the network: {'; '.join(changes)}." if changes else ""


def trials_words(
    conditions: Sequence[str] | None, total: int, seed: int | None, task: str | None, order: str = ""
) -> str:
    """Return which trials they are, such as "Task go-nogo: 40 trials (20 go, 20 nogo), seed 1".

    `order` as `order_words` returns.
    """
    counts = Counter(conditions or ())
    parts = f" ({', '.join(f'{count} {name}' for name, count in sorted(counts.items()))})" if counts else ""
    start = f"Task {task}: " if task else ""
    origin = "replayed random numbers" if seed is None else f"seed {seed}"
    names, meaning = _CONDITIONS.get(task or "", ((), ""))
    meaning = f" Conditions: {meaning}." if counts and set(counts) <= set(names) else ""
    return f"{start}{total} trial{'s' if total > 1 else ''}{parts}, {origin}{order}.{meaning}"


def conditions_of(trials: Trials | None) -> tuple[str, ...] | None:
    """Return the conditions of trials, if there are any."""
    return None if trials is None else trials.conditions


def order_words(conditions: Sequence[str] | None, numbers: Iterable[int], task: Task | None = None) -> str:
    """Return whether conditions are in turn or were drawn: trial 1 of a seed may be another in each kind.

    `numbers` are those of the trials. Empty if all trials have one condition, or if it is not known.
    """
    if conditions is None or len(set(conditions)) < 2:
        return ""
    period = len(set(conditions)) if task is None else len(task.conditions)
    places = [(number % period, name) for number, name in zip(numbers, conditions, strict=True)]
    order = dict(places) if task is None else dict(enumerate(task.conditions))
    in_turn = len(set(order.values())) == period and all(order[place] == name for place, name in places)
    return ", balanced: conditions in turn" if in_turn else ", conditions drawn at random"


def trials_of_both(both: BothNetworks, *, counted: bool = True) -> str:
    """Return which trials two networks were run on, `counted` by condition."""
    conditions = both.trials.conditions
    return trials_words(
        conditions if counted else None,
        len(conditions),
        both.seed,
        both.task.name,
        order_words(conditions, both.spiking.trials, both.task),
    )


def rule_words(task: Task | None, *, strict: bool = False) -> str:
    """Return what a correct output is, in a sentence; empty without a task, or if it has no right answers."""
    return f"Correct: {task.rule(strict)}." if task is not None and task.scored else ""


def score_words(name: str, score: Score) -> str:
    """Return how many trials a network answered correctly, with the interval of the accuracy."""
    if not score.scored:
        return ""
    low, high = score.interval
    return (
        f"{name}: {score.correct} of {score.trials} trials correct "
        f"({100 * score.accuracy:.0f} %, 95 % Wilson interval {100 * low:.0f} to {100 * high:.0f} %)."
    )
