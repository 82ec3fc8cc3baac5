"""A program that saves without end, to be killed: all tensors of a checkpoint hold the number of its save, which is printed after it."""

import sys

import autograd_lite as tf


def main(folder: str, kind: str, first: int) -> None:
    """Save forever under new names ("steps"), one name ("same") or in shards under one name ("shards")."""
    with tf.device("/cpu:0"):
        a = tf.Variable(tf.zeros([30, 40]), name="a")
    with tf.device("/cpu:1"):
        b = tf.Variable(tf.zeros([7]), name="b")
    number = tf.placeholder(tf.float32)
    fill = tf.group(a.assign(tf.fill([30, 40], number)), b.assign(tf.fill([7], number)))
    saver = tf.train.Saver(max_to_keep=3, sharded=kind == "shards")
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session:
        state = tf.train.get_checkpoint_state(folder)
        saver.recover_last_checkpoints([] if state is None else state.all_model_checkpoint_paths)
        tf.get_default_graph().finalize()
        for step in range(first, 10**9):
            session.run(fill, {number: step})
            saver.save(session, folder + "/model", global_step=step if kind == "steps" else None, write_meta_graph=step == first)
            sys.stdout.write(f"{step}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
