"""TODO conversion."""
