"""Convert trained rate recurrent neural networks into spiking ones."""
