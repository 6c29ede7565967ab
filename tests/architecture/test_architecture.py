"""The house is as its page says: every package on its floor, imports go down, and few stand in functions."""

import ast
import sys
from collections import defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "tools"))

from architecture_page import FLOORS, PAGE, SOURCE, page  # noqa: E402  # it is no package

MOST_MODULES = 12
# Imports of our own modules inside functions, outside of the command line: from, what.
INSIDE = {
    # what imports a heavy library when it is loaded: h5py, Numba, JAX
    ("simulation.storage.hdf5", "files.hdf5.guard"),
    ("simulation.trial_streams", "simulation.kernel.standard_normals"),
    ("simulation.run_trials", "simulation.kernel.trial"),
    ("simulation.stepper", "simulation.kernel.trial"),
    ("training.fine_tuning.fine_tune", "training.fine_tuning.loop"),
    ("training.train", "training.loop"),
    # methods and functions that hand over to a package above, or to a module that needs their class
    ("evaluation.result", "plotting.notebook"),
    ("experiments.curves", "plotting"),
    ("experiments.result", "plotting"),
    ("network.freeze", "simulation.record"),
    ("network.freeze", "simulation.simulate"),
    ("network.network", "plotting.notebook"),
    ("network.network", "simulation.stepper"),
    ("rate_model.model", "plotting.notebook"),
    ("network.readout_refit", "simulation.record"),
    ("network.readout_refit", "simulation.simulate"),
    ("neuron.f_i", "experiments.f_i_by_simulation"),
    ("reproduce.result", "reproduce.chart"),
    ("simulation.result", "plotting.notebook"),
    ("simulation.result", "simulation.storage.stream"),
    ("tasks.base", "tasks.check_task"),
    ("tuning.result", "plotting"),
}


def name_of(path):
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(SOURCE.rglob("*.py"))}


def imports(path):
    """Yield what a file imports from this package: the module, and whether that is inside a function."""

    def walk(node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.ImportFrom) and (child.module or "").partition(".")[0] == "spiking":
                base = child.module.partition(".")[2]
                for alias in child.names:
                    full = f"{base}.{alias.name}" if base else alias.name
                    yield full if full in MODULES else base, inside
            elif isinstance(child, ast.Import):
                yield from (
                    (a.name.partition(".")[2], inside) for a in child.names if a.name.startswith("spiking.")
                )
            within = inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from walk(child, within)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), False)


def all_imports():
    return [
        (name, other, inside) for name, path in MODULES.items() for other, inside in imports(path) if other
    ]


def top(name):
    return name.partition(".")[0]


FLOOR = {name: height for height, floor in enumerate(FLOORS) for name in floor}


def test_every_package_has_a_floor_and_the_page_is_made_from_them():
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert packages <= set(FLOOR)
    assert set(FLOOR) <= {top(name) for name in MODULES}
    assert PAGE.read_text(encoding="utf-8") == page(), "python tools/architecture_page.py writes it"
    assert len(page().splitlines()) <= 70


def test_imports_go_down():
    seen = 0
    for name, other, inside in all_imports():
        here, there = top(name), top(other)
        if here == there or here not in FLOOR or there not in FLOOR or (name, other) in INSIDE:
            continue
        seen += 1
        assert FLOOR[there] < FLOOR[here], (
            f"{name} imports {other}, which does not stand below{' (inside)' * inside}"
        )
    assert seen > 200


def test_ground_modules_import_only_each_other():
    for name, other, _ in all_imports():
        if top(name) not in FLOOR and name and top(name)[0] != "_":
            assert top(other) not in FLOOR, f"{name} imports {other}"


def test_no_circles_when_modules_are_loaded():
    graph = defaultdict(set)
    for name, other, inside in all_imports():
        if not inside and other != name:
            graph[name].add(other)
    done, path = set(), []

    def visit(name):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name in done:
            return
        path.append(name)
        for other in graph[name]:
            visit(other)
        path.pop()
        done.add(name)

    for name in MODULES:
        visit(name)


def test_imports_inside_functions_are_those_on_the_list():
    found = {
        (name, other)
        for name, other, inside in all_imports()
        if inside and top(name) not in ("command_line", "__main__", "")
    }
    assert found - INSIDE == set()
    assert INSIDE - found == set(), "no longer needed on the list"
    assert len(INSIDE) <= 25


def test_folders_are_small():
    loose = [name for name in MODULES if "." not in name and name and MODULES[name].name != "__init__.py"]
    assert len([name for name in loose if name[0] != "_"]) <= MOST_MODULES
    for folder in {path.parent for path in MODULES.values()} - {SOURCE}:
        own = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(own) <= MOST_MODULES or folder.name == "commands", folder


def test_every_module_says_what_it_is_for():
    for path in MODULES.values():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
