"""Other operations that programs use much, one by one, on arrays of middle size. One program for each, named `operations:NAME`."""

NUMBERS = 1_000_000


def _held(tf, array):
    """A variable that starts with an array: no engine computes with it before the step."""
    return tf.Variable(tf.placeholder_with_default(array, array.shape), trainable=False).read_value()


def _random(tf, np, *shape):
    return _held(tf, np.random.RandomState(sum(shape)).rand(*shape).astype(np.float32) + np.float32(0.1))


def _integers(tf, np, limit, *shape, dtype="int32"):
    return _held(tf, np.random.RandomState(7).randint(0, limit, shape).astype(dtype))


def _symmetric(tf, np, count, size):
    """Many small matrices that have a Cholesky factor."""
    factors = np.random.RandomState(8).rand(count, size, size).astype(np.float32)
    return _held(tf, factors @ factors.transpose(0, 2, 1) + size * np.eye(size, dtype=np.float32))


def _images(tf, np):
    return _random(tf, np, 16, 64, 64, 16)


def _gradient(tf, y, x):
    return tf.gradients(y, x, y)[0]


def _moments(tf, np, shape, axes):
    return tf.add(*tf.nn.moments(_random(tf, np, *shape), axes))


def _layer_norm(tf, np):
    x = _random(tf, np, 1024, 512)
    mean, variance = tf.nn.moments(x, [1], keep_dims=True)
    return x, tf.nn.batch_normalization(x, mean, variance, tf.zeros([512]), tf.ones([512]), 1e-6)


def _ctc(tf, np):
    """32 sequences of 100 steps over 30 classes, with 20 labels each."""
    logits = _random(tf, np, 100, 32, 30)
    labels = np.random.RandomState(9).randint(0, 29, (32, 20)).astype(np.int32)
    places = np.stack(np.indices((32, 20)), axis=-1).reshape(-1, 2).astype(np.int64)
    sparse = tf.SparseTensor(_held(tf, places), _held(tf, labels.reshape(-1)), [32, 20])
    loss = tf.nn.ctc_loss(sparse, logits, tf.constant(np.full(32, 100, np.int32)))
    return logits, loss


def _sparse_entropy(tf, np):
    logits = _random(tf, np, 4096, 100)
    return logits, tf.nn.sparse_softmax_cross_entropy_with_logits(labels=_integers(tf, np, 100, 4096), logits=logits)


def _text(tf, np, lines):
    """A variable that holds texts."""
    return _held(tf, np.array(lines, dtype=object))


def _words(tf, np, count=20_000):
    """Lines of five words."""
    words = np.array([f"w{number}" for number in range(1000)])
    lines = [" ".join(row) for row in words[np.random.RandomState(10).randint(0, 1000, (count, 5))]]
    return _text(tf, np, lines)


def _decimals(tf, np, count=100_000):
    return _text(tf, np, [f"{number:.4f}" for number in np.random.RandomState(11).rand(count)])


