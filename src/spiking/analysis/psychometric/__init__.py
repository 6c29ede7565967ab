"""Psychometric and chronometric curves: responses and response times against a stimulus, with a fit."""

from spiking.analysis.psychometric.curve import Estimate, PsychometricCurve, PsychometricFit, psychometric

__all__ = ["Estimate", "PsychometricCurve", "PsychometricFit", "psychometric"]
