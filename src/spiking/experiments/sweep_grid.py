"""The grid of a sweep: interpret its names, and make the network and settings of each point."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spiking.checks import positive_number, shown, similar, whole_number
from spiking.connectivity.units import UnitFraction
from spiking.conversion.choose import warn_of_lambda
from spiking.errors import ArgumentError, warn
from spiking.experiments.lesioned_units import UNIT
from spiking.network.network import SpikingNetwork
from spiking.network.synapses.plasticity import ShortTermPlasticity
from spiking.neuron.adaptation import Adaptation
from spiking.neuron.constant import Constants, constant_words
from spiking.neuron.distribution import Distribution
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.tasks import Task
from spiking.tasks.base import check_channels
from spiking.tasks.parse_settings import make

Experiment = Callable[[SpikingNetwork], SpikingNetwork]

_PARAMETERS = tuple(field.name for field in dataclasses.fields(LIFParams))
_STIMULATION, _TASK, _SPREAD = "stimulation.", "task.", ".sd"
_ADAPTATION = ("adaptation.jump", "adaptation.tau")
_SYNAPSES = ("delays", "plasticity")  # of the spiking network only
_PLASTICITY = tuple(field.name for field in dataclasses.fields(ShortTermPlasticity))
_VOLTAGES = ("reset", "threshold", "bias", "peak")
_CONNECTIONS = ("scale_weights", "cut", "shuffle_weights")


@dataclass(frozen=True, eq=False)
class SweepPoint:
    """The network, task and settings that are simulated at a point of the grid.

    `model` is the rate model that the network was converted from, or None. It is converted again when the
    grid varies the scaling factor. `rate` is the rate model with the same changes of units and connections,
    or None if it is not run. `task_settings` are those that the grid has changed so far; `points` makes the
    task with all of them at once, because they may be valid only together.
    """

    network: SpikingNetwork
    model: RateModel | None
    task: Task
    stimulation: Any
    downsample: int
    seed: int
    rate: RateModel | None = None
    task_settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Axis:
    """A name of the grid, the labels of its values, and the change that each value makes to a point."""

    name: str
    labels: tuple[Any, ...]
    changes: tuple[Callable[[SweepPoint], SweepPoint], ...]


def check_names(grid: Mapping[str, Any]) -> None:
    """Raise ArgumentError unless a grid is a mapping of names."""
    given: Any = grid
    if not isinstance(given, Mapping) or not given:
        raise ArgumentError(
            f"grid is {shown(given)}; expected {{name: values}}, such as {{'refractory': [0, 2, 4]}}"
        )
    if names := [name for name in given if not isinstance(name, str)]:
        raise ArgumentError(f"grid has the key {shown(names[0])}; expected names of constants or arguments")


def axes(grid: Mapping[str, Any]) -> tuple[Axis, ...]:
    """Return the axes of a grid (see `sweep`), in its order.

    Raises
    ------
    ArgumentError
        A name is unknown, an axis is empty, or two of its values have the same label.
    """
    plastic = [name.split(".", 2) for name in grid if name.split(".")[0] == "plasticity"]
    if len({tuple(each[1:2]) for each in plastic}) > 1 and len({tuple(each[2:]) for each in plastic}) > 1:
        raise ArgumentError(
            f"grid varies {' and '.join('.'.join(each) for each in plastic)}; expected the same connections "
            f"in both, such as plasticity.recovery.exc and plasticity.utilisation.exc"
        )
    return tuple(_axis(name, values) for name, values in grid.items())


def points(base: SweepPoint, grid: tuple[Axis, ...]) -> Iterator[tuple[dict[str, Any], SweepPoint]]:
    """Yield the labels and the network, task and settings of each point; the last axis varies fastest.

    The scaling factor is applied first, because it makes the network that the other names change. Points with
    the same settings of the task have the same task object.

    Raises
    ------
    ArgumentError
        A value is invalid; the message names the point.
    """
    order = sorted(range(len(grid)), key=lambda k: _turn(grid[k].name))
    settings = [k for k, axis in enumerate(grid) if axis.name.startswith(_TASK)]
    tasks: dict[tuple[int, ...], Task] = {}
    for chosen in itertools.product(*(range(len(axis.labels)) for axis in grid)):
        labels = {axis.name: axis.labels[k] for axis, k in zip(grid, chosen, strict=True)}
        point = base
        with naming_point(labels):
            for k in order:
                point = grid[k].changes[chosen[k]](point)
            key = tuple(chosen[k] for k in settings)
            if key not in tasks:
                tasks[key] = _task(point)
        yield labels, dataclasses.replace(point, task=tasks[key])


def _turn(name: str) -> tuple[bool, bool, int]:
    """Return the key by which names are applied: a spread after its constant, narrower ends last."""
    depth = name.count(".") if name.split(".")[0] in _SYNAPSES else 0
    return name != "scaling_factor", name.endswith(_SPREAD), depth


def warn_of_settings(grid: Iterable[Axis], task: Task) -> None:
    """Warn of names that vary the network and are the names of settings of the task too."""
    for axis in grid:
        name = axis.name
        if name in (*_PARAMETERS, "scaling_factor", "downsample") and name in task.settings:
            whose = "the constant of the neurons" if name in _PARAMETERS else "that of the spiking network"
            warn(
                f"{name} is {whose}, which is varied; the task {task.name} has a setting {name}, which is "
                f"not: it is varied as task.{name}"
            )


@contextmanager
def naming_point(labels: Mapping[str, Any]) -> Iterator[None]:
    """Add the point of the grid to the message of an ArgumentError."""
    try:
        yield
    except ArgumentError as error:
        where = ", ".join(f"{name}={label}" for name, label in labels.items())
        raise ArgumentError(f"at {where}: {error}") from None


def _task(point: SweepPoint) -> Task:
    """Return the task of a point with the settings that the grid has changed."""
    if not point.task_settings:
        return point.task
    usual = point.task.settings
    settings = {  # 100 and 100.0 are the same setting, also in a journal
        name: float(value) if isinstance(usual.get(name), float) and type(value) is int else value
        for name, value in point.task_settings.items()
    }
    task = make(type(point.task), usual | settings)
    check_channels(task, point.network.n_inputs, point.network.n_outputs, "the network")
    if task.n_steps < 1:  # this also checks the duration of a user's task
        raise ArgumentError(f"duration is {task.duration:g} ms; expected at least one step")
    return task


def changes_rate_network(name: str) -> bool:
    """Return whether a varied name also changes the rate network of a sweep, which has no such constants."""
    own = (*_PARAMETERS, *_ADAPTATION, "scaling_factor", "downsample")
    return name not in own and name.split(".")[0] not in _SYNAPSES and not name.startswith(_STIMULATION)


def _axis(name: str, values: Any) -> Axis:
    if isinstance(values, Mapping):
        pairs = [(_plain(label), value) for label, value in values.items()]
    elif isinstance(values, Iterable) and not isinstance(values, str | bytes):
        pairs = [(_label(name, value), value) for value in values]
    else:
        raise ArgumentError(f"grid: {name} is {shown(values)}; expected a list of values")
    labels = [label for label, _ in pairs]
    if not pairs:
        raise ArgumentError(f"grid: {name} is empty; expected at least one value")
    for label in labels:
        if labels.count(label) > 1:
            raise ArgumentError(f"grid: {name} has {label!r} more than once; expected different values")
    return Axis(name, tuple(labels), tuple(_change(name, value) for _, value in pairs))


def _plain(value: Any) -> Any:
    """Return a NumPy number as a Python number, and anything that is not a number as text.

    A float is rounded to 12 digits: 0.1 + 0.2, as in ``numpy.arange(0, 0.5, 0.1)``, is called 0.3.
    """
    value = value.item() if isinstance(value, np.generic) else value
    value = float(f"{value:.12g}") if isinstance(value, float) else value
    return value if isinstance(value, bool | int | float | str) else str(value)


def _label(name: str, value: Any) -> Any:
    if not callable(value):
        return _plain(value)
    label = getattr(value, "__name__", "<lambda>")
    if label == "<lambda>":
        raise ArgumentError(
            f"grid: {name} has a function without a name; expected named ones, such as "
            f"{{'intact': lambda net: net, 'cut': lambda net: net.cut(pre='inh')}}"
        )
    return label


def _change(name: str, value: Any) -> Callable[[SweepPoint], SweepPoint]:
    """Return the change that a value of this name makes to a point."""
    if callable(value):
        return lambda point: _with_both(point, lambda net: _experiment(name, value, net))
    if name in _PARAMETERS:
        return lambda point: _with_network(point, lambda net: net.with_params(**{name: value}))
    if name.removesuffix(_SPREAD) in Constants._fields:
        constant = name.removesuffix(_SPREAD)
        return lambda point: _with_network(point, lambda net: _spread(net, constant, value, point.seed))
    if name in _ADAPTATION:
        return lambda point: _with_network(point, lambda net: _adapting(net, name.split(".")[1], value))
    if name == "scaling_factor":
        return lambda point: dataclasses.replace(point, network=_rescaled(point, value))
    if name == "downsample":
        return lambda point: dataclasses.replace(point, downsample=whole_number("downsample", value, 1))
    if name.startswith(_STIMULATION):
        return lambda point: dataclasses.replace(
            point, stimulation=_stimulated(name.removeprefix(_STIMULATION), value, point.stimulation)
        )
    if name.startswith(_TASK):
        setting = {name.removeprefix(_TASK): value}
        return lambda point: dataclasses.replace(point, task_settings={**point.task_settings, **setting})
    method, *populations = name.split(".")
    if method in _CONNECTIONS and len(populations) <= 2:
        ends: dict[str, Any] = dict(zip(("pre", "post"), populations, strict=False))
        if method == "scale_weights":
            return lambda point: _with_both(point, lambda net: net.scale_weights(factor=value, **ends))
        if method == "cut":
            return lambda point: _with_both(
                point, lambda net: net.cut(fraction=value, seed=point.seed, **ends)
            )
        return lambda point: _with_both(
            point, lambda net: net.shuffle_weights(fraction=value, seed=point.seed, **ends)
        )
    if name == UNIT:
        if isinstance(value, str):  # INTACT: other texts are populations, which `with_units` replaces
            return lambda point: point
        return lambda point: _with_both(point, lambda net: net.lesion([value]))
    if method == "delays" and len(populations) <= 2:
        ends = dict(zip(("pre", "post"), populations, strict=False))
        return lambda point: _with_network(point, lambda net: net.with_delays(value, **ends))
    if method == "plasticity" and len(populations) <= 3 and populations and populations[0] in _PLASTICITY:
        field, *between = populations
        ends = dict(zip(("pre", "post"), between, strict=False))
        return lambda point: _with_network(point, lambda net: _plastic(net, field, value, ends))
    if method == "lesion" and len(populations) <= 1:
        return lambda point: _with_both(
            point,
            lambda net: net.lesion(UnitFraction(value, populations[0] if populations else "all", point.seed)),
        )
    near = similar(name, _known())
    raise ArgumentError(
        f"grid: name is {name!r}{near}; expected one of {', '.join(_PARAMETERS)}, CONSTANT.sd, "
        f"{', '.join(_ADAPTATION)}, delays.PRE.POST, plasticity.FIELD.PRE.POST, scaling_factor, "
        f"downsample, task.SETTING, stimulation.FIELD, scale_weights.PRE.POST, cut.PRE.POST, "
        f"shuffle_weights.PRE.POST, lesion.POPULATION, {UNIT}, or functions as values"
    )


def _known() -> list[str]:
    """Return the names that a wrong one may have meant."""
    spreads = [f"{name}{_SPREAD}" for name in Constants._fields]
    plastic = [f"plasticity.{name}" for name in _PLASTICITY]
    others = ("scaling_factor", "downsample", "delays", "lesion", UNIT, *_CONNECTIONS)
    return [*_PARAMETERS, *spreads, *_ADAPTATION, *plastic, *others]


def _with_network(point: SweepPoint, experiment: Experiment) -> SweepPoint:
    return dataclasses.replace(point, network=experiment(point.network))


def _with_both(point: SweepPoint, experiment: Callable[[Any], Any]) -> SweepPoint:
    """Change the spiking network and, if it is run, the rate network in the same way."""
    rate = None if point.rate is None else experiment(point.rate)
    return dataclasses.replace(point, network=experiment(point.network), rate=rate)


def _experiment(name: str, experiment: Callable[[Any], Any], network: Any) -> Any:
    kind = type(network)
    try:
        changed = experiment(network)
    except AttributeError as error:
        if kind is SpikingNetwork:
            raise
        raise ArgumentError(
            f"the function of {name} needs what a RateModel has not ({error}); expected changes that both "
            f"networks have, or no rate_network"
        ) from error
    if not isinstance(changed, kind):
        raise ArgumentError(f"the function of {name} returned {shown(changed)}; expected a {kind.__name__}")
    return changed


def _spread(network: SpikingNetwork, constant: str, sd: Any, seed: int) -> SpikingNetwork:
    """Return the network with another standard deviation of a constant over its neurons."""
    usual = getattr(network.params, constant)
    if isinstance(usual, Distribution):
        return network.with_params(**{constant: dataclasses.replace(usual, sd=sd)})
    if not isinstance(usual, float):
        raise ArgumentError(
            f"{constant} is {constant_words(usual)}; expected one number for all neurons, or a "
            f"Distribution, to vary its standard deviation"
        )
    if constant in _VOLTAGES:
        return network.with_params(**{constant: Distribution(usual, sd, seed=seed)})
    return network.with_params(**{constant: Distribution(usual, sd, "lognormal", seed)})  # above 0


def _adapting(network: SpikingNetwork, name: str, value: Any) -> SpikingNetwork:
    """Return the network with another jump or time constant of its adaptation."""
    usual = network.params.adaptation
    if usual is None and name != "jump":
        raise ArgumentError(
            f"the network does not adapt; expected adaptation.jump too, to vary adaptation.{name}"
        )
    return network.with_params(adaptation=dataclasses.replace(usual or Adaptation(0.0), **{name: value}))


def _plastic(network: SpikingNetwork, name: str, value: Any, ends: dict[str, Any]) -> SpikingNetwork:
    """Return the network with short-term plasticity of these connections.

    The other constants are those that the same connections have already, or the defaults.
    """
    pre, post = (tuple(network.units(ends.get(end, "all")).tolist()) for end in ("pre", "post"))
    usual = [each.plasticity for each in network.plasticity if (each.pre, each.post) == (pre, post)]
    given = (usual[-1] if usual else None) or ShortTermPlasticity()
    return network.with_plasticity(dataclasses.replace(given, **{name: value}), **ends)


def _rescaled(point: SweepPoint, factor: Any) -> SpikingNetwork:
    conversion = point.network.conversion
    if point.model is not None and conversion is None:
        return SpikingNetwork.from_rate(
            point.model, factor, params=point.network.params, conversion="published"
        )
    network, number = point.network, positive_number("scaling_factor", factor)
    warn_of_lambda("scaling_factor", number)
    ratio = network.scaling_factor / number
    return dataclasses.replace(
        network.scale_weights(factor=ratio),
        readout=network.readout * ratio,
        scaling_factor=number,
        conversion=None if conversion is None else dataclasses.replace(conversion, factor=number),
    )


def _stimulated(field: str, value: Any, stimulation: Any) -> Any:
    if not dataclasses.is_dataclass(stimulation) or isinstance(stimulation, type):
        raise ArgumentError(
            f"stimulation is {shown(stimulation)}; expected one stimulation, to vary its {field}"
        )
    known = [item.name for item in dataclasses.fields(stimulation)]
    if field not in known:
        raise ArgumentError(f"stimulation has no field {field!r}; expected one of {', '.join(known)}")
    changed: Any = dataclasses.replace(stimulation, **{field: value})
    return changed
