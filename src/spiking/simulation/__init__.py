"""Simulate a spiking network: inputs, stimulation, recording and results."""

from spiking.simulation.currents import Oscillation, Waveform
from spiking.simulation.random_numbers import RandomDraws, SharedNoise
from spiking.simulation.record import Record
from spiking.simulation.reference import Traces, step_by_step
from spiking.simulation.result import Simulation, Spikes
from spiking.simulation.simulate import simulate
from spiking.simulation.stepper import Interval, Stepper
from spiking.simulation.stimulation import Stimulation

__all__ = [
    "Interval",
    "Oscillation",
    "RandomDraws",
    "Record",
    "SharedNoise",
    "Simulation",
    "Spikes",
    "Stepper",
    "Stimulation",
    "Traces",
    "Waveform",
    "simulate",
    "step_by_step",
]
