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


@pytest.fixture
def network():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        h = tf.layers.dense(x, 3, tf.nn.relu, name="hidden")
        with tf.name_scope("outer"), tf.name_scope("inner"):
            y = tf.negative(tf.square(h))
        tf.train.AdamOptimizer().minimize(tf.reduce_sum(y, name="loss"))
    return graph


def test_a_tensor_is_drawn_with_all_that_it_depends_on(network):
    square = network.get_tensor_by_name("outer/inner/Square:0")
    names = set(named(describe(square)))
    assert names == {"x", "hidden/kernel", "hidden/bias", "hidden/MatMul", "hidden/BiasAdd", "hidden/Relu", "outer/inner/Square"}
    (kernel,) = [variable for variable in network.get_collection("trainable_variables") if "kernel" in variable.name]
    assert set(named(describe([square, [kernel, None]]))) == names
    assert set(named(describe(kernel))) == {"hidden/kernel"}
    with network.as_default():
        slices = tf.IndexedSlices(square, tf.constant([0]))
        assert set(named(describe(slices))) == names


def test_a_scope_is_drawn_with_where_its_inputs_come_from(network):
    with network.as_default():
        picture = describe("hidden")
    boxes = named(picture)
    assert boxes["x"].kind is Kind.OUTSIDE and boxes["hidden/MatMul"].kind is Kind.OPERATION
    assert "outer/inner/Square" not in boxes
    assert Arrow(boxes["x"].id, boxes["hidden/MatMul"].id, tensor="x:0") in picture.arrows


def test_an_open_scope_is_a_frame_and_names_in_it_are_short(network):
    picture = describe(network, gradients="hide")
    assert [(frame.name, frame.outer, frame.label) for frame in picture.frames] == [
        ("hidden", "", "hidden"), ("outer", "", "outer"), ("outer/inner", "outer", "inner"),
    ]  # fmt: skip
    boxes = named(picture)
    assert boxes["outer/inner/Neg"].scope == "outer/inner" and words(boxes["outer/inner/Neg"])[0] == "Neg"
    assert words(boxes["hidden/kernel"]) == ["VariableV2", "kernel", "float32 [4,3]"]


def test_scopes_below_the_depth_are_folded_and_the_picture_says_so(network):
    picture = describe(network, depth=0, gradients="hide")
    boxes = named(picture)
    assert {"x", "hidden", "outer"} <= set(boxes)
    assert (boxes["hidden"].kind, boxes["hidden"].count, words(boxes["hidden"])) == (Kind.SCOPE, 5, ["hidden", "5 nodes"])
    assert any(note.startswith("Folded: 7 of") and "depth=1 opens one level more" in note for note in picture.notes)
    assert [(arrow.label, arrow.tensor) for arrow in picture.arrows if arrow.target == boxes["outer"].id] == [("[?,3]", "hidden/Relu:0")]
    assert set(named(describe(network, depth=1, gradients="hide"))) >= {"hidden/MatMul", "outer/inner"}


def test_the_backward_pass_is_shown_folded_or_hidden(network):
    shown, folded, hidden = (describe(network, gradients=choice) for choice in ("show", "fold", "hide"))
    assert sum(box.kind is Kind.GRADIENT for box in shown.boxes) > 5
    boxes = named(folded)
    assert boxes["gradients"].kind is Kind.GRADIENT and not any(name.startswith("gradients/") for name in boxes)
    into_update = [arrow for arrow in folded.arrows if arrow.source == boxes["gradients"].id]
    assert into_update and all(not arrow.control for arrow in into_update)
    assert not {box.kind for box in hidden.boxes} & {Kind.GRADIENT, Kind.UPDATE}
    assert any(note.startswith("Not shown: gradients and what is computed from them (") for note in hidden.notes)


def test_a_backward_pass_with_another_name_is_known_too():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [3], name="x")
        with tf.name_scope("model"):
            tf.gradients(tf.square(x), x, name="slopes")
    kinds = {box.name: box.kind for box in describe(graph).boxes}
    assert kinds["model/slopes/grad_ys_0"] is Kind.GRADIENT and kinds["model/Square"] is Kind.OPERATION


def test_arrows_say_shapes_and_types_as_asked_for(network):
    square = network.get_tensor_by_name("outer/inner/Square:0")
    for show, wanted in ((("shapes",), "[?,3]"), (("dtypes",), "float32"), (("dtypes", "shapes"), "float32 [?,3]"), ((), "")):
        assert {arrow.label for arrow in describe(square, show=show).arrows if arrow.tensor == "hidden/Relu:0"} == {wanted}


def test_above_five_hundred_boxes_scopes_are_folded_by_themselves():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [], name="x")
        for number in range(60):
            with tf.name_scope(f"block{number}"):
                for part in range(3):
                    with tf.name_scope(f"part{part}"):
                        x = tf.negative(tf.square(tf.exp(x)))
    assert len(graph.get_operations()) == 541
    picture = describe(graph)
    assert len(picture.boxes) == 181 and picture.notes == ["Folded: 540 of 541 nodes into 180 name scopes; depth=2 opens one level more."]
    assert len(describe(graph, depth=2).boxes) == 541


def test_a_variable_of_a_resource_shows_what_it_holds():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [2, 5], use_resource=True)
        tf.square(v, name="y")
    boxes = named(describe(graph))
    assert words(boxes["v"]) == ["VarHandleOp", "v", "float32 [2,5]"]
    assert describe(graph).arrows == [Arrow(boxes["v"].id, boxes["y"].id, tensor="v:0")]


def test_a_group_without_updates_is_no_update():
    with tf.Graph().as_default() as graph:
        tf.group(tf.no_op(name="nothing"), tf.assert_equal(1, 1), name="checks")
        tf.group(tf.Variable(1.0).assign(2.0).op, name="changes")
    kinds = {box.name: box.kind for box in describe(graph).boxes}
    assert kinds["checks"] is Kind.OPERATION and kinds["changes"] is Kind.UPDATE


def test_a_picture_of_nothing_says_so():
    assert describe(tf.Graph()).notes == ["There is nothing to show: no node is left."]


def test_a_graph_that_name_scopes_cannot_fold_is_shown_in_stretches():
    w = h = tf.Variable(0.5, name="w")
    for _ in range(800):
        h = tf.tanh(h)
    tf.train.GradientDescentOptimizer(0.1).minimize(h)
    picture = describe(tf.get_default_graph())
    names = [box.name for box in picture.boxes]
    assert len(picture.boxes) == 41 and names[0] == "w … Tanh_19" and names[-2:] == ["gradients", "GradientDescent"]
    assert sum(box.count for box in picture.boxes) == len(describe(tf.get_default_graph(), depth=99).boxes)
    (note,) = picture.notes
    assert note.startswith("Folded: ") and "name scopes alone leave 80" in note
    assert [box.name for box in describe(w.op).boxes] == ["w"]
