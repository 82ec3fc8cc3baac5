"""Batch normalisation of images, forwards and with its gradient: `batch_norm:CASE`."""

TARGET = 0.9
SHAPES = {"56x56x64": (16, 56, 56, 64), "32x32x16": (32, 32, 32, 16)}
CASES = {
    f"{mode}_{name}": f"batch norm of {shape[0]} images of {name}, {mode}"
    for mode in ("training", "gradient", "inference") for name, shape in SHAPES.items()
}  # fmt: skip


def build(tf, np, session, case):
    mode, name = case.split("_")
    shape = SHAPES[name]
    start = np.random.RandomState(6).rand(*shape).astype(np.float32)
    images = tf.Variable(tf.placeholder_with_default(start, shape), trainable=False).read_value()
    scale, offset = (tf.Variable(tf.fill(shape[-1:], number), trainable=False).read_value() for number in (1.5, 0.5))
    given = {} if mode != "inference" else {"mean": offset, "variance": scale, "is_training": False}
    normal, mean, _ = tf.nn.fused_batch_norm(images, scale, offset, **given)
    if mode == "gradient":
        results = tf.gradients(tf.square(normal), [images, scale, offset])
    else:
        results = [normal, mean]
    totals = [tf.reduce_mean(tf.abs(result)) for result in results[-1:]]
    everything = [result.op for result in results]
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(everything), lambda: sess.run(totals)
