import random

import pytest

import autograd_lite as tf
from autograd_lite.teach.render.kinds import Kind
from autograd_lite.teach.render.layout import Place, label_width, lay_out
from autograd_lite.teach.render.picture import Arrow, Box, Frame, Picture, describe


def random_picture(seed, count):
    rng = random.Random(seed)
    boxes = [Box(10 * i, Kind.OPERATION, "Op", "n" * rng.randint(1, 20), "") for i in range(count)]
    arrows = [Arrow(10 * rng.randrange(i), 10 * i, False) for i in range(1, count) for _ in range(rng.randint(0, 3))]
    return Picture(boxes, list(dict.fromkeys(arrows)))


@pytest.mark.parametrize("seed", range(8))
def test_no_two_boxes_overlap(seed):
    places = list(lay_out(random_picture(seed, 30)).boxes.values())
    for i, a in enumerate(places):
        for b in places[:i]:
            assert abs(a.x - b.x) >= (a.width + b.width) / 2 or abs(a.y - b.y) >= (a.height + b.height) / 2


@pytest.mark.parametrize("seed", range(8))
def test_everything_lies_within_the_size(seed):
    layout = lay_out(random_picture(seed, 30))
    for place in layout.boxes.values():
        assert place.x - place.width / 2 >= -1e-6 and place.x + place.width / 2 <= layout.width + 1e-6
        assert place.y - place.height / 2 >= -1e-6 and place.y + place.height / 2 <= layout.height + 1e-6


@pytest.mark.parametrize("seed", range(8))
def test_arrows_go_down_from_box_to_box(seed):
    layout = lay_out(random_picture(seed, 30))
    for arrow, points in layout.routes:
        source, target = layout.boxes[arrow.source], layout.boxes[arrow.target]
        assert source.y < target.y
        assert points[0][1] == pytest.approx(source.y + source.height / 2) and abs(points[0][0] - source.x) < source.width / 2
        assert points[-1][1] == pytest.approx(target.y - target.height / 2) and abs(points[-1][0] - target.x) < target.width / 2


def test_the_same_picture_has_the_same_layout():
    assert lay_out(random_picture(3, 40)) == lay_out(random_picture(3, 40))


def test_what_depends_on_nothing_stands_right_above_its_user():
    boxes = [Box(i, Kind.OPERATION, "Op", str(i), "") for i in range(4)]
    layout = lay_out(Picture(boxes, [Arrow(0, 2, False), Arrow(1, 3, False), Arrow(2, 3, False)]))
    assert layout.boxes[1].y == layout.boxes[2].y


def test_an_arrow_against_the_order_is_drawn_upwards():
    boxes = [Box(i, Kind.OPERATION, "Op", str(i), "") for i in range(3)]
    loop = Picture(boxes, [Arrow(0, 1, False), Arrow(1, 2, False), Arrow(2, 0, False)])
    layout = lay_out(loop)
    points = layout.routes[2][1]
    assert points[0][1] > points[-1][1]


def test_nothing_to_draw_is_no_error():
    layout = lay_out(Picture([], []))
    assert (layout.width, layout.height, layout.boxes, layout.routes) == (0.0, 0.0, {}, [])


