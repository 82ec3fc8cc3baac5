"""The messages are real protobuf, with TensorFlow's names, and cost nothing until they are used."""

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError

from autograd_lite.wire import messages, schema

GRAPHS = Path(__file__).parents[1] / "golden" / "data" / "graphs"
GOLDEN_GRAPHS = sorted(path.stem for path in GRAPHS.glob("*.pb"))


def run_python(program, **environment):
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, **environment}, check=True)
    return result.stdout


@pytest.mark.parametrize("name", GOLDEN_GRAPHS)
def test_a_graph_written_by_tensorflow_comes_back_byte_for_byte(name):
    content = (GRAPHS / f"{name}.pb").read_bytes()
    graph = messages.GraphDef.FromString(content)
    again = graph.SerializeToString(deterministic=True)
    assert len(again) == len(content) and messages.GraphDef.FromString(again) == graph
    if api_implementation.Type() == "upb":  # protobuf without its C part sorts the entries of maps otherwise
        assert again == content


@pytest.mark.parametrize("name", GOLDEN_GRAPHS)
def test_no_field_of_a_golden_graph_is_unknown(name):
    from google.protobuf.unknown_fields import UnknownFieldSet

    graph = messages.GraphDef.FromString((GRAPHS / f"{name}.pb").read_bytes())
    waiting = [graph]
    while waiting:
        message = waiting.pop()
        assert len(UnknownFieldSet(message)) == 0, message.DESCRIPTOR.full_name
        for field, value in message.ListFields():
            if field.message_type is None:
                continue
            if field.message_type.GetOptions().map_entry:
                waiting += [item for item in value.values() if hasattr(item, "ListFields")]
            else:
                waiting += list(value) if hasattr(value, "__len__") else [value]


def test_nested_messages_and_enum_values_are_found_as_in_tensorflow():
    assert messages.AttrValue.ListValue(i=[1, 2]).i == [1, 2]
    assert (messages.RunOptions.FULL_TRACE, messages.OptimizerOptions.L0, messages.SaverDef.V2) == (3, -1, 2)
    assert messages.RunOptions.TraceLevel.Name(3) == "FULL_TRACE"
    assert (messages.DT_HALF, messages.DataType.Name(1), messages.DataType.Value("DT_INT64")) == (19, "DT_FLOAT", 9)
    assert messages.MetaGraphDef.MetaInfoDef().tags == []
    assert messages.Code.Value("NOT_FOUND") == 5


def test_maps_and_oneofs_behave_as_such():
    node = messages.NodeDef()
    node.attr["T"].type = 1
    node.attr["T"].i = 2
    assert node.attr["T"].WhichOneof("value") == "i"
    assert messages.ConfigProto(device_count={"CPU": 2}).device_count["CPU"] == 2
    assert messages.Example().features.feature["x"].WhichOneof("kind") is None


def test_an_unknown_message_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="NoSuchMessage"):
        messages.NoSuchMessage


def test_messages_can_be_pickled_and_copied():
    config = messages.ConfigProto(gpu_options=messages.GPUOptions(allow_growth=True))
    assert pickle.loads(pickle.dumps(config)) == config
    assert copy.deepcopy(config) == config
    nested = messages.AttrValue.ListValue(s=[b"\xff"])
    assert pickle.loads(pickle.dumps(nested)) == nested


def test_any_packs_our_messages():
    packed = messages.Any()
    packed.Pack(messages.SaverDef(max_to_keep=5))
    saver = messages.SaverDef()
    assert packed.type_url == "type.googleapis.com/tensorflow.SaverDef"
    assert packed.Unpack(saver) and saver.max_to_keep == 5


def test_garbage_is_a_decode_error():
    with pytest.raises(DecodeError):
        messages.GraphDef.FromString(b"\xff\xff\xffgarbage")


def test_importing_the_messages_does_not_import_protobuf():
    program = "import sys\nfrom autograd_lite.wire import messages, public, tensor_proto, tfrecord\nprint('google.protobuf' in sys.modules)"
    assert run_python(program).strip() == "False"


