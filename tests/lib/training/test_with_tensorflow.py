"""What a monitored session writes, read and continued by TensorFlow: `AUTOGRAD_LITE_ORACLE=/path/to/python pytest -m oracle`."""

import json
import os
import subprocess

import numpy as np
import pytest

import autograd_lite as tf

pytestmark = pytest.mark.oracle

CONTINUE = """
import json, os, sys
os.environ.update(TF_USE_LEGACY_KERAS="1", TF_ENABLE_ONEDNN_OPTS="0", TF_CPP_MIN_LOG_LEVEL="3")
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
path = tf.train.latest_checkpoint(sys.argv[1])
saver = tf.train.import_meta_graph(path + ".meta")
names = ["w:0", "w/ExponentialMovingAverage:0", "global_step/add:0"]
with tf.Session() as session:
    saver.restore(session, path)
    before = [float(value) for value in session.run(names)]
    session.run(tf.get_collection("step"))
    print(json.dumps([before, [float(value) for value in session.run(names)]]))
"""


def test_tensorflow_continues_from_the_checkpoint_and_the_meta_graph(tmp_path):
    w = tf.Variable(1.0, name="w")
    train = tf.train.AdamOptimizer(0.1).minimize((w - 3.0) ** 2, global_step=tf.train.get_or_create_global_step())
    average = tf.train.ExponentialMovingAverage(0.9)
    with tf.control_dependencies([train]):
        step = average.apply([w])
    tf.add_to_collection("step", step)
    final = tf.train.FinalOpsHook([w, average.average(w)])
    for last, folder in ((5, tmp_path / "five"), (6, tmp_path / "six")):
        hooks = [tf.train.StopAtStepHook(last_step=last), final]
        with tf.train.MonitoredTrainingSession(checkpoint_dir=str(folder), hooks=hooks) as session:
            while not session.should_stop():
                session.run(step)
        if last == 5:
            at_five = final.final_ops_values
    python = os.environ["AUTOGRAD_LITE_ORACLE"]
    result = subprocess.run([python, "-c", CONTINUE, str(tmp_path / "five")], capture_output=True, timeout=300)
    assert result.returncode == 0, result.stderr.decode()[-3000:]
    before, after = json.loads(result.stdout.splitlines()[-1])
    np.testing.assert_array_equal(np.float32(before), np.float32([*at_five, 5]))
    np.testing.assert_allclose(after, [*final.final_ops_values, 6], rtol=1e-6)
