"""Settings of all tests."""

import os
import signal

from hypothesis import settings

# In continuous integration the same examples every time; elsewhere new ones, which is how bugs are found.
settings.register_profile("ci", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

# Where the tests run in the background of a shell, Ctrl-C is ignored, by every process that they start as well.
signal.signal(signal.SIGINT, signal.default_int_handler)
