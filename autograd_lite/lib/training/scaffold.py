"""`tf.train.Scaffold`: the operations with which a monitored session makes a model ready, saves and summarises it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import concat
from autograd_lite.api.control import group
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.lib import logging
from autograd_lite.lib.saver import Saver
from autograd_lite.lib.summary import merge_all
from autograd_lite.lib.tables import tables_initializer
from autograd_lite.lib.training.resources import (
    initialize_resources,
    local_resources,
    report_uninitialized_resources,
    shared_resources,
)
from autograd_lite.lib.variables import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
)


@export("train.Scaffold")
class Scaffold:
    """What a monitored session needs besides the graph; what is not given is made by `finalize`.

    Args:
      init_op: initialises the model; all global variables if None. init_feed_dict: what to feed it.
      init_fn: called with this Scaffold and the session after `init_op`.
      ready_op: a tensor with the names of the variables that are not initialised; all global and local ones if None.
      ready_for_local_init_op: the same for what `local_init_op` needs; all global variables if None.
      local_init_op: run in each new session; local variables and tables if None.
      summary_op: all summaries, merged; `tf.summary.merge_all()` if None.
      saver: saves all variables if None.
      copy_from_scaffold: another Scaffold, from which what is not given here is taken.

    Raises:
      TypeError: `copy_from_scaffold` is no Scaffold.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     w = tf.Variable(3.0)
    ...     scaffold = Scaffold(init_fn=lambda scaffold, session: session.run(w.assign(4.0))).finalize()
    ...     print(scaffold.init_op.name, tf.get_default_graph().finalized)
    group_deps True
    """

    def __init__(
        self,
        init_op: Any = None,
        init_feed_dict: Any = None,
        init_fn: Callable[[Scaffold, Any], Any] | None = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        local_init_op: Any = None,
        summary_op: Any = None,
        saver: Any = None,
        copy_from_scaffold: Scaffold | None = None,
    ) -> None:
        if copy_from_scaffold is not None and not isinstance(copy_from_scaffold, Scaffold):
            raise TypeError("copy_from_scaffold is not a Scaffold instance.")
        other = copy_from_scaffold

        def given(mine: Any, name: str) -> Any:
            return getattr(other, name) if mine is None and other is not None else mine

        self._init_op = given(init_op, "_init_op")
        self._init_feed_dict = given(init_feed_dict, "_init_feed_dict")
        self._user_init_fn = given(init_fn, "_user_init_fn")
        self._ready_op = given(ready_op, "_ready_op")
        self._ready_for_local_init_op = given(ready_for_local_init_op, "_ready_for_local_init_op")
        self._local_init_op = given(local_init_op, "_local_init_op")
        self._summary_op = given(summary_op, "_summary_op")
        self._saver = given(saver, "_saver")

    def finalize(self) -> Scaffold:
        """Make what is missing, then close the graph: no more nodes can be added."""
        default = Scaffold.get_or_default
        if self._init_op is None:
            self._init_op = default("init_op", GraphKeys.INIT_OP, _initialize_all)
        if self._ready_op is None:
            self._ready_op = default("ready_op", GraphKeys.READY_OP, _report_all)
        if self._ready_for_local_init_op is None:
            self._ready_for_local_init_op = default("ready_for_local_init_op", GraphKeys.READY_FOR_LOCAL_INIT_OP, _report_global)
        if self._local_init_op is None:
            self._local_init_op = default("local_init_op", GraphKeys.LOCAL_INIT_OP, Scaffold.default_local_init_op)
        if self._summary_op is None:
            self._summary_op = default("summary_op", GraphKeys.SUMMARY_OP, merge_all)
        if self._saver is None:
            self._saver = default("saver", GraphKeys.SAVERS, lambda: Saver(sharded=True, allow_empty=True))
        self._saver.build()
        get_default_graph().finalize()
        logging.info("Graph was finalized.")
        return self

    @property
    def init_fn(self) -> Callable[[Any], Any] | None:
        """The function to call with a session after `init_op`, or None."""
        function = self._user_init_fn
        return None if function is None else lambda session: function(self, session)

    @property
    def init_op(self) -> Any:
        """The operation that initialises the model."""
        return self._init_op

    @property
    def ready_op(self) -> Any:
        """The tensor with the names of what is not initialised."""
        return self._ready_op

    @property
    def ready_for_local_init_op(self) -> Any:
        """The tensor with the names of what `local_init_op` still needs."""
        return self._ready_for_local_init_op

    @property
    def local_init_op(self) -> Any:
        """The operation that is run in each new session."""
        return self._local_init_op

    @property
    def summary_op(self) -> Any:
        """All summaries in one tensor, or None."""
        return self._summary_op

    @property
    def saver(self) -> Any:
        """The Saver."""
        return self._saver

    @property
    def init_feed_dict(self) -> Any:
        """What `init_op` is fed."""
        return self._init_feed_dict

    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default_constructor: Callable[[], Any]) -> Any:
        """The only item of a collection; if it is empty, what `default_constructor` makes, which is put there.

        Raises:
          RuntimeError: there are several.
        """
        graph = get_default_graph()
        found = graph.get_collection(collection_key)
        if len(found) > 1:
            raise RuntimeError(
                f'More than one item in the collection "{collection_key}". Please indicate which one to use by passing it to '
                f"the tf.Scaffold constructor as:  tf.Scaffold({arg_name}=item to use)"
            )
        if found:
            return found[0]
        made = default_constructor()
        if made is not None:
            graph.add_to_collection(collection_key, made)
        return made

    @staticmethod
    def default_local_init_op() -> Any:
        """An operation that initialises local variables, tables and local resources."""
        return group(local_variables_initializer(), tables_initializer(), initialize_resources(local_resources()))


def _initialize_all() -> Any:
    return group(global_variables_initializer(), initialize_resources(shared_resources()))


def _report_all() -> Any:
    return concat([report_uninitialized_variables(), report_uninitialized_resources()], 0)


def _report_global() -> Any:
    return concat([report_uninitialized_variables(global_variables()), report_uninitialized_resources(shared_resources())], 0)
