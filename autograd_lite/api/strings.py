"""Functions on strings whose arguments have older names, and those that build several nodes."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arguments import renamed
from autograd_lite.api.constants import constant, range as range_
from autograd_lite.api.ragged import RaggedTensor
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("strings.length")
def string_length(input: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:
    """Count the bytes (or, with unit "UTF8_CHAR", the characters) of every string.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.length(["abc", ""]))
    array([3, 0], dtype=int32)
    """
    return raw.StringLength(input, unit=unit, name=name)


@export("strings.substr", "substr")
def substr(input: Any, pos: Any, len: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:
    """Cut `len` bytes (or characters of UTF-8) out of every string from `pos` on.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.substr(["Hello"], 1, 3))
    array([b'ell'], dtype=object)
    """
    return raw.Substr(input, pos, len, unit=unit, name=name)


@export("strings.join", "string_join")
def string_join(inputs: Any, separator: str = "", name: str | None = None) -> Tensor:
    """Join the strings of several tensors, element by element; a scalar goes with every element.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.join(["a", ["b", "c"]], separator="-"))
    array([b'a-b', b'a-c'], dtype=object)
    """
    return raw.StringJoin(inputs, separator=separator, name=name)


@export("strings.to_number", "string_to_number")
def string_to_number(string_tensor: Any = None, out_type: Any = dtypes.float32, name: str | None = None, input: Any = None) -> Tensor:
    """Read every string as a number of type `out_type`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.string_to_number(["1.5", "-2"]))
    array([ 1.5, -2. ], dtype=float32)
    """
    return raw.StringToNumber(renamed("input", input, "string_tensor", string_tensor), out_type=out_type, name=name)


@export("strings.reduce_join", "reduce_join")
def reduce_join(
    inputs: Any,
    axis: Any = None,
    keep_dims: bool | None = None,
    separator: str = "",
    name: str | None = None,
    reduction_indices: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Join the strings of a tensor along axes (None: all, the last one first).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.reduce_join([["a", "b"], ["c", "d"]], 1))
    array([b'ab', b'cd'], dtype=object)
    """
    axis = renamed("axis", axis, "reduction_indices", reduction_indices)
    keep = renamed("keepdims", keepdims, "keep_dims", keep_dims)
    with building(name, "ReduceJoin", [inputs]):
        inputs = convert_to_tensor(inputs, name="inputs")
        if axis is None:
            known = inputs.static_shape
            axis = range_(0, raw.Rank(inputs)) if known is None else constant(np.arange(len(known), dtype=np.int32))
        return raw.ReduceJoin(inputs, axis, keep_dims=bool(keep), separator=separator)


@export("string_split")
def string_split(
    source: Any,
    sep: Any = None,
    skip_empty: bool = True,
    delimiter: Any = None,
    result_type: str = "SparseTensor",
    name: str | None = None,
) -> SparseTensor | RaggedTensor:
    """Split every string of a vector wherever one of the bytes of `sep` (a blank) stands.

    Args:
      sep: an empty one splits into single bytes. skip_empty: leave empty pieces out.
      result_type: "SparseTensor" or "RaggedTensor".

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.string_split(["a b", "c"])).values
    array([b'a', b'b', b'c'], dtype=object)
    """
    mark = renamed("sep", sep, "delimiter", delimiter)
    _check_result(result_type)
    with building(name, "StringSplit", [source]):
        source = convert_to_tensor(source, dtype=dtypes.string)
        mark = convert_to_tensor(" " if mark is None else mark, dtype=dtypes.string)
        return _pieces(raw.StringSplit(source, mark, skip_empty=skip_empty), result_type)


