"""Ops that pass a value on: as it is, as another type, or only if it is sound."""

from __future__ import annotations

from autograd_lite.core.errors import UnimplementedError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import INPUT, invalid
from autograd_lite.ops.samples import ints, sample, several, unary, values
from autograd_lite.ops.type_lists import FLOATS


def _same_elements(c):
    return c.partial(0)


@op("Identity(input: T) -> output: T", shape=rules.unchanged, partial=_same_elements, elementwise="input", view=("input",), samples=unary())
def identity(xp, input):
    """Pass `input` on as it is."""
    return input


@identity.gradient
def identity_gradient(g, op, dy):
    return dy


@op(
    "IdentityN(input: list(T)) -> output: list(T)",
    shape=lambda c: [c.shape(i) for i in range(c.count)],
    view=("input",),
    names=["identity_n"],
    samples=[sample(several(values((2, 3)), values((2,))))],
)
def identity_n(xp, input):
    """Pass several tensors on as they are.

    >>> tf.Session().run(tf.identity_n([[1, 2], [0.5]]))
    [array([1, 2], dtype=int32), array([0.5], dtype=float32)]
    """
    return tuple(input)


@identity_n.gradient
def identity_n_gradient(g, op, *dys):
    return dys


@op("Snapshot(input: T) -> output: T", shape=rules.unchanged, samples=unary())
def snapshot(xp, input):
    """Pass on a copy of `input`."""
    return xp.array(input)


@snapshot.gradient
def snapshot_gradient(g, op, dy):
    return dy


@op("DeepCopy(x: T) -> y: T", shape=rules.unchanged, stateful=True, samples=unary(), no_gradient="it copies for code that writes in place")
def deep_copy(xp, x):
    """Give a copy of `x`, which code that writes in place may change."""
    return xp.array(x)


@op(
    "GuaranteeConst(input: T) -> output: T",
    shape=rules.unchanged,
    stateful=True,
    view=("input",),
    names=["guarantee_const"],
    samples=unary(),
    no_gradient="the input is promised not to change",
)
def guarantee_const(xp, input):
    """Pass `input` on with the promise that it never changes.

    >>> tf.Session().run(tf.guarantee_const([1, 2]))
    array([1, 2], dtype=int32)
    """
    return input


@op(
    "StopGradient(input: T) -> output: T",
    shape=rules.unchanged,
    partial=_same_elements,
    elementwise="input",
    view=("input",),
    names=["stop_gradient"],
    samples=unary(),
    no_gradient="it stops the gradient on purpose",
)
def stop_gradient(xp, input):
    """Pass `input` on, but let no gradient flow back.

    >>> tf.Session().run(tf.stop_gradient([1.0, 2.0]))
    array([1., 2.], dtype=float32)
    """
    return input


@op(
    "PreventGradient(input: T, *, message: string = '') -> output: T",
    shape=rules.unchanged,
    elementwise="input",
    view=("input",),
    samples=[sample(ints(1, 2), message="why")],
)
def prevent_gradient(xp, input):
    """Pass `input` on; asking for a gradient through it is an error."""
    return input


@prevent_gradient.gradient
def prevent_gradient_gradient(g, op, dy):
    raise LookupError(f"Gradient explicitly disabled. Reason: {op.attrs['message']}")


@op(
    "EnsureShape(input: T, *, shape: shape) -> output: T",
    shape=lambda c: rules.merge(c, c.shape(0), c.attrs["shape"]),
    view=("input",),
    samples=[sample(values((2, 3)), shape=(2, None))],
)
def ensure_shape(xp, input, shape):
    """Pass `input` on if it has this shape, and fail if it has not."""
    fits = shape is None or (len(shape) == input.ndim and all(want in (None, have) for want, have in zip(shape, input.shape)))
    if not fits:
        found, wanted = rules.shape_text(input.shape), rules.shape_text(shape)
        raise invalid(f"Shape of tensor {INPUT} {found} is not compatible with expected shape {wanted}.")
    return input


@ensure_shape.gradient
def ensure_shape_gradient(g, op, dy):
    return dy


@op(
    "CheckNumerics(tensor: T, *, message: string) -> output: T",
    types={"T": FLOATS},
    shape=rules.unchanged,
    stateful=True,
    view=("tensor",),
    names=["check_numerics", "debugging.check_numerics"],
    samples=[sample(values((2, 3)), message="x")],
)
def check_numerics(xp, tensor, message):
    """Pass `tensor` on if every element is finite, and fail with `message` if one is not.

    >>> tf.Session().run(tf.check_numerics([1.0, 2.0], message="the loss"))
    array([1., 2.], dtype=float32)
    """
    if bool(xp.all(xp.isfinite(tensor))):
        return tensor
    found = [name for name, test in (("Inf", xp.isinf), ("NaN", xp.isnan)) if bool(xp.any(test(tensor)))]
    raise invalid(f"{message} : Tensor had {' and '.join(found)} values")


