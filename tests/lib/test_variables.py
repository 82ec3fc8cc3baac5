"""Variables: their nodes, values, updates and errors."""

import copy

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, inputs, names, node, state

KINDS = pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])


# ---------------------------------------------------------------- nodes


def test_a_reference_variable_is_four_nodes():
    w = tf.Variable(0, dtype=tf.float32)
    assert names() == ["Variable/initial_value", "Variable", "Variable/Assign", "Variable/read"]
    assert [node(name).type for name in names()] == ["Const", "VariableV2", "Assign", "Identity"]
    assert inputs("Variable/Assign") == ["Variable", "Variable/initial_value"]
    assert node("Variable/Assign").attrs["_class"] == node("Variable/read").attrs["_class"] == ["loc:@Variable"]
    assert node("Variable/Assign").attrs["use_locking"] is True
    assert (w.op, w.initializer, w.value().op) == (node("Variable"), node("Variable/Assign"), node("Variable/read"))
    assert repr(w) == "<tf.Variable 'Variable:0' shape=() dtype=float32_ref>"


def test_a_resource_variable_is_a_handle_and_nodes_around_it():
    w = tf.Variable([1.0, 2.0], name="w", use_resource=True)
    assert names() == ["w/Initializer/initial_value", "w", "w/IsInitialized/VarIsInitializedOp", "w/Assign", "w/Read/ReadVariableOp"]
    assert node("w").attrs["shared_name"] == "w" and node("w").attrs["_class"] == ["loc:@w"]
    assert repr(w) == "<tf.Variable 'w:0' shape=(2,) dtype=float32>"
    w.assign([3.0, 4.0])
    assert names()[5:] == ["Const", "AssignVariableOp", "ReadVariableOp"]
    assert inputs("ReadVariableOp") == ["w", "^AssignVariableOp"]


def test_a_start_value_made_by_a_function_belongs_to_the_variable():
    tf.Variable(lambda: tf.ones([2]), name="w")
    assert names() == ["w/Initializer/ones", "w", "w/Assign", "w/read"]
    assert node("w/Initializer/ones").attrs["_class"] == node("w").attrs["_class"] == ["loc:@w"]


def test_names_are_made_unique_inside_name_scopes():
    made = [tf.Variable(1.0), tf.Variable(1.0)]
    with tf.name_scope("n"):
        made.append(tf.Variable(1.0))
    with tf.variable_scope("n"):
        made.append(tf.Variable(1.0))
    assert [v.name for v in made] == ["Variable:0", "Variable_1:0", "n/Variable:0", "n_1/Variable:0"]


def test_a_name_with_a_final_slash_is_taken_as_it_is():
    with tf.name_scope("s"):
        assert tf.Variable(1.0, name="w/").name == "w:0"


@KINDS
def test_a_variable_ignores_control_dependencies_around_its_definition(resource):
    with tf.control_dependencies([tf.no_op(name="first")]):
        v = tf.Variable(1.0, use_resource=resource)
    assert all(not op.control_inputs for op in tf.get_default_graph().get_operations())
    assert initialized().run(v) == 1.0


