"""`tf.flags` (also `tf.app.flags`): options of a program's command line, written as TF1 programs write them.

A program says `tf.flags.DEFINE_integer("steps", 100, "How many steps")` and reads `tf.flags.FLAGS.steps`. The command line is read
at the first such access, or by `tf.app.run`. Forms understood: `--name=value`, `--name value`, one dash or two, `--flag` and `--noflag`
for booleans; `--` ends the options.
"""

from __future__ import annotations

import csv
import difflib
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from autograd_lite.core.export import export, export_constant
from autograd_lite.core.where import capture

_KERNELS = ("ipykernel_launcher.py", "colab_kernel_launcher.py")  # their command line is not the program's


@export("flags.Error", "app.flags.Error")
class Error(Exception):
    """The base of all errors about flags."""


@export("flags.IllegalFlagValueError", "app.flags.IllegalFlagValueError")
class IllegalFlagValueError(Error):
    """A flag was given a value of the wrong kind."""


@export("flags.UnrecognizedFlagError", "app.flags.UnrecognizedFlagError")
class UnrecognizedFlagError(Error):
    """A flag was given that the program does not define."""


@export("flags.DuplicateFlagError", "app.flags.DuplicateFlagError")
class DuplicateFlagError(Error):
    """A flag was defined twice."""


class Flag:
    """One option: its name, default, help, present value, and how text becomes a value."""

    def __init__(
        self, name: str, default: Any, text: str, parse: Callable[[Any], Any], kind: str, *,
        repeated: bool = False, short_name: str | None = None, required: bool = False, allow_override: bool = False,
    ) -> None:  # fmt: skip
        self.name = name
        self.short_name = short_name
        self.help = text
        self.kind = kind  # what the help page says of the value
        self.repeated = repeated
        self.boolean = kind == "bool"
        self.required = required
        self.allow_override = allow_override  # whether the same name may be defined again
        self.present = 0  # how often the command line gave it
        self.file = capture().filename
        self._parse = parse
        self.default = self.parsed(default)
        self.value = self.default

    def parsed(self, value: Any) -> Any:
        """The value that a text, or a Python value used as a default, stands for."""
        if value is None:
            return None
        if self.repeated:
            return [self._parsed_one(item) for item in (value if isinstance(value, (list, tuple)) else [value])]
        return self._parsed_one(value)

    def _parsed_one(self, value: Any) -> Any:
        try:
            return self._parse(value)
        except (TypeError, ValueError) as error:
            raise IllegalFlagValueError(f"flag --{self.name}={value}: {error}") from None


