"""`spiking plot`: draw figures of a model for print."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking.command_line import loading, options
from spiking.command_line.output import check_can_draw, print_json, write_figure
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spiking.evaluation.both_networks import BothNetworks
    from spiking.network.network import SpikingNetwork
    from spiking.rate_model.model import RateModel
    from spiking.rate_model.run import RateRun
    from spiking.simulation.result import Simulation
    from spiking.tasks import Task, Trials

_MODEL_KINDS = ("conversion", "scaling-factor", "time-constants", "training", "weights")
_TRIAL_KINDS = (
    "comparison",
    "components",
    "faithfulness",
    "firing-rates",
    "fixed-points",
    "output",
    "overview",
    "psth",
    "raster",
    "trial",
)
_ACTIVITY_KINDS = ("components", "faithfulness", "fixed-points", "trial")
KINDS = (*_MODEL_KINDS, *_TRIAL_KINDS)
_BY_POPULATION = ("firing-rates", "psth", "raster", "weights")
_NETWORK_KINDS = ("firing-rates", "output", "overview", "psth", "raster")  # a spiking network alone suffices


def _kinds_for(incomplete: str) -> list[str]:
    return [kind for kind in KINDS if kind.startswith(incomplete)]


def plot(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", autocompletion=_kinds_for, help="What to draw: one of the names above."
        ),
    ],
    model: options.Network,
    output: Annotated[
        Path | None,
        options.output_to("File to write (.pdf, .svg, .png, .eps), which is replaced. Default: KIND.pdf."),
    ] = None,
    task_name: options.TaskName = None,
    settings: options.Settings = None,
    condition: options.Condition = None,
    trials: options.Trials = 40,
    trial: Annotated[
        int, typer.Option(min=0, help="raster, trial: number of the trial to draw, from 0.")
    ] = 0,
    seed: options.Seed = 1,
    scaling_factor: options.ScalingFactor = None,
    rate_model: options.RateModelFile = None,
    populations: Annotated[
        str | None,
        typer.Option(
            help="raster, psth, firing-rates, weights: draw these populations, such as 'PFC&exc,MD'. "
            "Default: exc and inh, or exc, PV and SST."
        ),
    ] = None,
    dpi: Annotated[
        int, typer.Option(min=20, max=2400, help="Resolution of a .png in pixels per inch.")
    ] = 300,
    against: Annotated[
        str | None, typer.Option(metavar="MODEL", help="comparison: second model. Default: the same.")
    ] = None,
    against_factor: Annotated[
        float | None,
        typer.Option(help="comparison: second scaling factor. Default: the one that the file records."),
    ] = None,
    font_size: Annotated[
        float | None, typer.Option(min=4, max=40, help="Size of the text in points. Default: 7.")
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(
            min=30, max=500, help="Width of the figure in mm. Default: 85, or more if it needs more."
        ),
    ] = None,
    caption: options.Caption = False,
    as_json: options.AsJson = False,
) -> None:
    """Draw a figure for print.

    Vector graphics, 85 mm wide (comparison: 128 mm; overview of more than two conditions: up to 158 mm), or
    as --width says.

    From trials: overview (inputs, raster and output by condition), output (by condition: mean, band of one
    standard deviation, single trials, target), raster (with rates), psth (rates over time by condition and
    population), trial (rate and spiking network),
    firing-rates (by condition), components (principal components of both networks), fixed-points (of both
    networks, among their trajectories), faithfulness (outputs and unit rates of both networks, with numbers),
    comparison (of two models or scaling factors). From the file: weights, time-constants,
    scaling-factor, training, conversion (transfer function and f-I curve on the inputs that the rate network
    visits). Of a network file: weights, firing-rates,
    output, overview, psth and raster; the others take its rate model from --rate-model.

    Example: spiking plot overview model.mat --task go-nogo --seed 1 -o overview.pdf
    """
    from spiking import RateModel
    from spiking.files.output import PICTURES, check_outputs
    from spiking.tasks.registry import find

    if kind not in KINDS:
        raise ArgumentError(f"KIND is {kind!r}; expected one of {', '.join(sorted(KINDS))}")
    path = Path(f"{kind}.pdf") if output is None else output
    check_outputs([(path, PICTURES)], [model, task_name, against])
    check_can_draw("a figure")
    if populations is not None and kind not in _BY_POPULATION:
        raise ArgumentError(f"KIND is {kind}; expected one of {', '.join(_BY_POPULATION)} with --populations")
    names = None if populations is None else [name.strip() for name in populations.split(",")]
    if kind != "comparison" and (against is not None or against_factor is not None):
        raise ArgumentError(f"KIND is {kind}; expected comparison with --against and --against-factor")
    if kind == "comparison" and against is None and against_factor is None:
        raise ArgumentError("KIND is comparison; expected --against MODEL, --against-factor NUMBER, or both")
    from spiking.plotting import publication

    loaded = loading.load_network(model)
    if kind in _MODEL_KINDS:
        with publication(font_size, width):
            figure = _of_model(kind, loaded, task_name, settings, seed, scaling_factor, names)
        _write(path, figure, dpi, kind, model, caption, as_json)
        return
    task = None if task_name is None else find(task_name)  # the same class for both models
    total = trials * (2 if kind == "comparison" else 1)
    with publication(font_size, width), progress_bar("trials", total) as advance:

        def run(name: str, factor: float | None, before: int) -> BothNetworks:
            from spiking.evaluation.both_networks import run_both

            rates = found = loading.load_network(name)
            if not isinstance(rates, RateModel):
                if rate_model is None:
                    raise ArgumentError(
                        f"{name} is a network file; expected --rate-model with its rate model, to draw {kind}"
                    )
                rates = loading.load_model(rate_model)
            return run_both(
                rates,
                loading.chosen_task(rates, task, settings),
                trials,
                network=None if isinstance(found, RateModel) else found,
                seed=seed,
                scaling_factor=factor,
                condition=condition,
                activity=kind in _ACTIVITY_KINDS,
                progress=lambda done: advance(before + done),
            )

        if kind in _NETWORK_KINDS and not isinstance(loaded, RateModel):
            own = loading.chosen_task(loaded, task, settings)
            drawn = own.trials(trials, seed=seed, balanced=True, condition=condition)
            figure = _of_run(
                kind, _simulated(loaded, own, drawn, seed, advance), drawn, own, None, trial, names
            )
        elif kind == "comparison":
            both = run(model, scaling_factor, 0)
            other = run(against or model, against_factor, trials)
            figure = _comparison(both, other, model, against or model)
        else:
            figure = _of_trials(kind, run(model, scaling_factor, 0), trial, names)
    _write(path, figure, dpi, kind, model, caption, as_json)


def _write(path: Path, figure: Figure, dpi: int, kind: str, model: str, caption: bool, as_json: bool) -> None:
    text = write_figure(path, figure, dpi, caption=caption)
    if as_json:
        print_json({"file": model, "kind": kind, "output": path, "caption": text})


def _of_model(
    kind: str,
    model: RateModel | SpikingNetwork,
    task_name: str | None,
    settings: list[str] | None,
    seed: int,
    scaling_factor: float | None,
    populations: list[str] | None,
) -> Figure:
    from spiking import RateModel, plotting
    from spiking.conversion.conversion import Conversion

    if kind == "weights":
        return _figure_of(plotting.weights(model, populations=populations))
    if not isinstance(model, RateModel):
        raise ArgumentError(f"KIND is {kind}, which needs a model file; expected weights of a network file")
    if kind == "conversion":
        conversion = None if scaling_factor is None else Conversion(kind="published", factor=scaling_factor)
        task = loading.chosen_task(model, task_name, settings)
        return _figure_of(plotting.conversion(model, conversion, task, seed=seed))
    functions: dict[str, Callable[..., Any]] = {
        "scaling-factor": plotting.scaling_factor,
        "time-constants": plotting.time_constants,
        "training": plotting.training_curve,
    }
    return _figure_of(functions[kind](model))


def _simulated(
    network: SpikingNetwork, task: Task, trials: Trials, seed: int, progress: Callable[[int], None]
) -> Simulation:
    from spiking.simulation.record import Record
    from spiking.simulation.simulate import simulate

    run = simulate(network, trials.spiking_inputs, seed=seed, record=Record(spikes=True), progress=progress)
    return dataclasses.replace(run, task=task.name, conditions=tuple(trials.conditions))


def _of_trials(kind: str, both: BothNetworks, trial: int, populations: list[str] | None) -> Figure:
    from spiking import plotting

    match kind:
        case "components":
            return plotting.state_space(both)
        case "faithfulness":
            return plotting.faithfulness(both)
        case "fixed-points":
            from spiking.analysis import fixed_points

            networks = (both.model, both.spiking.network)
            rate, spiking = (fixed_points(network, task=both.task) for network in networks)
            return plotting.fixed_points(both, rate, spiking)
        case "trial":
            _check_trial(trial, both.trials)
            return plotting.trial(both, trial)
        case _:
            return _of_run(kind, both.spiking, both.trials, both.task, both.rate, trial, populations)


def _check_trial(trial: int, trials: Trials) -> None:
    if not 0 <= trial < len(trials):
        raise ArgumentError(f"--trial is {trial}; expected 0 to {len(trials) - 1} (see --trials)")


def _of_run(
    kind: str,
    run: Simulation,
    trials: Trials,
    task: Task,
    rate: RateRun | None,
    trial: int,
    populations: list[str] | None,
) -> Figure:
    from spiking import plotting

    _check_trial(trial, trials)
    match kind:
        case "overview":
            return plotting.overview(run, trials=trials, task=task, rate=rate)
        case "output":
            return plotting.outputs(run, trials=trials, task=task)
        case "psth":
            return plotting.psth(run, trials=trials, populations=populations)
        case "raster":
            ax = plotting.raster(run, trial, rates=True, populations=populations)
            plotting.shade_stimulus(ax, trials, [trial])
        case _:
            return plotting.firing_rates(run, trials=trials, populations=populations)
    return _figure_of(ax)


def _comparison(first: BothNetworks, second: BothNetworks, name: str, other_name: str) -> Figure:
    from spiking import plotting

    factors = [f"factor {both.spiking.network.scaling_factor:g}" for both in (first, second)]
    names = [Path(name).stem, Path(other_name).stem]
    if names[0] == names[1]:
        labels = (factors[0], factors[1])
    elif factors[0] == factors[1]:
        labels = (names[0], names[1])
    else:
        labels = (f"{names[0]}, {factors[0]}", f"{names[1]}, {factors[1]}")
    return plotting.comparison(first, second, labels=labels)


def _figure_of(ax: Any) -> Figure:
    figure: Figure = ax.figure
    return figure
