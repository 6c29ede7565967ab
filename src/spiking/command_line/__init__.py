"""The command line, `spiking`: one module per command, which reads arguments and prints results.

Imports that take long (Numba, SciPy, Matplotlib, Rich) happen inside the functions: help must be quick.
"""

from spiking.command_line.app import main

__all__ = ["main"]
