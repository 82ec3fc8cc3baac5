"""Let `import tensorflow` find this library, so that programs run as they were written.

`install_as_tensorflow()` puts a finder first in `sys.meta_path`. It answers for `tensorflow` and everything below it with `Mirror` modules,
which show the public names of this library under TensorFlow's module names. No file is read and nothing is imported by a name that a
program makes up: a module is there if it is public here or listed in `internals.py`.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from autograd_lite.cli.internals import NAMES, SOURCES
from autograd_lite.core.export import export
from autograd_lite.core.missing import explain, tf1_names
from autograd_lite.core.release import set_release

_PACKAGE = __name__.partition(".")[0]
_TENSORFLOW = "tensorflow"
_V1 = "compat.v1"
_NOT_FOUND = object()
_INTERNAL_ROOTS = ("python", "core")
_MODULES_BELOW = (*_INTERNAL_ROOTS, "compat", "contrib", "examples")  # what is asked for below these is rather a module than a name

# Public names that a module of the alias shows: `from tensorflow.python.ops import array_ops` asks these, in order.
Sources = tuple[str, ...]


class Mirror(ModuleType):
    """A module such as `tensorflow.nn`, whose names are those of this library."""

    def __init__(self, name: str, sources: Sources, submodules: Sequence[str], names: dict[str, str]) -> None:
        super().__init__(name, f"{name}, provided by {_PACKAGE}.")
        # A package, so that Python asks our finder for a missing name in `from ... import name`, and the finder can explain.
        self.__path__: list[str] = []
        self._sources = sources
        self._submodules = tuple(submodules)
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if name in self._submodules and self._has(name):
            return importlib.import_module(f"{self.__name__}.{name}")
        if name in self._names:
            return self._keep(name, _engine_attribute(self._names[name]))
        for source in self._sources:
            module = _source_module(source)
            found = _NOT_FOUND if module is None else _look_up(module, name)
            if isinstance(found, ModuleType):
                return importlib.import_module(f"{self.__name__ if self._has(name) else _public_name(source)}.{name}")
            if found is not _NOT_FOUND:
                return self._keep(name, found) if name in vars(module) else found  # what may change is asked each time
        raise AttributeError(_missing_name(self, name), name=name, obj=self)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """`tf.summary(graph)`: a module is a function, too, where this library's own is one."""
        for module in map(_source_module, self._sources):
            if module is not None and callable(module):
                return module(*args, **keywords)
        raise TypeError("'module' object is not callable")

    def _has(self, submodule: str) -> bool:
        """Whether a listed module is there: those it takes its names from may not be."""
        return _sources_of(_below_root(f"{self.__name__}.{submodule}")) is not None

    def _keep(self, name: str, value: Any) -> Any:
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        shown = {name for name in super().__dir__() if name.startswith("__")} | set(filter(self._has, self._submodules)) | set(self._names)
        return sorted(shown.union(*(dir(module) for module in map(_source_module, self._sources) if module is not None)))

    def __repr__(self) -> str:
        return f"<module {self.__name__!r} provided by {_PACKAGE}>"


class _MirrorLoader(Loader):
    """Hands the import system a Mirror that is made already."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._mirror

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: names are looked up when they are used."""


class TensorFlowFinder(MetaPathFinder):
    """Answers for `tensorflow` and all modules below it."""

    def __init__(self) -> None:
        self.release_of_v1: str | None = None  # set when `tensorflow.compat.v1` is first imported

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The spec of a module of the alias; None for modules that are not TensorFlow's.

        Raises:
          ImportError: there is no such module; the message says what is nearest.
        """
        if fullname != _TENSORFLOW and not fullname.startswith(_TENSORFLOW + "."):
            return None
        mirror = _mirror(fullname)
        if fullname == f"{_TENSORFLOW}.{_V1}" and self.release_of_v1 is not None:
            set_release(self.release_of_v1)
        return ModuleSpec(fullname, _MirrorLoader(mirror), is_package=True)


_finder = TensorFlowFinder()


@export("install_as_tensorflow")
def install_as_tensorflow(release_of_v1: str | None = None) -> None:
    """Make `import tensorflow` give this library, for the rest of the process.

    `tensorflow.compat.v1`, `tensorflow.contrib`, `tensorflow.examples.tutorials.mnist` and the usual modules of `tensorflow.python` come
    along. What is not there raises an ImportError that names the nearest. Calling it twice does no harm.

    Args:
      release_of_v1: the release ("1.15" or "2.21") to switch to when the program imports `tensorflow.compat.v1`; such programs were
        written on TF 2. None keeps the release that is set.

    Raises:
      RuntimeError: TensorFlow itself is imported already.

    >>> install_as_tensorflow()
    >>> import tensorflow as tf
    >>> tf
    <module 'tensorflow' provided by autograd_lite>
    """
    present = sys.modules.get(_TENSORFLOW)
    if present is not None and not isinstance(present, Mirror):
        raise RuntimeError(
            f"TensorFlow itself is imported already (from {getattr(present, '__file__', None) or 'an unknown place'}).\n"
            "  Call install_as_tensorflow() before anything imports tensorflow: restart the program or notebook and put it first."
        )
    _finder.release_of_v1 = release_of_v1
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def uninstall_as_tensorflow() -> None:
    """Undo `install_as_tensorflow`: the next `import tensorflow` finds TensorFlow itself, or nothing."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name in [name for name, module in sys.modules.items() if isinstance(module, Mirror)]:
        del sys.modules[name]


