"""`tf.Module`: an object with variables of its own, and a name scope for what it builds."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.lib.partitioning import PartitionedVariable
from autograd_lite.lib.variable import Variable

_VALID = re.compile(r"^[A-Za-z_]\w*$")


@export("Module")
class Module:
    """An object whose variables, and those of the modules in its attributes, are found by themselves.

    Args:
      name: a valid Python name; None makes one of the class's name: `LinearLayer` becomes `linear_layer`.

    Raises:
      ValueError: for another name.

    >>> import autograd_lite as tf
    >>> class Dense(tf.Module):
    ...     def __init__(self, inputs, outputs, name=None):
    ...         super().__init__(name=name)
    ...         with self.name_scope:
    ...             self.w = tf.Variable(tf.ones([inputs, outputs]), name="w")
    ...     @tf.Module.with_name_scope
    ...     def __call__(self, x):
    ...         return tf.matmul(x, self.w)
    >>> dense = Dense(3, 2, name="docs_dense")
    >>> [variable.name for variable in dense.trainable_variables]
    ['docs_dense/w:0']
    """

    _name: str
    _scope_name: str

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = _snake_case(type(self).__name__)
        if not _VALID.match(name):
            raise ValueError(
                f"{name!r} is not a valid module name. Module names must be valid Python identifiers (e.g. a valid class name)."
            )
        self._name = name
        with get_default_graph().name_scope(name) as scope:
            self._scope_name = scope

    @property
    def name(self) -> str:
        """The name that was given, or that of the class in small letters."""
        return self._name

    @property
    def name_scope(self) -> Any:
        """A `with` block in whose scope this module's nodes belong."""
        return get_default_graph().name_scope(self._scope_name)

    @property
    def variables(self) -> tuple[Any, ...]:
        """Its variables and those of its parts, attribute by attribute in alphabetical order."""
        return tuple(self._flatten(lambda part: isinstance(part, Variable | PartitionedVariable)))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those of the variables that are trainable."""
        return tuple(variable for variable in self.variables if getattr(variable, "trainable", True))

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The modules among its attributes, and theirs."""
        return tuple(self._flatten(lambda part: isinstance(part, Module)))

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """Make a method build its nodes in the module's name scope."""

        @functools.wraps(method)
        def scoped(self: Module, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return scoped

    def _flatten(self, wanted: Callable[[Any], bool]) -> Iterator[Any]:
        """The parts that are wanted, each once: those of this module first, then those of its modules."""
        seen = {id(self)}
        modules = [self]
        for module in modules:  # grows
            for part in _parts_of(module):
                if id(part) in seen:
                    continue
                seen.add(id(part))
                if isinstance(part, Module):
                    modules.append(part)
                if wanted(part):
                    yield part


def _parts_of(module: Module) -> Iterator[Any]:
    """What is in the attributes of a module, and in the lists, tuples and dictionaries among them."""
    stack = [value for name, value in sorted(vars(module).items(), reverse=True) if not name.startswith("_name")]
    seen: set[int] = set()
    while stack:
        part = stack.pop()
        if isinstance(part, list | tuple | Mapping):
            if id(part) in seen:
                continue
            seen.add(id(part))
            inside = [part[key] for key in sorted(part, key=str)] if isinstance(part, Mapping) else list(part)
            stack.extend(reversed(inside))
        else:
            yield part


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
