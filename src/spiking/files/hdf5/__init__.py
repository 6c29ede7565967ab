"""Read and write HDF5 files without harm: the HDF5 library may crash, hang and open other files."""
