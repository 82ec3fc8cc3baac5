"""Pooling as in image models, forwards and with its gradient: `pooling:CASE`."""

TARGET = 0.9
SHAPES = {"28x28x32": (128, 28, 28, 32), "14x14x64": (128, 14, 14, 64), "112x112x16": (16, 112, 112, 16)}
WINDOWS = {"28x28x32": (2, "VALID"), "14x14x64": (2, "VALID"), "112x112x16": (3, "SAME")}
CASES = {
    f"{kind}{'_gradient' * has_gradient}_{name}": f"{kind} pool of {shape[0]} images of {name}{' and its gradient' * has_gradient}"
    for kind in ("max", "avg") for has_gradient in (False, True) for name, shape in SHAPES.items()
}  # fmt: skip


def build(tf, np, session, case):
    kind, *middle, name = case.split("_")
    shape, (size, padding) = SHAPES[name], WINDOWS[name]
    start = np.random.RandomState(5).rand(*shape).astype(np.float32)
    images = tf.Variable(tf.placeholder_with_default(start, shape), trainable=False).read_value()
    pool = tf.nn.max_pool if kind == "max" else tf.nn.avg_pool
    pooled = pool(images, [1, size, size, 1], [1, 2, 2, 1], padding)
    if middle:
        seen = tf.Variable(tf.ones(pooled.shape), trainable=False).read_value()
        result = tf.gradients(pooled, images, grad_ys=seen)[0]
        both = [pooled.op, result.op]
    else:
        result = pooled
        both = pooled.op
    total = tf.reduce_sum(result)
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(both), lambda: [sess.run(total)]