class FlagValues:
    """The flags of a program: `FLAGS.name` is a value, `FLAGS["name"]` the Flag itself, `FLAGS(argv)` reads a command line."""

    def __init__(self) -> None:
        self.__dict__["__flags"] = {}
        self.__dict__["_read"] = [False]

    def _flags(self) -> dict[str, Flag]:
        return self.__dict__["__flags"]

    def __getattr__(self, name: str) -> Any:
        flag = self._flags().get(name)
        if flag is None:
            raise AttributeError(f"{name}{_nearest(name, self._flags())}")
        if not self.is_parsed():
            self(_command_line())
        return flag.value

    def __setattr__(self, name: str, value: Any) -> None:
        self._known(name).value = value

    def __delattr__(self, name: str) -> None:
        if name not in self._flags():
            raise AttributeError(name)
        del self._flags()[name]

    def __getitem__(self, name: str) -> Flag:
        return self._flags()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._flags()

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._flags()))

    def __len__(self) -> int:
        return len(self._flags())

    def __dir__(self) -> list[str]:
        return sorted([*self._flags(), *super().__dir__()])

    def __call__(self, argv: Iterable[str], known_only: bool = False) -> list[str]:
        """Read a command line and return what is not a flag, the program's name first.

        Raises:
          UnrecognizedFlagError: a flag is not defined (with `known_only` it is returned instead).
          IllegalFlagValueError: a value is of the wrong kind, or a required flag has none.
        """
        given, rest = self._split(list(argv), known_only)
        values = {name: self._flags()[name].parsed(texts if self._flags()[name].repeated else texts[-1]) for name, texts in given.items()}
        for flag in self._flags().values():
            if flag.required and values.get(flag.name, flag.value) is None:
                raise IllegalFlagValueError(f"flag --{flag.name}=None: Flag --{flag.name} must have a value other than None.")
        for name, value in values.items():
            self._flags()[name].value = value
            self._flags()[name].present += len(given[name])
        self.mark_as_parsed()
        return rest

    def _split(self, argv: list[str], known_only: bool) -> tuple[dict[str, list[str]], list[str]]:
        """The texts given for each flag, and the arguments that are left."""
        given: dict[str, list[str]] = {}
        short = {flag.short_name: flag.name for flag in self._flags().values() if flag.short_name}
        rest, waiting = argv[:1], argv[1:]
        while waiting:
            argument = waiting.pop(0)
            if argument == "--":
                return given, rest + waiting
            if argument[:1] != "-" or argument == "-":
                rest.append(argument)
                continue
            name, equals, text = argument[2 if argument.startswith("--") else 1 :].partition("=")
            name = short.get(name, name)
            flag = self._flags().get(name)
            if flag is None and not equals and name.startswith("no") and name[2:] in self._flags() and self[name[2:]].boolean:
                given.setdefault(name[2:], []).append("false")
            elif flag is None and known_only:
                rest.append(argument)
            elif flag is None:
                raise UnrecognizedFlagError(f"Unknown command line flag '{name}'{_nearest(name, self._flags())}")
            elif equals or flag.boolean:
                given.setdefault(name, []).append(text if equals else "true")
            elif waiting:
                given.setdefault(name, []).append(waiting.pop(0))
            else:
                raise Error(f"Missing value for flag {argument}")
        return given, rest

    def _known(self, name: str) -> Flag:
        if name not in self._flags():
            raise UnrecognizedFlagError(f"Unknown command line flag '{name}'{_nearest(name, self._flags())}")
        return self._flags()[name]

    def is_parsed(self) -> bool:
        """Whether a command line was read."""
        return self.__dict__["_read"][0]

    def mark_as_parsed(self) -> None:
        """Let the values be read as they are, without a command line."""
        self.__dict__["_read"][0] = True

    def unparse_flags(self) -> None:
        """Let the next access read the command line again."""
        self.__dict__["_read"][0] = False

    def flag_values_dict(self) -> dict[str, Any]:
        """All values by name."""
        return {name: flag.value for name, flag in self._flags().items()}

    def get_flag_value(self, name: str, default: Any) -> Any:
        """The value of a flag, or `default` if it has none or is not defined."""
        flag = self._flags().get(name)
        return default if flag is None or flag.value is None else flag.value

    def set_default(self, name: str, value: Any) -> None:
        """Change the default of a flag; its value too, unless the command line gave one."""
        flag = self._known(name)
        flag.default = flag.parsed(value)
        if not flag.present:
            flag.value = flag.default

    def get_help(self) -> str:
        """The help page: every flag with what it means and its default."""
        lines = []
        for name in sorted(self._flags()):
            flag = self._flags()[name]
            lines.append(f"  --{'[no]' if flag.boolean else ''}{name}: {flag.help or ''}")
            lines.append(f"    ({flag.kind}{'; may be repeated' if flag.repeated else ''}; default: {flag.default!r})")
        return "\n".join(textwrap.fill(line, 80, subsequent_indent="    ") for line in lines)

    main_module_help = get_help


FLAGS = FlagValues()
export_constant(__name__, "FLAGS", "flags.FLAGS", "app.flags.FLAGS")


def _command_line() -> list[str]:
    return sys.argv[:1] if sys.argv and os.path.basename(sys.argv[0]) in _KERNELS else sys.argv


def _nearest(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(names), 1)
    return f". Did you mean: {near[0]} ?" if near else ""


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"flag value must be a string, found {type(value)}")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, str):
        return int(value, 16 if value.lower().startswith("0x") else 8 if value.lower().startswith("0o") else 10)
    if isinstance(value, float) or not hasattr(value, "__index__"):
        raise TypeError(f"Expect argument to be a string or int, found {type(value)}")
    return int(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, str):
        if value.lower() in ("true", "t", "1"):
            return True
        if value.lower() in ("false", "f", "0"):
            return False
    elif isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise ValueError("Non-boolean argument to boolean flag", value)


def _list(value: Any) -> list[str]:
    if isinstance(value, (list, tuple)):
        return list(value)
    return [item.strip() for item in next(csv.reader([value], strict=True), [])]


def _define(flag: Flag, flag_values: FlagValues) -> None:
    first = flag_values._flags().get(flag.name)
    if first is not None and not (flag.allow_override or first.allow_override):
        raise DuplicateFlagError(
            f"The flag '{flag.name}' is defined twice. First from {first.file}, second from {flag.file}. "
            f"Description from first occurrence: {first.help}\n"
            f"  In a notebook, run `del tf.flags.FLAGS.{flag.name}` before the cell that defines it."
        )
    flag_values._flags()[flag.name] = flag


@export("flags.DEFINE_string", "app.flags.DEFINE_string")
def DEFINE_string(name: str, default: str | None, help: str, flag_values: FlagValues = FLAGS, **args: Any) -> None:
    """Define a flag whose value is text."""
    _define(Flag(name, default, help, _string, "text", **args), flag_values)


