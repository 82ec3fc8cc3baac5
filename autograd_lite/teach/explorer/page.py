"""One page out of the files in `page/`, a story, and Graphviz; nothing is loaded from anywhere else."""

from __future__ import annotations

import base64
import gzip
import json
import re
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "page"
SCRIPTS = (
    "arrays.js", "op_kinds.js", "windows.js", "moving.js", "ops.js", "engine.js", "steps.js", "scopes.js", "text.js", "numbers.js",
    "layout.js", "drawing.js", "panel.js", "sliders.js", "main.js",
)  # fmt: skip
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page(data: dict[str, Any], picture: str) -> bytes:
    """The page.

    What comes from the graph stands in it as compressed text, in the title with all markup escaped, and in `picture`, which is SVG.

    Args:
      data: what page_data gives.
      picture: shown where scripts do not run.
    """
    story = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=True)
    parts = {
        "title": escape(data["title"]),
        "style": _lines("style.css"),
        "picture": picture,
        "story": base64.b64encode(gzip.compress(story.encode("ascii"), 9, mtime=0)).decode("ascii"),
        "graphviz": _graphviz(),
        "script": "\n".join(_lines(name) for name in SCRIPTS),
    }
    return _PLACE.sub(lambda place: parts[place[1]], _text("page.html")).encode("utf-8")


@cache
def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def _lines(name: str) -> str:
    """A script or style sheet without its comments and indentation, which are for whoever reads the file."""
    lines = (line.strip() for line in _text(name).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


@lru_cache(maxsize=1)
def _graphviz() -> str:
    return base64.b64encode((FOLDER / "vendor" / "viz-global.js.gz").read_bytes()).decode("ascii")