def test_messages_live_beside_others_of_the_same_name_in_the_default_pool():
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    name = "tensorflow/core/framework/versions.proto"
    other = descriptor_pb2.FileDescriptorProto(name=name, package="tensorflow", syntax="proto3")
    other.message_type.add(name="VersionDef").field.add(name="other", number=1, label=1, type=9)
    descriptor_pool.Default().AddSerializedFile(other.SerializeToString())
    theirs = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName("tensorflow.VersionDef"))
    assert theirs(other="x").other == "x"
    assert messages.VersionDef(producer=134).producer == 134


def test_two_threads_get_the_same_class():
    program = """
from concurrent.futures import ThreadPoolExecutor
from autograd_lite.wire import messages
with ThreadPoolExecutor(16) as pool:
    print(len({id(cls) for cls in pool.map(lambda _: messages.GraphDef, range(200))}))
"""
    assert run_python(program).strip() == "1"


def test_every_type_that_the_table_names_is_defined_before_it_is_used():
    homes = schema._home_of_types()
    order = [file.path for file in schema.table()]
    for file in schema.table():
        for message in file.messages:
            for field in message.fields:
                assert field.type in homes or field.type in schema._SCALARS, (message.name, field)
                home = homes.get(field.type, (file.path, False))[0]
                assert home.startswith("google/") or order.index(home) <= order.index(file.path)


def test_field_numbers_are_used_once_per_message():
    for file in schema.table():
        for message in file.messages:
            numbers = [field.number for field in message.fields]
            assert len(numbers) == len(set(numbers)), message.name


_DUMP = """
import glob, importlib, json, os, sys
import tensorflow
base = os.path.dirname(tensorflow.__file__)
found = {}
def add(descriptor):
    found[descriptor.full_name] = sorted(
        [f.name, f.number, f.type, f.is_repeated, f.containing_oneof.name if f.containing_oneof else None,
         (f.message_type or f.enum_type).full_name if f.message_type or f.enum_type else None] for f in descriptor.fields)
    for nested in descriptor.nested_types: add(nested)
    for enum in descriptor.enum_types: add_enum(enum)
def add_enum(enum): found[enum.full_name] = {v.name: v.number for v in enum.values}
seen = set()
def add_file(file):
    if file.name in seen: return
    seen.add(file.name)
    for message in file.message_types_by_name.values(): add(message)
    for enum in file.enum_types_by_name.values(): add_enum(enum)
    for other in file.dependencies: add_file(other)
paths = [p for folder in ('core/framework', 'core/protobuf', 'core/util', 'core/example', 'core/profiler', 'python/training')
         for p in glob.glob(base + '/' + folder + '/*_pb2.py')]
for path in paths:
    try: add_file(importlib.import_module('tensorflow.' + os.path.relpath(path, base)[:-3].replace('/', '.')).DESCRIPTOR)
    except ImportError: pass
json.dump(found, sys.stdout)
"""


@pytest.mark.oracle
def test_the_table_says_what_tensorflow_says():
    python = os.environ["AUTOGRAD_LITE_ORACLE"]
    output = subprocess.run([python, "-c", _DUMP], capture_output=True, text=True, check=True).stdout
    theirs = json.loads(output)
    compared = 0

    def check(descriptor):
        nonlocal compared
        if descriptor.full_name in theirs:
            compared += 1
            ours = sorted(
                [
                    [f.name, f.number, f.type, f.is_repeated, f.containing_oneof.name if f.containing_oneof else None,
                     (f.message_type or f.enum_type).full_name if f.message_type or f.enum_type else None]
                    for f in descriptor.fields
                ],
            )  # fmt: skip
            assert ours == theirs[descriptor.full_name], descriptor.full_name
        for nested in descriptor.nested_types:
            check(nested)
        for enum in descriptor.enum_types:
            compared += 1
            assert {v.name: v.number for v in enum.values} == theirs[enum.full_name]

    for name in schema.names():
        found = schema.lookup(name)
        if hasattr(found.DESCRIPTOR, "fields"):
            check(found.DESCRIPTOR)
    assert compared > 200
