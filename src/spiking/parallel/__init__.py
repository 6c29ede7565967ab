"""Run blocks of trials in threads or on a cluster."""
