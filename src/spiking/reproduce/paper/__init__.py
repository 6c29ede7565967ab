"""The panels of Kim, Li & Sejnowski (PNAS 2019): which networks are trained, measured and drawn."""
