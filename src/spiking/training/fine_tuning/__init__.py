"""Fine-tune spiking networks by surrogate gradients (JAX and Optax)."""
