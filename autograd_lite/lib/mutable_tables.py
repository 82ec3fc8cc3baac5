"""Lookup tables that change while the graph runs: keys are inserted and removed."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import add_to_collection
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.lookup_tables import LookupInterface
from autograd_lite.lib.saveables import SaveableObject, SaveSpec


class _ChangingTable(LookupInterface):
    """What both kinds of tables do that keys are inserted into and removed from."""

    _default_value: Tensor

    def _keep_in_checkpoints(self, name: str) -> None:
        """Let a Saver that saves everything save this table too."""
        add_to_collection(GraphKeys.SAVEABLE_OBJECTS, TableSaveable(self, name))

    def lookup(self, keys: Any, name: str | None = None) -> Tensor:
        """The values of keys, in their shape; the default value where there is none.

        Raises:
          TypeError: the keys are not of the table's type.
        """
        with building(name, f"{self.name}_lookup_table_find", [self.resource_handle, self._default_value]):
            keys = self._checked_keys(keys)
            return raw.LookupTableFindV2(self.resource_handle, keys, self._default_value)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Operation:
        """The operation that stores the values of keys, instead of older ones.

        Raises:
          TypeError: keys or values are not of the table's types.
        """
        with building(name, f"{self.name}_lookup_table_insert", [self.resource_handle]):
            keys = self._checked_keys(keys)
            values = convert_to_tensor(values, dtype=self._value_dtype, name="values")
            return raw.LookupTableInsertV2(self.resource_handle, keys, values)

    def insert_or_assign(self, keys: Any, values: Any, name: str | None = None) -> Operation:
        """The same as `insert`."""
        return self.insert(keys, values, name)

    def remove(self, keys: Any, name: str | None = None) -> Operation:
        """The operation that forgets keys; those that are not there are ignored.

        Raises:
          TypeError: the keys are not of the table's type.
        """
        with building(name, f"{self.name}_lookup_table_remove", [self.resource_handle, self._default_value]):
            return raw.LookupTableRemoveV2(self.resource_handle, self._checked_keys(keys))

    def erase(self, keys: Any, name: str | None = None) -> Operation:
        """The same as `remove`."""
        return self.remove(keys, name)

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys and values, as two tensors."""
        with building(name, f"{self.name}_lookup_table_export_values", [self.resource_handle]):
            keys, values = raw.LookupTableExportV2(self.resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype)
            return keys, values


class TableSaveable(SaveableObject):
    """How a Saver saves and restores a table: its keys and its values are two tensors of the checkpoint."""

    def __init__(self, table: _ChangingTable, name: str) -> None:
        keys, values = table.export()
        super().__init__(table, [SaveSpec(keys, "", f"{name}-keys"), SaveSpec(values, "", f"{name}-values")], name)

    def restore(self, restored_tensors: Any, restored_shapes: Any = None) -> Operation:
        """The operation that puts restored keys and values into the table."""
        keys, values = restored_tensors
        return raw.LookupTableImportV2(self.op.resource_handle, keys, values, name=f"{self.name}_table_restore")


@export("contrib.lookup.MutableHashTable")
class MutableHashTable(_ChangingTable):
    """A table into which keys are inserted while the graph runs.

    Args:
      key_dtype, value_dtype: the types of keys and values.
      default_value: the value of keys that are not there; its shape is that of every value (a scalar or a vector).
      shared_name: tables of this name are one table in a session. name: of the node.
      checkpoint: whether checkpoints hold the table.

    >>> import autograd_lite as tf
    >>> table = tf.contrib.lookup.MutableHashTable(tf.string, tf.int64, -1)
    >>> insert, found = table.insert(["a"], [5]), table.lookup(["a", "b"])
    >>> with tf.Session() as session:
    ...     _ = session.run(insert)
    ...     session.run(found)
    array([ 5, -1])
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        shared_name: str | None = None,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
    ) -> None:
        super().__init__(key_dtype, value_dtype)
        with in_current_scope():
            self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype)
            shape = self._default_value.static_shape
            attrs = {"shared_name": shared_name or "", "key_dtype": self._key_dtype, "value_dtype": self._value_dtype, "name": name}
            if shape == ():
                self._resource_handle = raw.MutableHashTableV2(**attrs)
            else:
                self._resource_handle = raw.MutableHashTableOfTensorsV2(value_shape=shape, **attrs)
            if checkpoint:
                self._keep_in_checkpoints(name)


@export("contrib.lookup.MutableDenseHashTable")
class MutableDenseHashTable(_ChangingTable):
    """A table into which keys of any shape are inserted while the graph runs; two keys are set apart and cannot be used.

    Args:
      key_dtype, value_dtype: the types of keys and values. default_value: the value of keys that are not there.
      empty_key, deleted_key: the two keys; their shape is that of every key.
      initial_num_buckets: written into the node; the table grows as it needs.
      shared_name: tables of this name are one table in a session. name: of the node.
      checkpoint: whether checkpoints hold the table.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        shared_name: str | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
    ) -> None:
        super().__init__(key_dtype, value_dtype)
        with in_current_scope():
            self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype, name="default_value")
            empty = convert_to_tensor(empty_key, dtype=self._key_dtype, name="empty_key")
            deleted = convert_to_tensor(deleted_key, dtype=self._key_dtype, name="deleted_key")
            buckets = {} if initial_num_buckets is None else {"initial_num_buckets": initial_num_buckets}
            self._resource_handle = raw.MutableDenseHashTableV2(
                empty,
                deleted,
                shared_name=shared_name or "",
                value_dtype=self._value_dtype,
                value_shape=self._default_value.static_shape,
                name=name,
                **buckets,
            )
            if checkpoint:
                self._keep_in_checkpoints(name)


@export("lookup.experimental.DenseHashTable")
class DenseHashTable(MutableDenseHashTable):
    """The name that `MutableDenseHashTable` has in `tf.lookup`; its arguments are the same but for `shared_name`.

    >>> import autograd_lite as tf
    >>> table = tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, default_value=-1, empty_key=0, deleted_key=-1)
    >>> insert, found = table.insert([11], [1]), table.lookup(tf.constant([11, 5], tf.int64))
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
    ) -> None:
        super().__init__(
            key_dtype, value_dtype, default_value, empty_key, deleted_key, initial_num_buckets, None, name, checkpoint
        )


