"""Reproduce the panels of Kim, Li & Sejnowski (PNAS 2019) from scratch, with intervals."""

from spiking.reproduce.conditions import Condition, Panel, Paper
from spiking.reproduce.paper.panels import PANELS
from spiking.reproduce.paper.spec import NetworkSpec
from spiking.reproduce.result import Reproduction
from spiking.reproduce.run import panel

__all__ = ["PANELS", "Condition", "NetworkSpec", "Panel", "Paper", "Reproduction", "panel"]
