"""Run a command on a pseudo-terminal, as a user at a screen sees it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

SOURCES = str(Path(__file__).parents[2] / "src")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def run(*arguments, cwd=".", interrupt_at=None, seconds=120):
    """Return the exit status and what was on the screen; Ctrl-C is sent once it shows `interrupt_at`."""
    import pty

    screen, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "spiking", *map(str, arguments)],
        cwd=cwd,
        stdin=side,
        stdout=side,
        stderr=side,
        env={**os.environ, "COLUMNS": "100", "LINES": "30", "TERM": "xterm", "PYTHONPATH": SOURCES},
        start_new_session=True,
    )
    os.close(side)
    shown, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            block = os.read(screen, 4096)
        except OSError:  # Linux: the other side is closed
            break
        if not block:
            break
        shown += block
        if interrupt_at is not None and interrupt_at.encode() in shown:
            process.send_signal(signal.SIGINT)
            interrupt_at = None
    else:
        process.kill()
    os.close(screen)
    return process.wait(30), shown.decode("utf-8", "replace")


def plain(shown):
    """Return what was shown without the sequences that move the cursor and set colours."""
    return ESCAPES.sub("", shown).replace("\r", "\n")
