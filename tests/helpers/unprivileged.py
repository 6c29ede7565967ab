"""Start a process that file permissions bind, also where root runs the tests, as in a container."""

import os
import shutil

import pytest


def unprivileged(*command: str) -> list[str]:
    """Return a command without root's right to write anywhere."""
    if not hasattr(os, "geteuid"):
        pytest.skip("there are no permissions as on POSIX systems")
    if os.geteuid() != 0:
        return list(command)
    if shutil.which("setpriv") is None:
        pytest.skip("root may write anywhere, and there is no setpriv to take that right away")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
