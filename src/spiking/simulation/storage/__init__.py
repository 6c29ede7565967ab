"""Store simulations in HDF5 and NumPy files, at the end or while they run."""
