"""Import Numba, and name in one line the environment variable that it cannot use."""

from __future__ import annotations

import os
import warnings

from spiking.errors import ArgumentError, warn

with warnings.catch_warnings(record=True) as _warnings:
    warnings.simplefilter("always")
    try:
        import numba as nb
        from numba.extending import overload
    except ImportError:
        raise
    except Exception as error:  # which ones, Numba chooses
        given = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("NUMBA_")]
        if not given:
            raise
        raise ArgumentError(
            f"Numba cannot be used with {', '.join(given)} ({error}); expected values that Numba takes: "
            f"correct or unset {'it' if len(given) == 1 else 'the one that is wrong'}"
        ) from None
for _warning in _warnings:
    # Numba ignores the variable; its warning goes on with a traceback
    warn(str(_warning.message).split("\n", 1)[0].strip())

if nb.config.DISABLE_JIT:
    raise ArgumentError(
        "NUMBA_DISABLE_JIT is 1; expected 0 or nothing, because simulations need the compiler of Numba"
    )

__all__ = ["nb", "overload"]
