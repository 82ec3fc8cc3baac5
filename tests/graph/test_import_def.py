"""A GraphDef becomes nodes of a graph, or nothing at all when anything about it is wrong."""

from pathlib import Path

import pytest

from autograd_lite.api.constants import constant
from autograd_lite.core import errors
from autograd_lite.graph import import_nodes, trust
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.import_def import import_graph_def
from autograd_lite.graph.opdef import op
from autograd_lite.graph.table import TABLE
from autograd_lite.wire import messages
from autograd_lite.wire.compare import graph_differences
from autograd_lite.wire.text_format import from_text

GRAPHS = Path(__file__).parents[1] / "golden" / "data" / "graphs"
GOLDEN = sorted(path.stem for path in GRAPHS.glob("*.pb"))
no_op, placeholder = TABLE["NoOp"], TABLE["Placeholder"]

P = 'node{name:"p" op:"Placeholder" attr{key:"dtype" value{type:DT_FLOAT}}}'
FLOAT = 'attr{key:"T" value{type:DT_FLOAT}}'


def identity(name, *inputs, extra=""):
    """The text of an Identity node."""
    listed = " ".join(f'input:"{source}"' for source in inputs)
    return f'node{{name:"{name}" op:"Identity" {listed} {FLOAT} {extra}}}'


def graph_def(text):
    return from_text(text, messages.GraphDef())


def golden(name):
    return messages.GraphDef.FromString((GRAPHS / f"{name}.pb").read_bytes())


def described(graph):
    """Everything about a graph that a failed call must not change."""
    return (
        graph.as_graph_def().SerializeToString(deterministic=True),
        dict(graph._names_in_use),
        graph.version,
        graph.get_name_scope(),
        [len(tensor.consumers()) for op in graph.get_operations() for tensor in op.outputs],
        {name: list(items) for name, items in graph._collections.items()},
        dict(graph._functions),
        dict(graph.properties),
    )


def names(graph):
    return [op.name for op in graph.get_operations()]


@pytest.fixture
def graph():
    with Graph().as_default() as g:
        yield g


# -------------------------------------------------------------------- what TensorFlow wrote


@pytest.mark.parametrize("name", GOLDEN)
def test_a_graph_of_tensorflow_comes_back_node_for_node(name, graph):
    original = golden(name)
    unknown = sorted({node.op for node in original.node} - set(TABLE))
    if unknown:
        before = described(graph)
        with pytest.raises(errors.NotFoundError, match="Op type not registered"):
            import_graph_def(original, name="")
        assert described(graph) == before
        return
    import_graph_def(original, name="")
    back = graph.as_graph_def()
    names = [node.name for node in original.node]
    made_late = any(name.split(":")[0] in names[index:] for index, node in enumerate(original.node) for name in node.input)
    assert graph_differences(original, back, in_order=not made_late) == []  # nodes can only be made after what they take
    assert back.versions == original.versions


@pytest.mark.parametrize("name", ["frozen_mlp", "reshape_reduce_shapes", "quadratic_coursera"])
def test_the_same_graph_can_be_imported_again_under_a_prefix(name, graph):
    import_graph_def(golden(name), name="")
    import_graph_def(graph.as_graph_def(), name="again")
    for op_ in graph.get_operations():
        if op_.name.startswith("again/"):
            first = graph.get_operation_by_name(op_.name.removeprefix("again/"))
            assert [tensor.name for tensor in op_.inputs] == [f"again/{tensor.name}" for tensor in first.inputs]
            assert [tensor.static_shape for tensor in op_.outputs] == [tensor.static_shape for tensor in first.outputs]


def test_a_graph_def_of_another_protobuf_pool_is_read_too(graph):
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    pool = descriptor_pool.DescriptorPool()
    seen = set()

    def add(file):
        if file.name not in seen:
            seen.add(file.name)
            for needed in file.dependencies:
                add(needed)
            copied = descriptor_pb2.FileDescriptorProto()
            file.CopyToProto(copied)
            pool.AddSerializedFile(copied.SerializeToString())

    add(messages.GraphDef.DESCRIPTOR.file)
    foreign = message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.GraphDef"))()
    foreign.ParseFromString(graph_def(P).SerializeToString())
    assert import_graph_def(foreign, return_elements=["p"])[0].type == "Placeholder"


