"""`spiking new-task`: write the file of a task to start from."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from spiking.command_line import options
from spiking.command_line.output import echo, print_json
from spiking.errors import ArgumentError


def new_task(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write, such as mytask.py.")],
    outputs: Annotated[int, typer.Option(min=1, max=2, help="Number of outputs: 1 or 2.")] = 1,
    regression: Annotated[
        bool,
        typer.Option("--regression", help="The target is any number; an error decides, not a threshold."),
    ] = False,
    force: options.Force = False,
    as_json: options.AsJson = False,
) -> None:
    """Write a task of your own to start from.

    The file has comments and can be trained on as it is: edit it, then run `spiking train mytask.py`.

    Example: spiking new-task mytask.py
    """
    from spiking.files.output import check_writable, write_whole
    from spiking.tasks import names

    if file.suffix != ".py":
        raise ArgumentError(f"FILE is {file}; expected a name that ends in .py")
    if regression and outputs > 1:
        raise ArgumentError(f"--regression is given with --outputs {outputs}; expected one of them")
    if _task_name(file.stem) in names():
        raise ArgumentError(
            f"FILE is {file}, but {_task_name(file.stem)} is the name of a task already; choose another name"
        )
    check_writable(file)
    if file.exists() and not force:
        raise ArgumentError(
            f"FILE is {file}, which exists already; choose another name, or replace it with --force"
        )
    kind = "regression" if regression else ("one_output", "two_outputs")[outputs - 1]
    text = files("spiking.command_line").joinpath("skeletons", f"{kind}.txt").read_text(encoding="utf-8")
    text = text.replace("CLASS", _class_name(file.stem)).replace("NAME", _task_name(file.stem))
    text = text.replace("FILE", file.name if file.name.isprintable() and '"' not in file.name else "FILE")
    write_whole(file, lambda target: target.write(text.encode()))
    if as_json:
        print_json({"output": file, "task": _task_name(file.stem), "class": _class_name(file.stem)})
    echo(f"wrote {file}; next: spiking train {file} --seed 1 -o {file.stem}.mat")


def _words(stem: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9]+", stem) or ["my", "task"]


def _class_name(stem: str) -> str:
    """Return a name for the class that is not `Task`, the class that it inherits from."""
    name = "".join(word[0].upper() + word[1:] for word in _words(stem))
    return f"My{name}" if name == "Task" or name[0].isdigit() else name


def _task_name(stem: str) -> str:
    return "-".join(_words(stem)).lower()
