"""The panels of Kim, Li & Sejnowski (PNAS 2019): what is trained, measured and drawn."""
