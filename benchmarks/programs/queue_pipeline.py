"""Input pipelines of queues and threads: batches of 128 out of 19,000 rows of 784 numbers, as many as the images of a part of MNIST."""
TARGET = 1.0
ROWS, PIXELS, BATCH = 19_000, 784, 128
BATCHES = 25  # a step takes more rows than the queues hold, so that none lie ready


def _row_by_row(tf, images, labels):
    image, label = tf.train.slice_input_producer([images, labels], capacity=1024, seed=1)
    return tf.train.shuffle_batch([image, label], BATCH, capacity=3000, min_after_dequeue=1000, seed=2)


def _many_at_once(tf, images, labels):
    start = tf.train.range_input_producer(ROWS // 100, capacity=64, seed=1).dequeue() * 100
    part = [images[start:start + 100], labels[start:start + 100]]
    shapes = [[PIXELS], []]
    return tf.train.shuffle_batch(part, BATCH, capacity=3000, min_after_dequeue=1000, seed=2, enqueue_many=True, shapes=shapes)


PIPELINES = {"row_by_row": _row_by_row, "many_at_once": _many_at_once}
CASES = {
    "row_by_row": "queues: slice_input_producer, shuffle_batch; 25 batches of 128 out of 19,000 images",
    "many_at_once": "queues: shuffle_batch of 100 images at a time; 25 batches of 128 out of 19,000 images",
}


def build(tf, np, session, case):
    numbers = np.arange(ROWS, dtype=np.float32)
    rows = np.repeat(numbers[:, None], PIXELS, axis=1)
    images = tf.Variable(tf.placeholder_with_default(rows, rows.shape), trainable=False)
    labels = tf.Variable(tf.placeholder_with_default(numbers, numbers.shape), trainable=False)
    batch = PIPELINES[case](tf, images.read_value(), labels.read_value())
    wrong = tf.reduce_max(tf.abs(batch[0] - batch[1][:, None]))  # every row must still have its own label
    sess = session()
    sess.run(tf.global_variables_initializer())
    tf.train.start_queue_runners(sess)
    operation = batch[0].op

    def step():
        for _ in range(BATCHES):
            sess.run(operation)

    return step, lambda: [sess.run(wrong)]
