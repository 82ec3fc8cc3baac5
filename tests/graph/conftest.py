"""Graphs are built out of declared ops: fill the table."""

import autograd_lite.ops  # noqa: F401