def test_dividing_lists_of_variables_by_collection():
    a = tf.Variable(1.0)
    b = tf.Variable(1.0, trainable=False)
    c = tf.Variable(1.0, collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    d = tf.Variable(1.0, name="named", collections=[tf.GraphKeys.MODEL_VARIABLES, tf.GraphKeys.GLOBAL_VARIABLES])
    assert tf.global_variables() == [a, b, d] and tf.trainable_variables() == [a, d]
    assert tf.local_variables() == [c] and tf.model_variables() == [d]
    assert tf.global_variables("nam") == [d] and tf.moving_average_variables() == []


def test_the_initializer_is_called_init_and_waits_for_every_assign():
    tf.Variable(1.0, name="a")
    tf.Variable(1.0, name="b")
    assert tf.global_variables_initializer().name == "init" and inputs("init") == ["^a/Assign", "^b/Assign"]
    assert tf.local_variables_initializer().name == "init_1" and inputs("init_1") == []


@pytest.mark.parametrize("old", ["initialize_all_variables", "initialize_local_variables", "all_variables"])
def test_old_names_warn_and_work(old):
    v = tf.Variable(1.0)
    with pytest.warns(DeprecationWarning, match=f"tf.{old} is deprecated"):
        result = getattr(tf, old)()
    assert result == [v] if old == "all_variables" else result.type == "NoOp"


# ---------------------------------------------------------------- values


@KINDS
@pytest.mark.parametrize("start", [2.5, [1, 2, 3], np.ones([2, 2]), "text", [True, False]], ids=str)
def test_a_variable_holds_its_start_value_after_initialization(resource, start):
    v = tf.Variable(start, use_resource=resource)
    got = initialized().run(v)
    wanted = np.asarray(start)
    assert np.array_equal(got, wanted.astype(bytes) if wanted.dtype.kind == "U" else wanted)


@KINDS
def test_a_variable_keeps_its_value_from_run_to_run_and_each_session_has_its_own(resource):
    v = tf.Variable(0, use_resource=resource)
    up = v.assign_add(1)
    first, second = initialized(), initialized()
    assert [first.run(up) for _ in range(3)] == [1, 2, 3]
    assert (first.run(v), second.run(v)) == (3, 0)


@KINDS
@pytest.mark.parametrize(
    ("change", "wanted"), [("assign", [1.0, 2.0]), ("assign_add", [11.0, 22.0]), ("assign_sub", [9.0, 18.0])]
)  # fmt: skip
def test_changing_the_whole_variable(resource, change, wanted):
    v = tf.Variable([10.0, 20.0], use_resource=resource)
    by_method = getattr(v, change)([1.0, 2.0])
    session = initialized()
    assert session.run(by_method).tolist() == wanted == session.run(v).tolist()
    session.run(v.initializer)
    assert session.run(getattr(tf, change)(v, [1.0, 2.0])).tolist() == wanted


@KINDS
def test_without_read_value_the_operation_is_returned(resource):
    v = tf.Variable(1.0, use_resource=resource)
    op = v.assign(5.0, read_value=False)
    assert isinstance(op, tf.Operation)
    session = initialized()
    assert session.run(op) is None and session.run(v) == 5.0


@KINDS
@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("update", [5, 2, 7]), ("add", [6, 2, 10]), ("sub", [-4, 2, -4]), ("mul", [5, 2, 21]), ("div", [0.2, 2, 3 / 7]), ("min", [1, 2, 3]),
        ("max", [5, 2, 7]),
    ],
)  # fmt: skip
def test_scattering_into_rows(resource, kind, wanted):
    session = None
    for use in (lambda v: getattr(tf, f"scatter_{kind}")(v, [0, 2], [5.0, 7.0]),
                lambda v: getattr(v, f"scatter_{kind}")(tf.IndexedSlices(tf.constant([5.0, 7.0]), tf.constant([0, 2])))):  # fmt: skip
        v = tf.Variable([1.0, 2.0, 3.0], use_resource=resource)
        update = use(v)
        session = initialized()
        assert session.run(update) == pytest.approx(wanted) and session.run(v) == pytest.approx(wanted)


@KINDS
def test_scattering_to_positions_and_into_batches(resource):
    v = tf.Variable(tf.zeros([2, 3]), use_resource=resource)
    session = tf.Session()
    for update, wanted in [
        (tf.scatter_nd_update(v, [[0, 1], [1, 2]], [5.0, 6.0]), [[0, 5, 0], [0, 0, 6]]),
        (v.scatter_nd_add([[1]], [[1.0, 1.0, 1.0]]), [[0, 0, 0], [1, 1, 1]]),
        (tf.scatter_nd_sub(v, [[0, 0], [0, 0]], [1.0, 2.0]), [[-3, 0, 0], [0, 0, 0]]),
        (tf.batch_scatter_update(v, [[0], [2]], [[5.0], [6.0]]), [[5, 0, 0], [0, 0, 6]]),
    ]:
        session.run(v.initializer)
        assert session.run(update).tolist() == wanted


