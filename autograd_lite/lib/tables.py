"""Initialising the lookup tables of a graph."""

from __future__ import annotations

from autograd_lite.api.control import group, no_op
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.default_graph import get_collection
from autograd_lite.graph.operation import Operation


@export("tables_initializer", "initializers.tables_initializer")
def tables_initializer(name: str = "init_all_tables") -> Operation:
    """An operation that fills every lookup table of the default graph; one that does nothing when there is none.

    Args:
      name: the name of the operation.

    >>> tables_initializer().name
    'init_all_tables'
    """
    initializers = get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(*initializers, name=name) if initializers else no_op(name=name)


@export("initialize_all_tables")
def initialize_all_tables(name: str = "init_all_tables") -> Operation:
    """The old name of `tables_initializer`.

    >>> initialize_all_tables(name="tables").name
    'tables'
    """
    return tables_initializer(name)
