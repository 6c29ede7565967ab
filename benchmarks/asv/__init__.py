"""Benchmarks of speed, whose history asv keeps: see docs/maintainers/benchmarks.md."""
