"""`autograd-lite bench`: measure this library beside other engines, with the suite of a checkout."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from collections.abc import Sequence

SUITE = pathlib.Path(__file__).resolve().parents[2] / "benchmarks"


def bench(arguments: Sequence[str], suite: pathlib.Path = SUITE) -> int:
    """Run `python -m benchmarks` with these arguments and return its exit status; 2 where there is no suite."""
    if not (suite / "__main__.py").is_file():
        print(
            "autograd-lite: the benchmarks are not part of an installed package. Unpack the source distribution "
            "(pip download --no-binary :all: --no-deps autograd_lite) and run python -m benchmarks in its folder.",
            file=sys.stderr,
        )
        return 2
    return subprocess.run([sys.executable, "-m", "benchmarks", *arguments], cwd=suite.parent).returncode