# -------------------------------------------------------------------- names


def test_nodes_are_put_under_import_and_made_unique(graph):
    for _ in range(2):
        import_graph_def(graph_def(P + identity("x", "p")))
    assert names(graph) == ["import/p", "import/x", "import_1/p", "import_1/x"]


def test_a_prefix_of_ones_own_may_be_nested_or_empty(graph):
    import_graph_def(graph_def(P), name="a/b")
    import_graph_def(graph_def(P), name="")
    assert names(graph) == ["a/b/p", "p"]


def test_names_that_nodes_or_scopes_have_already_get_a_number(graph):
    for name in ("p", "P_1", "x/y"):
        placeholder(dtype="float32", name=name)
    import_graph_def(graph_def(P + identity("x", "p")), name="")
    assert names(graph)[3:] == ["p_1", "x_1"]
    assert graph.get_operation_by_name("x_1").inputs[0].name == "p_1:0"


def test_a_number_is_not_one_that_the_graph_def_uses_itself(graph):
    no_op(name="p")
    import_graph_def(graph_def(P + identity("p_1", "p")), name="")
    assert names(graph) == ["p", "p_2", "p_1"]


def test_names_that_differ_in_case_are_two_names(graph):
    import_graph_def(graph_def(P + identity("P", "p")), name="")
    assert names(graph) == ["p", "P"]


def test_a_scope_with_a_slash_is_entered_again(graph):
    no_op(name="foo/p")
    import_graph_def(graph_def(P), name="foo/")
    assert names(graph) == ["foo/p", "foo/p_1"]


def test_imported_names_are_in_use_afterwards(graph):
    import_graph_def(graph_def(P))
    assert no_op(name="import/p").name == "import/p_1"


def test_the_scope_around_counts_unless_the_name_is_empty(graph):
    with graph.name_scope("outer"):
        import_graph_def(graph_def(P))
        import_graph_def(graph_def(P), name="")
        assert graph.get_name_scope() == "outer"
    assert names(graph) == ["outer/import/p", "p"]


# -------------------------------------------------------------------- input_map and return_elements


@pytest.mark.parametrize("key", ["p", "p:0", b"p"])
def test_an_input_is_replaced(graph, key):
    other = constant(1.0, name="m")
    (x,) = import_graph_def(graph_def(P + identity("x", "p")), input_map={key: other}, return_elements=["x:0"])
    assert x.op.inputs[0] is other and x.static_shape == ()
    assert names(graph) == ["m", "import/p", "import/x"]


def test_a_replaced_input_need_not_be_in_the_graph_def(graph):
    (x,) = import_graph_def(graph_def(identity("x", "ghost")), {"ghost:0": constant(1.0, name="m")}, ["x:0"])
    assert x.op.inputs[0].name == "m:0"


def test_values_in_the_input_map_become_constants(graph):
    import_graph_def(graph_def(P + identity("x", "p")), input_map={"p": 2.0})
    assert names(graph) == ["import/_inputs/Const", "import/p", "import/x"]


def test_a_control_input_is_replaced(graph):
    other = constant(1.0, name="m")
    text = P + 'node{name:"y" op:"NoOp"}' + identity("x", "p", "^y")
    (x,) = import_graph_def(graph_def(text), {"^y": other}, ["x"])
    assert x.control_inputs == [other.op]


def test_operations_and_tensors_are_returned_as_asked(graph):
    x, p, again = import_graph_def(graph_def(P + identity("x", "p")), return_elements=["x:0", "p", b"x"])
    assert (x.name, p.name, again.name) == ("import/x:0", "import/p", "import/x")
    assert import_graph_def(graph_def(P)) is None
    assert import_graph_def(graph_def(P), return_elements=[]) == []


def test_a_replaced_tensor_is_returned_as_its_replacement(graph):
    other = constant(1.0)
    assert import_graph_def(graph_def(P), {"p:0": other}, ["p:0"]) == [other]