def test_long_arrows_of_a_large_graph_take_no_places():
    count = 2000
    boxes = [Box(i, Kind.OPERATION, "Op", "", "") for i in range(count)]
    there_and_back = [Arrow(i, i + 1, False) for i in range(count - 1)] + [Arrow(i, count - 1 - i, False) for i in range(count // 2 - 1)]
    routes = dict(lay_out(Picture(boxes, there_and_back)).routes)
    assert len(routes[Arrow(0, count - 1, False)]) == 2
    assert len(routes[Arrow(count // 2 - 10, count // 2 + 9, False)]) == 2 + 2 * 18
    assert sum(len(points) for points in routes.values()) < 50_000


def test_a_chain_of_thousands_needs_no_recursion():
    count = 3000
    chain = Picture([Box(i, Kind.OPERATION, "Op", "", "") for i in range(count)], [Arrow(i, i + 1, False) for i in range(count - 1)])
    assert len({round(place.x, 6) for place in lay_out(chain).boxes.values()}) == 1


def framed_picture(seed, count):
    rng = random.Random(seed)
    frames = [Frame("a"), Frame("b"), Frame("a/x", "a"), Frame("a/y", "a"), Frame("b/z", "b")]
    scopes = ["", *(frame.name for frame in frames)]
    boxes = [Box(i, Kind.OPERATION, "Op", "n" * rng.randint(1, 20), scope=rng.choice(scopes)) for i in range(count)]
    pairs = [(rng.randrange(i), i) for i in range(1, count) for _ in range(rng.randint(0, 3))]
    arrows = [Arrow(*pair, label=rng.choice(["", "[?,784]"]), tensor=f"{pair[0]}:0") for pair in pairs]
    arrows += [Arrow(rng.randrange(count), rng.randrange(count), True) for _ in range(3)]
    return Picture(boxes, [arrow for arrow in dict.fromkeys(arrows) if arrow.source != arrow.target], frames)


def inside(inner, outer):
    across, along = (outer.width - inner.width) / 2, (outer.height - inner.height) / 2
    return abs(inner.x - outer.x) <= across + 1e-6 and abs(inner.y - outer.y) <= along + 1e-6


def apart(a, b):
    return abs(a.x - b.x) >= (a.width + b.width) / 2 - 1e-6 or abs(a.y - b.y) >= (a.height + b.height) / 2 - 1e-6


@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize("seed", range(6))
def test_frames_hold_their_boxes_and_nothing_else(seed, direction):
    picture = framed_picture(seed, 30)
    layout = lay_out(picture, direction)
    outer = {frame.name: frame.outer for frame in picture.frames}
    for box in picture.boxes:
        around, scope = set(), box.scope
        while scope:
            around.add(scope)
            scope = outer[scope]
        for name, place in layout.frames.items():
            assert inside(layout.boxes[box.id], place) if name in around else apart(layout.boxes[box.id], place)
    for name, place in layout.frames.items():
        for other, second in layout.frames.items():
            nested = f"{name}/".startswith(f"{other}/") or f"{other}/".startswith(f"{name}/")
            assert nested or apart(place, second)


@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize("seed", range(6))
def test_arrows_join_the_edges_of_their_boxes_through_all_frames(seed, direction):
    layout = lay_out(framed_picture(seed, 30), direction)
    assert len(layout.routes) > 20
    for arrow, points in layout.routes:
        for place, (x, y) in ((layout.boxes[arrow.source], points[0]), (layout.boxes[arrow.target], points[-1])):
            along, across = (x - place.x, y - place.y) if direction == "LR" else (y - place.y, x - place.x)
            length, width = (place.width, place.height) if direction == "LR" else (place.height, place.width)
            assert abs(along) == pytest.approx(length / 2, abs=0.6) and abs(across) <= width / 2


@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize("seed", range(6))
def test_labels_lie_on_no_box_and_on_no_other_label(seed, direction):
    layout = lay_out(framed_picture(seed, 30), direction)
    places = [Place(label.x + label_width(label.text) / 2, label.y, label_width(label.text), 8) for label in layout.labels]
    assert len(places) > 5
    for number, place in enumerate(places):
        assert all(apart(place, box) for box in layout.boxes.values())
        assert all(apart(place, other) for other in places[:number])


def test_a_box_with_many_outputs_is_as_wide_as_what_stands_under_it():
    arrows = [Arrow(0, number, label="[1000,1000]", tensor=f"split:{number}") for number in range(1, 6)]
    layout = lay_out(Picture([Box(i, Kind.OPERATION, "Split", "split") for i in range(6)], arrows))
    assert layout.boxes[0].width > 5 * label_width("[1000,1000]")


def test_the_main_line_of_a_network_is_straight():
    # x -> MatMul -> BiasAdd -> MatMul -> BiasAdd ..., each with a variable beside it
    boxes, arrows, last = [Box(0, Kind.OPERATION, "x", "x")], [], 0
    for number in range(1, 41, 2):
        boxes += [Box(number, Kind.VARIABLE, "Variable", "variable"), Box(number + 1, Kind.OPERATION, "MatMul", "MatMul")]
        arrows += [Arrow(last, number + 1), Arrow(number, number + 1)]
        last = number + 1
    layout = lay_out(Picture(boxes, arrows))
    assert layout.width < 400


def test_the_backward_pass_is_below_the_loss():
    with tf.Graph().as_default() as graph:
        w = tf.Variable(2.0, name="w")
        loss = tf.square(tf.exp(w * 3.0), name="loss")
        tf.gradients(loss, w)
    picture = describe(graph)
    places = {box.name: lay_out(picture).boxes[box.id] for box in picture.boxes}
    assert places["gradients/grad_ys_0"].y > places["loss"].y
