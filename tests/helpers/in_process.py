"""`spiking` as a function: the command line in this process, which saves the seconds that a new one needs."""

import contextlib
import io
import os
import subprocess
import sys
import warnings
from unittest import mock

from spiking.command_line.app import main


def run(*arguments, cwd="."):
    """Run a command; return its status and what it printed, as `subprocess.run` does."""
    words, out, err = ["spiking", *map(str, arguments)], io.StringIO(), io.StringIO()
    warnings.onceregistry.clear()  # a new process would repeat its notes
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", words),
        mock.patch.dict(os.environ, COLUMNS="80"),
        warnings.catch_warnings(),
    ):
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())
