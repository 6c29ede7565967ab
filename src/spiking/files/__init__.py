"""Write files whole, lock them, keep journals of work; nothing of science."""

from spiking.files.stored_array import StoredArray

__all__ = ["StoredArray"]
