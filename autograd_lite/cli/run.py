"""`autograd-lite run script.py`: run a TensorFlow 1 program as it was written."""

from __future__ import annotations

import os
import sys
import sysconfig
import traceback
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType

from autograd_lite.backends.registry import use_backend
from autograd_lite.cli.alias import install_as_tensorflow
from autograd_lite.core.release import set_release

_PACKAGE_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARIES = tuple(sysconfig.get_paths()[place] + os.sep for place in ("stdlib", "platstdlib", "purelib", "platlib"))
_RELEASE_OF_V1 = "2.21"  # a program that imports tensorflow.compat.v1 was written on TF 2
_RELEASE_VARIABLE = "AUTOGRAD_LITE_RELEASE"


def run(script: str, arguments: list[str], release: str | None = None, backend: str | None = None, full_traceback: bool = False) -> int:
    """Run `script` as `python script arguments...` would, with `import tensorflow` giving this library.

    Args:
      script: path of the program.
      arguments: what the program finds in `sys.argv[1:]`.
      release: "1.15" or "2.21"; None takes AUTOGRAD_LITE_RELEASE, else 2.21 if the program imports `tensorflow.compat.v1`, else 1.15.
      backend: "numpy", "cupy" or "strict"; None takes AUTOGRAD_LITE_BACKEND, else NumPy.
      full_traceback: show the lines inside this library too when the program ends with an error.

    An error of the program leaves this function as it is; `sys.excepthook` prints it with the program's own lines only.
    """
    loader = SourceFileLoader("__main__", script)
    try:
        source = loader.get_data(script)
    except OSError as error:
        print(f"autograd-lite: can't open file {script!r}: {error.strerror}", file=sys.stderr)
        return 2
    try:
        if backend is not None:
            use_backend(backend)
    except (ImportError, RuntimeError) as error:
        print(f"autograd-lite: {error}", file=sys.stderr)
        return 2
    if release is not None:
        set_release(release)
    chosen = release is not None or bool(os.environ.get(_RELEASE_VARIABLE))
    install_as_tensorflow(release_of_v1=None if chosen else _RELEASE_OF_V1)
    if not full_traceback:
        sys.excepthook = print_error
    _become_main(script, arguments, loader)
    exec(loader.source_to_code(source, script), sys.modules["__main__"].__dict__)  # noqa: S102 - the program that the user named
    return 0


def _become_main(script: str, arguments: list[str], loader: SourceFileLoader) -> None:
    """Set up what a program sees of itself: `__main__`, `sys.argv`, and its own folder first in `sys.path`."""
    program = ModuleType("__main__")
    program.__dict__.update(__file__=script, __loader__=loader, __builtins__=__builtins__, __spec__=None, __cached__=None)
    sys.modules["__main__"] = program
    sys.argv = [script, *arguments]
    folder = os.path.dirname(os.path.realpath(script))
    if getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, folder)
    else:
        sys.path[0] = folder


def print_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an error of the program, with the lines of this library left out; says how many."""
    report = traceback.TracebackException(kind, error, trace)
    hidden = _leave_out_own_lines(report, whole_if_ours=not issubclass(kind, SyntaxError))
    for line in report.format():
        print(line, end="", file=sys.stderr)
    if hidden:
        print(f"  (left out: {hidden} inside autograd_lite; autograd-lite run --full-traceback shows all lines)", file=sys.stderr)


def _leave_out_own_lines(report: traceback.TracebackException, whole_if_ours: bool = True) -> int:
    """Drop this library's lines from a report and from the errors that led to it; how many, those of the runner not counted.

    An error without any line of the program is a fault of ours and stays whole, but for a program that does not even parse.
    """
    frames = list(report.stack)
    start = next((i + 1 for i in reversed(range(len(frames))) if frames[i].filename == os.path.abspath(__file__)), 0)
    kept = _program_lines(frames[start:])
    if not kept and whole_if_ours:
        return 0
    hidden = len(frames) - start - len(kept)
    report.stack = traceback.StackSummary.from_list(kept)
    for cause in ("__cause__", "__context__"):
        earlier = getattr(report, cause)
        if earlier is not None and not _program_lines(list(earlier.stack)):
            setattr(report, cause, None)
        elif earlier is not None:
            hidden += _leave_out_own_lines(earlier)
    return hidden


def _program_lines(frames: list[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    """The lines that are not this library's, nor those of Python's and NumPy's files that it called."""
    kept, inside = [], False
    for frame in frames:
        inside = _is_own(frame.filename) or inside and frame.filename.startswith(_LIBRARIES)
        if not inside:
            kept.append(frame)
    return kept


def _is_own(filename: str) -> bool:
    """Whether a line is this library's, or the import system's on its way to it."""
    if filename.startswith(_PACKAGE_FOLDER + "examples" + os.sep):
        return False
    return filename.startswith((_PACKAGE_FOLDER, "<autograd_lite", "<frozen importlib"))
