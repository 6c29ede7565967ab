"""The page of commands: what `spiking COMMAND --help` prints, put into the page when the site is built."""

import re

from typer.testing import CliRunner

from spiking.command_line.app import app

PLACE = "% the help of every command comes here"


def help_of(*words):
    """Return what `spiking WORDS --help` prints."""
    done = CliRunner().invoke(app, [*words, "--help"], prog_name="spiking", terminal_width=88, color=False)
    assert done.exit_code == 0, done.output
    return done.output.strip()


def commands():
    """Return the names of all commands, in the order of `spiking --help`."""
    return re.findall(r"^  ([\w-]+) {2,}\S", help_of().partition("Commands:")[2], flags=re.MULTILINE)


def pages_text():
    """Return the help of the program and of every command, in Markdown."""
    sections = [("spiking", help_of()), *((f"spiking {name}", help_of(name)) for name in commands())]
    return "\n\n".join(f"## {title}\n\n```text\n{text}\n```" for title, text in sections)


def put_in_place(_app, _page, text):
    """Replace the place holder of the page that has it."""
    if PLACE in text[0]:
        text[0] = text[0].replace(PLACE, pages_text())


def setup(app):
    """Say to Sphinx what there is."""
    app.connect("source-read", put_in_place)
    return {"parallel_read_safe": True}
