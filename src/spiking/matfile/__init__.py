"""Read and write MATLAB files, version 5 to 7.3."""

from spiking.matfile.read import read_variables
from spiking.matfile.write import update_variables, write_variables

__all__ = ["read_variables", "update_variables", "write_variables"]
