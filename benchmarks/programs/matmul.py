"""One large product of matrices: nothing but the BLAS."""
TITLE = "matrix product 1536 x 1536 x 1536"
TARGET = 1.05
SIZE = 1536
FLOPS = 2 * SIZE**3


def data(np):
    """Two matrices."""
    random = np.random.RandomState(0)
    return [random.rand(SIZE, SIZE).astype(np.float32) for _ in range(2)]


def build(tf, np, session):
    a, b = (tf.Variable(tf.placeholder_with_default(array, array.shape)) for array in data(np))
    product = tf.matmul(a, b)
    total = tf.reduce_sum(product)
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(product.op), lambda: [sess.run(total)]
