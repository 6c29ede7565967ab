"""TODO neuron."""