@KINDS
def test_assigning_to_a_slice_changes_only_that_slice(resource):
    v = tf.Variable(tf.zeros([3, 2]), use_resource=resource)
    change = v[1:, 0].assign([7.0, 8.0])
    one = v[0, 1].assign(9.0)
    session = initialized()
    assert session.run(change).tolist() == [[0, 0], [7, 0], [8, 0]]
    assert session.run(one).tolist() == [[0, 9], [7, 0], [8, 0]]


@KINDS
def test_counting_up_ends_with_out_of_range(resource):
    v = tf.Variable(0, use_resource=resource)
    count = tf.count_up_to(v, 2)
    session = initialized()
    assert [session.run(count), session.run(count)] == [0, 1]
    with pytest.raises(tf.errors.OutOfRangeError, match="Reached limit of 2"):
        session.run(count)


@KINDS
def test_operators_work_on_both_sides_and_with_arrays(resource):
    v = tf.Variable([1.0, 4.0], use_resource=resource)
    session = initialized()
    cases = [
        (v + 1, [2, 5]), (1 - v, [0, -3]), (np.float32([2, 3]) * v, [2, 12]), (v / 2, [0.5, 2]), (2.0**v, [2, 16]), (-v, [-1, -4]),
        (abs(-v), [1, 4]), (v % 3, [1, 1]), (v // 2, [0, 2]), (v > 2.0, [False, True]), (v[1], 4), (v[None, :1], [[1]]),
    ]  # fmt: skip
    for tensor, wanted in cases:
        assert np.array_equal(session.run(tensor), wanted), tensor


def test_a_variable_in_arithmetic_is_its_read_node():
    w = tf.Variable(3.0, name="w")
    assert inputs((w**2).op.name)[0] == "w/read" and inputs((-10.0 * w).op.name)[1] == "w/read"


@KINDS
def test_reading_after_an_update_sees_it(resource):
    v = tf.Variable(1.0, use_resource=resource)
    with tf.control_dependencies([v.assign(2.0)]):
        after = v.read_value()
    assert initialized().run(after) == 2.0


@KINDS
def test_load_and_eval_use_the_default_session(resource):
    v = tf.Variable([1.0, 2.0], use_resource=resource)
    with initialized():
        before = names()
        v.load([3.0, 4.0])
        assert v.eval().tolist() == [3.0, 4.0] and names() == before
    with pytest.raises(ValueError, match="Either session argument should be provided"):
        v.load([0.0, 0.0])


def test_a_variable_that_depends_on_another_initializes_in_one_go():
    a = tf.Variable(3.0, name="a")
    b = tf.Variable(a.initialized_value() * 2.0, name="b")
    c = tf.Variable(a * 10.0 + b, name="c")
    assert initialized().run([a, b, c]) == [3.0, 6.0, 36.0]


def test_an_initialized_variable_lends_its_present_value():
    a = tf.Variable(3.0)
    b = tf.Variable(a.initialized_value())
    session = tf.Session()
    session.run(a.initializer)
    session.run(a.assign(7.0))
    session.run(b.initializer)
    assert session.run(b) == 7.0


@KINDS
def test_asking_whether_variables_are_initialized(resource):
    v = tf.Variable(1.0, name="v", use_resource=resource)
    is_initialized, missing = tf.is_variable_initialized(v), tf.report_uninitialized_variables()
    session = tf.Session()
    assert (session.run(is_initialized), session.run(missing).tolist()) == (False, [b"v"])
    session.run(v.initializer)
    assert (session.run(is_initialized), session.run(missing).tolist()) == (True, [])


@KINDS
def test_asserting_that_variables_are_initialized(resource):
    tf.Variable(1.0, name="v", use_resource=resource)
    tf.Variable(1.0)
    check = tf.assert_variables_initialized()
    with pytest.raises(tf.errors.FailedPreconditionError, match="v"):
        tf.Session().run(check)
    assert initialized().run(check).tolist() == [0, 0]


def test_nothing_is_missing_in_a_graph_without_variables():
    assert tf.Session().run(tf.report_uninitialized_variables()).tolist() == [] and tf.assert_variables_initialized() is None


@KINDS
def test_a_variable_goes_through_its_proto(resource):
    v = tf.Variable([1.0, 2.0], trainable=False, name="v", use_resource=resource)
    definition = v.to_proto()
    before = names()
    again = tf.Variable.from_proto(definition)
    assert type(again) is type(v) and again.op is v.op and again.initializer is v.initializer and again.trainable is False
    assert names() == before
    assert v.to_proto("elsewhere") is None
    with tf.name_scope("inner"):
        inner = tf.Variable(1.0, name="w", use_resource=resource)
    assert inner.to_proto("inner").variable_name == "w:0"


def test_graphs_can_be_fed_in_place_of_a_variable():
    v = tf.Variable([1.0, 2.0])
    assert tf.Session().run(v * 2.0, {v: [5.0, 6.0]}).tolist() == [10.0, 12.0]


def test_variables_can_be_sparse_read():
    for resource in (False, True):
        v = tf.Variable([[1.0, 2.0], [3.0, 4.0]], use_resource=resource)
        rows, element = v.sparse_read([1, 1]), v.gather_nd([[0, 1]])
        session = initialized()
        assert session.run(rows).tolist() == [[3, 4], [3, 4]] and session.run(element).tolist() == [2]


def test_shapes_may_change_when_they_are_not_validated():
    v = tf.Variable([1.0], validate_shape=False)
    grow = tf.assign(v, [1.0, 2.0, 3.0], validate_shape=False)
    session = initialized()
    assert v.shape.ndims is None and session.run(grow).tolist() == [1, 2, 3] and session.run(v).shape == (3,)


def test_set_shape_adds_what_is_known():
    v = tf.Variable([1.0], validate_shape=False)
    v.set_shape([None])
    assert v.shape.as_list() == [None] and v.value().shape.as_list() == [None]


# ---------------------------------------------------------------- which kind


def test_the_program_the_scope_and_a_switch_choose_the_kind():
    kind = lambda **keywords: "_ref" in tf.Variable(1.0, **keywords).dtype.name
    assert kind() and not kind(use_resource=True)
    with tf.variable_scope("s", use_resource=True):
        assert not kind() and kind(use_resource=False)
    tf.enable_resource_variables()
    try:
        assert tf.resource_variables_enabled() and not kind()
    finally:
        tf.disable_resource_variables()
    assert kind() and isinstance(tf.Variable(1.0, use_resource=True), tf.Variable) and isinstance(tf.Variable(1.0), tf.Variable)


def test_a_creator_sees_every_variable_and_may_change_it():
    seen = []

    def creator(next_creator, **arguments):
        seen.append(arguments["name"])
        arguments["trainable"] = False
        return next_creator(**arguments)

    with tf.variable_creator_scope(creator):
        tf.Variable(1.0, name="a")
        tf.get_variable("b", [2])
    tf.Variable(1.0, name="c")
    assert seen == ["a", "b"] and [v.name for v in tf.trainable_variables()] == ["c:0"]


# ---------------------------------------------------------------- errors


def refused(error, text, call):
    """The call fails with this first line, and leaves no trace."""
    before = state()
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).split("\n")[0].startswith(text), str(caught.value)
    assert state() == before
    return str(caught.value)


