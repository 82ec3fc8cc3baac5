import pytest

import autograd_lite as tf
from autograd_lite.teach.render.kinds import Kind
from autograd_lite.teach.render.picture import Arrow, Box, describe


@pytest.fixture
def quadratic():
    with tf.Graph().as_default() as graph:
        w = tf.Variable(0, dtype=tf.float32, name="w")
        x = tf.placeholder(tf.float32, [], name="x")
        cost = w**2 - x * w + 25
        tf.train.GradientDescentOptimizer(0.01).minimize(cost)
        tf.global_variables_initializer()
    return graph


def words(box):
    return [line.text for line in box.lines]


def named(picture):
    return {box.name: box for box in picture.boxes}


def test_each_node_has_the_kind_a_reader_expects(quadratic):
    boxes = named(describe(quadratic))
    kinds = {name: boxes[name].kind for name in ("w", "x", "pow/y", "pow", "add/y", "GradientDescent")}
    assert kinds == {
        "w": Kind.VARIABLE, "x": Kind.PLACEHOLDER, "pow/y": Kind.CONSTANT, "pow": Kind.OPERATION, "add/y": Kind.CONSTANT,
        "GradientDescent": Kind.UPDATE,
    }  # fmt: skip
    assert boxes["GradientDescent/update_w/ApplyGradientDescent"].kind is Kind.UPDATE
    gradients = [box for name, box in boxes.items() if name.startswith("gradients/")]
    assert gradients and all(box.kind is Kind.GRADIENT for box in gradients)


def test_initializers_and_reads_are_left_out_until_everything_is_wanted(quadratic):
    left_out = {"w/initial_value", "w/Assign", "w/read", "init"}
    assert left_out.isdisjoint(named(describe(quadratic)))
    assert {op.name for op in quadratic.get_operations()} == set(named(describe(quadratic, everything=True)))


def test_arrows_join_a_variable_directly_with_what_reads_it(quadratic):
    picture = describe(quadratic)
    boxes = named(picture)
    assert Arrow(boxes["w"].id, boxes["pow"].id, tensor="w:0") in picture.arrows
    update = boxes["GradientDescent/update_w/ApplyGradientDescent"]
    assert Arrow(update.id, boxes["GradientDescent"].id, control=True) in picture.arrows
    known = {box.id for box in picture.boxes}
    assert all(arrow.source in known and arrow.target in known for arrow in picture.arrows)
    assert len(set(picture.arrows)) == len(picture.arrows)


def test_constants_show_their_value_and_others_their_shape(quadratic):
    boxes = named(describe(quadratic))
    assert words(boxes["add/y"]) == ["25", "add/y"]
    assert words(boxes["x"]) == ["Placeholder", "x", "float32 []"]
    with tf.Graph().as_default() as graph:
        tf.constant([1.5, 2.0], name="few")
        tf.constant([0] * 50, name="many")
        tf.constant("text", name="words")
    boxes = named(describe(graph))
    assert [boxes[name].title for name in ("few", "many", "words")] == ["[1.5, 2]", "int32 [50]", "b'text'"]


def test_a_long_name_is_shown_by_its_end():
    box = Box(1, Kind.OPERATION, "Mul", "a_long_scope_name/another_scope/weights", "")
    assert words(box) == ["Mul", "\u2026/another_scope/weights"]
    assert words(Box(1, Kind.OPERATION, "Mul", "x" * 60))[1] == "\u2026" + "x" * 28


def test_a_box_says_nothing_twice():
    assert words(Box(1, Kind.OPERATION, "pow", "pow")) == ["pow"]
