"""Streams of random numbers, and ranges of trial numbers, that must not overlap.

A run is a function of its seed. Whatever else draws from the same seed has a stream of its own: a spawn key
of `numpy.random.SeedSequence`. Whatever else runs trials of the same seed has trial numbers of its own.
"""

from __future__ import annotations

# Spawn keys. A simulation uses (trial, purpose), with trials from 0 on.
TASK_STREAM = 1952805748
TRAINING_STREAM = 1953653102
UNIT_STREAM = 1970169200  # which units belong to a fraction
FRACTION_STREAM, CONTROL_STREAM = 1668181536, 1668181537  # which connections are changed, and which instead
SHUFFLE_STREAM, INPUT_STREAM = 1668181538, 1668181539  # new receivers, and who gets whose input weights

# First trial numbers. What is evaluated, and fresh trials, count from 0.
SEARCH_FIRST = 2**20  # trials that compare scaling factors
DRIVE_FIRST = 2**21  # trials in which recurrent drives are compared
REFIT_FIRST = 2**22  # trials to which a readout is fitted
VISITED_FIRST = 2**23  # trials to which a matched conversion is fitted
