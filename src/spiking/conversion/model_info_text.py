"""Format the description of model files as text, as a table, or as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from spiking.files.escape import printable
from spiking.tasks import names
from spiking.tasks.recorded.record import task_in_name
from spiking.timing import STEP_MS

if TYPE_CHECKING:
    from rich.table import Table

    from spiking.conversion.model_info import ModelInfo
    from spiking.conversion.recorded_accuracy import SpikingAccuracy


def facts(info: ModelInfo) -> dict[str, str]:
    """Return the facts about a model as text, by name."""
    return {
        "units": f"{info.n_units:,}, {_activation(info)}: {_populations(info)}",
        "channels": f"{_count(info.n_inputs, 'input')}, {_count(info.n_outputs, 'output')}",
        **({} if info.spiking_version is None else {"made with": _version(info)}),
        **({} if info.imported is None else {"imported": printable(info.imported)}),
        "connections": f"{info.connections:,}, density {info.density:.1%}, "
        f"spectral radius of W {info.spectral_radius:.2f}",
        "synaptic decay": _decay(info),
        **({"lesioned": _lesioned(info)} if info.lesioned else {}),
        **({"weight changes": printable("; ".join(info.weight_changes))} if info.weight_changes else {}),
        "training": _training(info),
        "task": printable(_task(info)),
        "scaling factor": _tuning(info),
        **_spiking(info),
    }


def in_words(info: ModelInfo) -> str:
    """Return a description of a model, one line per fact."""
    notes = info.suspicious or ("nothing",)
    listed = (f"  {'suspicious' if k == 0 else '':<15} {printable(n)}" for k, n in enumerate(notes))
    return "\n".join([lines_of(info.file, facts(info)), *listed])


def lines_of(heading: str, described: Mapping[str, str]) -> str:
    """Return facts, one line each, below a heading."""
    width = max(15, *map(len, described))
    return "\n".join([printable(heading), *(f"  {name:<{width}} {fact}" for name, fact in described.items())])


def as_table(infos: list[ModelInfo]) -> Table:
    """Return a table of models, one row per model."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("file", overflow="fold")
    for heading in ("units", "exc", "inh", "PV", "SST", "density", "radius", "decay (ms)"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("trained", "converged", "converts", "task", "factor", "spiking network"):
        table.add_column(heading, no_wrap=True)
    table.add_column("suspicious", justify="right", no_wrap=True)
    for info in infos:
        shortest, _, longest = info.tau_decay
        table.add_row(
            escape(printable(info.file)),
            str(info.n_units),
            *(_known(population_counts(info.populations)[name]) for name in ("exc", "inh", "pv", "sst")),
            f"{info.density:.1%}",
            f"{info.spectral_radius:.2f}",
            f"{shortest:.0f}-{longest:.0f}",
            {True: "yes", False: "no", None: "unknown"}[info.trained],
            *({True: "yes", False: "no", None: "-"}[flag] for flag in (info.converged, info.converts)),
            escape(printable(info.task or "-")),
            "-" if info.scaling_factor is None else f"{info.scaling_factor:g}",
            _short(info),
            str(len(info.suspicious)),
        )
    return table


def as_row(info: ModelInfo) -> dict[str, Any]:
    """Return the facts about a model as a row, for CSV and JSON, with units in the names."""
    changed: dict[str, dict[str, Any]] = {
        "step": {"step_ms": info.step},
        "populations": {"populations": population_counts(info.populations)},
        "tau_range": {"tau_range_ms": dict(zip(("shortest", "longest"), info.tau_range, strict=True))},
        "tau_decay": {
            "tau_decay_ms": dict(zip(("shortest", "median", "longest"), info.tau_decay, strict=True))
        },
        "conversion": {"conversion_in_words": info.conversion},
        "spiking": {"spiking_network": spiking_row(info.spiking)},
    }
    row: dict[str, Any] = {"file": info.file, "usable": True, "kind": "rate model"}
    for name, value in asdict(info).items():
        row |= changed.get(name, {name: value})
    return row


def population_counts(populations: Mapping[str, int]) -> dict[str, int | None]:
    """Return the numbers of units by population; without SST units, nothing is known of PV units."""
    counts: dict[str, int | None] = {{"som": "sst"}.get(name, name): n for name, n in populations.items()}
    return counts if counts.get("sst") else {**counts, "pv": None}


def spiking_row(accuracy: SpikingAccuracy | None) -> dict[str, Any] | None:
    """Return how often the spiking network was correct, as in the tables of `spiking evaluate`."""
    if accuracy is None:
        return None
    return {{"rate_correct": "rate_network_correct"}.get(k, k): v for k, v in asdict(accuracy).items()}


def _known(number: int | None) -> str:
    return "-" if number is None else str(number)


def _short(info: ModelInfo) -> str:
    if info.spiking is not None:
        low, high = info.spiking.interval
        stars = "" if info.spiking.fresh else " (not fresh)"
        return f"{info.spiking.correct}/{info.spiking.trials} ({low:.2f} to {high:.2f}){stars}"
    return "-" if info.search_accuracy is None else f"{info.search_accuracy:.2f} in its search"


def accuracy_facts(spiking: SpikingAccuracy) -> dict[str, str]:
    """Return how often a spiking network was correct, and by which rule, as text by name."""
    rule = {} if spiking.rule is None else {"correct": printable(spiking.rule)}
    return {"spiking network": printable(str(spiking)), **rule}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _activation(info: ModelInfo) -> str:
    words = [info.activation or "activation unknown"]
    words += ["bias"] if info.bias else []
    words += ["initial state"] if info.initial else []
    words += [] if info.step == STEP_MS else [f"step {info.step:g} ms"]
    words += [] if info.form == "current" else [f"{info.form} form"]
    return ", ".join(words)


def _lesioned(info: ModelInfo) -> str:
    which = "" if info.which_lesioned is None else f", {info.which_lesioned}"
    return printable(f"{_count(info.lesioned, 'unit')}{which}")


def _populations(info: ModelInfo) -> str:
    if not info.dale:
        return "without Dale's law, units excite and inhibit"
    exc, inh, som, pv = (info.populations[name] for name in ("exc", "inh", "som", "pv"))
    kinds = f" ({pv} PV, {som} SST)" if som else ""
    return f"{exc} excitatory, {inh} inhibitory{kinds}, Dale's law"


def _decay(info: ModelInfo) -> str:
    shortest, median, longest = info.tau_decay
    if shortest == longest:
        return f"{median:g} ms for every unit"
    low, high = info.tau_range
    return f"{shortest:.1f} to {longest:.1f} ms, median {median:.1f} (allowed: {low:g} to {high:g})"


def _training(info: ModelInfo) -> str:
    details = []
    if info.updates is not None:
        details.append(f"{info.updates:,} update{'s' * (info.updates != 1)}")
    if info.converged is not None:
        details.append("converged" if info.converged else "not converged")
    if info.converts is not None:
        details.append("converts" if info.converts else "does not convert")
    if info.training_accuracy is not None:
        details.append(f"rate model {info.training_accuracy:.0%} correct at the end")
    if info.training_loss is not None:
        details.append(f"loss {info.training_loss:.3g}")
    state = {
        True: "trained",
        False: "not trained",
        None: "unknown: neither initial weights nor updates in the file",
    }[info.trained]
    return ", ".join([state, *details])


def _version(info: ModelInfo) -> str:
    others = "" if info.library_versions is None else f", {info.library_versions}"
    return printable(
        f"spiking {info.spiking_version}{others}; training again with other versions may give another network"
    )


def _task(info: ModelInfo) -> str:
    if info.task is not None:
        if info.task.partition(" (")[0] in names():
            return info.task
        return f"{info.task}; the file records the task alone: name the file that defines it: --task FILE.py"
    suggested = task_in_name(info.file, info.n_inputs, info.n_outputs)
    if suggested is not None:
        return f"{suggested.name}, from the file's name; not recorded in the file"
    return "not recorded; name it with --task, such as --task xor (`spiking evaluate --record` records it)"


def _tuning(info: ModelInfo) -> str:
    if info.scaling_factor is None:
        return "not tuned"
    return f"{info.scaling_factor:g}" + ("" if info.conversion is None else f"; {info.conversion}")


def _spiking(info: ModelInfo) -> dict[str, str]:
    """Return how often the spiking network is correct, and by which rule."""
    if info.scaling_factor is None:
        return {}
    if info.spiking is not None:
        return accuracy_facts(info.spiking)
    known = "accuracy in fresh trials not recorded"
    if info.search_accuracy is not None:
        known = f"{info.search_accuracy:.0%} correct in the trials that chose it, not in fresh trials"
    own = info.task is not None and info.task.partition(" (")[0] not in names()
    return {
        "spiking network": f"{known}; `spiking evaluate {'--task FILE.py ' * own}--record` runs fresh ones"
    }
