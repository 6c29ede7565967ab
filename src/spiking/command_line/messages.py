"""Print errors and warnings of the command line."""

from __future__ import annotations

import typer

BAD_INPUT = 2


def complain(message: str) -> int:
    """Print a message as one line on stderr and return the exit status for bad usage or input."""
    typer.echo(f"spiking: {' '.join(message.split())}", err=True)
    return BAD_INPUT