@export("flags.DEFINE_integer", "app.flags.DEFINE_integer")
def DEFINE_integer(
    name: str, default: int | str | None, help: str, flag_values: FlagValues = FLAGS, *,
    lower_bound: int | None = None, upper_bound: int | None = None, **args: Any,
) -> None:  # fmt: skip
    """Define a flag whose value is a whole number, within bounds if they are given."""
    _define(Flag(name, default, help, _bounded(_integer, lower_bound, upper_bound), "integer", **args), flag_values)


@export("flags.DEFINE_float", "app.flags.DEFINE_float")
def DEFINE_float(
    name: str, default: float | str | None, help: str, flag_values: FlagValues = FLAGS, *,
    lower_bound: float | None = None, upper_bound: float | None = None, **args: Any,
) -> None:  # fmt: skip
    """Define a flag whose value is a number, within bounds if they are given."""
    _define(Flag(name, default, help, _bounded(float, lower_bound, upper_bound), "number", **args), flag_values)


@export("flags.DEFINE_boolean", "app.flags.DEFINE_boolean", "flags.DEFINE_bool", "app.flags.DEFINE_bool")
def DEFINE_boolean(name: str, default: bool | str | int | None, help: str, flag_values: FlagValues = FLAGS, **args: Any) -> None:
    """Define a flag that is on or off: `--name`, `--noname` or `--name=true`."""
    _define(Flag(name, default, help, _boolean, "bool", **args), flag_values)


DEFINE_bool = DEFINE_boolean


@export("flags.DEFINE_enum", "app.flags.DEFINE_enum")
def DEFINE_enum(
    name: str, default: str | None, enum_values: Iterable[str], help: str, flag_values: FlagValues = FLAGS, **args: Any
) -> None:  # fmt: skip
    """Define a flag whose value is one of the texts in `enum_values`."""
    allowed = list(enum_values)

    def parse(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"value should be one of <{'|'.join(allowed)}>")
        return value

    _define(Flag(name, default, help, parse, "|".join(allowed), **args), flag_values)


@export("flags.DEFINE_list", "app.flags.DEFINE_list")
def DEFINE_list(name: str, default: str | list[str] | None, help: str, flag_values: FlagValues = FLAGS, **args: Any) -> None:
    """Define a flag whose value is a list of texts, given with commas between them."""
    _define(Flag(name, default, help, _list, "texts with commas between them", **args), flag_values)


@export("flags.DEFINE_multi_string", "app.flags.DEFINE_multi_string")
def DEFINE_multi_string(name: str, default: Any, help: str, flag_values: FlagValues = FLAGS, **args: Any) -> None:
    """Define a flag that may be given many times; its value is the list of texts."""
    _define(Flag(name, default, help, _string, "text", repeated=True, **args), flag_values)


@export("flags.DEFINE_multi_integer", "app.flags.DEFINE_multi_integer")
def DEFINE_multi_integer(name: str, default: Any, help: str, flag_values: FlagValues = FLAGS, **args: Any) -> None:
    """Define a flag that may be given many times; its value is the list of whole numbers."""
    _define(Flag(name, default, help, _integer, "integer", repeated=True, **args), flag_values)


@export("flags.DEFINE_multi_float", "app.flags.DEFINE_multi_float")
def DEFINE_multi_float(name: str, default: Any, help: str, flag_values: FlagValues = FLAGS, **args: Any) -> None:
    """Define a flag that may be given many times; its value is the list of numbers."""
    _define(Flag(name, default, help, float, "number", repeated=True, **args), flag_values)


@export("flags.mark_flag_as_required", "app.flags.mark_flag_as_required")
def mark_flag_as_required(flag_name: str, flag_values: FlagValues = FLAGS) -> None:
    """Make reading the command line fail unless this flag has a value."""
    flag_values._known(flag_name).required = True


@export("flags.mark_flags_as_required", "app.flags.mark_flags_as_required")
def mark_flags_as_required(flag_names: Iterable[str], flag_values: FlagValues = FLAGS) -> None:
    """Make reading the command line fail unless each of these flags has a value."""
    for name in flag_names:
        mark_flag_as_required(name, flag_values)


def _bounded(parse: Callable[[Any], Any], low: float | None, high: float | None) -> Callable[[Any], Any]:
    def parse_within(value: Any) -> Any:
        number = parse(value)
        if (low is not None and number < low) or (high is not None and number > high):
            raise ValueError(f"{number} is not within [{'-inf' if low is None else low}, {'inf' if high is None else high}]")
        return number

    return parse_within
