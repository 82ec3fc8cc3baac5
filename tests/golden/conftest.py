"""The recorded behaviour is TensorFlow 2.21's (`compat.v1`), so these tests run under that release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import autograd_lite
from autograd_lite.autodiff import registry


@pytest.fixture(autouse=True)
def _keep_release() -> Iterator[None]:
    before = autograd_lite.get_release()
    yield
    autograd_lite.set_release(before)


@pytest.fixture(autouse=True)
def _keep_registered_gradients() -> Iterator[None]:
    """A program that registers a gradient may be run again by another test: names may be registered only once."""
    tables = registry._registered, registry._rules
    before = [dict(table) for table in tables]
    yield
    for table, kept in zip(tables, before):
        table.clear()
        table.update(kept)


@pytest.fixture(scope="session")
def tf() -> Any:
    """The module under test."""
    return autograd_lite
