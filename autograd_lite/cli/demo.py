"""`autograd-lite demo`: the main job, from the quadratic to a trained network, in one command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_PACKAGE_FOLDER = Path(__file__).resolve().parents[1]
# A wheel carries the examples inside the package; a checkout has them beside it.
_PLACES = (_PACKAGE_FOLDER / "examples" / "programs", _PACKAGE_FOLDER.parent / "examples")
_WITH_DATA = ("mnist_softmax.py", "mnist_mlp.py")
PROGRAMS = ("quadratic.py", "quadratic_placeholder.py", *_WITH_DATA)


def folder_of_programs() -> Path:
    """Where the example programs are."""
    return next((place for place in _PLACES if (place / PROGRAMS[0]).is_file()), _PLACES[-1])


def demo(data_dir: str | None = None, epochs: int | None = None) -> int:
    """Run the example programs one after the other; the status of the first that fails, or 0.

    Args:
      data_dir: folder of MNIST's files; None uses the small MNIST that comes with the library.
      epochs: rounds of training in each MNIST program; None leaves each its own.
    """
    paths = [str(_PACKAGE_FOLDER.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    for name in PROGRAMS:
        program = folder_of_programs() / name
        options = _options(data_dir, epochs) if name in _WITH_DATA else []
        print(" ".join(["\n$ python", os.path.relpath(program), *options]), flush=True)
        status = subprocess.run([sys.executable, str(program), *options], env=environment, check=False).returncode
        if status:
            return status
    return 0


def _options(data_dir: str | None, epochs: int | None) -> list[str]:
    given = {"--data-dir": data_dir, "--epochs": epochs}
    return [word for option, value in given.items() if value is not None for word in (option, str(value))]
