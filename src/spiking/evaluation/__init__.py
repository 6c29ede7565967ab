"""Measure how often a network answers correctly, and compare rate and spiking networks."""

from spiking.evaluation.both_networks import BothNetworks, run_both
from spiking.evaluation.evaluate import evaluate
from spiking.evaluation.result import Evaluation, Score
from spiking.evaluation.smoothing import Smoothing, smoothed_rates

__all__ = ["BothNetworks", "Evaluation", "Score", "Smoothing", "evaluate", "run_both", "smoothed_rates"]
