"""Kernels of networks one by one, at the sizes of the programs of the table. One program for each kernel, named `kernels:KERNEL`.

Rows, segments, sparse tensors and pooling are in `rows`.
"""
TARGET = None
NUMBERS = 1_000_000


def _held(tf, array):
    """A variable that starts with an array: no engine computes with it before the step."""
    return tf.Variable(tf.placeholder_with_default(array, array.shape), trainable=False).read_value()


def _random(tf, np, *shape):
    return _held(tf, np.random.RandomState(sum(shape)).rand(*shape).astype(np.float32) + np.float32(0.1))


def _convolved(tf, np, image, filters, stride=1, depthwise=False):
    """The images, the filters, and their convolution."""
    x, w = _random(tf, np, *image), _random(tf, np, *filters)
    convolve = tf.nn.depthwise_conv2d if depthwise else tf.nn.conv2d
    return x, w, convolve(x, w, [1, stride, stride, 1], "SAME")


def _gradients(tf, np, *convolution, **how):
    """Both gradients of a convolution, as one number each: what is summed is no part of the kernel's time to speak of."""
    x, w, y = _convolved(tf, np, *convolution, **how)
    return tf.stack([tf.reduce_sum(gradient) for gradient in tf.gradients(y, [x, w], y)])


def _normalized(tf, np):
    x = _random(tf, np, 32, 32, 32, 16)
    return x, tf.nn.fused_batch_norm(x, tf.ones([16]), tf.zeros([16]), epsilon=0.001)[0]


def _normalized_gradient(tf, np):
    x, y = _normalized(tf, np)
    return tf.gradients(y, x, tf.square(x))[0]


def _cross_entropy(tf, np):
    logits = _random(tf, np, 1024, 1000)
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.constant(np.arange(1024) % 1000), logits=logits)
    return tf.gradients(loss, logits)[0]


def _adam(tf, np):
    weights = tf.Variable(tf.ones([NUMBERS]))
    update = tf.train.AdamOptimizer(0.001).apply_gradients([(_random(tf, np, NUMBERS), weights)])
    with tf.control_dependencies([update]):
        return tf.constant(0.0)


_LENET, _BLOCK = ((32, 14, 14, 32), (5, 5, 32, 64)), ((32, 32, 32, 16), (3, 3, 16, 16))
_POINT, _STRIDED, _DEPTHWISE = ((32, 28, 28, 64), (1, 1, 64, 128)), ((32, 56, 56, 32), (3, 3, 32, 64)), ((32, 28, 28, 64), (3, 3, 64, 1))

KERNELS = {
    "conv_5x5": lambda tf, np: _convolved(tf, np, *_LENET)[2],
    "conv_5x5_gradients": lambda tf, np: _gradients(tf, np, *_LENET),
    "conv_3x3": lambda tf, np: _convolved(tf, np, *_BLOCK)[2],
    "conv_3x3_gradients": lambda tf, np: _gradients(tf, np, *_BLOCK),
    "conv_1x1": lambda tf, np: _convolved(tf, np, *_POINT)[2],
    "conv_1x1_gradients": lambda tf, np: _gradients(tf, np, *_POINT),
    "conv_stride_2": lambda tf, np: _convolved(tf, np, *_STRIDED, stride=2)[2],
    "conv_stride_2_gradients": lambda tf, np: _gradients(tf, np, *_STRIDED, stride=2),
    "conv_depthwise": lambda tf, np: _convolved(tf, np, *_DEPTHWISE, depthwise=True)[2],
    "conv_depthwise_gradients": lambda tf, np: _gradients(tf, np, *_DEPTHWISE, depthwise=True),
    "batch_norm": lambda tf, np: _normalized(tf, np)[1],
    "batch_norm_gradient": lambda tf, np: _normalized_gradient(tf, np),
    "cross_entropy_gradient": lambda tf, np: _cross_entropy(tf, np),
    "adam": _adam,
    "random_uniform": lambda tf, np: tf.random_uniform([NUMBERS], seed=1),
    "random_normal": lambda tf, np: tf.random_normal([NUMBERS], seed=1),
    "truncated_normal": lambda tf, np: tf.truncated_normal([NUMBERS], seed=1),
    "dropout": lambda tf, np: tf.nn.dropout(_random(tf, np, NUMBERS), rate=0.5, seed=1),
    **{name: (lambda function: lambda tf, np: getattr(tf, function)(_random(tf, np, NUMBERS)))(name)
       for name in ("exp", "log", "tanh", "sigmoid", "erf", "sin", "sqrt")},
    "matmul_small": lambda tf, np: tf.matmul(_random(tf, np, 32, 64), _random(tf, np, 64, 64)),
    "matmul_narrow": lambda tf, np: tf.matmul(_random(tf, np, 10_000, 20), _random(tf, np, 20, 20)),
    "transpose": lambda tf, np: tf.transpose(_random(tf, np, 32, 64, 512), [0, 2, 1]),
    "concat_split": lambda tf, np: tf.concat(tf.split(_random(tf, np, 256, 4096), 4, axis=1)[::-1], axis=1),
}  # fmt: skip
CASES = {name: name.replace("_", " ") for name in KERNELS}


def build(tf, np, session, case):
    result = KERNELS[case](tf, np)
    total = tf.reduce_sum(tf.square(tf.cast(result, tf.float64)))
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(result), lambda: [sess.run(total)]
