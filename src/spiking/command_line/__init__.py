"""The command line, `spiking`: one module per command, which reads arguments and prints results.

Slow imports (Numba, SciPy, Matplotlib, Rich) are inside the functions, so that help is quick.
"""

from spiking.command_line.app import main

__all__ = ["main"]
