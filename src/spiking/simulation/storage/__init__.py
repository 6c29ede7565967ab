"""Simulations on disk: HDF5 and NumPy files, whole or written while they run."""
