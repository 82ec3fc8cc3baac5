"""The recorded behaviour is TensorFlow 2.21's (`compat.v1`), so these tests run under that release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import autograd_lite


@pytest.fixture(autouse=True)
def _keep_release() -> Iterator[None]:
    before = autograd_lite.get_release()
    yield
    autograd_lite.set_release(before)


@pytest.fixture(scope="session")
def tf() -> Any:
    """The module under test."""
    return autograd_lite
