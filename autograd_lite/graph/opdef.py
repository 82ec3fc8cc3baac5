"""`@op`: declares an op in its one place, and `OpDef`, what is known of it from then on.

See docs/design/interfaces.md for the language of declarations.
"""

from __future__ import annotations

import inspect
from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core import export
from autograd_lite.graph import build, costs
from autograd_lite.graph.inference import Inference
from autograd_lite.graph.row_parts import RowPart
from autograd_lite.graph.signature import Signature, parse
from autograd_lite.graph.table import TABLE, by_python_name

ShapeFunction = Callable[[Inference], Any]
Kernel = Callable[..., Any]
NOTHING = ""  # `puts=NOTHING`: the op takes a TensorArray or stack and puts nothing into it


class OpDef:
    """The declaration of an op; calling it adds a node to the graph.

    The one source for node building, type and shape inference, gradients, the compiler's permissions, conformance tests,
    reference pages and the teaching views.
    """

    def __init__(self, signature: Signature, kernel: Kernel, text: str) -> None:
        self.name = signature.name
        self.signature = signature
        self.text = text
        self.inputs = signature.inputs
        self.outputs = signature.outputs
        self.attrs = signature.attrs
        self.kernel = kernel
        self.kernels: dict[str, Kernel] = {}  # by backend, where one kernel does not serve all
        self.__name__ = kernel.__name__
        self.python_name = kernel.__name__.rstrip("_")  # `def sum_` keeps the builtin sum usable in its file
        self.__module__ = kernel.__module__
        self.__qualname__ = kernel.__qualname__
        self.__doc__ = inspect.cleandoc(kernel.__doc__ or "")
        self.gradient_function: Callable[..., Any] | None = None
        self.no_gradient: str | None = None
        self.shape: ShapeFunction | None = None
        self.partial: Callable[[Inference], Any] | None = None
        self.elementwise: str | None = None
        self.pointwise = False
        self.inline: str | None = None
        self.prepare: Callable[[Inference], Any] | None = None
        self.inline_if: Callable[[dict[str, Any]], bool] | None = None
        self.updates: tuple[str, ...] = ()
        self.initializes: tuple[str, ...] = ()
        self.in_place = False
        self.stateful = False
        self.only_looks = False
        self.state: Callable[[dict[str, Any]], Any] | None = None
        self.view: tuple[str, ...] = ()
        self.host: tuple[str, ...] = ()
        self.by_rows: Callable[[Inference], RowPart | None] | None = None
        self.section: str | None = None
        self.puts: ShapeFunction | str | None = None
        self.turned: dict[str, str] = {}
        self.names: tuple[str, ...] = ()
        self.cost: Callable[[Inference], tuple[float, float] | None] | None = None
        self.commutative = False
        self.samples: Any = ()
        self.formula: str | None = None
        self.release_attrs: dict[str, dict[str, tuple[str, Any]]] = {}
        self.kernel_attrs: tuple[str, ...] = ()
        self.needs_state = False
        self.written_attrs = tuple(attribute.name for attribute in self.attrs.values() if attribute.written)
        self.simple_inputs = not any(argument.is_list or argument.is_ref for argument in self.inputs)
        names = [argument.name for argument in self.outputs]
        self.result_type: Any = namedtuple(self.name, names) if len(names) > 1 else None

    @property
    def has_effects(self) -> bool:
        """Whether running the op twice, or not at all, can be told from running it once."""
        return self.stateful or bool(self.updates) or self.state is not None

    @property
    def __signature__(self) -> inspect.Signature:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(argument.name, kind) for argument in self.inputs]
        written = [self.attrs[name] for name in self.written_attrs]
        for attribute in sorted(written, key=lambda item: item.has_default):
            default = attribute.default if attribute.has_default else inspect.Parameter.empty
            parameters.append(inspect.Parameter(attribute.name, kind, default=default))
        return inspect.Signature([*parameters, inspect.Parameter("name", kind, default=None)])

    def __call__(self, *args: Any, name: str | None = None, **keywords: Any) -> Any:
        """Add a node; inputs by position or name, then attributes. Returns its output (or outputs, or the Operation)."""
        return build.call(self, args, keywords, name)

    def from_tensors(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        """Add a node from a flat list of tensors and stored attributes; returns the Operation."""
        return build.from_tensors(self, inputs, attrs, name)

    def gradient(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: `function(g, op, *dys)` gives the gradient for each input."""
        if self.gradient_function is not None or self.no_gradient is not None:
            raise TypeError(f"{self.name}: a gradient (or the reason for none) is declared already")
        self.gradient_function = function
        return function

    def on(self, backend: str) -> Callable[[Kernel], Kernel]:
        """Decorator: a second kernel, for one backend only."""

        def register(kernel: Kernel) -> Kernel:
            _check_kernel(self, kernel)
            self.kernels[backend] = kernel
            return kernel

        return register

    def kernel_for(self, backend: str) -> Kernel:
        """The kernel that a backend runs."""
        return self.kernels.get(backend, self.kernel)

    def arguments(self, values: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
        """The positional arguments of the kernel after `xp`: flat `values` grouped by input, then attributes."""
        grouped: list[Any] = []
        position = 0
        for argument in self.inputs:
            if argument.is_list:
                count = attrs[argument.number] if argument.number else len(attrs[argument.type_list])
                grouped.append(list(values[position : position + count]))
                position += count
            else:
                grouped.append(values[position])
                position += 1
        grouped.extend(attrs[name] for name in self.kernel_attrs)
        return grouped

    def compute(self, xp: Any, values: Sequence[Any], attrs: dict[str, Any], state: Any = None) -> tuple[Any, ...]:
        """Run the kernel on flat input values; always a flat tuple of output values."""
        arguments = self.arguments(values, attrs)
        if self.needs_state:
            arguments.append(state)
        result = self.kernel(xp, *arguments)
        return self.flat_results(result)

    def flat_results(self, result: Any) -> tuple[Any, ...]:
        """What a kernel returned, as a flat tuple of output values."""
        if not self.outputs:
            return ()
        if len(self.outputs) == 1 and not self.outputs[0].is_list:
            return (result,)
        if len(self.outputs) == 1:
            return tuple(result)
        flat: list[Any] = []
        for argument, item in zip(self.outputs, result):
            flat.extend(item) if argument.is_list else flat.append(item)
        return tuple(flat)

    def __repr__(self) -> str:
        return f"<op {self.text}>"


def _parameters(kernel: Kernel) -> list[str]:
    """The names of a kernel's parameters. There are hundreds of kernels at import, and `inspect.signature` is ten times as slow."""
    if hasattr(kernel, "__signature__") or not hasattr(kernel, "__code__"):
        return list(inspect.signature(kernel).parameters)
    return list(kernel.__code__.co_varnames[: kernel.__code__.co_argcount])


def _check_kernel(opdef: OpDef, kernel: Kernel) -> None:
    """Make sure that a kernel takes what its signature declares: `xp`, the inputs, some attributes, `state`."""
    have = _parameters(kernel)
    wanted = ["xp", *(argument.name for argument in opdef.inputs)]
    if have[: len(wanted)] != wanted:
        raise TypeError(f"the kernel of {opdef.name} takes {have}, but its signature asks for {wanted} first")
    rest = have[len(wanted) :]
    opdef.needs_state = bool(rest) and rest[-1] == "state"
    if opdef.needs_state:
        rest = rest[:-1]
    unknown = [name for name in rest if name not in opdef.attrs]
    if unknown:
        raise TypeError(f"the kernel of {opdef.name} takes {unknown}, which are neither inputs nor attributes ({list(opdef.attrs)})")
    if opdef.kernel is kernel:
        opdef.kernel_attrs = tuple(rest)
    elif tuple(rest) != opdef.kernel_attrs:
        raise TypeError(f"a second kernel of {opdef.name} must take the same parameters as the first")


_KEYWORDS = frozenset(
    [
        "shape",
        "partial",
        "elementwise",
        "pointwise",
        "inline",
        "inline_if",
        "prepare",
        "updates",
        "initializes",
        "in_place",
        "stateful",
        "only_looks",
        "state",
        "view",
        "host",
        "by_rows",
        "puts",
        "section",
        "turned",
        "names",
        "cost",
        "commutative",
        "samples",
        "formula",
        "no_gradient",
        "release_attrs",
    ]
)
_TUPLES = ("updates", "initializes", "view", "host", "names")


def op(
    signature: str, *, types: dict[str, str] | None = None, type_defaults: dict[str, str] | None = None, **declared: Any
) -> Callable[[Kernel], OpDef]:
    """Declare an op: its signature in TensorFlow's terms, its kernel (the function below), and its properties.

    Raises:
      TypeError: when the declaration contradicts itself, saying how; this happens at import.
    """
    parsed = parse(signature, types or {}, type_defaults or {})
    unknown = set(declared) - _KEYWORDS
    if unknown:
        raise TypeError(f"{signature}: unknown keywords {sorted(unknown)}; there are {sorted(_KEYWORDS)}")

    def register(kernel: Kernel) -> OpDef:
        opdef = OpDef(parsed, kernel, signature)
        for keyword, value in declared.items():
            setattr(opdef, keyword, tuple(value) if keyword in _TUPLES else value)
        if opdef.cost is None and opdef.elementwise is not None:
            opdef.cost = costs.formula(opdef.elementwise)
        _check_kernel(opdef, kernel)
        _check_declaration(opdef)
        TABLE[opdef.name] = by_python_name[opdef.python_name] = opdef
        if opdef.names:
            export.record_public_names(opdef, opdef.__module__, opdef.__name__, opdef.names)
        return opdef

    return register


def _check_declaration(opdef: OpDef) -> None:
    inputs = {argument.name: argument for argument in opdef.inputs}
    for keyword in ("updates", "initializes", "view", "host"):
        for name in getattr(opdef, keyword):
            if name not in inputs:
                raise TypeError(f"{opdef.name}: {keyword}= names {name!r}, which is no input")
    if opdef.name in TABLE or opdef.python_name in by_python_name:
        raise TypeError(f"{opdef.name} ({opdef.python_name}) is declared twice")
    if not opdef.__doc__:
        raise TypeError(f"{opdef.name} has no docstring")
    if opdef.outputs and opdef.shape is None:
        raise TypeError(f"{opdef.name} has outputs but no shape=")
    if opdef.needs_state != (opdef.state is not None):
        raise TypeError(f"{opdef.name}: a kernel with the parameter `state` needs state=, and the other way round")
    for attribute in opdef.attrs.values():
        if attribute.kind == "type" and not attribute.inferred and not attribute.written:
            raise TypeError(f"{opdef.name}: the type {attribute.name} of an output is neither an input's nor an attribute")


__all__ = ["NOTHING", "TABLE", "OpDef", "by_python_name", "op"]
