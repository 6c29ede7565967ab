"""Make the images of documentation pages again, by running their code: after a change of figures or models.

python tools/documentation_images.py figures analysis
"""

import os
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def main(pages: list[str]) -> None:
    """Run the Python blocks of these pages, in order, where they are."""
    import matplotlib as mpl

    mpl.use("agg")
    os.chdir(DOCS)
    for page in pages:
        text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
        code = "\n".join(re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))
        exec(compile(code, f"docs/{page}.md", "exec"), {})


if __name__ == "__main__":
    main(sys.argv[1:] or ["figures", "analysis"])
