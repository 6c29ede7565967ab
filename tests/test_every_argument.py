"""Every argument of every public callable, with some forty bad values: a kind error, or a sensible result."""

import importlib
import inspect
import random
import shutil
import signal
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import every_call
import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.sparse import csr_array

from spiking import Record, SpikingError
from spiking.checks import shown

SECONDS = 5  # after which a call counts as hanging


class Raising:
    """A class of the user's own, some of whose methods raise."""


def raising(*_):
    raise RuntimeError("a method of a class of the user's own")


def whose_methods_raise(methods, base=object, *args):
    """Return an object of a class whose methods of these names raise."""
    bases = (Raising,) if base is object else (Raising, base)
    return type("Own", bases, dict.fromkeys(methods, raising))(*args)


IN_MAPPINGS = ("__iter__", "__getitem__", "__contains__", "keys", "items", "values", "get")
BAD = {
    "None": None,
    "an empty text": "",
    "no": "no",
    "bytes": b"no",
    "NUL": "a\0b",
    "a long text": "a" * 5000,
    "-1": -1,
    "0": 0,
    "1.5": 1.5,
    "1e-320": 1e-320,
    "1e300": 1e300,
    "nan": np.nan,
    "inf": np.inf,
    "10**9": 10**9,
    "10**400": 10**400,
    "1+2j": 1 + 2j,
    "True": True,
    "np.False_": np.bool_(False),
    "[]": [],
    "()": (),
    "{}": {},
    "a set": {1, "a"},
    "a mapping": {"a": 1, 2: "b"},
    "object": object(),
    "masked": np.ma.masked_array([1.0, 2.0], [False, True]),
    "a ragged list": [[1.0, 2.0], [3.0]],
    "a mixed list": [1, "a", None],
    "a deep list": [[[[[[1.0]]]]]],
    "[nan]": [np.nan],
    "an empty array": np.empty((0, 0)),
    "a long array": np.ones(1000),
    "four dimensions": np.ones((2, 2, 2, 2)),
    "complex": np.full((20, 20), 1 + 1j),
    "texts": np.array(["a", "b"]),
    "objects": np.array([None, 1], object),
    "dates": np.array(["2020-01-01"], "M8[D]"),
    "sparse": csr_array(np.eye(3)),
    "a function": lambda *_: 1,
    "a class": int,
    "a path": Path("no", "such", "file.mat"),
    "a date": datetime(2020, 1, 1),
    "Decimal": Decimal("NaN"),
    "Fraction": Fraction(1, 3),
    "a record": Record(),
    "no attribute": whose_methods_raise(["__getattr__"]),
    "no comparison": whose_methods_raise(["__eq__", "__ne__", "__hash__", "__bool__"]),
    "no array": whose_methods_raise(["__array__", "__repr__"]),
    "no number": whose_methods_raise(["__float__", "__index__", "__int__"]),
    "no items": whose_methods_raise(["__iter__", "__len__", "__getitem__"]),
    "no list": whose_methods_raise(["__iter__", "__len__", "__getitem__", "__repr__"], list, [1, 2]),
    "no tuple": whose_methods_raise(["__iter__", "__len__", "__getitem__"], tuple, [1, 2]),
    "no text": whose_methods_raise(["__eq__", "__hash__", "__str__", "__repr__"], str, "a"),
    "no mapping": whose_methods_raise(IN_MAPPINGS, dict, {"mode": "none"}),
    "an unreadable item": [whose_methods_raise(["__getattr__", "__array__", "__repr__", "__eq__"])],
    "an unreadable entry": {"w": whose_methods_raise(["__getattr__", "__array__", "__repr__", "__eq__"])},
    "an unreadable key": {whose_methods_raise(["__repr__", "__str__"], float, 1.0): 1},
}


CALLED = {("progress", "a class"), ("finished", "a class")}  # can be called, and raises as it likes


class TooSlow(BaseException):
    """A call takes too long."""


