"""Lookup tables that are filled once: from keys to values."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor


@export("contrib.lookup.LookupInterface")
class LookupInterface:
    """What all tables have: a type of keys, a type of values, a handle."""

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)
        self._resource_handle: Any = None

    @property
    def key_dtype(self) -> dtypes.DType:
        """The type of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> dtypes.DType:
        """The type of the values."""
        return self._value_dtype

    @property
    def name(self) -> str:
        """The name of the table, without its scopes."""
        return self._resource_handle.op.name.rpartition("/")[2]

    @property
    def resource_handle(self) -> Tensor:
        """The tensor that stands for the table in the graph."""
        return self._resource_handle

    def size(self, name: str | None = None) -> Tensor:
        """The number of keys, as an int64 scalar."""
        with building(name, f"{self.name}_Size", [self.resource_handle]):
            return raw.LookupTableSizeV2(self.resource_handle)

    def _checked_keys(self, keys: Any, name: str = "keys") -> Any:
        """Keys as a tensor or SparseTensor.

        Raises:
          TypeError: they are not of the table's type.
        """
        wanted = None if isinstance(keys, Tensor) else self._key_dtype
        found = keys if isinstance(keys, SparseTensor) else convert_to_tensor(keys, wanted, name)
        if found.dtype.base_dtype != self._key_dtype:
            if release().older_error_texts:
                raise TypeError(f"Signature mismatch. Keys must be dtype {self._key_dtype}, got {found.dtype}.")
            raise TypeError(f"Dtype of argument `keys` must be {self._key_dtype}, received: {found.dtype}")
        return found


@export("contrib.lookup.InitializableLookupTableBase")
class InitializableLookupTableBase(LookupInterface):
    """A table whose content its initializer gives.

    Args:
      default_value: the value of keys that are not there. initializer: what fills the table.
    """

    def __init__(self, default_value: Any, initializer: Any) -> None:
        super().__init__(initializer.key_dtype, initializer.value_dtype)
        self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype)
        self._default_value.shape.merge_with(())
        self._initializer = initializer
        self._resource_handle = self._create_resource()
        self._init_op = initializer.initialize(self)

    def _create_resource(self) -> Tensor:
        raise NotImplementedError

    @property
    def default_value(self) -> Tensor:
        """The value of keys that are not there."""
        return self._default_value

    @property
    def initializer(self) -> Operation:
        """The operation that fills the table."""
        return self._init_op

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of keys, in their shape; of a SparseTensor a SparseTensor.

        Raises:
          TypeError: the keys are not of the table's type.
        """
        with in_current_scope([self.resource_handle]):
            keys = self._checked_keys(keys)
            flat = keys.values if isinstance(keys, SparseTensor) else keys
            with building(name, f"{self.name}_Lookup", [self.resource_handle, flat, self._default_value]):
                values = raw.LookupTableFindV2(self.resource_handle, flat, self._default_value)
            return SparseTensor(keys.indices, values, keys.dense_shape) if isinstance(keys, SparseTensor) else values


@export("lookup.StaticHashTable")
class StaticHashTable(InitializableLookupTableBase):
    """A table that is filled once, by `tf.tables_initializer()` or its own `initializer`.

    Args:
      initializer: what fills it. default_value: the value of keys that are not there.
      name: the name of its node; "hash_table" when None.

    Raises:
      FailedPreconditionError: when it is used in a session in which it has not been filled.

    >>> import autograd_lite as tf
    >>> table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2]), default_value=-1)
    >>> found = table.lookup(tf.constant(["b", "z"]))
    >>> with tf.Session() as session:
    ...     session.run(tf.tables_initializer())
    ...     session.run(found)
    array([ 2, -1], dtype=int32)
    """

    def __init__(self, initializer: Any, default_value: Any, name: str | None = None) -> None:
        self._name = name or "hash_table"
        self._shared_name = initializer._shared_name
        with in_current_scope():
            super().__init__(default_value, initializer)

    def _create_resource(self) -> Tensor:
        return raw.HashTableV2(
            shared_name=self._shared_name, key_dtype=self._key_dtype, value_dtype=self._value_dtype, name=self._name
        )

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys and values, as two tensors."""
        with building(name, f"{self.name}_Export", [self.resource_handle]):
            keys, values = raw.LookupTableExportV2(self.resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype)
        keys.set_shape([None])
        values.set_shape([None])
        return keys, values


@export("contrib.lookup.HashTable")
class HashTable(StaticHashTable):
    """The name that `StaticHashTable` had in `tf.contrib`.

    Args:
      initializer, default_value: as there. shared_name: tables of this name are one table in a session. name: of the node.
    """

    def __init__(self, initializer: Any, default_value: Any, shared_name: str | None = None, name: str = "hash_table") -> None:
        self._given_shared_name = shared_name
        super().__init__(initializer, default_value, name)

    def _create_resource(self) -> Tensor:
        self._shared_name = self._given_shared_name or self._shared_name
        return super()._create_resource()
