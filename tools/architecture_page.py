"""Write the table of docs/maintainers/architecture.md from the first lines of the packages.

`python tools/architecture_page.py` writes the page; a test asks that it is as this would write it.
"""

import ast
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
SOURCE = REPOSITORY / "src" / "spiking"
PAGE = REPOSITORY / "docs" / "maintainers" / "architecture.md"

# Lowest first. What stands on one floor may not import from each other, but the ground modules.
FLOORS = (
    ("neuron",),
    ("files",),
    ("tasks",),
    ("matfile", "connectivity"),
    ("rate_model",),
    ("datasets",),
    ("importing",),
    ("conversion",),
    ("network",),
    ("simulation",),
    ("evaluation", "lif_network_fnc", "parallel"),
    ("analysis",),
    ("experiments",),
    ("tuning",),
    ("training", "plotting", "export"),
    ("report", "reproduce"),
    ("command_line",),
)
_START, _END = "<!-- packages -->\n", "<!-- end of packages -->\n"


def first_line(name: str) -> str:
    """Return what a package or module says of itself in the first line of its docstring."""
    folder = SOURCE / name
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert text, f"{path} has no docstring"
    return text.splitlines()[0]


def table() -> str:
    """Return the table of packages, highest floor first."""
    placed = {name for floor in FLOORS for name in floor}
    ground = sorted(
        path.stem for path in SOURCE.glob("*.py") if path.stem[0] != "_" and path.stem not in placed
    )
    rows = [(name, first_line(name)) for floor in reversed(FLOORS) for name in floor]
    lines = [
        "| package or module | what it is for |",
        "|---|---|",
        *(f"| `{name}` | {text} |" for name, text in rows),
    ]
    return "\n".join([*lines, f"| ground modules | {', '.join(f'`{name}`' for name in ground)} |"]) + "\n"


def page() -> str:
    """Return the page with its table as it should be."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_START)
    return before + _START + table() + _END + rest.partition(_END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