@check_numerics.gradient
def check_numerics_gradient(g, op, dy):
    return g.check_numerics(dy, message="Not a number (NaN) or infinity (Inf) values detected in gradient.")


@op(
    "Cast(x: SrcT, *, DstT: type, Truncate: bool = False) -> y: DstT",
    formula="dx = dy, in the type of x",
    pointwise=True,
    shape=rules.unchanged,
    partial=lambda c: _cast_elements(c),
    samples=[
        sample(values((2, 3)), DstT="float64"),
        sample(values((2, 3)), DstT="float32"),
        sample(values((2, 3)), DstT="int32"),
        sample(ints(0, 1, 2), DstT="bool"),
        sample(values((2, 3)), DstT="complex128"),
        sample(ints(1, 2), DstT="float64"),
    ],
)
def cast(xp, x, SrcT, DstT):
    """Turn every element of `x` into another type."""
    if SrcT.name == "string" or DstT.name == "string":
        if SrcT == DstT:
            return x.copy() if getattr(x, "shape", ()) else x
        raise UnimplementedError(None, None, f"Cast {SrcT.cpp_name} to {DstT.cpp_name} is not supported")
    if SrcT.is_complex and not DstT.is_complex:
        x = x.imag * 0 + x.real if DstT.is_bool else x.real
    if SrcT.is_floating and DstT.is_integer:
        return _float_to_integer(xp, x, DstT)
    return xp.asarray(x).astype(DstT.numpy)


def _float_to_integer(xp, x, DstT):
    """Numbers that the integer type cannot hold become its most negative number, as x86 processors convert."""
    if DstT.is_unsigned or DstT.size < 4:
        return xp.asarray(x).astype(xp.int64).astype(DstT.numpy)
    limit = float(2 ** (8 * DstT.size - 1))
    held = (x >= -limit) & (x < limit)  # False for NaN
    return xp.where(held, x, x.dtype.type(-limit)).astype(DstT.numpy)


def _cast_elements(c):
    """Shapes keep what is known of them when they change between integer types."""
    return c.partial(0) if c.attrs["SrcT"].is_integer and c.attrs["DstT"].is_integer else None


@cast.gradient
def cast_gradient(g, op, dy):
    source, target = op.attrs["SrcT"], op.attrs["DstT"]
    differentiable = source.is_floating or source.is_complex
    return g.cast(dy, source) if differentiable and (target.is_floating or target.is_complex) else None


def _bitcast_shape(c):
    shape, source, target = c.shape(0), c.dtype(0).size, c.attrs["type"].size
    if shape is None or source == target:
        return shape
    if source > target:
        return (*shape, source // target)
    rules.with_rank_at_least(c, shape, 1)
    if shape[-1] is not None and shape[-1] != target // source:
        raise c.fail(
            f"Cannot bitcast from {c.dtype(0).as_datatype_enum} to {c.attrs['type'].as_datatype_enum} due to shape. "
            f"{shape[-1]} does not match {target // source}"
        )
    return shape[:-1]


_BITS = (
    "bfloat16 half float double int64 int32 uint8 uint16 uint32 uint64 int8 int16 complex64 complex128 qint8 quint8 qint16 quint16 qint32"
)


@op(
    "Bitcast(input: T, *, type: type) -> output: type",
    types={"T": _BITS, "type": _BITS},
    shape=_bitcast_shape,
    view=("input",),
    names=["bitcast"],
    no_gradient="bits are not numbers",
    samples=[
        sample(values((2, 3), dtype="float32"), type="int32"),
        sample(values((2, 2), dtype="float32"), type="float64"),
        sample(values((2, 3)), type="int32"),
    ],
)
def bitcast(xp, input, T, type):
    """Read the bits of `input` as another type.

    >>> tf.Session().run(tf.bitcast([1.0, 2.0], tf.int32))
    array([1065353216, 1073741824], dtype=int32)
    """
    input = xp.ascontiguousarray(xp.asarray(input)).reshape(input.shape)  # ascontiguousarray gives rank 1 to a scalar
    if T.size == type.size:
        return input.view(type.numpy)
    if T.size > type.size:
        return input.reshape(*input.shape, 1).view(type.numpy)
    return input.view(type.numpy).reshape(input.shape[:-1])
