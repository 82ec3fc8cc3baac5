"""A real TensorFlow reads what we save, bit for bit, and writes the same bytes itself.

Run with `-m oracle`; AUTOGRAD_LITE_ORACLE names the Python in which TensorFlow is installed.
"""

import os
import subprocess

import numpy as np
import pytest

import autograd_lite as tf

pytestmark = pytest.mark.oracle

TYPES = "float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 uint16 bool complex64 complex128"
BUILD = f"""
def build(checkpoint):
    for number, name in enumerate("{TYPES}".split()):
        if checkpoint == "v1" and name == "bfloat16": continue  # which TensorFlow cannot restore from that format
        values = np.arange(6).reshape(2, 3) % (2 if name == "bool" else 97) + 0.25 * (number % 2)
        tf.Variable(tf.cast(tf.constant(values), name), name="v_" + name)
    tf.Variable(["a", "", "longer text"], name="text")
    tf.Variable(np.float32(3.5), name="net/scalar")
    tf.Variable(tf.zeros([0, 3]), name="none")
    tf.get_variable("parts", initializer=tf.constant(np.arange(20.0).reshape(10, 2)), partitioner=tf.fixed_size_partitioner(3))
    tf.get_variable("resource", initializer=tf.constant([1.0, -2.0]), use_resource=True)
"""
START = "import sys, os, numpy as np, tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()\nfolder = sys.argv[1]\n" + BUILD
# restores each checkpoint of ours, compares all variables with their initial values, and saves it again in the same format
RESTORE = START + """
for name, arguments in (("v2", {}), ("v1", {"write_version": tf.train.SaverDef.V1}), ("shards", {"sharded": True})):
    with tf.Graph().as_default(), tf.Session() as session:
        build(name)
        saver = tf.train.Saver(**arguments)
        session.run(tf.global_variables_initializer())
        wanted = session.run(tf.global_variables())
        session.run([v.assign(tf.zeros_like(v)) for v in tf.global_variables() if v.dtype.base_dtype not in (tf.string, tf.bool)])
        saver.restore(session, folder + "/" + name)
        for variable, x, y in zip(tf.global_variables(), wanted, session.run(tf.global_variables())):
            assert x.dtype == y.dtype and x.tobytes() == y.tobytes() or x.tolist() == y.tolist(), (name, variable)
        reader = tf.train.load_checkpoint(folder + "/" + name)
        if name != "v1": assert reader.get_tensor("parts").tolist() == np.arange(20.0).reshape(10, 2).tolist()
        os.makedirs(folder + "/theirs", exist_ok=True)
        saver.save(session, folder + "/theirs/" + name, write_meta_graph=False, write_state=False)
"""
# goes on with a graph that we exported: restores it, trains a step, saves
CONTINUE = START + """
with tf.Graph().as_default(), tf.Session() as session:
    saver = tf.train.import_meta_graph(folder + "/trained.meta")
    saver.restore(session, folder + "/trained")
    assert [v.name for v in tf.trainable_variables()] == ["w:0"] and tf.train.get_global_step() is not None
    before = session.run("w:0")
    session.run("Momentum")
    np.savez(folder + "/after.npz", before=before, after=session.run("w:0"), momentum=session.run("w/Momentum:0"))
with tf.Graph().as_default(), tf.Session() as session:
    signature = tf.saved_model.load(session, ["serve"], folder + "/model").signature_def["serving_default"]
    assert session.run(signature.outputs["y"].name, {signature.inputs["x"].name: 2.0}) == 6.0
with tf.Graph().as_default(), tf.Session() as session:
    w = tf.get_variable("w", [2]); objects = tf.train.Checkpoint(w=w)
    objects.restore(folder + "/objects-1").assert_consumed().run_restore_ops(session)
    assert session.run(w).tolist() == [5.0, 6.0]
with tf.Graph().as_default(), tf.Session() as session:
    graph = tf.GraphDef.FromString(open(folder + "/frozen.pb", "rb").read())
    (y,) = tf.import_graph_def(graph, return_elements=["y:0"], name="")
    assert session.run(y, {"x:0": 2.0}) == 6.0
"""


@pytest.fixture(scope="module")
def oracle():
    python = os.environ.get("AUTOGRAD_LITE_ORACLE")
    if not python:
        pytest.skip("AUTOGRAD_LITE_ORACLE does not name a Python with TensorFlow")

    def run(program, folder):
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "TF_USE_LEGACY_KERAS": "1"}
        environment.pop("PYTHONPATH", None)
        done = subprocess.run([python, "-c", program, str(folder)], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]

    return run


def build(checkpoint):
    exec(BUILD, names := {"tf": tf, "np": np})
    names["build"](checkpoint)


def test_tensorflow_restores_our_checkpoints_and_writes_the_same_bytes(oracle, tmp_path, release_2_21):
    for name, arguments in (("v2", {}), ("v1", {"write_version": tf.train.SaverDef.V1}), ("shards", {"sharded": True})):
        with tf.Graph().as_default(), tf.Session() as session:
            build(name)
            session.run(tf.global_variables_initializer())
            tf.train.Saver(**arguments).save(session, str(tmp_path / name), write_state=False)
    oracle(RESTORE, tmp_path)
    written = sorted((tmp_path / "theirs").iterdir())
    assert len(written) == 5
    for file in written:
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_tensorflow_goes_on_with_our_graphs_models_and_objects(oracle, tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable("w", initializer=[1.0, -2.0])
        tf.train.MomentumOptimizer(0.1, 0.9).minimize(tf.reduce_sum(w * w), global_step=tf.train.get_or_create_global_step())
        session.run(tf.global_variables_initializer())
        session.run("Momentum")
        tf.train.Saver().save(session, str(tmp_path / "trained"))
        session.run("Momentum")
        wanted = session.run(["w:0", "w/Momentum:0"])
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, name="x")
        y = tf.multiply(x, tf.Variable(3.0, name="v"), name="y")
        session.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(session, str(tmp_path / "model"), {"x": x}, {"y": y})
        frozen = tf.graph_util.convert_variables_to_constants(session, session.graph_def, ["y"])
        tf.train.write_graph(frozen, str(tmp_path), "frozen.pb", as_text=False)
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable("w", initializer=[5.0, 6.0])
        session.run(w.initializer)
        tf.train.Checkpoint(w=w).save(str(tmp_path / "objects"))
    oracle(CONTINUE, tmp_path)
    found = np.load(tmp_path / "after.npz")
    assert found["after"].tobytes() == wanted[0].tobytes()
    assert found["momentum"].tobytes() == wanted[1].tobytes()


def test_an_index_of_many_blocks_has_tensorflows_bytes(oracle, tmp_path):
    names = [f"layer_{number:05d}/{'deep/' * (50 + number % 5)}kernel" for number in range(1200)]
    prefix = str(tmp_path / "ours")
    with tf.Graph().as_default(), tf.Session() as session:
        values = [np.float32(number) for number in range(len(names))]
        session.run(tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[""] * len(names), tensors=values))
    program = START + """
names = [f"layer_{number:05d}/{'deep/' * (50 + number % 5)}kernel" for number in range(1200)]
save = tf.raw_ops.SaveV2(prefix=folder + "/theirs", tensor_names=names, shape_and_slices=[""] * 1200,
                         tensors=[np.float32(number) for number in range(1200)])
tf.Session().run(save)
"""
    oracle(program, tmp_path)
    for ending in (".index", ".data-00000-of-00001"):
        assert (tmp_path / f"ours{ending}").read_bytes() == (tmp_path / f"theirs{ending}").read_bytes()
    assert os.path.getsize(f"{prefix}.index") > 1 << 18
