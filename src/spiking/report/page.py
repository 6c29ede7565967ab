"""Assemble the self-contained page about a model."""

from __future__ import annotations

import html
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

import spiking
from spiking.analysis import ConversionQuality, conversion_quality
from spiking.analysis.faithfulness import COMPARED_TRIALS, faithfulness
from spiking.check_arguments import check_arguments
from spiking.checks import file_path
from spiking.conversion.model_info import ModelInfo, model_info
from spiking.conversion.model_info_text import facts
from spiking.evaluation.both_networks import BothNetworks, run_both
from spiking.evaluation.evaluate import evaluate
from spiking.evaluation.result import Evaluation, Score
from spiking.evaluation.words import OTHER_RULES, rules
from spiking.network.describe import changes_words, network_facts
from spiking.network.network import SpikingNetwork
from spiking.network.open import AnyNetwork, spiking_network
from spiking.optional import library
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import is_of_training, recorded_text, task_for
from spiking.report import figures
from spiking.report import text as words
from spiking.report.commands import page_commands, recorded_commands
from spiking.report.methods import methods
from spiking.report.trial_data import trial_data
from spiking.tasks import Task
from spiking.tasks.given_inputs import TaskLike
from spiking.tuning.recorded_search import is_recorded_choice

_ACTIVITY_BYTES = 2**28  # maximum size of the activity in the trials that are drawn
_DRAWN_EACH = 10  # maximum number of drawn trials of a condition


