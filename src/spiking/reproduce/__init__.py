"""The panels of Kim, Li & Sejnowski (PNAS 2019), from scratch and with intervals."""

from spiking.reproduce.conditions import Condition, Panel, Paper
from spiking.reproduce.networks import Network
from spiking.reproduce.panels import PANELS
from spiking.reproduce.result import Reproduction
from spiking.reproduce.run import panel

__all__ = ["PANELS", "Condition", "Network", "Panel", "Paper", "Reproduction", "panel"]
