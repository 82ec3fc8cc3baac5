"""The tables that lookup ops work on: what a session keeps for a node such as HashTableV2. Keys lead to rows of one array."""

from __future__ import annotations

import threading
from itertools import repeat
from typing import Any

import numpy as np

from autograd_lite.core.dtypes import DType
from autograd_lite.core.errors import FailedPreconditionError
from autograd_lite.core.shapes import text
from autograd_lite.ops.checks import invalid

_FIRST_ROOM = 16
_MANY = 256  # keys for which searching them all in one array beats asking for each


class Table:
    """Keys and their values, one of shape `value_shape` for each key; threads may use it at the same time."""

    any_key = True  # whether every key of the type may be asked for

    def __init__(self, attrs: dict[str, Any]) -> None:
        self.key_dtype: DType = attrs["key_dtype"]
        self.value_dtype: DType = attrs["value_dtype"]
        self.value_shape: tuple[int, ...] = tuple(attrs.get("value_shape") or ())
        self.key_shape: tuple[int, ...] = ()
        self.lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._rows: dict[Any, int] = {}  # key -> row of `_values`
        self._values = np.empty((0, *self.value_shape), self.value_dtype.numpy)
        self._free: list[int] = []  # rows of keys that were removed
        self._in_order: tuple[np.ndarray, np.ndarray] | None = None  # integer keys, ascending, and their rows; made when many are looked up

    def _keys(self, keys: Any) -> list[Any]:
        """The keys as Python values: of rows tuples."""
        keys = np.asarray(keys)
        rank = len(self.key_shape)
        if keys.shape[keys.ndim - rank :] != self.key_shape:
            raise invalid(f"Expected key shape to end with {text(self.key_shape)} but received {text(keys.shape)}")
        if not rank:
            return keys.ravel().tolist()
        return list(map(tuple, keys.reshape(-1, int(np.prod(self.key_shape))).tolist()))

    def _outer(self, keys: Any) -> tuple[int, ...]:
        shape = np.shape(keys)
        return shape[: len(shape) - len(self.key_shape)]

    def size(self) -> int:
        """How many keys there are."""
        with self.lock:
            return len(self._rows)

    def find(self, keys: Any, default: Any) -> np.ndarray:
        """The value of every key; `default` (one value, or one for each key) where there is none."""
        shape = (*self._outer(keys), *self.value_shape)
        default = np.asarray(default)
        if default.shape not in (self.value_shape, shape):
            raise invalid(f"Expected shape {text(self.value_shape)} or {text(shape)} for default value, got {text(default.shape)}")
        with self.lock:
            rows = self._rows_of(keys)
            result = np.empty(shape, self.value_dtype.numpy)
            result[...] = default
            found = rows >= 0
            result[found] = self._values[rows[found]]
        return result

    def _rows_of(self, keys: Any) -> np.ndarray:
        """The row of every key; -1 where there is none."""
        if self.any_key and self.key_dtype.is_integer and not self.key_shape and np.size(keys) >= _MANY and self._rows:
            if self._in_order is None:
                known = np.fromiter(self._rows, self.key_dtype.numpy, len(self._rows))
                order = np.argsort(known)
                self._in_order = known[order], np.fromiter(self._rows.values(), np.int64, len(self._rows))[order]
            known, rows = self._in_order
            places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
            return np.where(known[places] == keys, rows[places], -1)
        looked_up = self._keys(keys)
        return np.fromiter(map(self._rows.get, looked_up, repeat(-1)), np.int64, len(looked_up)).reshape(self._outer(keys))

    def insert(self, keys: Any, values: Any) -> None:
        """Store values, instead of older ones of the same keys."""
        stored = self._keys(keys)
        values = self._checked_values(keys, values)
        with self.lock:
            self._in_order = None
            self._make_room(len(stored))
            rows = [self._row(key) for key in stored]
            for row, value in zip(rows, values):  # one after the other: the last of equal keys counts
                self._values[row] = value

    def _row(self, key: Any) -> int:
        """The row of a key, a new one if need be."""
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._free.pop() if self._free else len(self._rows)
        return row

    def _checked_values(self, keys: Any, values: Any) -> np.ndarray:
        wanted = (*self._outer(keys), *self.value_shape)
        if np.shape(values) != wanted:
            raise invalid(f"Expected shape {text(wanted)} for value, got {text(np.shape(values))}")
        return np.asarray(values).reshape(-1, *self.value_shape)

    def _make_room(self, more: int) -> None:
        needed = len(self._rows) + len(self._free) + more
        if needed > len(self._values):
            grown = np.empty((max(needed, 2 * len(self._values), _FIRST_ROOM), *self.value_shape), self.value_dtype.numpy)
            grown[: len(self._values)] = self._values
            self._values = grown

    def remove(self, keys: Any) -> None:
        """Forget keys; those that are not there are no error."""
        gone = self._keys(keys)
        with self.lock:
            self._in_order = None
            rows = (self._rows.pop(key, None) for key in gone)
            self._free += [row for row in rows if row is not None]

    def replace(self, keys: Any, values: Any) -> None:
        """Forget everything, then store `keys` and `values`."""
        self._checked_values(keys, values)
        with self.lock:
            self._clear()
        self.insert(keys, values)

    def export(self) -> tuple[np.ndarray, np.ndarray]:
        """All keys, in the order in which they came, and their values."""
        with self.lock:
            keys = np.empty((len(self._rows), *self.key_shape), self.key_dtype.numpy)
            keys[...] = np.array(list(self._rows), self.key_dtype.numpy).reshape(keys.shape)
            return keys, self._values[list(self._rows.values())]


