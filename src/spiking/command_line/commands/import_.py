"""`spiking import`: make model files of networks of other frameworks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking.command_line import options
from spiking.command_line.output import echo, print_failures, print_json, table_csv
from spiking.errors import ArgumentError, SpikingError

if TYPE_CHECKING:
    from spiking.importing import Imported

# The endings of the files of each framework, and the options that its importer takes.
FRAMEWORKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "torch": ((".pt", ".pth", ".safetensors", ".npz"), ("tau", "step", "form", "activation", "names")),
        "psychrnn": ((".npz",), ("tau", "step", "activation")),
        "keras": ((".npz",), ("tau", "activation")),
        "trainrnnbrain": ((".json",), ("tau", "activation")),
        "arrays": (
            (".npz", ".safetensors"),
            ("tau", "step", "form", "activation", "names", "transpose"),
        ),
    }
)

_EXAMPLES = MappingProxyType(
    {
        "names": "--name w=NAME (and others)",
        "tau": "--tau MS",
        "step": "--step MS",
        "form": "--form rate or current",
        "activation": "--activation relu, tanh or another",
    }
)


def import_networks(
    sources: Annotated[
        list[Path], typer.Argument(help="Files of trained networks, or folders of them.", metavar="FILE")
    ],
    framework: Annotated[
        str | None,
        typer.Option("--from", metavar="|".join(FRAMEWORKS), help="Where the network is from (required)."),
    ] = None,
    tau: Annotated[float | None, typer.Option(help="Time constant of the units in ms.")] = None,
    step: Annotated[float | None, typer.Option(help="Time step of the training in ms.")] = None,
    activation: Annotated[
        str | None, typer.Option(metavar="relu|tanh|...", help="Transfer function, if the file has none.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            metavar="rate|current", help="Whether the transfer function is applied to inputs or to the state."
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART=NAME",
            help="Which array is what, such as w=J or bias=b1+b2 (w, w_in, w_out, bias, b_out, initial...).",
        ),
    ] = None,
    transpose: Annotated[
        bool, typer.Option("--transpose", help="Rows of the weights are sending units.")
    ] = False,
    output: Annotated[
        Path | None,
        options.output_to(
            "Model file to write; for several files the folder. Default: the input's name with .mat."
        ),
    ] = None,
    force: options.Force = False,
    csv_file: options.Csv = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a model file of a network that another framework trained.

    Prints what became of each array. Weights are read without unpickling anything. If one of several files
    fails, the others are still imported, and the exit status is 1.

    Example: spiking import weights.npz --from psychrnn --tau 100 --step 10 -o model.mat
    """
    from spiking.files.output import MODELS, check_outputs, keep_text

    if framework is None or framework not in FRAMEWORKS:
        found = "missing" if framework is None else framework
        raise ArgumentError(f"--from is {found}; expected one of {', '.join(FRAMEWORKS)}")
    endings, taken = FRAMEWORKS[framework]
    given: dict[str, Any] = {
        "tau": tau,
        "step": step,
        "activation": activation,
        "form": form,
        "names": _names(name),
        "transpose": transpose or None,
    }
    given = {key: value for key, value in given.items() if value is not None}
    wrong = [key for key in given if key not in taken]
    if wrong:
        option = "--name" if wrong[0] == "names" else f"--{wrong[0]}"
        usable = ", ".join("--name" if key == "names" else f"--{key}" for key in taken)
        raise ArgumentError(f"{option} is given; expected, for --from {framework}, only {usable}")
    many = len(sources) > 1 or sources[0].is_dir()
    files = _files(sources, endings)
    targets = _targets(files, output) if many else {files[0]: output or files[0].with_suffix(".mat")}
    check_outputs([(csv_file, (".csv",))], files, force=force)
    if many and output is not None:
        output.mkdir(exist_ok=True)
    rows: list[dict[str, Any]] = []
    errors: dict[str, Exception] = {}
    for file, target in targets.items():
        try:
            check_outputs([(target, MODELS), (csv_file, (".csv",))], [file], force=force)
            imported = _imported(file, framework, given)
            imported.model.save(target, force=force)
        except SpikingError as error:  # the others are still imported
            if not many:
                raise
            errors[str(file)] = error
            rows.append({"file": file, "error": str(error)})
            continue
        rows.append(_row(file, target, imported))
        if not as_json:
            echo(str(imported), lines=True)
        echo(f"saved {target}")
    if as_json:
        print_json(rows)
    if csv_file is not None:
        keep_text(csv_file, table_csv(rows))
    print_failures(errors)