# -------------------------------------------------------------------- order, loops, scopes around


def test_nodes_may_come_before_their_inputs(graph):
    import_graph_def(graph_def(identity("a", "b") + identity("b", "p") + P + identity("c", "p")), name="")
    assert names(graph) == ["p", "b", "a", "c"]


def test_the_same_control_input_twice_is_one(graph):
    import_graph_def(graph_def(P + 'node{name:"k" op:"NoOp" input:"^p" input:"^p"}'), name="")
    assert graph.get_operation_by_name("k").control_inputs == [graph.get_operation_by_name("p")]


@pytest.fixture
def loop_ops():
    """The ops of loops, declared for this test where the library does not declare them itself."""
    same = {"shape": lambda c: c.shape(0)}
    made = []
    for signature, declared in (
        ("Enter(data: T, *, frame_name: string, is_constant: bool = False, parallel_iterations: int = 10) -> output: T", same),
        ("Merge(inputs: N * T) -> output: T, value_index: int32", None),
        ("NextIteration(data: T) -> output: T", same),
    ):
        name = signature.partition("(")[0]
        if name not in TABLE:
            parameter = "inputs" if name == "Merge" else "data"
            kernel = {"inputs": lambda xp, inputs: inputs, "data": lambda xp, data: data}[parameter]
            kernel.__doc__, kernel.__name__ = "Only for tests.", f"test_only_{name}"
            op(signature, **(declared or {"shape": lambda c: [c.shape(0), ()]}))(kernel)
            made.append(name)
    yield
    from autograd_lite.graph.table import by_python_name

    for name in made:
        del by_python_name[TABLE.pop(name).python_name]


LOOP = (
    P
    + f'node{{name:"enter" op:"Enter" input:"p" {FLOAT} attr{{key:"frame_name" value{{s:"f"}}}}}}'
    + f'node{{name:"merge" op:"Merge" input:"enter" input:"next" {FLOAT} attr{{key:"N" value{{i:2}}}}}}'
    + identity("body", "merge")
    + f'node{{name:"next" op:"NextIteration" input:"body" {FLOAT}}}'
)


def test_a_loop_is_closed(graph, loop_ops):
    original = graph_def(LOOP)
    import_graph_def(original, name="")
    merge = graph.get_operation_by_name("merge")
    assert [tensor.name for tensor in merge.inputs] == ["enter:0", "next:0"]
    assert [tensor.static_shape for tensor in merge.outputs] == [None, ()]
    assert graph.get_tensor_by_name("enter:0").consumers() == [merge]
    assert graph.get_tensor_by_name("next:0").consumers() == [merge]
    assert [node.name for node in graph.as_graph_def().node] == [node.name for node in original.node]


def test_a_loop_that_fails_to_close_leaves_nothing(graph, loop_ops):
    before = described(graph)
    with pytest.raises(ValueError, match=r"^Node 'merge': Connecting to invalid output 3 of source node next which has 1 outputs"):
        import_graph_def(graph_def(LOOP.replace('input:"next"', 'input:"next:3"')), name="")
    assert described(graph) == before


def test_only_merge_nodes_close_loops(graph, loop_ops):
    text = LOOP.replace('op:"Merge"', 'op:"AddN"')
    with pytest.raises(ValueError, match="^3 nodes in a cycle"):
        import_graph_def(graph_def(text))


def test_every_imported_node_waits_for_the_control_dependencies_around(graph):
    first = no_op(name="first")
    with graph.control_dependencies([first]):
        import_graph_def(graph_def(P + identity("x", "p")))
    assert [op_.control_inputs for op_ in graph.get_operations()] == [[], [first], [first]]


def test_devices_around_fill_in_what_the_nodes_leave_open(graph):
    text = P + 'node{name:"k" op:"NoOp" device:"/cpu:1"}' + identity("x", "p", extra='attr{key:"_class" value{list{s:"loc:@k"}}}')
    with graph.device("/job:w/gpu:3"):
        import_graph_def(graph_def(text), name="")
    assert [op_.device for op_ in graph.get_operations()] == ["/job:w/device:GPU:3", "/job:w/device:CPU:1", "/job:w/device:CPU:1"]


