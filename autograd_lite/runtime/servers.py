"""The servers of this process: sessions that name the same server share its variables, as they do in TensorFlow."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from autograd_lite.runtime.resources import Store

_lock = threading.Lock()
_stores: dict[bytes, Store] = {}  # the target of a server -> what its sessions share


def open_server(target: bytes, cluster: Iterable[bytes]) -> None:
    """Make `target` a name that sessions can use. Servers of one cluster share their variables."""
    with _lock:
        if target not in _stores:
            shared = next((_stores[other] for other in cluster if other in _stores), None)
            _stores[target] = Store() if shared is None else shared


def is_open(target: bytes) -> bool:
    """Whether sessions can use this target."""
    return target in _stores


def store_at(target: bytes) -> Store | None:
    """What the sessions of a server share, or None if there is no such server."""
    return _stores.get(target)
