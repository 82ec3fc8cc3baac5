import numpy as np
import pytest

from autograd_lite.core.errors import FailedPreconditionError, InvalidArgumentError, OutOfRangeError
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from autograd_lite.runtime.session import Session


class Held:
    """A variable of either kind in a session, with the value it starts from."""

    def __init__(self, start, resource):
        self.start, self.resource = np.asarray(start), resource
        dtype, shape = self.start.dtype.name, self.start.shape
        self.handle = TABLE["VarHandleOp"](dtype=dtype, shape=shape) if resource else TABLE["VariableV2"](dtype=dtype, shape=shape)
        assign = TABLE["AssignVariableOp" if resource else "Assign"](self.handle, self.start)
        self.read = TABLE["ReadVariableOp"](self.handle, dtype=dtype) if resource else TABLE["Identity"](self.handle)
        self.session = Session()
        self.session.run(getattr(assign, "op", assign))

    def after(self, op, *inputs, **attrs):
        made = TABLE[f"Resource{op}" if self.resource else op](self.handle, *inputs, **attrs)
        self.session.run(made)
        return self.session.run(self.read)


@pytest.fixture(params=[False, True], ids=["reference", "resource"])
def held(request):
    with Graph().as_default():
        yield lambda start: Held(start, request.param)


ROWS = np.array([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])


@pytest.mark.parametrize(
    ("op", "wanted"),
    [
        ("Update", [3, 2, 5]),
        ("Add", [4, 2, 9]),
        ("Sub", [-2, 2, -1]),
        ("Mul", [3, 2, 20]),
        ("Div", [1 / 3, 2, 0.8]),
        ("Min", [1, 2, 4]),
        ("Max", [3, 2, 5]),
    ],
)
def test_scatter_changes_the_rows_that_are_named(held, op, wanted):
    got = held(ROWS).after(f"Scatter{op}", np.array([2, 0], np.int32), np.array([[5.0, 5.0], [3.0, 3.0]]))
    np.testing.assert_allclose(got[:, 0], wanted)


def test_scatter_adds_twice_what_is_named_twice_and_stretches_a_scalar(held):
    got = held(ROWS).after("ScatterAdd", np.array([1, 1], np.int32), np.float64(1.0))
    np.testing.assert_array_equal(got[:, 0], [1, 4, 4])


def test_scatter_outside_changes_nothing(held):
    variable = held(ROWS)
    with pytest.raises(InvalidArgumentError, match=r"indices\[1\] = 5 is not in \[0, 3\)"):
        variable.after("ScatterAdd", np.array([0, 5], np.int32), np.ones((2, 2)))
    np.testing.assert_array_equal(variable.session.run(variable.read), ROWS)


def test_count_up_to_gives_the_old_number_and_stops(held):
    variable = held(np.int32(1))
    more = {"T": "int32"} if variable.resource else {}
    count = TABLE["ResourceCountUpTo" if variable.resource else "CountUpTo"](variable.handle, limit=3, **more)
    assert [variable.session.run(count) for _ in range(2)] == [1, 2]
    with pytest.raises(OutOfRangeError, match="Reached limit of 3"):
        variable.session.run(count)
    assert variable.session.run(variable.read) == 3


def test_reading_before_assigning_is_an_error_and_asking_is_not():
    with Graph().as_default():
        ref = TABLE["VariableV2"](dtype="float32", shape=(2,), name="w")
        asked = TABLE["IsVariableInitialized"](ref)
        with Session() as session:
            assert not session.run(asked)
            with pytest.raises(FailedPreconditionError, match="Attempting to use uninitialized value w"):
                session.run(TABLE["Identity"](ref))
            session.run(TABLE["Assign"](ref, np.zeros(2, np.float32)))
            assert session.run(asked)


def test_assign_checks_shapes_while_building_unless_told_not_to():
    with Graph().as_default():
        ref = TABLE["VariableV2"](dtype="float32", shape=(2, 3))
        with pytest.raises(ValueError, match=r"Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are \[2,3\] and \[3,2\]."):
            TABLE["Assign"](ref, np.zeros((3, 2), np.float32))
        assert TABLE["Assign"](ref, np.zeros((3, 2), np.float32), validate_shape=False).static_shape == (3, 2)


def test_resource_gather_looks_rows_up():
    with Graph().as_default():
        variable = Held(ROWS, True)
        rows = TABLE["ResourceGather"](variable.handle, np.array([2, 0], np.int32), dtype="float64")
        assert rows.static_shape == (2, 2)
        np.testing.assert_array_equal(variable.session.run(rows), ROWS[[2, 0]])
        assert variable.session.run(TABLE["VariableShape"](variable.handle)).tolist() == [3, 2]
