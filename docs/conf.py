"""How the documentation is built: `sphinx-build -W docs docs/_build/html`. The pages run their examples."""

import sys
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent), str(_HERE)]

from explorer_example import write_example
from op_pages import write_op_pages
from reference_pages import write_pages

from autograd_lite.core.version import PACKAGE_VERSION

project = "autograd_lite"
author = "The autograd_lite authors"
copyright = "2026, the autograd_lite authors"
version = release = PACKAGE_VERSION

extensions = ["myst_nb"]
myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_in_temp = True  # what a page writes is not there when it is built again
nb_execution_raise_on_error = True
nb_execution_timeout = 60
nb_render_markdown_format = "myst"  # derivations have tables and formulas

exclude_patterns = ["_build", "jupyter_execute"]
html_theme = "furo"
html_title = f"autograd_lite {release}"
html_static_path = ["static"]
html_css_files = ["pages.css"]


def setup(app: Any) -> None:
    """Write the generated pages before Sphinx looks for pages."""
    app.connect("builder-inited", write_pages)
    app.connect("builder-inited", write_op_pages)
    app.connect("builder-inited", write_example)
