"""A real TensorFlow reads and runs the graphs that we write, and agrees about what every op takes and makes.

Run with `-m oracle`; AUTOGRAD_LITE_ORACLE names the Python in which TensorFlow is installed.
"""

import json
import os
import subprocess

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.core.release import get_release, set_release
from autograd_lite.graph.op_description import op_def_message
from autograd_lite.graph.table import TABLE
from autograd_lite.wire import messages

pytestmark = pytest.mark.oracle

RUN = """
import sys, numpy as np, tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
folder = sys.argv[1]
graph_def = tf.GraphDef.FromString(open(folder + '/graph.pb', 'rb').read())
feeds = dict(np.load(folder + '/feeds.npz'))
names = open(folder + '/fetches.txt').read().split()
with tf.Graph().as_default() as graph, tf.Session() as session:
    tf.import_graph_def(graph_def, name='')
    if 'init' in {op.name for op in graph.get_operations()}: session.run('init')
    results = session.run(names, {key + ':0': value for key, value in feeds.items()})
    open(folder + '/back.pb', 'wb').write(graph.as_graph_def().SerializeToString())
np.savez(folder + '/results.npz', **{str(i): r for i, r in enumerate(results)})
"""
COMPARE = """
import json, sys
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.framework import op_def_registry
import tensorflow
def side(args):
    return [(a.name, a.type, a.type_attr, a.number_attr, a.type_list_attr, a.is_ref) for a in args]
def sides(op):
    return side(op.input_arg), side(op.output_arg)
def value(default):
    return tensorflow.make_ndarray(default.tensor).tolist() if default.HasField('tensor') else default
found = []
for ours in op_def_pb2.OpList.FromString(sys.stdin.buffer.read()).op:
    theirs = op_def_registry.get(ours.name)
    if theirs is None:
        found.append([ours.name, 'is no op of TensorFlow']); continue
    if sides(ours) != sides(theirs): found.append([ours.name, 'inputs or outputs'])
    attrs = {a.name: a for a in theirs.attr}
    for a in ours.attr:
        if a.name not in attrs: found.append([ours.name, 'attribute ' + a.name]); continue
        if a.type != attrs[a.name].type: found.append([ours.name, 'kind of ' + a.name])
        if value(a.default_value) != value(attrs[a.name].default_value): found.append([ours.name, 'default of ' + a.name])
    needed = {a.name for a in theirs.attr if not a.HasField('default_value')}
    if needed - {a.name for a in ours.attr}: found.append([ours.name, 'lacks an attribute'])
    if ours.is_stateful != theirs.is_stateful: found.append([ours.name, 'stateful'])
json.dump(found, sys.stdout)
"""


def oracle(program, *arguments, content=None):
    python = os.environ["AUTOGRAD_LITE_ORACLE"]
    result = subprocess.run([python, "-c", program, *arguments], input=content, capture_output=True, timeout=300)
    assert result.returncode == 0, result.stderr.decode()[-3000:]
    return result.stdout


@pytest.fixture(autouse=True)
def release_of_the_oracle():
    before = get_release()
    set_release("2.21")
    yield
    set_release(before)


def elementwise():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    y = tf.sigmoid(x * 2.0 - 1.0) + tf.sqrt(tf.abs(x)) / 3.0
    return {"x": np.array([[1, -2, 3], [0.5, 0, -1]], np.float32)}, [y, tf.reduce_mean(y, axis=1), *tf.gradients(y, x)]


def shapes_and_slices():
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.reshape(tf.transpose(x), [-1, 2])[1:, ::-1]
    z = tf.concat([x[:, :1], tf.ones_like(x)], axis=1)
    return {"x": np.arange(8, dtype=np.float32).reshape(2, 4)}, [y, z, tf.shape(x), *tf.gradients(tf.reduce_sum(z * z), x)]


def network():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.name_scope("layer"):
        w = tf.Variable(np.linspace(-1, 1, 6, dtype=np.float32).reshape(3, 2), name="w")
        b = tf.Variable(tf.zeros([2]), name="b")
        y = tf.nn.relu(tf.matmul(x, w) + b)
    loss = tf.reduce_mean(tf.square(y - 1.0))
    tf.global_variables_initializer()
    return {"x": np.array([[1, 2, 3], [-1, 0, 1]], np.float32)}, [y, loss, *tf.gradients(loss, [w, b])]


def types():
    x = tf.placeholder(tf.int32, [3], name="x")
    flags = tf.constant([True, False, True])
    return {"x": np.array([1, 2, 3], np.int32)}, [tf.cast(x, tf.float64) / 2, tf.where(flags, x, -x), x // 2, tf.constant(2 + 1j) * 2]


@pytest.mark.parametrize("build", [elementwise, shapes_and_slices, network, types], ids=lambda build: build.__name__)
def test_tensorflow_runs_our_graph_to_the_same_values(build, tmp_path):
    with tf.Graph().as_default() as graph:
        feeds, fetches = build()
        with tf.Session() as session:
            if "init" in {op.name for op in graph.get_operations()}:
                session.run("init")
            ours = session.run(fetches, {f"{name}:0": value for name, value in feeds.items()})
    original = graph.as_graph_def()
    (tmp_path / "graph.pb").write_bytes(original.SerializeToString())
    (tmp_path / "fetches.txt").write_text("\n".join(tensor.name for tensor in fetches))
    np.savez(tmp_path / "feeds.npz", **feeds)
    oracle(RUN, str(tmp_path))
    theirs = np.load(tmp_path / "results.npz")
    for index, value in enumerate(ours):
        assert theirs[str(index)].dtype == value.dtype
        np.testing.assert_allclose(value, theirs[str(index)], rtol=1e-6, atol=1e-7)
    back = messages.GraphDef.FromString((tmp_path / "back.pb").read_bytes())
    assert [(node.name, node.op, list(node.input)) for node in back.node] == [(n.name, n.op, list(n.input)) for n in original.node]


def test_tensorflow_declares_every_op_as_we_do():
    ours = messages.OpList(op=[op_def_message(opdef) for opdef in TABLE.values()])
    found = json.loads(oracle(COMPARE, content=ours.SerializeToString()))
    assert found == [["Dequantize", "inputs or outputs"]]  # 1.15 makes float only; the later releases ask which type
