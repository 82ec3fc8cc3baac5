"""Kernels that move and gather rows, at real size: a million of them. One program for each kernel, named `rows:KERNEL`."""

TARGET = 1.0
ROWS = 1_000_000


def _vectors(tf, np, width=8):
    """A million rows, the same in every engine."""
    values = np.random.RandomState(1).rand(ROWS, width).astype(np.float32)
    return tf.Variable(tf.placeholder_with_default(values, values.shape), trainable=False)


def _ids(np, count, sort=False):
    ids = np.random.RandomState(2).randint(0, count, ROWS).astype(np.int32)
    return np.sort(ids) if sort else ids


def _sparse(tf, np, columns=1000):
    """A matrix with a million entries: its indices are distinct and sorted."""
    flat = np.unique(np.random.RandomState(3).randint(0, ROWS * columns // 10, ROWS + ROWS // 50))[:ROWS]
    indices = np.stack([flat // columns, flat % columns], axis=1).astype(np.int64)
    values = np.random.RandomState(4).rand(len(flat)).astype(np.float32)
    place = tf.Variable(tf.placeholder_with_default(indices, indices.shape), trainable=False)
    entries = tf.Variable(tf.placeholder_with_default(values, values.shape), trainable=False)
    return tf.SparseTensor(place.read_value(), entries.read_value(), [ROWS // 10, columns])


def _held(tf, array):
    """A variable that starts with an array: no engine computes with it before the step."""
    return tf.Variable(tf.placeholder_with_default(array, array.shape), trainable=False).read_value()


def _images(tf, np):
    return _held(tf, np.random.RandomState(5).rand(16, 112, 112, 16).astype(np.float32))


def _gradient(tf, y, x):
    return tf.gradients(tf.reduce_sum(y * y), x)[0]


def _scatter(tf, np, name):
    table = tf.Variable(tf.zeros([100_000, 8]), trainable=False)
    updates, ids = _vectors(tf, np), _held(tf, _ids(np, 100_000))
    with tf.control_dependencies([getattr(tf, name)(table, ids, updates).op]):
        return tf.constant(0.0)


def _pool_gradient(tf, np, pool):
    images = _images(tf, np)
    return tf.gradients(pool(images, [1, 3, 3, 1], [1, 2, 2, 1], "SAME"), images)[0]


KERNELS = {
    "segment_sum": lambda tf, np: tf.segment_sum(_vectors(tf, np), _held(tf, _ids(np, 50_000, sort=True))),
    "segment_max": lambda tf, np: tf.segment_max(_vectors(tf, np), _held(tf, _ids(np, 50_000, sort=True))),
    "unsorted_segment_sum": lambda tf, np: tf.unsorted_segment_sum(_vectors(tf, np), _held(tf, _ids(np, 50_000)), 50_000),
    "unsorted_segment_max": lambda tf, np: tf.unsorted_segment_max(_vectors(tf, np), _held(tf, _ids(np, 50_000)), 50_000),
    "unsorted_segment_sum_gradient": lambda tf, np: _gradient(
        tf, tf.unsorted_segment_sum(x := _vectors(tf, np), _held(tf, _ids(np, 50_000)), 50_000), x),
    "sparse_segment_sum": lambda tf, np: tf.sparse_segment_sum(
        _vectors(tf, np), _held(tf, _ids(np, ROWS)), _held(tf, _ids(np, 50_000, sort=True))),
    "gather": lambda tf, np: tf.gather(_vectors(tf, np), _held(tf, _ids(np, ROWS))),
    "gather_nd": lambda tf, np: tf.gather_nd(_vectors(tf, np), _held(tf, np.stack([_ids(np, ROWS), _ids(np, 8)], axis=1))),
    "scatter_nd": lambda tf, np: tf.scatter_nd(_held(tf, _ids(np, 100_000)[:, None]), _vectors(tf, np), [100_000, 8]),
    "scatter_add": lambda tf, np: _scatter(tf, np, "scatter_add"),
    "scatter_update": lambda tf, np: _scatter(tf, np, "scatter_update"),
    "boolean_mask": lambda tf, np: tf.boolean_mask(_vectors(tf, np), _held(tf, _ids(np, 2) == 1)),
    "where": lambda tf, np: tf.where(_held(tf, _ids(np, 2) == 1)),
    "dynamic_partition": lambda tf, np: tf.dynamic_partition(_vectors(tf, np), _held(tf, _ids(np, 4)), 4)[0],
    "unique": lambda tf, np: tf.unique(_held(tf, _ids(np, 50_000)))[0],
    "one_hot": lambda tf, np: tf.one_hot(_held(tf, _ids(np, 10)), 10),
    "top_k": lambda tf, np: tf.nn.top_k(_vectors(tf, np), 3)[0],
    "sort": lambda tf, np: tf.sort(_held(tf, np.random.RandomState(6).rand(ROWS).astype(np.float32))),
    "cumsum": lambda tf, np: tf.cumsum(_vectors(tf, np), axis=1),
    "reduce_rows": lambda tf, np: tf.reduce_sum(_vectors(tf, np), axis=1),
    "reduce_columns": lambda tf, np: tf.reduce_max(_vectors(tf, np), axis=0),
    "softmax": lambda tf, np: tf.nn.softmax(_vectors(tf, np)),
    "reverse_sequence": lambda tf, np: tf.reverse_sequence(
        tf.reshape(_vectors(tf, np), [10_000, 100, 8]), _held(tf, _ids(np, 100)[:10_000]), seq_axis=1, batch_axis=0),
    "sparse_matmul": lambda tf, np: tf.sparse_tensor_dense_matmul(_sparse(tf, np), _held(tf, np.ones((1000, 16), np.float32))),
    "sparse_matmul_gradient": lambda tf, np: _gradient(
        tf, tf.sparse_tensor_dense_matmul(_sparse(tf, np), dense := _held(tf, np.ones((1000, 16), np.float32))), dense),
    "sparse_reduce_sum": lambda tf, np: tf.sparse_reduce_sum(_sparse(tf, np), axis=1),
    "sparse_softmax": lambda tf, np: tf.sparse_softmax(_sparse(tf, np)).values,
    "sparse_add": lambda tf, np: tf.sparse_add(_sparse(tf, np), _sparse(tf, np)).values,
    "sparse_to_dense": lambda tf, np: tf.sparse_to_dense(
        _held(tf, np.arange(0, 4 * ROWS, 4, dtype=np.int32)), [4 * ROWS], _held(tf, np.ones(ROWS, np.float32))),
    "sparse_transpose": lambda tf, np: tf.sparse_transpose(_sparse(tf, np)).values,
    "embedding_lookup_sparse": lambda tf, np: tf.nn.embedding_lookup_sparse(
        _vectors(tf, np), tf.SparseTensor(
            _held(tf, np.stack([np.arange(ROWS) // 10, np.arange(ROWS) % 10], axis=1).astype(np.int64)),
            _held(tf, _ids(np, ROWS).astype(np.int64)), [ROWS // 10, 10]), None, combiner="mean"),
    "max_pool": lambda tf, np: tf.nn.max_pool(_images(tf, np), [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
    "avg_pool": lambda tf, np: tf.nn.avg_pool(_images(tf, np), [1, 3, 3, 1], [1, 2, 2, 1], "SAME"),
    "max_pool_gradient": lambda tf, np: _pool_gradient(tf, np, tf.nn.max_pool),
    "avg_pool_gradient": lambda tf, np: _pool_gradient(tf, np, tf.nn.avg_pool),
    "max_pool_with_argmax": lambda tf, np: tf.nn.max_pool_with_argmax(_images(tf, np), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")[1],
}  # fmt: skip
CASES = {name: f"{name.replace('_', ' ')}, a million rows" if "pool" not in name else f"{name.replace('_', ' ')}, 16 images of 112x112x16"
         for name in KERNELS}  # fmt: skip


def build(tf, np, session, case):
    result = KERNELS[case](tf, np)
    total = tf.reduce_sum(tf.cast(result, tf.float64))
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(result.op), lambda: [sess.run(total)]