def _files(sources: list[Path], endings: tuple[str, ...]) -> list[Path]:
    """Return the files that are named, and those of the folders that have one of the endings."""
    files: list[Path] = []
    for source in sources:
        if not source.is_dir():
            files.append(source)
            continue
        inside = sorted(file for file in source.iterdir() if file.suffix.lower() in endings)
        if not inside:
            raise ArgumentError(f"the folder {source} has no file that ends in {', '.join(endings)}")
        files += inside
    return list(dict.fromkeys(files))


def _targets(files: list[Path], folder: Path | None) -> dict[Path, Path]:
    """Return the model file of each file: in the folder, or beside the file."""
    if folder is not None and folder.exists() and not folder.is_dir():
        raise ArgumentError(f"output is {folder}, a file; expected a folder for several models")
    targets = {file: (folder or file.parent) / f"{file.stem}.mat" for file in files}
    for file, target in targets.items():
        if list(targets.values()).count(target) > 1:
            raise ArgumentError(
                f"{file} and another file become the model {target}; expected files of other names"
            )
    return targets


def _row(file: Path, target: Path, imported: Imported) -> dict[str, Any]:
    """Return what a file became, as a row of a table."""
    model = imported.model
    return {
        "file": file,
        "output": target,
        "framework": imported.framework,
        "n_units": model.n_units,
        "n_inputs": model.n_inputs,
        "n_outputs": model.n_outputs,
        "activation": model.activation,
        "form": model.form,
        "tau_range_ms": dict(zip(("shortest", "longest"), model.tau_range, strict=True)),
        "step_ms": model.step,
        "dale": model.dale,
        "taken": dict(imported.taken),
        "left": list(imported.left),
    }


def _imported(file: Path, framework: str, given: Mapping[str, Any]) -> Imported:
    from spiking import importing
    from spiking.importing.read import read_arrays

    if framework == "arrays":
        arrays, _ = read_arrays(file)
        known = {*arrays, *given.get("names", ())}  # arrays that are called as their parts need no names
        there = {"names": {"w", "w_in", "w_out"} <= known, "tau": "tau" in known}
        missing = [key for key in _EXAMPLES if not (key in given or there.get(key))]
        if missing:
            listed = ", ".join(_EXAMPLES[key] for key in missing)
            raise ArgumentError(f"options are missing; expected also {listed} for --from arrays")
        return importing.from_named_arrays(file, **given)
    if framework == "torch":
        return importing.from_torch(file, **given)
    if framework == "trainrnnbrain":
        return importing.from_trainrnnbrain(file, **given)
    values = {"tau": None, **given}
    if framework == "keras":
        return importing.from_keras(file, **values)
    return importing.from_psychrnn(file, **{"step": None, **values})


def _names(texts: list[str] | None) -> dict[str, list[str]] | None:
    """Return the parts in `--name`, each with the names of its arrays."""
    names = {}
    for text in texts or ():
        part, equals, wanted = (piece.strip() for piece in text.partition("="))
        if not (part and equals and wanted):
            raise ArgumentError(f"--name is {text}; expected PART=NAME, such as w=J or bias=b1+b2")
        names[part] = [piece.strip() for piece in wanted.split("+")]
    return names or None
