"""Every op of the table on its samples, on any backend."""
import numpy as np

from autograd_lite import ops
from autograd_lite.backends.registry import backend_named
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.table import TABLE
from autograd_lite.ops.samples import arrays

assert ops  # importing it fills the table


def cases():
    """(op type, number of the sample) for every op whose samples a backend can be asked to compute."""
    found = []
    for name, opdef in sorted(TABLE.items()):
        if opdef.state is None and not any(argument.is_ref for argument in opdef.inputs):
            found += [(name, number) for number in range(len(samples_of(opdef)))]
    return found


def samples_of(opdef):
    """The samples of a declaration; none where it gives the reason for having none."""
    return () if isinstance(opdef.samples, str) else opdef.samples


def node_of(opdef, inputs, attrs):
    """The node that a sample makes: it knows all attributes, inferred types included."""
    with Graph().as_default():
        types = [attrs.get(argument.type_attr) for argument in opdef.inputs]
        placed = [
            [_placeholder(array, wanted) for array in value] if isinstance(value, list) else _placeholder(value, wanted)
            for value, wanted in zip(inputs, types)
        ]
        result = opdef(*placed, **attrs)
    while isinstance(result, (list, tuple)):
        result = result[0]
    return getattr(result, "op", result)


def _placeholder(array, wanted=None):
    """A placeholder for an array; of the quantized type that the sample names, whose arrays are plain integers."""
    dtype = "string" if array.dtype == object else array.dtype.name
    dtype = wanted if isinstance(wanted, str) and wanted.startswith(("qint", "quint")) else dtype
    return TABLE["Placeholder"](dtype=dtype, shape=array.shape)


def computed(name, number, backend):
    """The outputs of one sample on a backend, as NumPy arrays; each was checked to be of that backend."""
    opdef, sample = TABLE[name], samples_of(TABLE[name])[number]
    inputs = arrays(sample)
    attrs = node_of(opdef, inputs, sample["attrs"]).attrs
    if any(array.dtype == object for value in inputs for array in (value if isinstance(value, list) else [value])):
        backend = backend_named("numpy")  # plans run ops on strings on the host
    values = []
    for argument, value in zip(opdef.inputs, inputs):
        move = np.asarray if argument.name in opdef.host else backend.to_device
        values += [move(item) for item in value] if isinstance(value, list) else [move(value)]
    kernel = opdef.kernel_for(backend.name)
    results = opdef.flat_results(kernel(backend.xp, *opdef.arguments(values, attrs)))
    return [backend.to_host(_of_this_backend(result, backend, name)) for result in results]


def _of_this_backend(result, backend, name):
    if backend.name != "numpy" and isinstance(result, np.ndarray) and result.dtype != object and result.ndim:
        raise AssertionError(f"{name} returned a NumPy array on the backend {backend.name}; its kernel leaves the device")
    return result