@KINDS
def test_a_start_value_is_needed_and_must_have_a_shape(resource):
    refused(ValueError, "initial_value must be specified.", lambda: tf.Variable(use_resource=resource))
    p = tf.placeholder(tf.float32, [None])
    message = refused(
        ValueError,
        'initial_value must have a shape specified: Tensor("Placeholder:0", shape=(?,), dtype=float32)',
        lambda: tf.Variable(p, use_resource=resource),
    )
    assert "test_variables.py" in message
    refused(ValueError, "initial_value must have a shape specified", lambda: tf.Variable(lambda: p + 1.0, use_resource=resource))


def test_wrong_arguments_are_named():
    refused(ValueError, "collections argument to Variable constructor must be a list", lambda: tf.Variable(1.0, collections="x"))
    refused(ValueError, "The `constraint` argument must be a callable.", lambda: tf.Variable(1.0, constraint=3))
    refused(ValueError, "'bad name!' is not a valid scope name", lambda: tf.Variable(1.0, name="bad name!"))
    refused(
        ValueError,
        "Synchronization value can be set to",
        lambda: tf.Variable(1.0, True, synchronization=tf.VariableSynchronization.ON_READ),
    )


def test_assigning_a_wrong_shape_or_type_is_refused_while_building():
    v = tf.Variable(tf.zeros([2, 3]), name="w")
    z, ints = tf.zeros([3, 2]), tf.constant([1, 2])
    refused(ValueError, "Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2,3] and [3,2].", lambda: v.assign(z))
    refused(
        TypeError, "Input 'value' of 'Assign' Op has type int32 that does not match type float32 of argument 'ref'.", lambda: v.assign(ints)
    )
    r = tf.Variable(tf.zeros([2, 3]), name="r", use_resource=True)
    refused(ValueError, "Cannot assign value to variable ' r:0': Shape mismatch.", lambda: r.assign(z))
    refused(AttributeError, "'Tensor' object has no attribute 'assign'", lambda: tf.assign(z, 2.0))
    refused(TypeError, "sparse_delta is not IndexedSlices", lambda: v.scatter_add(z))


