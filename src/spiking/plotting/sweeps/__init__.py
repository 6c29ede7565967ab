"""Draw sweeps: columns of their tables, and psychometric curves."""

from spiking.plotting.sweeps.psychometric import psychometric
from spiking.plotting.sweeps.table import sweep

__all__ = ["psychometric", "sweep"]
