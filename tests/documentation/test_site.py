"""The documentation site builds without a warning, and every link within it leads somewhere.

Notebooks are not run here: `make docs` runs them, and so do the tests of their pages.
"""

import html
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from pages import ROOT, blocks

pytestmark = pytest.mark.slow
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    for name in ("sphinx", "myst_nb", "furo", "numpydoc"):
        pytest.importorskip(name)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    command += ["-D", "nb_execution_mode=off", "-d", folder / "doctrees", DOCS, folder / "html"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "html"


class Page(HTMLParser):
    """The addresses and the anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = set(), set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.anchors.add(value)
            elif value and (name == "href" or (tag, name) in {("img", "src"), ("script", "src")}):
                self.links.add(value)


def test_links_within_the_site(site):
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    assert len(pages) > 20
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link in ("#", ""):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = target in pages and parts.fragment in pages[target].anchors
            if not target.exists() or (parts.fragment and target in pages and not known):
                broken.append(f"{path.relative_to(site.resolve())}: {link}")
    assert not broken, "\n".join(broken)


def test_a_tutorial_becomes_a_notebook(tmp_path):
    (block,) = blocks("docs/tutorials/index.md", "sh")
    program, page, notebook = block.code.split()
    converter = Path(sys.executable).with_name(program)
    subprocess.run([converter, ROOT / page, tmp_path / notebook], check=True)
    cells = json.loads((tmp_path / notebook).read_text(encoding="utf-8"))["cells"]
    assert "code" in {cell["cell_type"] for cell in cells}


def test_every_command_is_on_its_page(site):
    text = (site / "reference" / "command-line.html").read_text(encoding="utf-8")
    command = [sys.executable, "-m", "spiking", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.partition("Commands:")[2].strip().splitlines()
    assert not [line for line in lines if line.endswith("...")]  # cut short
    commands = [line.split()[0] for line in lines]
    assert len(commands) > 10
    for command in commands:
        assert f"Usage: spiking {command} " in text


def test_panels_are_tables(site):
    page = html.unescape((site / "reproduction-panels.html").read_text(encoding="utf-8"))
    page = page.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    cells = re.findall(r"<t[dh][^>]*><p>(?:<strong>)?(.*?)(?:</strong>)?</p></t[dh]>", page)
    names = re.findall(r"{panel-table} (\S+)", (DOCS / "reproduction-panels.md").read_text(encoding="utf-8"))
    assert len(names) > 4
    for name in names:
        lines = (DOCS / name).read_text(encoding="utf-8").split("\n\n")[1].splitlines()
        assert len(lines) > 4
        written = [cell for line in lines for cell in re.split(r" {2,}", line.strip())]
        shown = [cell.replace(" ±\N{NO-BREAK SPACE}", " +- ") for cell in cells if cell]
        assert any(shown[k : k + len(written)] == written for k in range(len(shown))), name
