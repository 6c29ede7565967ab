"""Settings of the documentation site: `make docs`."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "extensions"))

import spiking  # noqa: E402

project = "spiking"
author = "The spiking developers"
version = release = spiking.__version__
copyright = author

extensions = [
    "myst_nb",  # pages in Markdown; those with a notebook header are run
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_copybutton",
    "command_line",  # ours: the page of commands, from their help
    "panel_table",  # ours: tables of `spiking reproduce`
    "short_names",  # ours: links from docstrings
]
exclude_patterns = ["_build", "jupyter_execute", "**.ipynb_checkpoints"]

# Notebooks run when their code changed; a cell that fails fails the site.
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True
nb_execution_show_tb = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # numpydoc's Parameters have types, shapes and units
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# Single backticks in docstrings are names of Python objects, or parameters, which have no page.
default_role = "py:obj"
nitpicky = True
nitpick_ignore_regex = [("py:obj", r"[a-z_][a-z0-9_]*")]

html_theme = "furo"
_code = {"code-font-size": "73%"}
html_theme_options = {"light_css_variables": _code, "dark_css_variables": _code}
html_static_path = ["static"]
html_css_files = ["widths.css"]
html_title = f"spiking {release}"
html_show_sphinx = False
html_copy_source = False
html_show_copyright = False
linkcheck_timeout = 20
