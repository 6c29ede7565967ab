"""Streams of random numbers, and ranges of trial numbers, that must not overlap.

The seed determines all random numbers of a run. Each purpose draws from its own stream of the seed: a spawn
key of `numpy.random.SeedSequence`. Each kind of trials of a seed has its own range of trial numbers.
"""

from __future__ import annotations

# Spawn keys. A simulation uses (trial, purpose), with trials from 0 on.
TASK_STREAM = 1952805748
TRAINING_STREAM = 1953653102
UNIT_STREAM = 1970169200  # which units belong to a fraction
FRACTION_STREAM = 1668181536  # which connections are changed
CONTROL_STREAM = 1668181537  # which connections are changed in the control
SHUFFLE_STREAM = 1668181538  # new postsynaptic units of shuffled connections
INPUT_STREAM = 1668181539  # permutation of input weights over units
FIXED_POINT_STREAM = 1668181540  # states from which fixed points are searched
FINE_TUNING_STREAM = 1668181541
UNTRAINED_STREAM = 1668181542  # weights of an untrained network
AREA_STREAM = 1668181543  # which connections between areas are allowed
BOOTSTRAP_STREAM = 1668181544  # which trials are resampled
BLOCK_STREAM = 1668181545  # conditions of the trials of a block
CONSTANTS_STREAM = 1668181546  # constants of neurons that are drawn from a distribution

# First trial numbers. Evaluations and new trials count from 0.
SEARCH_FIRST = 2**20  # trials that compare scaling factors
DRIVE_FIRST = 2**21  # trials in which recurrent drives are compared
REFIT_FIRST = 2**22  # trials to which a readout is fitted
VISITED_FIRST = 2**23  # trials to which a matched conversion is fitted
