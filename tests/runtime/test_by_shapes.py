"""Which fed shapes get a plan of their own."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.compiler.program import Fed
from autograd_lite.kernels import tier
from autograd_lite.runtime import by_shapes
from autograd_lite.runtime.by_shapes import ByShapes


@pytest.fixture
def table():
    """A table that notes what it made and forgot: the sizes of the only axis; what it keeps for any shapes is -1."""
    made, forgotten = [], []

    def make(fed):
        made.append(-1 if fed is None else fed.shapes[0][0])
        return made[-1], 1

    table = ByShapes(make, lambda fed: forgotten.append(fed.shapes[0][0]))
    return table, made, forgotten


def ask(table, size):
    return table.of(Fed(((size,),)))


def test_the_first_shapes_get_a_place_at_once_and_later_ones_when_they_come_back(table):
    table, made, _ = table
    assert [ask(table, size) for size in range(by_shapes.FIRST)] == list(range(by_shapes.FIRST))
    assert [ask(table, 100), ask(table, 101)] == [-1, -1]
    assert [ask(table, 100), ask(table, 100)] == [100, 100]
    assert made == [*range(by_shapes.FIRST), -1, 100]
    assert len(table) == table.size == by_shapes.FIRST + 2


def test_a_shape_that_comes_twice_as_often_takes_the_place_of_another(table):
    table, _, forgotten = table
    for size in range(by_shapes.MOST):
        for _ in range(1 if size == 5 else 2):
            ask(table, size)
    while len(table) < by_shapes.MOST + 1:
        ask(table, 5)
    found = [ask(table, 1000) for _ in range(by_shapes.OFTENER)]
    assert found == [-1] * (by_shapes.OFTENER - 1) + [1000]
    assert len(forgotten) == 1 and len(table) == by_shapes.MOST + 1


def test_shapes_that_never_come_back_cost_no_plans_and_are_forgotten(table):
    table, made, _ = table
    for size in range(5000):
        ask(table, size)
    assert len(made) == by_shapes.FIRST + 1
    assert len(table._met) <= 2 * by_shapes.FORGETTING


def test_shapes_of_a_later_part_of_a_program_get_the_places_of_those_of_an_earlier_one(table):
    table, _, _ = table
    for _ in range(3):
        for size in range(by_shapes.MOST):
            for _ in range(100):
                ask(table, size)
    for _ in range(200):
        found = [ask(table, 1000 + size) for size in range(10)]
    assert found == list(range(1000, 1010))


def test_shapes_of_large_plans_get_fewer_places():
    table = ByShapes(lambda fed: (fed, by_shapes.MOST_STEPS // 10), lambda fed: None)
    for _ in range(3):
        for size in range(30):
            ask(table, size)
    assert len(table) == 11


def test_in_deterministic_mode_every_shape_has_a_plan_of_its_own(table, monkeypatch):
    monkeypatch.setattr(tier, "_deterministic", [True])
    table, made, forgotten = table
    assert [ask(table, size) for size in range(3 * by_shapes.MOST)] == list(range(3 * by_shapes.MOST))
    assert -1 not in made and len(forgotten) == 2 * by_shapes.MOST


def test_a_plan_that_loses_its_place_is_not_kept_by_the_graph_either(monkeypatch):
    for name, number in (("FIRST", 2), ("MOST", 3), ("OFTENER", 2)):
        monkeypatch.setattr(by_shapes, name, number)
    x = tf.placeholder(tf.float32, [None])
    total = tf.reduce_sum(x * 2.0)
    with tf.Session() as session:
        for size in (*range(1, 12), *range(1, 12), *range(1, 12)):
            for _ in range(size):
                assert session.run(total, {x: np.ones(size, np.float32)}) == 2 * size
        assert len(session.graph.properties["plans"]) <= 4
