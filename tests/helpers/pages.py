"""Code blocks of the README and the documentation.

A comment on the line above a block, which readers do not see, tells the tests what to do with it:

    <!-- not run: REASON -->      the collector passes the block by
    <!-- file: NAME -->           the block is also appended to a file, as the page asks its readers to do
    <!-- shorter: OLD -> NEW -->  the block runs with less to do
"""

import itertools
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*) -->\n)?^(?P<fence>```+)(?P<language>[^\n]*)\n"
    r"(?::[^\n]*\n)*(?P<code>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A block of a page; `line` is that of its first line of code, from 0."""

    language: str
    code: str
    line: int
    note: str = ""


def blocks(page, *languages):
    """Return the blocks of a page, such as ``README.md`` or ``docs/tuning.md``, in these languages."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(found["language"], found["code"], text.count("\n", 0, found.start("code")), found["note"] or "")
        for found in BLOCK.finditer(text)
        if not languages or found["language"] in languages
    ]


def words(line):
    """Return the words after ``spiking`` in a line, with files in place of patterns, as from a shell."""
    program, *given = shlex.split(line, comments=True)
    assert program == "spiking", line
    files = ([word] if "*" not in word else sorted(map(str, Path().glob(word))) for word in given)
    return list(itertools.chain.from_iterable(files))
