"""The code of the page on conversion runs as it stands and draws its figure."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "conversion.md").read_text(encoding="utf-8")


def test_code(tmp_path, monkeypatch, capsys):
    (tmp_path / "images").mkdir()
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(compile(block, "docs/conversion.md", "exec"), names)
    drawn = [f"images/{path.name}" for path in (tmp_path / "images").iterdir()]
    shown = re.findall(r"\]\((images/.*?)\)", PAGE)  # benchmarks draw the others
    assert drawn
    assert set(drawn) <= set(shown)
    assert all((DOCS / image).exists() for image in shown)
    assert "mean_drive: gain 8" in capsys.readouterr().out
    names["plt"].close("all")
