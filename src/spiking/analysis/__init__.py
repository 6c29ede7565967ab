"""Measures of activity and of how faithful a conversion is."""

from spiking.analysis.components import PrincipalComponents, condition_means, principal_components

__all__ = ["PrincipalComponents", "condition_means", "principal_components"]
