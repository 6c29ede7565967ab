"""Keywords and options have one name and one default everywhere; the table in CONTRIBUTING.md says which."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
import typer

import spiking
from spiking.command_line.app import app

TEXT = Path(__file__).parents[2].joinpath("CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("| What |")[2].splitlines()[2:]
    if line.startswith("|")
]
VALUES = {"no": False}  # a default that is not a number, and is not None
OLD_NAMES = {"n_trials", "n_jobs", "jobs", "workers", "random_state", "overwrite", "n_threads"}


def default(cell):
    return int(cell) if cell.isdigit() else VALUES.get(cell)


def exceptions(cell):
    """Return the other defaults that a cell such as ``20: `f`, `g`; none: `h` `` names."""
    others = {}
    for part in filter(None, cell.split(";")):
        value = re.match(r"[^\s:]+", part.strip()).group()
        others |= dict.fromkeys(re.findall(r"`(\w+)`", part), int(value) if value.isdigit() else None)
    return others


def functions():
    """Yield the name and the parameters of every public function and method."""
    modules = [spiking] + [
        importlib.import_module(f"spiking.{module.name}")
        for module in pkgutil.iter_modules(spiking.__path__)
        if module.ispkg
    ]
    for module in modules:
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if inspect.isclass(thing):
                for key, method in vars(thing).items():
                    method = getattr(method, "__func__", method)
                    if not key.startswith("_") and inspect.isfunction(method):
                        yield f"{name}.{key}", inspect.signature(method).parameters
            elif callable(thing):
                yield name, inspect.signature(thing).parameters


def options():
    """Yield the name of every command, and its options."""
    for name, command in typer.main.get_command(app).commands.items():
        yield name, {option: parameter for parameter in command.params for option in parameter.opts}


def is_one(keyword, parameter):
    """Whether it is the keyword of the table: `trials` of a plot are trials, not their number."""
    return keyword != "trials" or parameter.annotation == "int"


def check(where, name, found, cell, others):
    expected = exceptions(others).get(where.rpartition(".")[2], default(cell))
    assert found == expected, f"{where}: the default of {name} is {found!r}; the table says {expected!r}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_keyword_has_one_default(row):
    _, keyword, option, cell, others = row
    places = 0
    if keyword:
        keyword = keyword.strip("`")
        for where, parameters in functions():
            parameter = parameters.get(keyword)
            if parameter is None or not is_one(keyword, parameter):
                continue
            places += 1
            if parameter.default is not inspect.Parameter.empty:
                check(where, keyword, parameter.default, cell, others)
            else:  # what the function is about, and no option of it
                assert parameter.kind is not inspect.Parameter.KEYWORD_ONLY, f"{where} needs {keyword}"
    for name in re.findall(r"`(-+[a-z-]+)`", option):
        for where, parameters in options():
            if name in parameters:
                places += 1
                parameter = parameters[name]
                if not parameter.required:
                    value = parameter.default if not callable(parameter.default) else parameter.default()
                    if name == "--trials" and where == "simulate":
                        assert value is None  # 1, or as many as --input has
                    else:
                        check(where, name, None if value == () else value, cell, others)
    assert places > 1 or keyword == "output_file"


def test_nothing_has_another_name():
    for where, parameters in functions():
        assert not OLD_NAMES & set(parameters), where
    names = {f"--{name.replace('_', '-')}" for name in OLD_NAMES} | {"--save", "--out"}
    for where, parameters in options():
        assert not names & set(parameters), where
        assert ("-o" in parameters) == ("--output" in parameters), where
