"""Delays and short-term plasticity of the connections of a spiking network."""
