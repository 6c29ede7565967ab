"""Networks and simulations in the tools that people already use; each function imports its library."""

from spiking.export.brian2 import to_brian2

__all__ = ["to_brian2"]
