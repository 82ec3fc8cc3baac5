"""How a public file such as `autograd_lite/train.py` finds what it does not import at once.

Most public names are looked up on first use, through the module's `__getattr__` (PEP 562), and then kept; so `import autograd_lite` stays
quick however much there is, and completion still shows everything.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

_ROOT = "autograd_lite"

# A name from any other floor may put a tensor or graph into the user's hands, and then Python's operators, `as_graph_def`, `eval` and
# `run` must be in place.
_FLOORS_WITHOUT_TENSORS = ("core", "wire")
_COMPLETES_TENSORS = ("api.operators", "graph.export_def", "runtime.session")


def lazy_names(
    module_name: str, names: Mapping[str, str], submodules: Sequence[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make the `__getattr__` and `__dir__` of the public module `module_name`.

    Args:
        names: public name -> "module:attribute" inside this package; "module:function()" means the function's result, asked each time.
        submodules: public modules below this one, imported on first use.
    """
    namespace = vars(sys.modules[module_name])
    if "__call__" in names:
        sys.modules[module_name].__class__ = _CallableModule

    def module_getattr(name: str) -> Any:
        if name in names:
            return _find(namespace, name, names[name])
        if name in submodules:
            return importlib.import_module(f"{module_name}.{name}")
        raise AttributeError(_help(module_name, name, namespace), name=name, obj=sys.modules[module_name])

    def module_dir() -> list[str]:
        return sorted({*namespace["__all__"], *(n for n in namespace if n.startswith("__"))})

    return module_getattr, module_dir


class _CallableModule(ModuleType):
    """A public module that is a function, too: `tf.summary(graph)` beside `tf.summary.scalar`."""

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return vars(self)["__getattr__"]("__call__")(*args, **keywords)


class method_from:
    """A method whose code stands on a higher floor than its class: a graph draws itself, though drawing is far above graphs.

    It is found on first use, as public names are, and from then on is a plain method of the class.

    Args:
      target: "module:function" inside this package; the function's first parameter is the object.

    >>> class Name(str):
    ...     without = method_from("core.names:strip_scope")
    >>> Name("a/b").without("a")
    'b'
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        module, _, attribute = self._target.partition(":")
        function = getattr(importlib.import_module(f"{_ROOT}.{module}"), attribute)
        setattr(self._owner, self._name, function)
        return function.__get__(instance, owner)


def _find(namespace: dict[str, Any], name: str, target: str) -> Any:
    module, _, attribute = target.partition(":")
    if module.split(".")[0] not in _FLOORS_WITHOUT_TENSORS:
        for needed in _COMPLETES_TENSORS:
            importlib.import_module(f"{_ROOT}.{needed}")
    found = importlib.import_module(f"{_ROOT}.{module}")
    if attribute.endswith("()"):
        return getattr(found, attribute[:-2])()
    namespace[name] = value = getattr(found, attribute)
    return value


def _help(module_name: str, name: str, namespace: dict[str, Any]) -> str:
    public_module = module_name.removeprefix(_ROOT).removeprefix(".")
    first_line = f"module {'tensorflow.' * bool(public_module) + (public_module or 'tensorflow')!r} has no attribute {name!r}"
    if name.startswith("_"):  # asked for by tools (inspect, doctest, pytest), not by a person
        return first_line
    missing = importlib.import_module(f"{_ROOT}.core.missing")
    return "\n  ".join([first_line, *missing.explain(public_module, name, namespace["__all__"])])