@export("strings.split")
def strings_split(
    input: Any = None, sep: Any = None, maxsplit: int = -1, result_type: str = "SparseTensor", source: Any = None, name: str | None = None
) -> SparseTensor | RaggedTensor:
    """Split every string of a vector at `sep`, as Python's `split` does (None: at white space).

    Args:
      maxsplit: split this often at most; -1: everywhere. result_type: "SparseTensor" or "RaggedTensor".

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.split(["a  b", "c"])).values
    array([b'a', b'b', b'c'], dtype=object)
    """
    input = renamed("input", input, "source", source)
    _check_result(result_type)
    with building(name, "StringSplit", [input]):
        input = convert_to_tensor(input, dtype=dtypes.string)
        mark = convert_to_tensor("" if sep is None else sep, dtype=dtypes.string)
        return _pieces(raw.StringSplitV2(input, mark, maxsplit=maxsplit), result_type)


def _check_result(kind: str) -> None:
    if kind not in ("SparseTensor", "RaggedTensor"):
        raise ValueError("result_type must be 'RaggedTensor' or 'SparseTensor'.")


def _pieces(parts: Any, kind: str) -> SparseTensor | RaggedTensor:
    """The pieces of strings in the form that was asked for."""
    if kind == "SparseTensor":
        return SparseTensor(*parts)
    indices, values, shape = parts
    return RaggedTensor.from_value_rowids(values, indices[:, 0], shape[0])


@export("io.decode_raw", "decode_raw")
def decode_raw(
    input_bytes: Any = None, out_type: Any = None, little_endian: bool = True, name: str | None = None, bytes: Any = None
) -> Tensor:
    """Take the bytes of every string as the memory of numbers; all strings must be of one length.

    Raises:
      ValueError: no `out_type`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.decode_raw(["ab"], tf.uint8))
    array([[97, 98]], dtype=uint8)
    """
    input_bytes = renamed("input_bytes", input_bytes, "bytes", bytes)
    if out_type is None:
        raise ValueError("decode_raw() missing 1 positional argument: 'out_type'")
    return raw.DecodeRaw(input_bytes, out_type=out_type, little_endian=little_endian, name=name)


@export("io.decode_csv", "decode_csv")
def decode_csv(
    records: Any,
    record_defaults: Any,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Any = None,
) -> list[Tensor]:
    """Read every record of comma-separated values: one tensor for each column, of the type of its default.

    Args:
      record_defaults: for each column a vector of one default, or of none where a value must be there.
      na_value: text that stands for a missing value, besides none at all.
      select_cols: which columns to read, ascending (default: all).

    Raises:
      ValueError: columns that do not ascend, or not as many as defaults.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.decode_csv(["1,2.5", "3,"], [[0], [9.0]]))
    [array([1, 3], dtype=int32), array([2.5, 9. ], dtype=float32)]
    """
    columns = list(select_cols or [])
    if any(later <= earlier for earlier, later in zip(columns, columns[1:])):
        raise ValueError("select_cols is not strictly increasing.")
    if columns and columns[0] < 0:
        raise ValueError("select_cols contains negative values.")
    if columns and len(columns) != len(record_defaults):
        raise ValueError("Length of select_cols and record_defaults do not match.")
    return raw.DecodeCSV(
        records,
        record_defaults,
        field_delim=field_delim,
        use_quote_delim=use_quote_delim,
        na_value=na_value,
        select_cols=columns,
        name=name,
    )


@export("strings.format")
def strings_format(template: str, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None) -> Tensor:
    """Put tensors, written as text, into the places of a template.

    Args:
      template: text with one `placeholder` for each input. inputs: a tensor, or a list or tuple of tensors.
      summarize: how many elements at the beginning and the end of each axis are written; -1: all.

    Raises:
      ValueError: not as many inputs as places.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.format("v={} w={}", [tf.range(8), tf.constant(1.5)]))
    b'v=[0 1 2 ... 5 6 7] w=1.5'
    """
    inputs = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    places = template.count(placeholder)
    if places != len(inputs):
        raise ValueError(
            f"The template expects {places} tensors, but the inputs only has {len(inputs)}. Please ensure the number of placeholders in "
            "template matches inputs length."
        )
    return raw.StringFormat(inputs, template=template, placeholder=placeholder, summarize=summarize, name=name)
