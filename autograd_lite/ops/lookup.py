"""Lookup tables: ops that make a table, fill it from tensors or from a file, look keys up and change it. They run on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.dtypes import DType, string
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid, on_device
from autograd_lite.ops.hash_tables import DenseTable, StaticTable, Table
from autograd_lite.ops.strings import as_bytes, number_reader
from autograd_lite.wire.files import read_bytes, text_path

WHOLE_LINE, LINE_NUMBER = -2, -1

_IN_A_SESSION = "its table lives in a session; tests/lib/test_lookup.py shows it"
_PLACE = "container: string = '', shared_name: string = '', use_node_name_sharing: bool = False"
_TABLE: dict[str, Any] = {"samples": _IN_A_SESSION, "no_gradient": "a table is no number", "stateful": True}


def table_dtypes(table: Any) -> tuple[DType, DType]:
    """The types of keys and values of a table."""
    return table.key_dtype, table.value_dtype


@op(
    f"HashTableV2(*, {_PLACE}, key_dtype: type, value_dtype: type) -> table_handle: resource",
    shape=rules.scalar,
    state=StaticTable,
    **_TABLE,
)
def hash_table(xp, state):
    """Make a table that its initializer fills once."""
    return state


@op(
    f"MutableHashTableV2(*, {_PLACE}, key_dtype: type, value_dtype: type) -> table_handle: resource",
    shape=rules.scalar,
    state=Table,
    **_TABLE,
)
def mutable_hash_table(xp, state):
    """Make a table, empty at first, from single keys to single values."""
    return state


@op(
    f"MutableHashTableOfTensorsV2(*, {_PLACE}, key_dtype: type, value_dtype: type, value_shape: shape = []) -> table_handle: resource",
    shape=rules.scalar,
    state=Table,
    **_TABLE,
)
def mutable_hash_table_of_tensors(xp, state):
    """Make a table, empty at first, from single keys to vectors."""
    return state


def _dense_shape(c):
    rules.merge(c, c.shape(0), c.shape(1))
    return ()


@op(
    f"MutableDenseHashTableV2(empty_key: key_dtype, deleted_key: key_dtype, *, {_PLACE}, value_dtype: type, value_shape: shape = [], "
    "initial_num_buckets: int = 131072, max_load_factor: float = 0.8) -> table_handle: resource",
    shape=_dense_shape,
    state=DenseTable,
    **_TABLE,
)
def mutable_dense_hash_table(xp, empty_key, deleted_key, state):
    """Make a table, empty at first, whose keys and values are of any shape; two keys are set apart and cannot be used."""
    state.reserve(empty_key, deleted_key)
    return state


# ------------------------------------------------------------------ looking up, changing


def _found_shape(c):
    keys, held = c.shape(1), c.handle(0)
    if held is None or keys is None or held[1] is None:
        return None
    return (*keys, *held[1])


@op(
    "LookupTableFindV2(table_handle: resource, keys: Tin, default_value: Tout) -> values: Tout",
    shape=_found_shape,
    host=("keys", "default_value"),
    **_TABLE,
)
def lookup_table_find(xp, table_handle, keys, default_value, Tin, Tout):
    """Look up the values of keys; `default_value` for those that are not there."""
    _check_types(table_handle, Tin, Tout)
    return on_device(xp, table_handle.find(keys, default_value))


def _check_types(table: Any, keys: DType, values: DType) -> None:
    if (keys, values) != table_dtypes(table):
        raise invalid(f"Table of {table.key_dtype.name} to {table.value_dtype.name} was asked for {keys.name} to {values.name}")


@op(
    "LookupTableInsertV2(table_handle: resource, keys: Tin, values: Tout)",
    host=("keys", "values"),
    **_TABLE,
)
def lookup_table_insert(xp, table_handle, keys, values, Tin, Tout):
    """Store the values of keys, instead of older ones."""
    _check_types(table_handle, Tin, Tout)
    table_handle.insert(keys, values)


@op("LookupTableRemoveV2(table_handle: resource, keys: Tin)", host=("keys",), **_TABLE)
def lookup_table_remove(xp, table_handle, keys):
    """Forget keys and their values."""
    table_handle.remove(keys)


@op("LookupTableSizeV2(table_handle: resource) -> size: int64", shape=rules.scalar, **_TABLE)
def lookup_table_size(xp, table_handle):
    """Count the keys of a table."""
    return np.int64(table_handle.size())


def _exported_shape(c):
    held = c.handle(0)
    if held is None or held[1] is None:
        return [None, None]
    return [(None,), (None, *held[1])]


@op(
    "LookupTableExportV2(table_handle: resource, *, Tkeys: type, Tvalues: type) -> keys: Tkeys, values: Tvalues",
    shape=_exported_shape,
    **_TABLE,
)
def lookup_table_export(xp, table_handle, Tkeys, Tvalues):
    """Give all keys and values of a table."""
    _check_types(table_handle, Tkeys, Tvalues)
    return tuple([on_device(xp, part) for part in table_handle.export()])


# ------------------------------------------------------------------ filling


def _pairs_shape(c):
    keys, values = c.shape(1), c.shape(2)
    if keys is not None and values is not None:
        rules.merge_prefix(c, keys, values[: len(keys)])


@op(
    "LookupTableImportV2(table_handle: resource, keys: Tin, values: Tout)",
    shape=_pairs_shape,
    host=("keys", "values"),
    **_TABLE,
)
def lookup_table_import(xp, table_handle, keys, values, Tin, Tout):
    """Fill a table with keys and values, instead of all that it held."""
    _check_types(table_handle, Tin, Tout)
    table_handle.replace(keys, values)


@op(
    "InitializeTableV2(table_handle: resource, keys: Tkey, values: Tval)",
    shape=_pairs_shape,
    host=("keys", "values"),
    **_TABLE,
)
def initialize_table(xp, table_handle, keys, values, Tkey, Tval):
    """Fill a static table with keys and values."""
    _check_types(table_handle, Tkey, Tval)
    table_handle.replace(keys, values)


def _file_shape(c):
    rules.with_rank(c, c.shape(1), 0)


@op(
    "InitializeTableFromTextFileV2(table_handle: resource, filename: string, *, key_index: int, value_index: int, vocab_size: int = -1, "
    "delimiter: string = '\\t')",
    shape=_file_shape,
    release_attrs={"2.21": {"offset": ("int", 0)}},
    **_TABLE,
)
def initialize_table_from_text_file(xp, table_handle, filename, key_index, value_index, vocab_size, delimiter):
    """Fill a static table from the lines of a text file: columns, whole lines, or the number of the line."""
    path = text_path(np.asarray(filename, object).item())
    lines = _lines(path, vocab_size)
    columns = (_column(lines, key_index, table_handle.key_dtype, as_bytes(delimiter), path, max(key_index, value_index)),
               _column(lines, value_index, table_handle.value_dtype, as_bytes(delimiter), path, max(key_index, value_index)))  # fmt: skip
    table_handle.replace(*columns)


def _lines(path: str, vocab_size: int) -> list[bytes]:
    """The lines of a file, at most `vocab_size` of them if that is not -1."""
    lines = read_bytes(path).split(b"\n")
    if not lines[-1]:
        lines.pop()
    lines = [line.removesuffix(b"\r") for line in lines]
    if vocab_size < 0:
        return lines
    if len(lines) < vocab_size:
        raise invalid(f"Invalid vocab_size in {path}: expected {vocab_size} but got {len(lines)}")
    return lines[:vocab_size]


def _column(lines: list[bytes], index: int, dtype: DType, delimiter: bytes, path: str, last: int) -> np.ndarray:
    """One column of all lines as an array."""
    if index == LINE_NUMBER:
        return np.arange(len(lines), dtype=dtype.numpy)
    fields = lines if index == WHOLE_LINE else _cells(lines, index, delimiter, path, last)
    result = np.empty(len(lines), dtype.numpy)
    result[:] = fields if dtype is string else [_parsed(field, dtype, number) for number, field in enumerate(fields)]
    return result


def _cells(lines: list[bytes], index: int, delimiter: bytes, path: str, last: int) -> list[bytes]:
    """What stands in one column of every line; each must have the column `last` too."""
    cells = []
    for number, line in enumerate(lines):
        pieces = line.split(delimiter)
        if len(pieces) <= last:
            shown = line.decode("utf-8", "replace")
            raise invalid(f"Invalid number of columns in {path} line {number} ({shown}) : expected at least {last + 1} got {len(pieces)}")
        cells.append(pieces[index])
    return cells


def _parsed(field: bytes, dtype: DType, number: int) -> Any:
    value = number_reader(dtype)(field)
    if value is None:
        raise invalid(f"Field {field.decode('utf-8', 'replace')} in line {number} is not a valid {dtype.name}.")
    return value
