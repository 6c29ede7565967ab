"""The page on architecture is true: every module is on it, and imports go down its layers."""

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
SOURCE = REPOSITORY / "src" / "spiking"
PAGE = (REPOSITORY / "docs" / "maintainers" / "architecture.md").read_text(encoding="utf-8")


def layers():
    """Return the height of every module on the page; the last row of its first table is the ground."""
    table = PAGE[PAGE.index("| layer |") :].partition("\n\n")[0].splitlines()[2:]
    rows = [re.findall(r"`(\w+)`", row) for row in table]
    named = [name for row in rows for name in row]
    assert len(named) == len(set(named)), "a module is on the page twice"
    return {name: len(rows) - k for k, row in enumerate(rows) for name in row}


def modules():
    """Return the top-level modules and packages, each with its files."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).with_suffix("").parts[0]
        if name not in ("__init__", "__main__"):
            found.setdefault(name, []).append(path)
    return found


def loaded_at_import(path):
    """Return what a file imports from this package when it is loaded: not in functions, not for types."""
    found, waiting = set(), list(ast.parse(path.read_text(encoding="utf-8")).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module == "spiking":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("spiking."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("spiking.")}
        waiting += ast.iter_child_nodes(node)
    return found


def test_every_module_is_on_the_page():
    assert set(layers()) == set(modules())


def test_imports_go_down():
    height, imports = layers(), 0
    for name, paths in modules().items():
        for path in paths:
            for imported in loaded_at_import(path) & set(height):
                imports += 1
                assert height[imported] <= height[name], f"{path.name} imports {imported} from a layer above"
    assert imports > 200


def test_the_page_fits_one_screen():
    assert len(PAGE.splitlines()) <= 40
