"""How faithful a conversion is: how close to its rate network, at which firing rates."""

from spiking.analysis.faithfulness.measure import COMPARED_TRIALS, faithfulness, faithfulness_of
from spiking.analysis.faithfulness.result import START_MS, Faithfulness, plain, with_interval

__all__ = [
    "COMPARED_TRIALS",
    "START_MS",
    "Faithfulness",
    "faithfulness",
    "faithfulness_of",
    "plain",
    "with_interval",
]
