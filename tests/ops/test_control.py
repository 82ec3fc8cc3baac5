import numpy as np
import pytest

from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from autograd_lite.ops.control import value_text
from autograd_lite.runtime.session import Session
from tests.ops.kernels import complaint, run


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        (np.float32(1.5), 3, "[1.5]"),
        (np.arange(1, 5), 3, "[1 2 3...]"),
        (np.arange(1, 5), -1, "[1 2 3 4]"),
        (np.arange(4.0).reshape(2, 2), 3, "[[0 1][2...]...]"),
        (np.arange(8).reshape(2, 2, 2), 3, "[[[0 1][2...]]...]"),
        (np.arange(12).reshape(4, 3), 3, "[[0 1 2]...]"),
        (np.array([b"a b", b"c"], object), 1, "[a b...]"),
        (np.array([True, False]), 3, "[1 0]"),
        (np.float32([1e-7, 0.1, 123456789.0]), 3, "[1e-07 0.1 123456792]"),
        (np.array([0.1, 1 / 3]), 3, "[0.1 0.33333333333333331]"),
        (np.float16([0.1]), 3, "[0.0999755859]"),
        (np.zeros((0, 2)), 3, "[]"),
    ],
)
def test_values_are_shown_as_tensorflow_shows_them(value, limit, text):
    assert value_text(np.asarray(value), limit) == text


def test_assert_shows_its_data():
    message = complaint(run, "Assert", False, (np.array(b"x too big:", object), [7, 8, 9, 10]))
    assert message == "assertion failed: [x too big:] [7 8 9...]"
    assert run("Assert", True, ([1],)) is None


def test_print_writes_to_the_error_stream_as_often_as_asked(capfd):
    with Graph().as_default():
        x = TABLE["Const"](value=np.float32([1, 2]), dtype="float32")
        shown = TABLE["Print"](x, [x], message="x is ", first_n=2)
        with Session() as session:
            for _ in range(3):
                np.testing.assert_array_equal(session.run(shown), [1, 2])
    assert capfd.readouterr().err == "x is [1 2]\n" * 2


def test_print_v2_writes_a_string(capfd):
    run("PrintV2", np.array(b"hello", object), output_stream="stdout", end="!")
    assert capfd.readouterr().out == "hello!"


def test_time_is_told_anew_in_every_run():
    with Graph().as_default():
        now = TABLE["Timestamp"]()
        with Session() as session:
            first, second = session.run(now), session.run(now)
    assert first.dtype == np.float64
    assert second >= first