def test_colocation_follows_the_new_names(graph):
    no_op(name="p")
    text = P + identity("x", "p", extra='attr{key:"_class" value{list{s:"loc:@p"}}}')
    import_graph_def(graph_def(text), name="")
    import_graph_def(graph_def(text), name="in")
    assert graph.get_operation_by_name("x").attrs["_class"] == ["loc:@p_1"]
    assert graph.get_operation_by_name("in/x").attrs["_class"] == ["loc:@in/p"]


def test_scopes_for_gradients_and_attributes_do_not_reach_imported_nodes(graph):
    with graph.gradient_override_map({"Identity": "Other"}), graph._attr_scope({"_mark": True}):
        import_graph_def(graph_def(P + identity("x", "p")), name="")
        after = TABLE["Identity"](1.0, name="after").op
    assert "_gradient_op_type" not in graph.get_operation_by_name("x").attrs and "_mark" not in graph.get_operation_by_name("p").attrs
    assert after.attrs["_gradient_op_type"] == "Other"


# -------------------------------------------------------------------- attributes and versions


def test_defaults_are_filled_in(graph):
    text = P + f'node{{name:"x" op:"Sum" input:"p" input:"a" {FLOAT}}}'
    text += 'node{name:"a" op:"Const" attr{key:"dtype" value{type:DT_INT32}} attr{key:"value" value{tensor{dtype:DT_INT32}}}}'
    import_graph_def(graph_def(text), name="")
    found = graph.get_operation_by_name("x")
    assert found.attrs["keep_dims"] is False and found.attrs["Tidx"].name == "int32"


def test_attributes_that_are_not_declared_are_kept(graph):
    text = 'node{name:"n" op:"NoOp" attr{key:"_mine" value{list{i:[1,2]}}} attr{key:"newer" value{s:"x"}}}'
    import_graph_def(graph_def(text), name="")
    assert graph.get_operation_by_name("n").attrs == {"_mine": [1, 2], "newer": "x"}
    assert graph_differences(graph_def(text), graph.as_graph_def()) == []


def test_attributes_that_only_the_producer_knows_are_dropped_where_they_hold_the_default(graph):
    text = 'node{name:"n" op:"NoOp" attr{key:"newer" value{i:1}} attr{key:"other" value{i:2}}}'
    ops = from_text('op{name:"NoOp" attr{name:"newer" default_value{i:1}} attr{name:"other" default_value{i:1}}}', messages.OpList())
    import_graph_def(graph_def(text), name="", producer_op_list=ops)
    assert graph.get_operation_by_name("n").attrs == {"other": 2}


def test_shapes_that_the_graph_def_tells_are_added(graph):
    text = P.replace('op:"Placeholder"', 'op:"Placeholder" attr{key:"_output_shapes" value{list{shape{dim{size:2}}}}}')
    import_graph_def(graph_def(text), name="")
    assert graph.get_tensor_by_name("p:0").static_shape == (2,)
    assert "_output_shapes" not in graph.get_operation_by_name("p").attrs


@pytest.mark.parametrize("producer, shape", [(0, None), (21, None), (24, ())])
def test_before_version_22_a_scalar_placeholder_meant_any_shape(graph, producer, shape):
    text = P.replace('op:"Placeholder"', 'op:"Placeholder" attr{key:"shape" value{shape{}}}')
    import_graph_def(graph_def(text + f"versions{{producer:{producer}}}"), name="")
    assert graph.get_tensor_by_name("p:0").static_shape == shape


def test_a_graph_keeps_the_oldest_version_of_what_was_imported(graph):
    import_graph_def(graph_def(P + "versions{producer:26 min_consumer:5 bad_consumers:7}"))
    assert graph.graph_def_versions == messages.VersionDef(producer=26, min_consumer=5, bad_consumers=[7])
    import_graph_def(graph_def(P + "versions{producer:30 min_consumer:6}"))
    assert graph.graph_def_versions == messages.VersionDef(producer=26, min_consumer=6, bad_consumers=[7])


