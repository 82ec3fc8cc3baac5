"""Functions of Python as nodes: `tf.py_func`, `tf.numpy_function`, `tf.py_function`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import leaves_no_trace
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.core import dtypes, nest
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.tensor import RUNS_NOW, Tensor
from autograd_lite.ops.python_functions import PythonFunction, register
from autograd_lite.runtime.session import Session


@export("py_func")
def py_func(func: Callable[..., Any], inp: Any, Tout: Any, stateful: bool = True, name: str | None = None) -> Any:
    """Call a function of Python with NumPy arrays each time the graph runs.

    The static shapes of the results are unknown; say what you know with `set_shape`. There is no gradient, unless you give one with
    `tf.RegisterGradient` and `gradient_override_map({"PyFunc": ...})`.

    Args:
      func: takes one array (a NumPy scalar for rank 0) per input; returns an array, or a list of them.
      inp: a list of tensors.
      Tout: the type of the result, or a list of types. What `func` returns must have exactly these types.
      stateful: False when the same arrays always give the same result; then calls may be saved.

    Returns:
      A tensor; a list of them when `Tout` is a list; the operation when it is empty.

    Raises:
      ValueError: `func` cannot be called. At run time InvalidArgumentError when it raises ValueError or TypeError or returns other types.

    >>> import autograd_lite as tf
    >>> y = tf.py_func(lambda x: x[::-1], [tf.constant([1., 2.])], tf.float32)
    >>> tf.Session().run(y)
    array([2., 1.], dtype=float32)
    """
    return _node(raw.PyFunc if stateful else raw.PyFuncStateless, func, None, inp, Tout, name)


@export("numpy_function")
def numpy_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """Call a function of Python with NumPy arrays each time the graph runs: `tf.py_func` with `stateful=True`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.numpy_function(lambda x, y: x + y, [1.0, 2.0], tf.float32)))
    3.0
    """
    return py_func(func, inp, Tout, True, name)


@export("py_function")
def py_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """Call a function of Python that computes with tensors, each time the graph runs; `tf.gradients` differentiates it.

    Inside of `func` a tensor has its value at hand: `x.numpy()`.

    Args:
      func: takes one tensor per input; returns a tensor, an array or a number, or a list of them.
      inp: a list of tensors.
      Tout: the type of the result, or a list of types; results are converted.

    Raises:
      ValueError: `func` cannot be called.

    >>> import autograd_lite as tf
    >>> x = tf.constant(3.0)
    >>> y = tf.py_function(lambda x: x * x if x.numpy() > 0 else -x, [x], tf.float32)
    >>> print(*tf.Session().run([y, tf.gradients(y, x)[0]]))
    9.0 6.0
    """
    types = [dtypes.as_dtype(dtype) for dtype in (Tout if isinstance(Tout, list | tuple) else [Tout])]

    def forward(*arrays: Any) -> Any:
        return _computed(func, list(arrays), types, None)

    def backward(*arrays: Any) -> Any:
        count = len(arrays) - len(types)
        return _computed(func, list(arrays[:count]), types, list(arrays[count:]))

    return _node(raw.EagerPyFunc, forward, backward, inp, Tout, name, func)


@leaves_no_trace
def _node(op: Any, call: Any, backward: Any, inp: Any, Tout: Any, name: str | None, func: Any = None) -> Any:
    func = call if func is None else func
    if not callable(func):
        raise ValueError(f"Expected func to be callable. Received func={func} of type {type(func)}.")
    is_list = isinstance(Tout, list | tuple)
    types = [dtypes.as_dtype(dtype) for dtype in (Tout if is_list else [Tout])]
    token = register(get_default_graph(), PythonFunction(call, backward))
    made = op(list(nest.flatten(inp)), token=token, Tout=types, name=name)
    if not types:
        return get_default_graph().get_operations()[-1]  # the node just made, which has no output to find it by
    return made if is_list else made[0]


def _computed(func: Callable[..., Any], arrays: list[Any], types: list[Any], slopes: list[Any] | None) -> list[Any]:
    """What `func` makes of the arrays; or, given the gradients of its results, the gradients of its float inputs."""
    graph = Graph()
    graph.properties[RUNS_NOW] = True
    with graph.as_default(), Session(graph=graph) as session:
        inputs = [convert_to_tensor(array) for array in arrays]
        returned = func(*inputs)
        flat = [] if returned is None else list(returned) if isinstance(returned, list | tuple) else [returned]
        results = [_as_type(item, dtype) for item, dtype in zip(flat, types)] + flat[len(types) :]
        if slopes is None:
            return session.run(results)
        wanted = [tensor for tensor in inputs if tensor.dtype.is_floating or tensor.dtype.is_complex]
        sources = [
            (result, slope) for result, slope in zip(results, slopes) if result.dtype.is_floating or result.dtype.is_complex
        ]
        found = gradients([result for result, _ in sources], wanted, [convert_to_tensor(slope) for _, slope in sources])
        return session.run([raw.ZerosLike(x) if slope is None else convert_to_tensor(slope) for x, slope in zip(wanted, found)])


def _as_type(item: Any, dtype: Any) -> Tensor:
    """One result as a tensor of the declared type."""
    tensor = convert_to_tensor(item, preferred_dtype=dtype)
    return tensor if tensor.dtype.base_dtype == dtype else raw.Cast(tensor, DstT=dtype)
