"""TODO rate_model."""
