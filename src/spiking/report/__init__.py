"""Write a self-contained page about a model, with figures, measures, warnings and commands."""

from spiking.report.page import report

__all__ = ["report"]
