"""Read and write MATLAB files, version 5 to 7.3."""
