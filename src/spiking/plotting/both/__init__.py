"""Draw both networks: a trial, trajectories, fixed points, faithfulness."""
