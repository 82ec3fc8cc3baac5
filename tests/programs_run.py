"""Start programs as a person would, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ROOT / "tests" / "programs"


def python(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this Python with the project importable and no settings but those given, and the folder of compiled kernels."""
    kept = "AUTOGRAD_LITE_CACHE"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AUTOGRAD_LITE_") or name == kept}
    clean.update(PYTHONPATH=str(ROOT), **environment)
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=100)


def cli(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m autograd_lite arguments...`."""
    return python("-m", "autograd_lite", *arguments, cwd=cwd, **environment)
