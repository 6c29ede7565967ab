"""Choose and change units and connections, of rate models and of spiking networks alike."""

from spiking.connectivity.area_mask import area_mask
from spiking.connectivity.units import UnitFraction

__all__ = ["UnitFraction", "area_mask"]