@check_arguments()
def report(
    model: AnyModel,
    task: TaskLike | None = None,
    trials: int = 100,
    *,
    network: AnyNetwork | None = None,
    task_file: str | None = None,
    seed: int = 1,
    scaling_factor: float | None = None,
    name: str | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> str:
    """Make a page about a model: accuracy, trials, faithfulness, tuning, the network, warnings, commands.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package.
    task : Task or str, optional
        A task, or a name that `spiking.tasks.get` accepts; by default the task that the model's file records.
    trials : int
        Number of trials for the accuracies, which are those of ``spiking evaluate`` with this seed. Up to ten
        trials of each condition are drawn.
    network : SpikingNetwork, RateModel, path, str or mapping, optional
        A network with as many units, inputs and outputs, such as a lesioned or fine-tuned one, that is
        compared with the model; by default the model is converted. With its file, the page names the command
        that makes it.
    task_file : str, optional
        File of your own task, such as ``mytask.py``, for the commands on the page; by default `task` if it is
        a string.
    seed : int
        Seed of the trials and of the noise. The same seed gives the same page.
    scaling_factor : float, optional
        By default the factor that tuning wrote into the model's file.
    name : str, optional
        Name of the model on the page; by default the name of its file.
    threads, progress : optional
        As in `evaluate`.

    Returns
    -------
    str
        Self-contained HTML: write it to a file and open it in a browser.

    Raises
    ------
    ArgumentError
        An argument is invalid, no task or scaling factor is given and the file records none, or Matplotlib is
        not installed.

    Examples
    --------
    >>> from spiking import datasets
    >>> from spiking.report import report
    >>> page = report(datasets.load("go-nogo"), trials=4)
    >>> page[:15]
    '<!doctype html>'
    """
    own_task = None if task_file is None else str(file_path("task_file", task_file))
    given = task if isinstance(task, str) else own_task
    library("matplotlib", "figures", "a report")
    named = str(model) if isinstance(model, str | os.PathLike) else None
    model = rate_model("model", model)
    task = task_for(model, task)
    network_file = str(network) if isinstance(network, str | os.PathLike) else None
    given_network = None if network is None else spiking_network(network)
    network = given_network or SpikingNetwork.from_rate(model, scaling_factor)
    scores = (
        evaluate(model, task, trials, seed=seed),
        evaluate(network, task, trials, seed=seed, threads=threads, progress=progress),
    )
    both = run_both(
        model,
        task,
        _drawn(model, task),
        network=given_network,
        seed=seed,
        scaling_factor=scaling_factor,
        threads=threads,
    )
    quality, info, drawn = conversion_quality(both), model_info(model), trial_data(both)
    close = faithfulness(
        model, network, task, trials=min(trials, COMPARED_TRIALS), seed=seed, threads=threads
    )
    fresh = given_network is None and is_recorded_choice(model, network)
    title = Path(model.source).name if name is None else name
    page = Template(_part("page.html"))
    filled = page.substitute(
        title=html.escape(title),
        version=html.escape(spiking.__version__),
        style=_part("page.css"),
        script=_part("page.js"),
        summary=html.escape(
            f"A rate network of {model.n_units} units, run on the task {task.name}, and the spiking network "
            + ("made from it" if given_network is None else "that was given")
            + f" with the scaling factor {network.scaling_factor:g}"
            + (f" ({network.conversion})" if network.conversion else "")
            + "".join(f"; {change}" for change in changes_words(network))
            + "."
        ),
        methods=html.escape(
            methods(model, network, {"rate": scores[0], "spiking": scores[1]}, close, fresh=fresh)
        ),
        warnings=_warnings(words.warnings(info, both, *scores, quality, close)),
        accuracy_words=html.escape(words.accuracy(*scores, fresh=fresh)),
        accuracy_table=_accuracy_table(*scores),
        faithfulness_words=html.escape(words.faithfulness(close, trials)),
        trials_words=html.escape(_about_trials(both, len(drawn["neurons"]))),
        raster_words="Point at a spike, or tap it, to see its neuron.",
        conversion_words=html.escape(words.conversion(quality)),
        conversion_table=_conversion_table(quality),
        conversion_figures=figures.conversion_figures(both),
        tuning_words=html.escape(words.tuning(both)),
        tuning_figures=figures.tuning_figures(both),
        facts=_facts(both, info, given_network),
        network_figures=figures.network_figures(both),
        commands=_commands(
            both,
            (title, network_file, named or Path(model.source).name),
            given,
            trials,
            given_network is not None,
        ),
        criterion=_CRITERION if any(condition["levels"] for condition in drawn["conditions"]) else "",
        # "<" could end the element that contains the data.
        data=json.dumps(drawn, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"),
    )
    return filled.encode(errors="backslashreplace").decode()  # names of files may not be UTF-8


def _part(name: str) -> str:
    return (files("spiking") / "report" / name).read_text(encoding="utf-8").strip()


_CRITERION = '<span><i class="line dotted"></i> criterion</span>'


def _drawn(model: RateModel, task: Task) -> int:
    """Return the number of trials to draw: ten of each condition, or fewer of a large network."""
    trial_bytes = 3 * 8 * model.n_units * task.n_steps  # rates, their noise, filtered spikes
    each = max(1, min(_DRAWN_EACH, _ACTIVITY_BYTES // (trial_bytes * len(task.conditions))))
    return each * len(task.conditions)


def _about_trials(both: BothNetworks, neurons: int) -> str:
    each, n = len(both.trials) // len(both.task.conditions), both.model.n_units
    return (
        f"Choose a condition. Means are of {each} trials of each condition (seed {both.seed}). The "
        f"conditions take turns in these trials, so that they are others than those of the accuracy."
        + (f" Output 0 of {both.model.n_outputs} is shown." if both.model.n_outputs > 1 else "")
        + (f" To keep the page small, only {neurons} of the {n} neurons are shown." if neurons < n else "")
    )


def _facts(both: BothNetworks, info: ModelInfo, given: SpikingNetwork | None) -> str:
    """Return the facts about the network that is shown and, if it was given, about the rate network."""
    rates = {"firing rates": words.rates(both)}
    if given is None:
        return _fact_table({**facts(info), **rates})
    own = {**network_facts(given), **rates}
    del own["spiking network"]  # its accuracy has a section
    of_rate_network = facts(info)
    for name in ("scaling factor", "spiking network", "correct"):  # of the network that is not shown
        of_rate_network.pop(name, None)
    name = html.escape(Path(info.file).name)
    return (
        f"<h3>The spiking network</h3>{_fact_table(own)}"
        f"<h3>The rate network that it is compared with, {name}</h3>{_fact_table(of_rate_network)}"
        "<p>Synaptic decays, weights and training are drawn of this rate network.</p>"
    )


def _fact_table(described: Mapping[str, str]) -> str:
    return _table(["", ""], ([name, fact] for name, fact in described.items()))


def _commands(
    both: BothNetworks, names: tuple[str, str | None, str], task: str | None, trials: int, given: bool
) -> str:
    """Return the commands that the model's file records, and those that give the numbers of the page.

    `names` are those of the page, of the network's file, if any, and of the rate model.
    """
    model, (title, network_file, source) = both.model, names
    blocks = []
    recorded = recorded_commands(both, source if given else title, task)
    if recorded:
        of = f"the rate network's file ({source})" if given else "the file"
        blocks.append((_about_recorded(model, of, given), recorded))
    if not given or network_file is not None:
        again = page_commands(
            both, network_file or title, task, trials, None if network_file is None else source
        )
        if again:
            blocks.append(("These commands give the accuracies above, and this page:", again))
    if not blocks:
        return "<p>No command is recorded.</p>"
    return "\n".join(
        f"<p>{html.escape(about)}</p>\n<pre>{html.escape(chr(10).join(lines))}</pre>"
        for about, lines in blocks
    )


def _about_recorded(model: RateModel, of: str, given: bool) -> str:
    changed = (
        " They do not make the spiking network of this page: what was done to it is told above."
        if given
        else ""
    )
    if not is_of_training(model):
        return f"The commands that {of} records.{changed}"
    version = recorded_text(model, "spiking_version") or "another version"
    return (
        f"The commands that {of} records.{changed} The network was trained with spiking {version}; training "
        "it again with other versions of spiking or JAX, or on another processor, may give another network. "
        "To use this one, keep the file."
    )


def _warnings(sentences: list[str]) -> str:
    if not sentences:
        return "<p>Nothing suspicious was found.</p>"
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    return f'<div class="warning" id="warnings"><strong>Note</strong><ul>{items}</ul></div>'


def _accuracy_table(rate: Evaluation, spiking: Evaluation) -> str:
    rows = [["all", _cell(rate.score), _cell(spiking.score)]]
    rows += [
        [f"all, {name} rule", _cell(rate.scores[name]), _cell(spiking.scores[name])]
        for name in rules(rate)
        if rate.score.scored and name in OTHER_RULES
    ]
    rows += [
        [name, _cell(score), _cell(spiking.by_condition[name])] for name, score in rate.by_condition.items()
    ]
    return _table(["Condition", "Rate network", "Spiking network"], rows)


def _cell(score: Score) -> str:
    if not score.scored:
        return str(score)
    low, high = score.interval
    return f"{score.correct} of {score.trials}: {score.accuracy:.3f} ({low:.3f} to {high:.3f})"


def _conversion_table(quality: ConversionQuality) -> str:
    rows = {
        "recurrent drive": quality.drive,
        "output, single trials": quality.output,
        "output, means of conditions": quality.mean_output,
        "mean rates of the units": quality.rates,
    }
    return _table(
        ["Spiking against rate", "Slope", "Error", "Correlation"],
        (
            [name, *(_number(value) for value in (row.slope, row.error, row.correlation))]
            for name, row in rows.items()
        ),
    )


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _table(headings: list[str], rows: Iterable[list[str]]) -> str:
    head = "".join(f"<th>{html.escape(heading)}</th>" for heading in headings)
    head = f"<tr>{head}</tr>" if any(headings) else ""
    body = "".join(
        f"<tr><th>{html.escape(first)}</th>{''.join(f'<td>{html.escape(cell)}</td>' for cell in rest)}</tr>"
        for first, *rest in rows
    )
    return f"<table>{head}{body}</table>"
