"""Drawing by Graphviz: the program `dot`, or the one inside of the package pygraphviz, each in a process of its own.

pygraphviz never runs in this process: it does not let other threads run or Ctrl-C through, and ends the whole process on some inputs. The
child has a time limit, gets a format out of a short list, and letters even on a machine without fonts: those that come with this package.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

TIME_LIMIT = 60.0  # seconds
FORMATS = ("svg", "png", "pdf")
FONTS = Path(__file__).with_name("fonts")
_OURS = (("\0", "\u017f"), ("\u0370", "\u03ff"), ("\u2190", "\u22ff"), ("\u2026", "\u2026"), ("\u25a0", "\u25a0"))  # letters in them
_CHILD = """\
import sys
import pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot"))
"""
_FONTS_CONFIGURATION = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>{system}<dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""
_SYSTEM_FONTS = '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'


class CannotDraw(Exception):
    """Why this way of drawing does not work here, in a few words."""


class TooSlow(CannotDraw):
    """Graphviz was not ready in time; another way to run it will not be quicker."""


def draw_by_dot(text: str, file_format: str) -> bytes:
    """What the program `dot` makes of a picture in its language.

    Raises:
      CannotDraw: it is not installed, fails, or takes too long.
    """
    program = shutil.which("dot")
    if program is None:
        raise CannotDraw("`dot` on PATH (not found)")
    return _output([program, f"-T{_known(file_format)}"], "`dot` on PATH", text)


def draw_by_pygraphviz(text: str, file_format: str) -> bytes:
    """The same by the package pygraphviz.

    Raises:
      CannotDraw: it is not installed, fails, or takes too long.
    """
    if importlib.util.find_spec("pygraphviz") is None or not sys.executable:
        raise CannotDraw("package pygraphviz (not installed)")
    return _output([sys.executable, "-c", _CHILD, _known(file_format)], "package pygraphviz", text)


def _known(file_format: str) -> str:
    if file_format not in FORMATS:
        raise ValueError(f"Graphviz is asked for {', '.join(FORMATS)} only, not for {file_format!r}")
    return file_format


def _output(command: list[str], who: str, text: str) -> bytes:
    """What a program writes when it is given a text."""
    with tempfile.TemporaryDirectory(prefix="autograd_lite_") as folder:
        environment = {**os.environ, "FONTCONFIG_FILE": _fonts(folder, text), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        try:
            done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=TIME_LIMIT, env=environment)
        except subprocess.TimeoutExpired:
            raise TooSlow(f"{who} (not ready after {TIME_LIMIT:.0f} s; depth= folds name scopes)") from None
        except OSError as error:
            raise CannotDraw(f"{who} ({error.strerror})") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise CannotDraw(f"{who} (failed with status {done.returncode}{': ' + said[-1] if said else ''})")
    return done.stdout


def _fonts(folder: str, text: str) -> str:
    """A configuration of fonts: those of this package, and the machine's own for letters that they do not have."""
    path = os.path.join(folder, "fonts.conf")
    system = "" if all(any(first <= letter <= last for first, last in _OURS) for letter in set(text)) else _SYSTEM_FONTS
    with open(path, "w", encoding="utf-8") as file:
        file.write(_FONTS_CONFIGURATION.format(system=system, fonts=escape(str(FONTS)), cache=escape(folder)))
    return path
