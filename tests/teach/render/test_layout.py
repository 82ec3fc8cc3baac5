import random

import pytest

from autograd_lite.teach.render.kinds import Kind
from autograd_lite.teach.render.layout import lay_out
from autograd_lite.teach.render.picture import Arrow, Box, Picture


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