class StaticTable(Table):
    """A table that is filled once, by its initializer."""

    def __init__(self, attrs: dict[str, Any]) -> None:
        super().__init__(attrs)
        self.ready = False

    def _check_ready(self) -> None:
        if not self.ready:
            raise FailedPreconditionError(
                None, None, "Table not initialized.\n  Run tf.tables_initializer() in this session first, once for all tables."
            )

    def size(self) -> int:
        """How many keys there are.

        Raises:
          FailedPreconditionError: the table has not been filled.
        """
        self._check_ready()
        return super().size()

    def find(self, keys: Any, default: Any) -> np.ndarray:
        """The value of every key; `default` where there is none.

        Raises:
          FailedPreconditionError: the table has not been filled.
        """
        self._check_ready()
        return super().find(keys, default)

    def export(self) -> tuple[np.ndarray, np.ndarray]:
        """All keys and their values.

        Raises:
          FailedPreconditionError: the table has not been filled.
        """
        self._check_ready()
        return super().export()

    def insert(self, keys: Any, values: Any) -> None:
        """A static table takes single keys from nobody but its initializer."""
        raise invalid("A static table is filled by its initializer only; use a MutableHashTable to insert and remove keys")

    def remove(self, keys: Any) -> None:
        """A static table keeps what its initializer stored."""
        self.insert(keys, None)

    def replace(self, keys: Any, values: Any) -> None:
        """Fill the table; a second time only with the same keys and values.

        Raises:
          FailedPreconditionError: a key has two values, or the table holds something else already.
        """
        stored, flat = self._keys(keys), self._checked_values(keys, values)
        first: dict[Any, int] = {}
        for place, key in enumerate(stored):
            earlier = first.setdefault(key, place)
            if earlier != place and flat[earlier] != flat[place]:
                raise FailedPreconditionError(
                    None,
                    None,
                    f"HashTable has different value for same key. Key {_shown(key)} has {_shown(flat[earlier])} and trying to add value "
                    f"{_shown(flat[place])}",
                )
        places = list(first.values())
        with self.lock:
            if self.ready:
                same = len(self._rows) == len(first) and all(
                    key in self._rows and self._values[self._rows[key]] == flat[place] for key, place in first.items()
                )
                if not same:
                    raise FailedPreconditionError(None, None, "Table was already initialized with different data.")
                return
            self._rows = dict(zip(first, range(len(first))))
            self._in_order = None
            self._values = np.array(flat[places], self.value_dtype.numpy)
            self.ready = True


class DenseTable(Table):
    """A table whose keys are of any shape, with two keys set apart that cannot be used."""

    any_key = False

    def __init__(self, attrs: dict[str, Any]) -> None:
        super().__init__(attrs)
        self._reserved: dict[Any, str] = {}

    def reserve(self, empty_key: Any, deleted_key: Any) -> None:
        """Set two keys apart."""
        self.key_shape = np.shape(empty_key)
        if np.shape(deleted_key) != self.key_shape:
            raise invalid("Empty and deleted keys must have same shape")
        (empty,), (deleted,) = super()._keys(empty_key), super()._keys(deleted_key)
        if empty == deleted:
            raise invalid("Empty and deleted keys cannot be equal")
        self._reserved = {empty: "empty_key", deleted: "deleted_key"}

    def replace(self, keys: Any, values: Any) -> None:
        """Forget everything, then store `keys` and `values`; TensorFlow's checkpoints hold empty places too, which are passed over."""
        used = np.array([key not in self._reserved for key in super()._keys(keys)], bool)
        used = used.reshape(self._outer(keys))
        super().replace(np.asarray(keys)[used], np.asarray(values)[used])

    def _keys(self, keys: Any) -> list[Any]:
        found = super()._keys(keys)
        for key, name in self._reserved.items():
            if key in found:
                raise invalid(f"Using the {name} as a table key is not allowed")
        return found


def _shown(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
