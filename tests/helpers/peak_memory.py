"""The most memory that this process has held."""

import sys
from pathlib import Path


def peak_bytes() -> int:
    """Return it in bytes.

    Linux's `getrusage` counts what the process that started this one held, so it says nothing of a process
    that a large one has started.
    """
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024 * int(status.split("VmHWM:")[1].split()[0])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