def _mirror(fullname: str) -> Mirror:
    """The Mirror for a module of TensorFlow, or an ImportError that explains."""
    module = _below_root(fullname)
    sources = _sources_of(module)
    if sources is None:
        raise _import_error(fullname, module)
    return Mirror(fullname, sources, _children(module), NAMES.get(module, {}))


def _public_name(source: str) -> str:
    return f"{_TENSORFLOW}.{source}" if source else _TENSORFLOW


def _below_root(fullname: str) -> str:
    """`tensorflow.compat.v1.nn` and `tensorflow.nn` -> `nn`."""
    module = fullname[len(_TENSORFLOW) + 1 :]
    if module == _V1:
        return ""
    return module[len(_V1) + 1 :] if module.startswith(_V1 + ".") else module


def _sources_of(module: str) -> Sources | None:
    """In which public modules the names of `tensorflow.<module>` are looked up; None if there is no such module."""
    if module in SOURCES:
        sources = SOURCES[module]
        there = tuple(source for source in sources if _source_module(source) is not None)
        return there if there or module in NAMES else None
    if _public_module(module) is not None:
        return (module,)
    if any(listed.startswith(module + ".") for listed in SOURCES):
        return ()
    private = _contrib_sources(module)
    return private or None


def _contrib_sources(module: str) -> Sources:
    """`contrib.rnn.python.ops.rnn_cell` -> `contrib.rnn`, and `contrib.rnn.ops.rnn_cell` if that is public."""
    parts = module.split(".")
    if parts[0] != "contrib" or "python" not in parts:
        return ()
    place = parts.index("python")
    family, rest = ".".join(parts[:place]), [part for part in parts[place + 1 :] if part not in ("ops", parts[1])]
    candidates = [".".join([family, *rest]), family] if rest else [family]
    return tuple(candidate for candidate in candidates if _public_module(candidate) is not None)


def _children(module: str) -> list[str]:
    """Names of the listed modules right below one."""
    prefix = f"{module}." if module else ""
    listed = {name[len(prefix) :].split(".")[0] for name in SOURCES if name.startswith(prefix)}
    if module == "compat":
        listed.add(_V1.rpartition(".")[2])
    if module.startswith("contrib.") and module.count(".") == 1:
        listed.add("python")
    return sorted(listed)


def _source_module(source: str) -> ModuleType | None:
    """A public module, or (`:graph.graph`) one of the engine."""
    if not source.startswith(":"):
        return _public_module(source)
    try:
        return importlib.import_module(f"{_PACKAGE}.{source[1:]}")
    except ModuleNotFoundError:
        return None


def _public_module(dotted: str) -> ModuleType | None:
    """The module behind `tf.<dotted>`, reached through public names only, so that no folder of the engine is taken for one."""
    module = sys.modules[_PACKAGE]
    for name in dotted.split(".") if dotted else ():
        found = _look_up(module, name)
        if not isinstance(found, ModuleType):
            return None
        module = found
    return module


def _look_up(module: ModuleType, name: str) -> Any:
    """The value of a public name of `module`; a folder of the engine is not one, even once it is imported."""
    if name.startswith("_") and not name.startswith("__"):
        return _NOT_FOUND
    found = getattr(module, name, _NOT_FOUND)
    return _NOT_FOUND if isinstance(found, ModuleType) and name not in dir(module) else found


def _engine_attribute(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(f"{_PACKAGE}.{module}"), attribute)


def _missing_name(mirror: Mirror, name: str) -> str:
    """The text of an AttributeError."""
    first_line = f"module {mirror.__name__!r} has no attribute {name!r}"
    return first_line if name.startswith("_") else "\n  ".join([first_line, *_help(mirror, name)])


def _import_error(fullname: str, module: str) -> ModuleNotFoundError:
    """Why `fullname` cannot be imported, and what can. Without a `name`: with one, `from ... import` would swallow the explanation."""
    parent_name, _, leaf = fullname.rpartition(".")
    parent = sys.modules.get(parent_name)
    is_module = module.split(".")[0] in _MODULES_BELOW or f"tf.{module}" in tf1_names()
    first_line = f"No module named {fullname!r}" if is_module else f"cannot import name {leaf!r} from {parent_name!r}"
    lines = [first_line, f"{_PACKAGE} stands in for TensorFlow in this program."]
    if module.startswith("compat.v2"):
        lines.append("compat.v2 is TF2's interface; this library is TF1: import tensorflow.compat.v1")
    elif isinstance(parent, Mirror):
        lines += _help(parent, leaf)
    return ModuleNotFoundError("\n  ".join(lines))


def _help(mirror: Mirror, name: str) -> list[str]:
    module = _below_root(mirror.__name__)
    if module.split(".")[0] not in _INTERNAL_ROOTS:
        return explain(module, name, dir(mirror))
    lines = [f"{mirror.__name__} is private to TensorFlow; only the part of it that programs use is here."]
    near = difflib.get_close_matches(name, [shown for shown in dir(mirror) if not shown.startswith("_")], n=3, cutoff=0.7)
    return [*lines, f"The nearest: {', '.join(f'{mirror.__name__}.{other}' for other in near)}"] if near else lines
