"""Convolutions and their gradients, one by one, at the sizes of well-known networks. Each is named `convolution:CASE_PART`."""

TARGET = 0.9
# images, height, width, channels; rows and columns of the window; filters (0: depthwise); stride
SHAPES = {
    "first": (128, 28, 28, 1, 5, 5, 32, 1),
    "second": (128, 14, 14, 32, 5, 5, 64, 1),
    "narrow": (32, 32, 32, 16, 3, 3, 16, 1),
    "colours": (32, 32, 32, 3, 3, 3, 16, 1),
    "wide": (16, 56, 56, 64, 3, 3, 64, 1),
    "halved": (16, 56, 56, 64, 3, 3, 128, 2),
    "pointwise": (16, 56, 56, 64, 1, 1, 256, 1),
    "depthwise": (16, 56, 56, 64, 3, 3, 0, 1),
}
PARTS = {"forward": "forward", "input": "gradient for the images", "filter": "gradient for the filters"}
CASES = {
    f"{name}_{part}": f"{rows}x{columns} {f'to {filters} channels' if filters else 'depthwise'}, stride {stride}, "
                      f"on {images}x{height}x{width}x{channels}: {what}"
    for name, (images, height, width, channels, rows, columns, filters, stride) in SHAPES.items() for part, what in PARTS.items()
}  # fmt: skip


def _held(tf, array):
    """A variable that starts with an array: no engine computes with it before the step."""
    return tf.Variable(tf.placeholder_with_default(array, array.shape), trainable=False).read_value()


def build(tf, np, session, case):
    name, _, part = case.partition("_")
    images, height, width, channels, rows, columns, filters, stride = SHAPES[name]
    random = np.random.RandomState(1)
    normal = lambda *shape: random.standard_normal(shape).astype(np.float32)
    x, w = _held(tf, normal(images, height, width, channels)), _held(tf, normal(rows, columns, channels, filters or 1))
    convolve = tf.nn.conv2d if filters else tf.nn.depthwise_conv2d
    y = convolve(x, w, strides=[1, stride, stride, 1], padding="SAME")
    if part == "forward":
        result = y
    else:
        dy = _held(tf, normal(*y.shape.as_list()))
        result = tf.gradients(y, x if part == "input" else w, dy)[0]
    total = tf.reduce_sum(tf.cast(tf.abs(result), tf.float64))
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(result.op), lambda: [sess.run(total)]
