"""Blocks of trials in threads or on a cluster."""
