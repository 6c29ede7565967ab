"""The `spiking` command: its options, its commands, and how errors are printed."""

from __future__ import annotations

import io
import os
import sys
import warnings
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

import spiking
from spiking.command_line.commands.demo import demo
from spiking.command_line.commands.evaluate import evaluate
from spiking.command_line.commands.export import export
from spiking.command_line.commands.import_ import import_networks
from spiking.command_line.commands.info import info
from spiking.command_line.commands.new_task import new_task
from spiking.command_line.commands.plot import plot
from spiking.command_line.commands.report import report
from spiking.command_line.commands.reproduce import reproduce
from spiking.command_line.commands.simulate import simulate
from spiking.command_line.commands.sweep import sweep
from spiking.command_line.commands.train import train
from spiking.command_line.commands.tune import tune
from spiking.command_line.output import print_message, set_options
from spiking.command_line.progress import compiling_shown
from spiking.errors import ArgumentError, SpikingError


class _Command(TyperCommand):
    """A command that refuses empty texts: an empty path would be the working folder."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        set_options(option for parameter in self.params for option in parameter.opts)
        for before, text in zip(["", *args], args, strict=False):
            name, equals, value = text.partition("=")
            if not text:
                where = before if before.startswith("-") else "an argument"
            elif equals and not value and name.startswith("-"):
                where = name
            else:
                continue
            raise ArgumentError(f"{where} is ''; expected a text that is not empty, such as a file's name")
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="spiking",
    help="Turn a trained rate recurrent neural network into a spiking one, and simulate it.\n\n"
    "Example: spiking simulate model.mat --scaling-factor 50 --task go-nogo --trials 20 --plot out.png",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command line; each error and each warning is one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names may not be UTF-8
    warnings.filterwarnings("once", category=UserWarning)
    warnings.showwarning = _show_warning
    try:
        with compiling_shown():
            status = app(prog_name="spiking", standalone_mode=False)
    except typer.TyperException as error:  # wrong usage
        context = getattr(error, "ctx", None)
        command = "spiking" if context is None else context.command_path
        hint = f"see `{command} --help`"
        if dashed := [word for word in sys.argv[1:] if word.startswith("-") and os.path.lexists(word)]:
            hint = f"the file {dashed[0]} can be given as ./{dashed[0]}; {hint}"
        status = print_message(f"{error.format_message().rstrip('.')} ({hint})")
    except SpikingError as error:
        status = print_message(str(error))
    except MemoryError as error:
        status = print_message(f"not enough memory: {error}")
    except OSError as error:  # for example, stdout is a file on a full disk
        where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        status = print_message(f"{where}{error.strerror or error}")
    sys.exit(status)


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    print_message(f"note: {message}")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"spiking {spiking.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for command in (info, simulate, train, evaluate, tune, sweep, plot, report, export, reproduce, demo):
    app.command(cls=_Command)(command)
app.command("import", cls=_Command)(import_networks)
app.command("new-task", cls=_Command)(new_task)
