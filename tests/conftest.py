"""Settings of all tests."""

import os

from hypothesis import settings

# In continuous integration the same examples every time; elsewhere new ones, which is how bugs are found.
settings.register_profile("ci", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("ci")
