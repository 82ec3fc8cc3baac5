"""Messages as text, from files of either form."""

from pathlib import Path

import pytest
from google.protobuf.text_format import ParseError

from autograd_lite.core import errors
from autograd_lite.wire import messages
from autograd_lite.wire.text_format import from_text, read_message, to_text

GRAPHS = Path(__file__).parents[1] / "golden" / "data" / "graphs"
FROZEN = sorted(path.stem for path in GRAPHS.glob("*.pbtxt"))


@pytest.mark.parametrize("name", FROZEN)
def test_text_and_binary_form_of_a_graph_are_the_same_graph(name):
    binary = read_message(str(GRAPHS / f"{name}.pb"), messages.GraphDef())
    text = read_message(str(GRAPHS / f"{name}.pbtxt"), messages.GraphDef())
    assert binary == text
    assert from_text(to_text(binary), messages.GraphDef()) == binary


def test_a_text_file_is_known_without_its_ending(tmp_path):
    path = tmp_path / "graph"
    path.write_text('node { name: "x" op: "NoOp" }')
    assert read_message(str(path), messages.GraphDef()).node[0].name == "x"
    path.write_bytes(messages.GraphDef(node=[messages.NodeDef(name="y")]).SerializeToString())
    assert read_message(str(path), messages.GraphDef()).node[0].name == "y"


def test_a_file_that_is_no_graph_is_a_value_error_that_names_it(tmp_path):
    for name, content in (("a.pb", b"\xff\xff\xffgarbage"), ("b.pbtxt", b"node {"), ("c.pbtxt", b"\xff\xfe")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=name):
            read_message(str(tmp_path / name), messages.GraphDef())


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(errors.NotFoundError, match="No such file"):
        read_message(str(tmp_path / "none.pb"), messages.GraphDef())


def test_text_that_nests_too_deep_is_refused_before_it_is_parsed():
    deep = "tensors {" * 5000
    with pytest.raises(ValueError, match="5000 deep"):
        from_text(deep, messages.VariantTensorDataProto())


def test_brackets_inside_strings_do_not_count():
    text = 'name: "' + "{" * 500 + '\\"{"'
    assert from_text(text, messages.NodeDef()).name == "{" * 500 + '"{'


def test_unknown_fields_are_a_parse_error():
    with pytest.raises(ParseError, match="nothing"):
        from_text("nothing: 1", messages.NodeDef())
