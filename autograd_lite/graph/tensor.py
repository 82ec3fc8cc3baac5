"""`Tensor`: one output of one node; a name for a value that exists only while the graph runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.errors import OperatorNotAllowedInGraphError
from autograd_lite.core.export import export
from autograd_lite.core.facade import method_from
from autograd_lite.core.reference import Reference
from autograd_lite.core.release import release

if TYPE_CHECKING:
    from autograd_lite.graph.graph import Graph
    from autograd_lite.graph.operation import Operation

_NOT_A_VALUE = (
    "You can attempt the following resolutions to the problem: If you are running in Graph mode, use Eager execution mode or decorate "
    "this function with @tf.function. If you are using AutoGraph, you can try decorating this function with @tf.function. If that does "
    "not work, then you may be using an unsupported feature or your source code may not be visible to AutoGraph. See "
    "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/autograph/g3doc/reference/limitations.md"
    "#access-to-source-code for more information."
)

RUNS_NOW = "runs_now"  # of Graph.properties: the graph of a function that is called while another graph runs

# runtime.session puts the real evaluation here: sessions live above graphs
_evaluate: list[Callable[..., Any]] = []


@export("Tensor")
class Tensor:
    """The symbolic value of one output of an operation.

    It has a name, an element type and a static shape, but no numbers: those appear when a `Session` runs the graph.
    Arithmetic on tensors adds nodes to the graph.
    """

    __slots__ = (
        "__weakref__",
        "_consumers",
        "_dtype",
        "_id",
        "_keras_history",
        "_keras_shape",
        "_uses_learning_phase",
        "op",
        "static_shape",
        "value_index",
    )
    __array_priority__ = 100  # so that `ndarray + tensor` asks the tensor

    def __init__(self, op: Operation, value_index: int, dtype: dtypes.DType, static_shape: shapes.Shape) -> None:
        self.op = op
        self.value_index = value_index
        self._dtype = dtype
        self.static_shape = static_shape
        self._consumers: list[Operation] = []

    def __getattr__(self, name: str) -> Any:
        """Inside of `tf.py_function` a tensor has a value: `x.numpy()`."""
        if name == "numpy" and self.op.graph.properties.get(RUNS_NOW):
            return self.eval
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def experimental_ref(self) -> Reference:
        """What stands for this tensor in a set or as the key of a dictionary; its `deref()` gives the tensor."""
        return Reference(self)

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._dtype

    @property
    def name(self) -> str:
        """The name: that of the operation, a colon, and the number of the output."""
        return f"{self.op.name}:{self.value_index}"

    @property
    def graph(self) -> Graph:
        """The graph to which this tensor belongs."""
        return self.op.graph

    @property
    def device(self) -> str:
        """The device on which the value is to be computed, or an empty string."""
        return self.op.device

    @property
    def shape(self) -> shapes.TensorShape:
        """The static shape, as far as it is known."""
        return shapes.TensorShape(self.static_shape)

    @property
    def _shape(self) -> shapes.TensorShape:
        return self.shape

    def get_shape(self) -> shapes.TensorShape:
        """The static shape, as far as it is known."""
        return shapes.TensorShape(self.static_shape)

    def _shape_as_list(self) -> list[int | None] | None:
        return None if self.static_shape is None else list(self.static_shape)

    def _shape_tuple(self) -> shapes.Shape:
        return self.static_shape

    def _rank(self) -> int | None:
        return None if self.static_shape is None else len(self.static_shape)

    def set_shape(self, shape: Any) -> None:
        """Add what you know about the shape; nothing is computed or reshaped.

        Raises:
          ValueError: when it contradicts what is known already.
        """
        try:
            self.static_shape = shapes.merge(self.static_shape, shapes.as_shape(shape))
        except shapes.ShapeMismatch as error:
            raise ValueError(
                f"{error}\n  {self.name} was made at {self.op.where}. set_shape adds what is not known; tf.reshape makes another shape."
            ) from None
        self.op.graph.version_of_shapes += 1

    def consumers(self) -> list[Operation]:
        """The operations that take this tensor as input."""
        return list(self._consumers)

    def _as_node_def_input(self) -> str:
        return self.op.name if self.value_index == 0 else self.name

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Compute this tensor in a session (the default one unless given) and return its value.

        Raises:
          ValueError: when there is no default session, or it belongs to another graph.
        """
        return _evaluate[0](self, feed_dict, session)

    if TYPE_CHECKING:  # put in place by api.operators: each adds a node

        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __rfloordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __rmod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __rand__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __ror__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __rxor__(self, other: Any) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __getitem__(self, index: Any) -> Tensor: ...

    _repr_html_ = method_from("teach.notebook:tensor_html")

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={shapes.python_text(self.static_shape)} dtype={self._dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self.static_shape is None else f", shape={shapes.python_text(self.static_shape)}"
        device = f", device={self.device}" if self.device else ""
        return f'Tensor("{self.name}"{shape}, dtype={self._dtype.name}{device})'

    def __bool__(self) -> NoReturn:
        raise OperatorNotAllowedInGraphError(
            f"Using a symbolic `tf.Tensor` as a Python `bool` is not allowed. {_NOT_A_VALUE}\n"
            f"  {self!r}, made at {self.op.where}, has no value yet: use tf.cond or tf.where in the graph, "
            "or run it first and test the result. To ask whether there is a tensor: `if t is not None:`."
        )

    __nonzero__ = __bool__

    def __iter__(self) -> NoReturn:
        raise OperatorNotAllowedInGraphError(
            f"Iterating over a symbolic `tf.Tensor` is not allowed. {_NOT_A_VALUE}\n"
            f"  To take {self!r}, made at {self.op.where}, apart: tf.unstack (size known) or tf.map_fn."
        )

    def __len__(self) -> NoReturn:
        raise TypeError(
            f"len is not well defined for a symbolic Tensor ({self.name}). Please call `x.shape` rather than "
            "`len(x)` for shape information."
        )

    def __array__(self, *unused: Any, **also_unused: Any) -> NoReturn:
        text = f"Cannot convert a symbolic Tensor ({self.name}) to a numpy array."
        if not release().older_error_texts:
            text = (
                f"Cannot convert a symbolic tf.Tensor ({self.name}) to a numpy array. This error may indicate that you're trying to "
                "pass a Tensor to a NumPy call, which is not supported."
            )
        raise NotImplementedError(f"{text}\n  Run it first: session.run({self.op.name!r}), or use the tf function of the same name.")

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: Any) -> Tensor:
        raise TypeError(
            f"A tensor cannot be copied: {self!r} is a node of a graph. Copy the graph through as_graph_def and import_graph_def."
        )


@export("is_tensor", "contrib.framework.is_tensor")
def is_tensor(x: Any) -> bool:
    """Whether `x` is a Tensor, a Variable or a composite of tensors."""
    return isinstance(x, Tensor) or bool(getattr(type(x), "_is_tensor_like", False))
