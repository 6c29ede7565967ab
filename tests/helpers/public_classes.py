"""An instance of every public class, found by inspection: the class's own example makes it."""

import doctest
import functools
import importlib
import inspect
import pkgutil

import spiking


def public_classes():
    """Return the classes in the lists of public names of all modules, by name."""
    found = {f"spiking.{name}": getattr(spiking, name) for name in spiking.__all__}
    for info in pkgutil.walk_packages(spiking.__path__, "spiking."):
        if not info.name.endswith("__main__"):
            module = importlib.import_module(info.name)
            names = [] if info.name.count(".") > 1 else getattr(module, "__all__", ())
            found |= {f"{info.name}.{name}": getattr(module, name) for name in names}
    return {name: one for name, one in found.items() if inspect.isclass(one)}


def example_of(kind):
    """Return an instance of a class: of an exception, or what the class's own example makes last."""
    if issubclass(kind, BaseException):
        return kind("name is 3; expected 4")
    made = []
    original = kind.__new__ if issubclass(kind, tuple) else kind.__init__

    @functools.wraps(original)
    def noted(first, /, *arguments, **keywords):
        result = original(first, *arguments, **keywords)
        made.append(first if result is None else result)
        return result

    name = original.__name__
    own = name in vars(kind)
    setattr(kind, name, noted)
    try:
        for test in doctest.DocTestFinder(recurse=False).find(kind):
            test.globs = {}
            doctest.DocTestRunner().run(test, out=lambda _: None, clear_globs=False)
    finally:
        setattr(kind, name, original) if own else delattr(kind, name)
    return next((one for one in reversed(made) if type(one) is kind), None)


def returned(one):
    """Give back what a process was given."""
    return one


def simulated(network):
    """Return the spikes of a run in this process, and whether it compiled the kernel again."""
    from spiking.simulation.kernel.trial import run_trial

    run = spiking.simulate(
        network, "go-nogo", trials=2, seed=1, threads=2, record=spiking.Record(spikes=True)
    )
    return run.spikes.step, run.spikes.neuron, run.output, sum(run_trial.stats.cache_misses.values())
