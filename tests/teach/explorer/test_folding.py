import pytest

import autograd_lite as tf
from autograd_lite.teach.explorer.folding import MOST_SHOWN, folded, summary
from autograd_lite.teach.story.record import record


@pytest.fixture(autouse=True)
def empty_graph():
    with tf.Graph().as_default():
        yield


def run(loss):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return record(loss, None, session, differences=False)


def shown(root):
    """How many boxes there are."""
    count, stack = 0, [root]
    while stack:
        group = stack.pop()
        if group.is_open:
            count += len(group.nodes)
            stack.extend(group.groups)
        else:
            count += 1
    return count


def all_nodes(root):
    found, stack = [], [root]
    while stack:
        group = stack.pop()
        found += group.nodes
        stack += group.groups
        assert all(inner.parent is group for inner in group.groups)
    return found


def test_scopes_are_groups_and_a_scope_of_one_node_is_none():
    x = tf.Variable(1.0, name="x")
    with tf.name_scope("outer"), tf.name_scope("inner"):
        y = tf.exp(tf.sin(x)) * 2.0
    with tf.name_scope("alone"):
        z = tf.cos(y)
    root = folded(run(z))
    assert [group.label for group in root.groups] == ["outer/inner"]
    assert [node.name for node in root.nodes] == ["x", "alone/Cos"]
    assert [node.name for node in root.groups[0].nodes] == ["outer/inner/Sin", "outer/inner/Exp", "outer/inner/mul/y", "outer/inner/mul"]
    assert root.groups[0].is_open and summary(root) == ""


def test_what_no_gradient_passes_stays_folded():
    x = tf.Variable([1.0, 2.0], name="x")
    root = folded(run(tf.reduce_sum(tf.nn.dropout(x, rate=0.5))))
    (dropout,) = root.groups
    assert dropout.is_open and [group.label for group in dropout.groups] == ["random_uniform"] and not dropout.groups[0].is_open
    assert summary(root).startswith("5 nodes are folded into 1 box")


@pytest.mark.parametrize("scoped", [True, False])
def test_two_thousand_nodes_are_folded_into_what_can_be_read(scoped):
    w = tf.Variable(0.5, name="w")
    h = w
    for number in range(500):
        with tf.name_scope(f"block{number // 20}/layer{number}" if scoped else None):
            h = tf.tanh(h * 1.01)
            h = h + w
    story = run(h)
    root = folded(story)
    assert len(story.nodes) > 2000
    assert shown(root) <= MOST_SHOWN
    assert sorted(node.id for node in all_nodes(root)) == list(range(len(story.nodes)))
    assert "nodes are folded into" in summary(root)


def test_a_long_stretch_without_scopes_is_named_after_its_ends():
    h = tf.Variable(0.5, name="w")
    for _ in range(100):
        h = tf.tanh(h)
    root = folded(run(h))
    assert [group.label for group in root.groups] == ["w … Tanh_38", "Tanh_39 … Tanh_78", "Tanh_79 … Tanh_99"]
