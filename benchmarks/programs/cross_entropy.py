"""Softmax and the losses that contain it, with the gradient of the loss: `cross_entropy:CASE`."""

TARGET = 0.8
SIZES = {"128x10": (128, 10), "4096x1000": (4096, 1000), "256x50000": (256, 50_000)}
CASES = {
    f"{kind}_{name}": f"{kind}, {name} logits"
    for kind in ("softmax", "sparse", "dense") for name in SIZES
}  # fmt: skip


def build(tf, np, session, case):
    kind, name = case.split("_")
    rows, classes = SIZES[name]
    random = np.random.RandomState(7)
    held = lambda array: tf.Variable(tf.placeholder_with_default(array, array.shape), trainable=False).read_value()
    logits = held(random.randn(rows, classes).astype(np.float32))
    if kind == "softmax":
        result = tf.nn.softmax(logits)
    else:
        labels = random.randint(0, classes, rows)
        if kind == "sparse":
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=held(labels.astype(np.int32)), logits=logits)
        else:
            probabilities = np.zeros((rows, classes), np.float32)
            probabilities[np.arange(rows), labels] = 1
            losses = tf.nn.softmax_cross_entropy_with_logits_v2(labels=held(probabilities), logits=logits)
        result = tf.gradients(tf.reduce_mean(losses), logits)[0]
    corner, total = result[0, 0], tf.reduce_sum(tf.square(result))
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(corner), lambda: [sess.run(total)]