class Began(BaseException):
    """All arguments were checked, and long work begins."""


def began(*_, **__):
    raise Began


def too_slow(*_):
    raise TooSlow


def foreign(function, given, name, value):
    """Return the exception, if it is not a kind one, that a callable ends in with another value."""
    parameter = inspect.signature(function).parameters[name]
    first, keywords = (), {key: argument for key, argument in given.items() if key != name}
    if parameter.kind is parameter.VAR_POSITIONAL:
        first = ("go-nogo", value)
    elif parameter.kind is parameter.POSITIONAL_ONLY:
        first = (value,)
    else:
        keywords[
            every_call.KEYWORDS.get(function.__name__, "area")
            if parameter.kind is parameter.VAR_KEYWORD
            else name
        ] = value
    for file in Path.cwd().glob("new*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    plt.close("all")
    try:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            result = function(*first, **keywords)
            if inspect.isgenerator(result):
                next(result, None)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except Began:
        return None
    except SpikingError as error:
        text = str.__str__(value) if isinstance(value, str) else shown(value)
        text = str(value) if isinstance(value, Path) else text
        words = (name, "expected", "give", "missing", text)
        said = any(word in str(error) for word in words)
        return (
            None if said else AssertionError(f"the message names neither argument nor expectation: {error}")
        )
    except (Exception, TooSlow) as error:  # noqa: BLE001  # whatever it is, it is reported
        at_the_call = isinstance(error, TypeError) and error.__traceback__.tb_next.tb_next is None
        return None if at_the_call else error
    is_record = inspect.isclass(function) and not hasattr(function.__init__, "__wrapped__")
    return None if is_record or makes_sense(parameter, value) else AssertionError("is accepted")


def makes_sense(parameter, value):
    """Return whether a value can be meant for an argument that is annotated as a bool or a number."""
    kind, _, optional = parameter.annotation.partition(" | ")
    if kind not in ("bool", "int", "float") or (
        value is None and "None" in (optional, str(parameter.default))
    ):
        return True
    if optional not in ("", "None"):
        return True
    if kind == "bool":
        return isinstance(value, bool | np.bool_)
    if isinstance(value, bool | np.bool_ | str | bytes | complex | Raising) or np.ndim(value):
        return False
    return kind != "int" or (isinstance(value, int | float) and value == value and value % 1 == 0)


def cases():
    """Return all calls: the name of the callable, of the argument, and of the bad value."""
    return [
        (name, argument, bad)
        for name, function in every_call.public().items()
        for argument in inspect.signature(function).parameters
        for bad in BAD
        if (argument, bad) not in CALLED
    ]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    every_call.NETWORK.save("network.npz")
    every_call.RUN.save("run.h5")
    for where in (
        "spiking.training.train._steps",
        "spiking.training.fine_tuning.fine_tune.in_thread",
        "spiking.reproduce.run._run_missing",
        "spiking.report.page.evaluate",
    ):
        module, _, name = where.rpartition(".")  # not as text: packages have functions named as their modules
        monkeypatch.setattr(importlib.import_module(module), name, began)
    before = signal.signal(signal.SIGALRM, too_slow)
    yield
    signal.signal(signal.SIGALRM, before)


def walk(chosen):
    """Return the foreign exceptions of calls, in words."""
    functions, problems = every_call.public(), []
    for name, argument, bad in chosen:
        function = functions[name]
        error = foreign(function, every_call.arguments(name, function), argument, BAD[bad])
        if error is not None:
            problems.append(f"{name}({argument}={bad}): {type(error).__name__}: {error!s:.100}")
    return problems


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.usefixtures("place")
def test_a_sample():
    chosen = random.Random(1).sample(cases(), 10_000)
    problems = walk(chosen)
    assert not problems, "\n".join(problems)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.usefixtures("place")
def test_every_argument():
    problems = walk(cases())
    assert not problems, "\n".join(problems)
