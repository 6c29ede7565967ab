"""Constants of time: the steps of the rate model and of the spiking network."""

from __future__ import annotations

STEP_MS = 5.0  # one step of the rate model, and one column of inputs
TIME_STEP_MS = 0.05  # one step of the spiking network, without downsampling
TIME_STEP_S = 0.00005  # the same in s; not TIME_STEP_MS / 1000, which rounds differently
STEPS_PER_COLUMN = 100  # steps of the spiking network in a column of inputs, whatever the downsampling
# The published average rate leaves out these first steps: initial voltages above threshold fire at once.
STEPS_NOT_COUNTED = 9
