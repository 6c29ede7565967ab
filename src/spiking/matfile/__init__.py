"""TODO matfile."""
