"""Where variables live."""

import numpy as np

import autograd_lite as tf
from autograd_lite.api.raw import raw
from autograd_lite.runtime.resources import Cell, Store, exclusive


def test_an_array_that_only_the_cell_holds_is_given_as_it_is():
    cell = Cell("w")
    cell.value = np.zeros(3)
    assert exclusive(cell) is cell.value
    held = cell.value
    assert exclusive(cell) is not held and np.array_equal(exclusive(cell), held)


def test_views_scalars_and_read_only_arrays_are_copied():
    cell = Cell("w")
    assert exclusive(cell) is None
    cell.value = np.float32(2)
    assert isinstance(exclusive(cell), np.ndarray)
    cell.value = np.zeros((2, 3)).reshape(6)
    assert exclusive(cell) is not cell.value
    cell.value = np.zeros(3)
    cell.value.flags.writeable = False
    assert exclusive(cell).flags.writeable


def test_cells_are_found_by_container_and_shared_name():
    with tf.Graph().as_default() as graph:
        a = raw.VariableV2(shape=(), dtype=tf.float32, name="a").op
        b = raw.VariableV2(shape=(), dtype=tf.float32, shared_name="a").op
        with graph.container("box"):
            c = raw.VariableV2(shape=(), dtype=tf.float32, container="box", shared_name="a").op
        handle = raw.VarHandleOp(shape=(), dtype=tf.float32, shared_name="a").op
    store = Store()
    assert store.cell(a) is store.cell(b)
    assert len({id(store.cell(op)) for op in (a, c, handle)}) == 3
    store.cell(a).value, store.cell(c).value = np.float32(1), np.float32(2)
    assert store.has_content() and "float32[]" in repr(store.cell(a)).replace(" ", "")
    kept = store.cell(a)
    store.clear(["box"])
    assert store.cell(a) is kept and store.cell(c).value is None
    store.clear()
    assert not store.has_content() and kept.value is None


def test_each_session_has_its_own_random_stream():
    draw = tf.random_uniform([3], seed=1)
    with tf.Session() as one, tf.Session() as two:
        first = one.run(draw)
        assert not np.array_equal(first, one.run(draw)) and np.array_equal(first, two.run(draw))
