"""Looking at what a call adds to the default graph."""

import autograd_lite as tf


def names(prefix=""):
    """Names of the nodes of the default graph, in order of creation."""
    return [op.name for op in tf.get_default_graph().get_operations() if op.name.startswith(prefix)]


def node(name):
    return tf.get_default_graph().get_operation_by_name(name)


def inputs(name):
    """Inputs as a GraphDef writes them: data, then control."""
    op = node(name)
    return [tensor._as_node_def_input() for tensor in op.inputs] + sorted(f"^{control.name}" for control in op.control_inputs)


def state():
    """Everything that a failed call must leave as it was."""
    graph = tf.get_default_graph()
    collections = {key: list(graph.get_collection(key)) for key in graph.get_all_collection_keys()}
    return names(), dict(graph._names_in_use), {key: items for key, items in collections.items() if items}, graph.get_name_scope()


def initialized():
    """A session in which all variables are initialized."""
    session = tf.Session()
    session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    return session
