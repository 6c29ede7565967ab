"""Settings of all tests."""

import os
import signal
import sys

import pytest
from hypothesis import settings

# In continuous integration the same examples every time; elsewhere new ones, which is how bugs are found.
settings.register_profile("ci", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

# Tests that run in the background of a shell ignore Ctrl-C, and so would every process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    """Close what pyplot holds after each test; it warns of many open figures, and warnings are errors."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


def pytest_configure(config):
    """Compile the kernel before workers start, each of which would do so; the package keeps it."""
    if getattr(config.option, "numprocesses", None):
        from networks import pulse_input, random_network

        from spiking import simulate

        simulate(random_network(5), pulse_input(5), seed=1)
