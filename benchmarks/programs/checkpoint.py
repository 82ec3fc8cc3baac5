"""A checkpoint of 100 MB: saved without and with waiting for the disk, and restored.

TensorFlow does not wait for the disk; autograd_lite does, so that a save that returned survives a loss of power. `save` lets neither wait,
`save_and_wait` lets both.
"""
import atexit
import glob
import os
import shutil
import tempfile

TARGET = 1.5
VARIABLES, ROWS = 10, 2560  # of 1024 floats each
CASES = {
    "save": "save 100 MB, without waiting for the disk",
    "save_and_wait": "save 100 MB, until it is on the disk",
    "restore": "restore 100 MB",
}


def build(tf, np, session, case):
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    start = np.random.RandomState(0).rand(ROWS, 1024).astype(np.float32)
    variables = [tf.Variable(tf.placeholder_with_default(start, start.shape), name=f"v{number}") for number in range(VARIABLES)]
    saver = tf.train.Saver()
    sess = session()
    sess.run(tf.global_variables_initializer())
    prefix = os.path.join(folder, "model")
    fsync = os.fsync
    if case == "save":
        os.fsync = lambda descriptor: None

    def save():
        saver.save(sess, prefix, write_meta_graph=False, write_state=False)
        if case == "save_and_wait" and "tensorflow" in tf.__name__:
            for path in glob.glob(prefix + ".*"):
                with open(path, "rb") as file:
                    fsync(file.fileno())

    def result():
        saver.restore(sess, prefix)
        return [float(sess.run(tf.reduce_sum(variables[-1])))]

    save()
    return (lambda: saver.restore(sess, prefix)) if case == "restore" else save, result
