"""`tf.app.run`: read the flags, call the program's `main`, and leave with its result."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from autograd_lite.core.export import export
from autograd_lite.lib.flags import FLAGS, Error

_HELP = ("--help", "-help", "--helpfull", "-helpfull", "--helpshort", "-helpshort", "-h", "-?")


@export("app.run")
def run(main: Callable[[list[str]], Any] | None = None, argv: list[str] | None = None) -> NoReturn:
    """Read the command line into `tf.flags.FLAGS`, call `main(argv)` with what is left of it, and exit with what it returns.

    Args:
      main: a function of one list; the `main` of the running script if it is None.
      argv: the command line, the program's name first; `sys.argv` if it is None.

    Flags that the program does not define stay in the list that `main` gets. `--help` shows the flags. A value of the wrong kind
    ends the program with status 1 and says which.
    """
    script = sys.modules["__main__"]
    if main is None:
        main = getattr(script, "main", None)
        if main is None:
            raise AttributeError("tf.app.run() calls `main(argv)` of the running script, which has none: define it, or pass main=...")
    arguments = list(sys.argv if argv is None else argv)
    if any(argument in _HELP and argument.lstrip("-") not in FLAGS for argument in arguments[1:]):
        about = (script.__doc__ or "").strip()
        print("\n\n".join(part for part in (about, f"flags of {arguments[0]}:\n{FLAGS.get_help()}") if part))
        sys.exit(1)
    try:
        rest = FLAGS(arguments, known_only=True)
    except Error as error:
        print(f"FATAL Flags parsing error: {error}\nPass --help to see the flags.", file=sys.stderr)
        sys.exit(1)
    sys.exit(main(rest))
