"""Psychometric and chronometric curves: responses and response times against a stimulus, with a fit."""

from spiking.analysis.psychometric.curve import psychometric
from spiking.analysis.psychometric.result import Estimate, PsychometricCurve, PsychometricFit

__all__ = ["Estimate", "PsychometricCurve", "PsychometricFit", "psychometric"]
