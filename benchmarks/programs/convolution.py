"""Convolutions and their gradients, one by one, at the sizes of well-known networks. Each is named `convolution:CASE_PART`."""

TARGET = 0.9
# images, height, width, channels; rows and columns of the window; filters (0: depthwise); stride; dilation
SHAPES = {
    "first": (128, 28, 28, 1, 5, 5, 32, 1, 1),
    "second": (128, 14, 14, 32, 5, 5, 64, 1, 1),
    "narrow": (32, 32, 32, 16, 3, 3, 16, 1, 1),
    "colours": (32, 32, 32, 3, 3, 3, 16, 1, 1),
    "wide": (16, 56, 56, 64, 3, 3, 64, 1, 1),
    "halved": (16, 56, 56, 64, 3, 3, 128, 2, 1),
    "deep": (8, 28, 28, 128, 3, 3, 256, 2, 1),
    "dilated": (16, 28, 28, 64, 3, 3, 64, 1, 2),
    "pointwise": (16, 56, 56, 64, 1, 1, 256, 1, 1),
    "narrowing": (8, 56, 56, 256, 1, 1, 64, 1, 1),
    "expanding": (8, 56, 56, 24, 1, 1, 144, 1, 1),
    "depthwise": (16, 56, 56, 64, 3, 3, 0, 1, 1),
}
# images, planes, height, width, channels; side of the window; filters
VOLUMES = {"volume": (4, 16, 16, 16, 16, 3, 32), "volumes": (2, 8, 16, 16, 64, 3, 64)}
PARTS = {"forward": "forward", "input": "gradient for the images", "filter": "gradient for the filters"}
CASES = {
    f"{name}_{part}": f"{rows}x{columns} {f'to {filters} channels' if filters else 'depthwise'}, stride {stride}"
                      f"{f', dilated by {dilation}' if dilation > 1 else ''}, on {images}x{height}x{width}x{channels}: {what}"
    for name, (images, height, width, channels, rows, columns, filters, stride, dilation) in SHAPES.items()
    for part, what in PARTS.items()
}  # fmt: skip
CASES.update({
    f"{name}_{part}": f"{side}x{side}x{side} to {filters} channels on {images}x{planes}x{height}x{width}x{channels}: {what}"
    for name, (images, planes, height, width, channels, side, filters) in VOLUMES.items() for part, what in PARTS.items()
})  # fmt: skip


def _held(tf, array):
    """A variable that starts with an array: no engine computes with it before the step."""
    return tf.Variable(tf.placeholder_with_default(array, array.shape), trainable=False).read_value()


def _convolved(tf, np, name):
    """Images, filters, and their convolution."""
    random = np.random.RandomState(1)
    normal = lambda *shape: random.standard_normal(shape).astype(np.float32)
    if name in VOLUMES:
        *images, channels, side, filters = VOLUMES[name]
        x, w = _held(tf, normal(*images, channels)), _held(tf, normal(side, side, side, channels, filters))
        return x, w, tf.nn.conv3d(x, w, strides=[1, 1, 1, 1, 1], padding="SAME")
    images, height, width, channels, rows, columns, filters, stride, dilation = SHAPES[name]
    x, w = _held(tf, normal(images, height, width, channels)), _held(tf, normal(rows, columns, channels, filters or 1))
    strides = [1, stride, stride, 1]
    if not filters:
        return x, w, tf.nn.depthwise_conv2d(x, w, strides=strides, padding="SAME")
    return x, w, tf.nn.conv2d(x, w, strides=strides, padding="SAME", dilations=[1, dilation, dilation, 1])


def build(tf, np, session, case):
    name, _, part = case.partition("_")
    x, w, y = _convolved(tf, np, name)
    if part == "forward":
        result = y
    else:
        dy = _held(tf, np.random.RandomState(2).standard_normal(y.shape.as_list()).astype(np.float32))
        result = tf.gradients(y, x if part == "input" else w, dy)[0]
    total = tf.reduce_sum(tf.cast(tf.abs(result), tf.float64))
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(result.op), lambda: [sess.run(total)]