OPERATIONS = {
    "transpose_matrix": lambda tf, np: tf.transpose(_random(tf, np, 1000, 1000)),
    "transpose_time_major": lambda tf, np: tf.transpose(_random(tf, np, 128, 100, 64), [1, 0, 2]),
    "transpose_heads": lambda tf, np: tf.transpose(_random(tf, np, 32, 64, 8, 64), [0, 2, 1, 3]),
    "transpose_to_nchw": lambda tf, np: tf.transpose(_images(tf, np), [0, 3, 1, 2]),
    "transpose_from_nchw": lambda tf, np: tf.transpose(_random(tf, np, 16, 16, 64, 64), [0, 2, 3, 1]),
    "concat": lambda tf, np: tf.concat([_random(tf, np, 1024, 300 + part) for part in range(3)], axis=1),
    "split": lambda tf, np: tf.add_n(tf.split(_random(tf, np, 1024, 1024), 4, axis=1)),
    "stack": lambda tf, np: tf.stack([_random(tf, np, 128, 128 + part)[:, :128] for part in range(20)], axis=1),
    "unstack": lambda tf, np: tf.add_n(tf.unstack(_random(tf, np, 128, 28, 128), axis=1)),
    "pad": lambda tf, np: tf.pad(_images(tf, np), [[0, 0], [2, 2], [2, 2], [0, 0]]),
    "pad_reflect": lambda tf, np: tf.pad(_images(tf, np), [[0, 0], [2, 2], [2, 2], [0, 0]], "REFLECT"),
    "tile": lambda tf, np: tf.tile(_random(tf, np, 128, 1, 256), [1, 30, 1]),
    "slice": lambda tf, np: tf.strided_slice(_random(tf, np, 1024, 1024), [0, 1], [1024, 1023], [1, 2]),
    "reverse": lambda tf, np: tf.reverse(_random(tf, np, 1024, 1024), [1]),
    "cast_to_int": lambda tf, np: tf.cast(_random(tf, np, NUMBERS) * 9.0, tf.int32),
    "cast_from_bytes": lambda tf, np: tf.cast(_integers(tf, np, 255, NUMBERS, dtype="uint8"), tf.float32),
    "cast_from_bool": lambda tf, np: tf.cast(tf.equal(_integers(tf, np, 10, NUMBERS), 3), tf.float32),
    "where_greater": lambda tf, np: tf.where((x := _random(tf, np, NUMBERS)) > 0.5, x, -x),
    "argmax": lambda tf, np: tf.argmax(_random(tf, np, 10_000, 10), axis=1),
    "argmax_wide": lambda tf, np: tf.argmax(_random(tf, np, 1000, 1000), axis=1),
    "cumsum_exclusive": lambda tf, np: tf.cumsum(_random(tf, np, 1000, 1000), axis=1, exclusive=True),
    "cumsum_reverse": lambda tf, np: tf.cumsum(_random(tf, np, 1000, 1000), axis=1, reverse=True),
    "cumsum_columns": lambda tf, np: tf.cumsum(_random(tf, np, 1000, 1000), axis=0),
    "cumprod": lambda tf, np: tf.cumprod(_random(tf, np, 10_000, 20), axis=1),
    "l2_normalize": lambda tf, np: tf.nn.l2_normalize(_random(tf, np, 10_000, 128), 1),
    "l2_normalize_gradient": lambda tf, np: _gradient(tf, tf.nn.l2_normalize(x := _random(tf, np, 10_000, 128), 1), x),
    "moments": lambda tf, np: _moments(tf, np, (32, 32, 32, 16), [0, 1, 2]),
    "moments_rows": lambda tf, np: _moments(tf, np, (1024, 512), [1]),
    "layer_norm": lambda tf, np: _layer_norm(tf, np)[1],
    "layer_norm_gradient": lambda tf, np: _gradient(tf, *_layer_norm(tf, np)[::-1]),
    "log_softmax": lambda tf, np: tf.nn.log_softmax(_random(tf, np, 4096, 100)),
    "sparse_cross_entropy": lambda tf, np: _sparse_entropy(tf, np)[1],
    "sparse_cross_entropy_gradient": lambda tf, np: _gradient(tf, *_sparse_entropy(tf, np)[::-1]),
    "in_top_k": lambda tf, np: tf.nn.in_top_k(_random(tf, np, 10_000, 100), _integers(tf, np, 100, 10_000), 5),
    "ctc_loss": lambda tf, np: _ctc(tf, np)[1],
    "ctc_loss_gradient": lambda tf, np: _gradient(tf, *_ctc(tf, np)[::-1]),
    "lrn": lambda tf, np: tf.nn.local_response_normalization(_images(tf, np)),
    "resize_bilinear": lambda tf, np: tf.image.resize_bilinear(_images(tf, np), [128, 128]),
    "resize_bilinear_gradient": lambda tf, np: _gradient(tf, tf.image.resize_bilinear(x := _images(tf, np), [128, 128]), x),
    "resize_nearest": lambda tf, np: tf.image.resize_nearest_neighbor(_images(tf, np), [128, 128]),
    "resize_nearest_gradient": lambda tf, np: _gradient(tf, tf.image.resize_nearest_neighbor(x := _images(tf, np), [128, 128]), x),
    "resize_bicubic": lambda tf, np: tf.image.resize_bicubic(_random(tf, np, 8, 64, 64, 3), [128, 128]),
    "crop_and_resize": lambda tf, np: tf.image.crop_and_resize(
        _images(tf, np), _held(tf, np.tile(np.float32([[0.1, 0.1, 0.8, 0.9]]), (64, 1))), _integers(tf, np, 16, 64), [14, 14]),
    "extract_patches": lambda tf, np: tf.extract_image_patches(_images(tf, np), [1, 3, 3, 1], [1, 1, 1, 1], [1, 1, 1, 1], "SAME"),
    "space_to_depth": lambda tf, np: tf.space_to_depth(_images(tf, np), 2),
    "depth_to_space": lambda tf, np: tf.depth_to_space(_images(tf, np), 2),
    "space_to_batch": lambda tf, np: tf.space_to_batch(_images(tf, np), [[0, 0], [0, 0]], 2),
    "grayscale": lambda tf, np: tf.image.rgb_to_grayscale(_random(tf, np, 16, 128, 128, 3)),
    "hue": lambda tf, np: tf.image.adjust_hue(_random(tf, np, 8, 128, 128, 3), 0.1),
    "saturation": lambda tf, np: tf.image.adjust_saturation(_random(tf, np, 8, 128, 128, 3), 1.5),
    "contrast": lambda tf, np: tf.image.adjust_contrast(_random(tf, np, 8, 128, 128, 3), 1.5),
    "flip_left_right": lambda tf, np: tf.image.flip_left_right(_images(tf, np)),
    "batch_matmul": lambda tf, np: tf.matmul(_random(tf, np, 256, 64, 32), _random(tf, np, 256, 32, 64)),
    "batch_matmul_small": lambda tf, np: tf.matmul(_random(tf, np, 10_000, 4, 4), _random(tf, np, 10_000, 4, 5)),
    "einsum_attention": lambda tf, np: tf.einsum("bqhd,bkhd->bhqk", _random(tf, np, 8, 64, 8, 32), _random(tf, np, 8, 65, 8, 32)),
    "tensordot": lambda tf, np: tf.tensordot(_random(tf, np, 64, 50, 64), _random(tf, np, 64, 64), [[2], [0]]),
    "matrix_inverse": lambda tf, np: tf.matrix_inverse(_symmetric(tf, np, 1000, 8)),
    "cholesky": lambda tf, np: tf.cholesky(_symmetric(tf, np, 1000, 8)),
    "matrix_solve": lambda tf, np: tf.matrix_solve(_symmetric(tf, np, 1000, 8), _random(tf, np, 1000, 8, 2)),
    "triangular_solve": lambda tf, np: tf.matrix_triangular_solve(_symmetric(tf, np, 1000, 8), _random(tf, np, 1000, 8, 2)),
    "matrix_determinant": lambda tf, np: tf.matrix_determinant(_symmetric(tf, np, 1000, 8) * 0.1),
    "matrix_diag": lambda tf, np: tf.matrix_diag(_random(tf, np, 200, 100)),
    "matrix_band_part": lambda tf, np: tf.matrix_band_part(_random(tf, np, 64, 128, 128), -1, 0),
    "multinomial": lambda tf, np: tf.multinomial(_random(tf, np, 1000, 100), 10, seed=1),
    "random_shuffle": lambda tf, np: tf.random_shuffle(_random(tf, np, 100_000, 8), seed=1),
    "random_integers": lambda tf, np: tf.random_uniform([NUMBERS], 0, 100, tf.int32, seed=1),
    "random_gamma": lambda tf, np: tf.random_gamma([10_000], [0.5, 2.0], seed=1),
    "sequence_mask": lambda tf, np: tf.sequence_mask(_integers(tf, np, 100, 10_000), 100, tf.float32),
    "confusion_matrix": lambda tf, np: tf.confusion_matrix(_integers(tf, np, 10, 100_000), _integers(tf, np, 9, 100_000), 10),
    "bincount": lambda tf, np: tf.bincount(_integers(tf, np, 1000, NUMBERS), minlength=1000, maxlength=1000),
    "histogram": lambda tf, np: tf.histogram_fixed_width(_random(tf, np, NUMBERS), [0.0, 1.2], 50),
    "clip_by_global_norm": lambda tf, np: tf.clip_by_global_norm([_random(tf, np, 500, 500 + part) for part in range(4)], 1.0)[0][0],
    "clip_by_value": lambda tf, np: tf.clip_by_value(_random(tf, np, NUMBERS), 0.3, 0.7),
    "string_split": lambda tf, np: tf.size(tf.string_split(_words(tf, np)).values),
    "string_join": lambda tf, np: tf.string_join([_words(tf, np), _words(tf, np)], " "),
    "string_to_number": lambda tf, np: tf.string_to_number(_decimals(tf, np)),
    "string_to_hash": lambda tf, np: tf.string_to_hash_bucket_fast(_decimals(tf, np), 1000),
    "as_string": lambda tf, np: tf.as_string(_integers(tf, np, 1000, 50_000)),
    "decode_raw": lambda tf, np: tf.decode_raw(_text(tf, np, [b"1234567" * 112] * 1000), tf.uint8),
    "substr": lambda tf, np: tf.substr(_words(tf, np), 0, 3),
}  # fmt: skip
CASES = {name: name.replace("_", " ") for name in OPERATIONS}
NO_TARGET = ("random_gamma", "ctc_loss", "ctc_loss_gradient", "transpose_matrix")
TARGET = {name: 1.0 for name in OPERATIONS if name not in NO_TARGET}
RANDOM = ("multinomial", "random_shuffle", "random_integers", "random_gamma")  # engines need not draw the same numbers


def build(tf, np, session, case):
    result = OPERATIONS[case](tf, np)
    sess = session()
    total = tf.size(result) if case in RANDOM or result.dtype == tf.string else tf.reduce_sum(tf.square(tf.cast(result, tf.float64)))
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(result), lambda: [float(sess.run(total))]
