"""Run as a program, by an installation without extras: use every public name as its docstring does.

Prints a line of JSON: what became of each name, "ran" or the message that names an extra.
"""

import doctest
import importlib
import json
import pkgutil
import sys
import traceback

import spiking

TRAINING = ("jax", "optax")  # which its inner modules import at their top


class Runner(doctest.DocTestRunner):
    """Ends an example at the first exception, and keeps it."""

    raised = None

    def report_unexpected_exception(self, out, test, example, exc_info):
        self.raised = exc_info[1]
        out("".join(traceback.format_exception(*exc_info)))


def outcome(thing):
    """Return what becomes of the example of a public name."""
    for test in doctest.DocTestFinder(recurse=False).find(thing):
        test.globs, said = {}, []
        runner = Runner(optionflags=doctest.ELLIPSIS | doctest.FAIL_FAST)
        runner.run(test, out=said.append)
        if isinstance(runner.raised, spiking.SpikingError):
            return str(runner.raised)
        if said:
            return "FAILED: " + "".join(said)
    return "ran"


def public():
    """Return every name in the list of public names of any module."""
    found = {}
    for info in pkgutil.walk_packages(spiking.__path__, "spiking."):
        if not info.name.endswith("__main__"):
            try:
                module = importlib.import_module(info.name)
            except ModuleNotFoundError as error:
                if error.name not in TRAINING:
                    raise
                continue
            for name in getattr(module, "__all__", ()):
                found.setdefault(f"{info.name}.{name}", getattr(module, name))
    return found | {f"spiking.{name}": getattr(spiking, name) for name in spiking.__all__}


def methods():
    """Return what draws or tabulates results, which no example without a figure reaches."""
    model = spiking.datasets.load("go-nogo-sigmoid")
    swept = spiking.sweep(model, "go-nogo", grid={"noise": [0.1]}, trials=2, seed=1)
    search = spiking.find_scaling_factor(
        model, "go-nogo", seed=1, method="grid", candidates=[30], trials=2, extend=False
    )
    return {
        "Sweep.plot": swept.plot,
        "Sweep.table": lambda: swept.table,
        "ScalingFactorSearch.plot": search.plot,
    }


def called(function):
    """Return what becomes of a call."""
    try:
        function()
    except spiking.SpikingError as error:
        return str(error)
    return "ran"


if __name__ == "__main__":
    found = {name: outcome(thing) for name, thing in public().items() if hasattr(thing, "__name__")}
    found |= {name: called(function) for name, function in methods().items()}
    json.dump(found, sys.stdout)