def test_a_shape_known_only_while_running_is_checked_then():
    p = tf.placeholder(tf.float32)
    v = tf.Variable(tf.zeros([2]))
    change = v.assign(p)
    session = initialized()
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"Assign requires shapes of both tensors to match. lhs shape= \[2\] rhs shape= \[3\]"
    ):
        session.run(change, {p: [1.0, 2.0, 3.0]})
    assert session.run(v).tolist() == [0, 0]


def test_using_an_uninitialized_variable_names_it():
    v = tf.Variable(1.0, name="weights")
    with pytest.raises(tf.errors.FailedPreconditionError, match="^Attempting to use uninitialized value weights"):
        tf.Session().run(v + 1.0)
    r = tf.get_variable("rw", [2], use_resource=True)
    with pytest.raises(tf.errors.FailedPreconditionError, match="^Error while reading resource variable rw from Container: localhost"):
        tf.Session().run(r)


def test_converting_to_another_type_is_refused():
    v = tf.Variable(1.0)
    with pytest.raises(ValueError, match="Incompatible type conversion requested to type 'int32' for variable of type 'float32_ref'"):
        tf.convert_to_tensor(v, dtype=tf.int32)


def test_a_variable_can_neither_be_copied_nor_iterated():
    v = tf.Variable([1.0, 2.0])
    assert copy.copy(v) is v
    with pytest.raises(NotImplementedError, match="cannot be copied"):
        copy.deepcopy(v)
    with pytest.raises(TypeError, match="Iterating over a symbolic"):
        list(v)


def test_variables_are_hashable_and_compare_by_identity():
    a, b = tf.Variable(1.0), tf.Variable(1.0)
    assert {a: 1, b: 2}[a] == 1 and a != b and a.experimental_ref() == a.experimental_ref() != b.experimental_ref()
    assert a.experimental_ref().deref() is a


def test_an_empty_name_names_a_variable_after_its_op():
    tf.Variable(1.0, name="")
    tf.Variable(lambda: tf.constant(1.0), name="")
    with tf.name_scope("scope"):
        tf.Variable(1.0, name="", use_resource=True)
    assert [op.name for op in tf.get_default_graph().get_operations()] == [
        "initial_value", "VariableV2", "Assign", "read",
        "Initializer/Const", "VariableV2_1", "Assign_1", "read_1",
        "Initializer_1/initial_value", "VarHandleOp", "IsInitialized/VarIsInitializedOp", "Assign_2", "Read_2/ReadVariableOp",
    ]  # fmt: skip
