"""Write files atomically, lock them, and keep journals of work. Contains no neuroscience."""

from spiking.files.stored_array import StoredArray

__all__ = ["StoredArray"]
