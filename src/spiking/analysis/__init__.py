"""Analyse activity, and measure how faithful a conversion is."""

from spiking.analysis.components import PrincipalComponents, condition_means, principal_components
from spiking.analysis.conversion_quality import (
    Agreement,
    ConversionQuality,
    agreement,
    conversion_quality,
)
from spiking.analysis.cross_temporal import cross_temporal_discriminability
from spiking.analysis.faithfulness import Faithfulness, faithfulness
from spiking.analysis.find_fixed_points import fixed_points
from spiking.analysis.fixed_points import FixedPoint, FixedPointPair, FixedPoints
from spiking.analysis.perturbation import PerturbationResponse, perturbation_response
from spiking.analysis.psychometric import Estimate, PsychometricCurve, PsychometricFit, psychometric
from spiking.analysis.selectivity import Selectivity, selectivity
from spiking.analysis.spike_trains import (
    count_correlations,
    fano_factor,
    interval_cv,
    interval_cv2,
    population_rates,
    spike_counts,
)
from spiking.analysis.targeted import TargetedAxes, targeted_axes
from spiking.analysis.time_scales import autocorrelation, time_scale

__all__ = [
    "Agreement",
    "ConversionQuality",
    "Estimate",
    "Faithfulness",
    "FixedPoint",
    "FixedPointPair",
    "FixedPoints",
    "PerturbationResponse",
    "PrincipalComponents",
    "PsychometricCurve",
    "PsychometricFit",
    "Selectivity",
    "TargetedAxes",
    "agreement",
    "autocorrelation",
    "condition_means",
    "conversion_quality",
    "count_correlations",
    "cross_temporal_discriminability",
    "faithfulness",
    "fano_factor",
    "fixed_points",
    "interval_cv",
    "interval_cv2",
    "perturbation_response",
    "population_rates",
    "principal_components",
    "psychometric",
    "selectivity",
    "spike_counts",
    "targeted_axes",
    "time_scale",
]
