"""The directive ``panel-table``: what `spiking reproduce` wrote of a panel, its tables as real tables.

````md
```{panel-table} reproduction/fig7c.txt
```
````
"""

import re
from itertools import groupby
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive


class PanelTable(Directive):
    """Show a text that `spiking reproduce` wrote."""

    required_arguments = 1

    def run(self):
        """Return the title, the table and the remarks."""
        env = self.state.document.settings.env
        name, path = env.relfn2path(self.arguments[0])
        env.note_dependency(name)
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        blocks = [list(block) for filled, block in groupby(lines, key=bool) if filled]
        title, *others = (table(block) if block[0].startswith(" ") else remarks(block) for block in blocks)
        if not any(isinstance(part, nodes.table) for part in others):
            raise self.error(f"{name} has no table; write it anew with spiking reproduce")
        return [title, *others]


def remarks(lines):
    """Return the remarks as paragraphs; lines that go on with one are indented."""
    joined = "\n".join(lines).replace("\n  ", " ").split("\n")
    return nodes.container("", *(nodes.paragraph(text=signs(line)) for line in joined))


def table(lines):
    """Return the table: the first line has the heads of the columns, headings of groups are not indented."""
    starts = [0, *(found.start() for found in re.finditer(r"\S+(?: \S+)*", lines[0]))]
    ends = [*starts[1:], None]
    group = nodes.tgroup(cols=len(starts))
    group += [nodes.colspec(colwidth=1) for _ in starts]
    cells = [[line[a:b].strip() for a, b in zip(starts, ends, strict=True)] for line in lines]
    group += nodes.thead("", row(cells[0]))
    body = nodes.tbody()
    for line, own in zip(lines[1:], cells[1:], strict=True):
        body += row(own) if line.startswith(" ") else nodes.row("", entry(line, morecols=len(starts) - 1))
    group += body
    return nodes.table("", group, classes=["panel"])


def row(cells):
    """Return a row."""
    return nodes.row("", *map(entry, cells))


def entry(text, **options):
    """Return a cell; one that goes over several columns is a heading."""
    text = signs(text)
    content = nodes.strong(text=text) if options else nodes.Text(text)
    return nodes.entry("", nodes.paragraph("", "", content), **options)


def signs(text):
    """Return the text with the signs that print has, and a deviation in one line with its sign."""
    return text.replace(" +- ", " ±\N{NO-BREAK SPACE}")


def setup(app):
    """Say to Sphinx what there is."""
    app.add_directive("panel-table", PanelTable)
    return {"parallel_read_safe": True}
