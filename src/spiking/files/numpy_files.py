"""Say why a file in NumPy's formats cannot be read."""

from __future__ import annotations


def reason(error: Exception) -> str:
    """Return why `np.load` failed, without its advice to unpickle: a pickle can run any program."""
    text = str(error) or type(error).__name__
    if "pickle" in text:
        return "it is not in NumPy's format, or holds pickled objects, which are never read"
    return text