def test_functions_of_the_library_are_kept(graph):
    text = 'library{function{signature{name:"F"} node_def{name:"n" op:"NoOp"}}}'
    import_graph_def(graph_def(text))
    assert graph._is_function("F")
    assert graph.as_graph_def().library.function[0].signature.name == "F"
    with pytest.raises(ValueError, match="different function with the same name"):
        import_graph_def(graph_def(text.replace('"n"', '"m"')))


# -------------------------------------------------------------------- what is wrong


MISSING_DTYPE = (
    "NodeDef missing attr 'dtype' from Op<name=Placeholder; signature= -> output:dtype; attr=dtype:type; "
    "attr=shape:shape,default=<unknown>>; NodeDef: {{node import/p}}"
)
CONST = 'node{name:"c" op:"Const" attr{key:"dtype" value{type:DT_FLOAT}} attr{key:"value" value{tensor{%s}}}}'
TYPED = 'node{name:"p" op:"Placeholder" attr{key:"dtype" value{%s}}}'
SHAPED = 'node{name:"p" op:"Placeholder" attr{key:"dtype" value{type:DT_FLOAT}} attr{key:"shape" value{shape{%s}}}}'
ADD_N = P + f'node{{name:"x" op:"AddN" input:"p" input:"p" {FLOAT} attr{{key:"N" value{{i:%s}}}}}}'
WRONG = {
    "invalid name": ('node{name:"a b" op:"NoOp"}', ValueError, "Node 'a b': Node name contains invalid characters"),
    "name with underscore": ('node{name:"_a" op:"NoOp"}', ValueError, "Node '_a': Node name contains invalid characters"),
    "no name": ('node{op:"NoOp"}', ValueError, "Node '': Node name contains invalid characters"),
    "no op": ('node{name:"a"}', ValueError, "Node 'a' does not specify an operation"),
    "twice": (P + P, ValueError, "Node 'p' is not unique"),
    "unknown op": ('node{name:"x" op:"NoSuchOpEver"}', errors.NotFoundError, "Op type not registered 'NoSuchOpEver' in binary running on "),
    "unknown input": (identity("x", "ghost"), ValueError, "Node 'x': Unknown input node 'ghost'"),
    "unknown control input": ('node{name:"y" op:"NoOp" input:"^ghost"}', ValueError, "Node 'y': Unknown input node '^ghost'"),
    "negative output": (P + identity("x", "p:-1"), ValueError, "Node 'x': Unknown input node 'p:-1'"),
    "output that is no number": (P + identity("x", "p:a"), ValueError, "Node 'x': Unknown input node 'p:a'"),
    "control before data": (P + identity("x", "^p", "p"), ValueError, "Node 'x': Control dependencies must come after regular "),
    "invalid output": (
        P + identity("x", "p:3"),
        ValueError,
        "Node 'x': Connecting to invalid output 3 of source node p which has 1 outputs.",
    ),
    "itself": (identity("x", "x"), ValueError, "1 nodes in a cycle"),
    "cycle": (identity("x", "y") + identity("y", "x") + P, ValueError, "2 nodes in a cycle"),
    "too few inputs": (identity("x"), ValueError, "NodeDef expected inputs 'float' do not match 0 inputs specified; Op<name=Identity; "),
    "too many inputs": (P + identity("x", "p", "p"), ValueError, "NodeDef expected inputs 'float' do not match 2 inputs specified; Op<"),
    "list too short": (ADD_N % 3, ValueError, "NodeDef expected inputs 'float, float, float' do not match 2 inputs "),
    "list absurdly long": (ADD_N % (1 << 62), ValueError, "NodeDef expected inputs '4611686018427387904 tensors' do not match 2 inputs"),
    "list of none": (ADD_N % 0, ValueError, "Value for attr 'N' of 0 must be at least minimum 1"),
    "too many outputs": (
        P
        + f'node{{name:"x" op:"Unpack" input:"p" {FLOAT} attr{{key:"num" value{{i:4611686018427387904}}}}}}',
        ValueError,
        "Number of outputs is too big: 4611686018427387904",
    ),
    "type of an edge": (
        TYPED % "type:DT_INT32" + identity("x", "p"),
        ValueError,
        "Input 0 of node import/x was passed int32 from import/p:0 incompatible with expected float.",
    ),
    "missing attribute": ('node{name:"p" op:"Placeholder"}', ValueError, MISSING_DTYPE),
    "missing attributes": ('node{name:"c" op:"Const"}', ValueError, "NodeDef missing attrs 'dtype', 'value' from Op<name=Const; "),
    "kind of an attribute": (TYPED % "i:1", ValueError, "AttrValue had value with type 'int' when 'type' expected"),
    "list for one": (TYPED % "list{type:DT_FLOAT}", ValueError, "AttrValue had value with type 'list(type)' when 'type' expected"),
    "no value": (TYPED % "", ValueError, "AttrValue missing value with expected type 'type'"),
    "placeholder attribute": (TYPED % 'placeholder:"T"', ValueError, "AttrValue had value with unexpected type 'placeholder'"),
    "reference type": (TYPED % "type:DT_FLOAT_REF", ValueError, "AttrValue must not have reference type value of float_ref"),
    "no type": (TYPED % "type:DT_INVALID", ValueError, "AttrValue has invalid DataType"),
    "unknown type": (TYPED % "type:77", ValueError, "AttrValue has invalid DataType enum: 77"),
    "type that is not allowed": (
        TYPED % "type:DT_STRING"
        + 'node{name:"x" op:"MatMul" input:"p" input:"p" attr{key:"T" value{type:DT_STRING}}}',
        ValueError,
        "Value for attr 'T' of string is not in the list of allowed values: bfloat16, half, float, double, int32, ",
    ),
    "shapes": (
        SHAPED % "dim{size:2} dim{size:3}" + f'node{{name:"x" op:"MatMul" input:"p" input:"p" {FLOAT}}}',
        ValueError,
        "Dimensions must be equal, but are 3 and 2 for '{{node import/x}} = MatMul[",
    ),
    "negative size": (SHAPED % "dim{size:-5}", ValueError, "Shape [-5] has dimensions with values below -1 (where -1 means unknown)"),
    "huge shape": (
        SHAPED % "dim{size:4611686018427387904} dim{size:4}",
        ValueError,
        "Shape [4611686018427387904,4] is too large (more than 2**63 - 1 entries)",
    ),
    "constant without value": (
        'node{name:"c" op:"Const" attr{key:"dtype" value{type:DT_FLOAT}}}',
        ValueError,
        "NodeDef missing attr 'value' from Op<name=Const; signature= -> output:dtype; attr=value:tensor; attr=dtype:type>; "
        "NodeDef: {{node import/c}}",
    ),
    "constant of another type": (
        CONST % "dtype:DT_INT32 int_val:1",
        errors.InvalidArgumentError,
        "Type mismatch between value (int32) and dtype (float)",
    ),
    "constant that claims too much": (
        CONST % "dtype:DT_FLOAT tensor_shape{dim{size:1099511627776}} float_val:1",
        errors.InvalidArgumentError,
        "Cannot parse tensor from proto: ",
    ),
    "constant of negative size": (CONST % "dtype:DT_FLOAT tensor_shape{dim{size:-7}}", ValueError, "Shape [-7] is not fully defined"),
    "constant of no known type": (CONST % "dtype:77", ValueError, "Unsupported tensor type: 77."),
    "colocation": (
        P + identity("x", "p", extra='attr{key:"_class" value{list{s:"loc:@ghost"}}}'),
        ValueError,
        "Node 'x' expects to be colocated with unknown node 'ghost'",
    ),
    "colocation that is no list": ('node{name:"x" op:"NoOp" attr{key:"_class" value{i:3}}}', ValueError, "Node 'x': the attribute _class"),
    "told shape": (
        SHAPED.replace("attr{", 'attr{key:"_output_shapes" value{list{shape{dim{size:2}}}}} attr{', 1) % "dim{size:3}",
        ValueError,
        "Node 'import/p' has an _output_shapes attribute inconsistent with the GraphDef for output #0: Dimension 0 in both shapes must be "
        "equal, but are 3 and 2. Shapes are [3] and [2].",
    ),
    "device": ('node{name:"x" op:"NoOp" device:"foo bar"}', ValueError, "Unknown attribute"),
    "newer than any reader": (P + "versions{min_consumer:9999}", ValueError, "GraphDef min consumer version 9999 above current version "),
    "negative version": (P + "versions{producer:-3}", ValueError, "GraphDef producer version -3 below min producer 0 supported by "),
    "function": ('node{name:"x" op:"F"} library{function{signature{name:"F"}}}', errors.NotFoundError, "Op type not registered 'F'"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_in_tensorflows_words_and_changes_nothing(what, graph):
    text, error, told = WRONG[what]
    constant(1.0, name="there")
    before = described(graph)
    with pytest.raises(error) as caught:
        import_graph_def(graph_def(P.replace('"p"', '"earlier"') + text))
    assert str(caught.value).startswith(told)
    assert described(graph) == before


def test_this_version_may_be_refused_by_the_graph_def(graph):
    producer = graph.graph_def_versions.producer
    with pytest.raises(ValueError, match=f"^GraphDef disallows consumer version {producer}.  Please upgrade TensorFlow"):
        import_graph_def(graph_def(P + f"versions{{producer:24 bad_consumers:{producer}}}"))


WRONG_ARGUMENTS = {
    "no graph def": (("hello",), {}, TypeError, "Argument `graph_def` must be a GraphDef proto."),
    "bytes": ((b"",), {}, TypeError, "Argument `graph_def` must be a GraphDef proto."),
    "another message": ((messages.NodeDef(),), {}, TypeError, "Argument `graph_def` must be a GraphDef proto."),
    "input map": ((graph_def(P), [1]), {}, TypeError, "Argument `input_map` must be a dictionary. Obtained list"),
    "input map key": ((graph_def(P), {1: 2.0}), {}, TypeError, "All keys for argument `input_map` must be strings. Obtained keys: [1]"),
    "lost key": ((graph_def(P), {"absent:0": 1.0}), {}, ValueError, "Attempted to map inputs that were not found in graph_def: [absent:0]"),
    "lost output": ((graph_def(P), {"p:5": 1.0}), {}, ValueError, "Attempted to map inputs that were not found in graph_def: [p:5]"),
    "bad key": ((graph_def(P), {"p:x:y": 1.0}), {}, ValueError, "Attempted to map inputs that were not found in graph_def: [p:x:y]"),
    "value without name": (
        (graph_def(P), {"p": 2.0}),
        {"name": ""},
        ValueError,
        "tf.import_graph_def() requires a non-empty `name` if `input_map` contains non-Tensor values.",
    ),
    "type of a replacement": (
        (graph_def(P + identity("x", "p")), {"p": 2}),
        {},
        ValueError,
        "Input 0 of node import/x was passed int32 from import/_inputs/Const:0 incompatible with expected float.",
    ),
    "element type": ((graph_def(P),), {"return_elements": [1]}, TypeError, "Argument `return_elements` must be a list of strings. "),
    "element": ((graph_def(P),), {"return_elements": ["q"]}, ValueError, "Requested return node 'q' not found in graph def"),
    "tensor": ((graph_def(P),), {"return_elements": ["q:0"]}, ValueError, "Requested return tensor 'q:0' not found in graph def"),
    "output": ((graph_def(P),), {"return_elements": ["p:4"]}, ValueError, "Invalid return output 4 of node 'p', which has 1 output(s)"),
    "output text": ((graph_def(P),), {"return_elements": ["p:a"]}, ValueError, "Cannot convert 'p:a' to a tensor name. Second component"),
    "name": ((graph_def(P),), {"name": "a b"}, ValueError, "'a b' is not a valid scope name"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG_ARGUMENTS)
def test_a_wrong_argument_is_told_in_tensorflows_words_and_changes_nothing(what, graph):
    arguments, keywords, error, told = WRONG_ARGUMENTS[what]
    before = described(graph)
    with pytest.raises(error) as caught:
        import_graph_def(*arguments, **keywords)
    assert str(caught.value).startswith(told)
    assert described(graph) == before


def test_a_tensor_of_another_graph_cannot_replace_an_input(graph):
    with Graph().as_default():
        other = constant(1.0, name="far")
    with pytest.raises(ValueError, match=r"^node 'far' in input_map does not exist in graph \(input_map entry: p:0->far:0\)"):
        import_graph_def(graph_def(P), {"p": other})


def test_a_finalized_graph_takes_nothing(graph):
    graph.finalize()
    with pytest.raises(RuntimeError, match="^Graph is finalized and cannot be modified."):
        import_graph_def(graph_def(P))


def test_a_shape_function_that_stumbles_over_an_attribute_is_a_value_error(graph, monkeypatch):
    monkeypatch.setattr(TABLE["Identity"], "shape", lambda c: [][3])
    with pytest.raises(ValueError, match="static shape of node 'import/x' .op Identity. cannot be inferred: IndexError"):
        import_graph_def(graph_def(P + identity("x", "p")))


# -------------------------------------------------------------------- size and trust


def chain(length):
    found = graph_def(P)
    for index in range(length):
        node = found.node.add(name=f"n{index}", op="Identity", input=[f"n{index - 1}" if index else "p"])
        node.attr["T"].type = 1
    return found


def test_a_deep_graph_is_no_problem(graph):
    import_graph_def(chain(20_000), name="")
    assert graph_differences(chain(20_000), graph.as_graph_def(), ignored_attrs=("shape",)) == []


def test_a_deep_graph_in_reverse_order_is_no_problem(graph):
    original = chain(3_000)
    reverse = messages.GraphDef(node=reversed(original.node))
    import_graph_def(reverse, name="")
    assert names(graph) == [node.name for node in original.node]


def test_a_list_of_axes_that_claims_a_billion_elements_is_not_looked_at_one_by_one(graph):
    axes = 'node{name:"a" op:"Const" attr{key:"dtype" value{type:DT_INT32}} attr{key:"value" value{tensor{dtype:DT_INT32 '
    axes += "tensor_shape{dim{size:1073741824}} int_val:0}}}}"
    total = f'node{{name:"x" op:"Sum" input:"p" input:"a" {FLOAT}}}'
    import_graph_def(graph_def(SHAPED % "dim{size:2}" + axes + total), name="")
    assert graph.get_tensor_by_name("x:0").static_shape is None


def test_a_name_of_five_million_letters_is_no_problem(graph):
    import_graph_def(graph_def(f'node{{name:"{"a" * 5_000_000}" op:"NoOp"}}'), name="")
    assert len(graph.get_operations()[0].name) == 5_000_000


def test_imported_nodes_that_touch_files_are_refused_when_they_run(graph, monkeypatch):
    from autograd_lite.runtime.session import Session

    monkeypatch.setattr(trust, "IO_OPS", frozenset({"Identity"}))
    text = CONST % "dtype:DT_FLOAT float_val:1" + identity("x", "c") + identity("y", "c")
    import_graph_def(graph_def(text), name="trusted", allow_io=["Identity"])
    import_graph_def(graph_def(text), name="strange")
    own = TABLE["Identity"](2.0)
    with Session(graph=graph) as session:
        assert session.run("trusted/x:0") == 1.0 and session.run(own) == 2.0
        with pytest.raises(errors.PermissionDeniedError, match="strange/x.*imported GraphDef and would read or write files"):
            session.run("strange/x:0")


def test_the_ops_that_touch_files_are_known():
    files = {"ReadFile", "WriteFile", "SaveV2", "RestoreV2", "PyFunc", "TFRecordDatasetV2", "TextLineDataset"}
    assert files <= trust.IO_OPS
    assert not {"MatMul", "Placeholder", "VariableV2"} & trust.IO_OPS


def test_the_limit_of_outputs_is_one_that_real_graphs_do_not_reach():
    assert import_nodes.MAX_OUTPUTS >= 100_000
