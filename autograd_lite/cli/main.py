"""The command `autograd-lite`, also `python -m autograd_lite`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from autograd_lite.backends.registry import NAMES
from autograd_lite.cli import bench, check, demo, doctor, explore, kernels, render, run
from autograd_lite.core.release import RELEASES
from autograd_lite.core.version import PACKAGE_VERSION, tensorflow_version
from autograd_lite.teach.render.layout import DIRECTIONS
from autograd_lite.teach.render.picture import GRADIENTS

_EXAMPLES = """\
examples:
  autograd-lite run train.py --steps 100   run a TensorFlow 1 program unedited
  autograd-lite render train.py            draw the graph it builds
  autograd-lite explore train.py           step through it, forwards and backwards, in a page
  autograd-lite check train.py             compare its gradients with differences of the loss
  autograd-lite demo                       see the quadratic and MNIST train
  autograd-lite bench --only quadratic     measure speed and memory
  autograd-lite doctor                     see what is installed and what is missing
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command line; completion tools (shtab and others) read it too."""
    parser = argparse.ArgumentParser("autograd-lite", description="TensorFlow 1 programs live again.", epilog=_EXAMPLES)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    version = f"autograd_lite {PACKAGE_VERSION} (TensorFlow {tensorflow_version()})"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")

    running = commands.add_parser("run", help="run a TensorFlow 1 program unedited", description=_first_line(run.__doc__))
    releases = sorted(RELEASES)
    running.add_argument("--release", choices=releases, help="whose graphs and seeds (default: 2.21 with tensorflow.compat.v1, else 1.15)")
    running.add_argument("--backend", choices=NAMES, help="what computes (default: AUTOGRAD_LITE_BACKEND, else numpy)")
    running.add_argument("--full-traceback", action="store_true", help="show this library's own lines when the program ends with an error")
    running.add_argument("script", help="the program")
    running.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="what the program gets")

    showing = commands.add_parser("demo", help="run the examples: the quadratic, then MNIST", description=_first_line(demo.__doc__))
    showing.add_argument("--data-dir", help="folder of MNIST's four files (default: the small MNIST that comes along)")
    showing.add_argument("--epochs", type=int, help="rounds of training (default: 5 for softmax, 10 for the network)")

    drawing = commands.add_parser("render", help="run a program and draw its graph", description=_first_line(render.__doc__))
    drawing.add_argument("--output", "-o", help="the picture: .svg, .png, .pdf, .html or .dot (default: the script's name with .svg)")
    drawing.add_argument("--scope", help="draw only what is inside of this name scope")
    drawing.add_argument("--everything", action="store_true", help="show the initializers of variables too")
    drawing.add_argument("--direction", choices=DIRECTIONS, default="TB", help="from top to bottom (default) or from left to right")
    drawing.add_argument("--depth", type=int, help="how many levels of name scopes are open (default: all, within 500 boxes)")
    drawing.add_argument("--gradients", choices=GRADIENTS, default="show", help="the backward pass (default: show)")
    drawing.add_argument("--release", choices=releases, help="as for run")
    drawing.add_argument("script", help="the program")
    drawing.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="what the program gets")

    stepping = commands.add_parser("explore", help="run a program and step through its graph", description=_first_line(explore.__doc__))
    stepping.add_argument("--output", "-o", help="the page (default: the script's name with .html)")
    stepping.add_argument("--loss", help="the tensor to go back from, as for check")
    stepping.add_argument("--release", choices=releases, help="as for run")
    stepping.add_argument("script", help="the program")
    stepping.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="what the program gets")

    keeping = commands.add_parser("kernels", help="the compiled kernels kept on disk", description=_first_line(kernels.__doc__))
    keeping.add_argument("--clear", action="store_true", help="remove them; they are compiled again when needed")

    # With no prefix of options everything after the command goes on to the suite as it is, --help included.
    measuring = commands.add_parser("bench", help="measure speed and memory beside other engines", prefix_chars="\0", add_help=False)
    measuring.add_argument("arguments", nargs="*", help="options of python -m benchmarks")

    checking = commands.add_parser("check", help="check the gradients of a program's loss", description=_first_line(check.__doc__))
    checking.add_argument("--loss", help="its name in the program or in the graph (default: found by itself)")
    checking.add_argument("--samples", type=int, default=40, help="how many elements of each variable are moved (default: 40)")
    checking.add_argument("--release", choices=releases, help="as for run")
    checking.add_argument("script", help="the program")
    checking.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="what the program gets")

    commands.add_parser("doctor", help="versions, backends, extras, and what is missing", description=_first_line(doctor.__doc__))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line and return the exit status: 0 if all went well, 2 if it was not understood."""
    parser = build_parser()
    options = parser.parse_args(argv)
    if options.command == "run":
        return run.run(options.script, options.arguments, options.release, options.backend, options.full_traceback)
    if options.command == "render":
        how = {name: getattr(options, name) for name in ("everything", "direction", "depth", "gradients")}
        return render.run_and_draw(options.script, options.arguments, options.output, options.release, options.scope, **how)
    if options.command == "check":
        return check.run_and_check(options.script, options.arguments, options.loss, options.samples, options.release)
    if options.command == "explore":
        return explore.run_and_explore(options.script, options.arguments, options.output, options.loss, options.release)
    if options.command == "demo":
        return demo.demo(options.data_dir, options.epochs)
    if options.command == "kernels":
        print("\n".join(kernels.report(options.clear)))
        return 0
    if options.command == "bench":
        return bench.bench(options.arguments)
    if options.command == "doctor":
        lines, well = doctor.report()
        print("\n".join(lines))
        return 0 if well else 1
    parser.print_help(sys.stderr)
    return 2


def _first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0]
