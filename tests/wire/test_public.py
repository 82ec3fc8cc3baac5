"""Messages are public under TensorFlow's names."""

from autograd_lite.core.export import PUBLIC as EXPORTED
from autograd_lite.wire import messages, public


def test_every_public_name_leads_to_a_message():
    for name, message in public.PUBLIC.items():
        assert EXPORTED[name].attribute == message
        assert getattr(messages, message).DESCRIPTOR.name == message


def test_the_modules_of_generated_code_are_known():
    assert public.python_module("tensorflow.core.framework.graph_pb2") == ("GraphDef",)
    assert "DT_FLOAT" in public.python_module("tensorflow.core.framework.types_pb2")
    assert "FunctionDef" in public.python_module("tensorflow.core.framework.function_pb2")
    assert public.python_module("tensorflow.core.framework.no_such_pb2") is None
