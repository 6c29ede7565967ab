"""`spiking import`: make model files of networks of other frameworks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking.command_line import options
from spiking.command_line.output import echo, print_message
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
        "step": "--step MS",
        "form": "--form rate or current",
        "activation": "--activation relu, tanh or another",
    }
)


def import_networks(
    source: Annotated[
        Path, typer.Argument(help="File of a trained network, or a folder of such files.", metavar="FILE")
    ],
    framework: Annotated[
        str, typer.Option("--from", metavar="|".join(FRAMEWORKS), help="Where the network is from.")
    ],
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
        options.output_to("Model file to write, or the folder. Default: the input's name with .mat."),
    ] = None,
    force: options.Force = False,
) -> None:
    """Make a model file of a network that another framework trained.

    Prints what became of each array. Weights are read without unpickling anything.

    Example: spiking import weights.npz --from psychrnn --tau 100 --step 10 -o model.mat
    """
    if framework not in FRAMEWORKS:
        raise ArgumentError(f"--from is {framework}; expected one of {', '.join(FRAMEWORKS)}")
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
    if not source.is_dir():
        _import_one(source, output or source.with_suffix(".mat"), framework, given, force=force)
        return
    files = sorted(file for file in source.iterdir() if file.suffix.lower() in endings)
    if not files:
        raise ArgumentError(f"the folder {source} has no file that ends in {', '.join(endings)}")
    folder = output or source
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"output is {folder}, a file; expected a folder, as {source} is one")
    folder.mkdir(exist_ok=True)
    failed = 0
    for file in files:
        try:
            _import_one(file, folder / f"{file.stem}.mat", framework, given, force=force)
        except SpikingError as error:  # the others are still imported
            words = str(error)
            print_message(words if str(file) in words else f"{file}: {words}")
            failed += 1
    if failed:
        raise typer.Exit(1)


def _import_one(file: Path, target: Path, framework: str, given: Mapping[str, Any], *, force: bool) -> None:
    from spiking.files.output import MODELS, check_outputs

    check_outputs([(target, MODELS)], [file], force=force)
    imported = _imported(file, framework, given)
    imported.model.save(target, force=force)
    echo(str(imported))
    echo(f"saved {target}")


def _imported(file: Path, framework: str, given: Mapping[str, Any]) -> Imported:
    from spiking import importing

    if framework == "arrays":
        missing = [key for key in ("names", "step", "form", "activation") if key not in given]
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
