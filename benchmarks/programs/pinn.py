"""A physics-informed network for Burgers' equation u_t + u u_x = nu u_xx: eight layers of twenty units, second derivatives inside."""
TITLE = "physics-informed network 2-20x8-1, second derivatives, 10,000 points, Adam: one training step"
TARGET = 0.5
POINTS, DATA_POINTS, RATE, NU = 10_000, 100, 0.001, 0.01 / 3.141592653589793
SIZES = (2, *[20] * 8, 1)


def data(np):
    """Points inside and on the edge as (x, t), the values on the edge, and weights at the start."""
    random = np.random.RandomState(0)
    inside = (random.rand(POINTS, 2) * [2, 1] - [1, 0]).astype(np.float32)
    edge = (random.rand(DATA_POINTS, 2) * [2, 0] - [1, 0]).astype(np.float32)
    values = -np.sin(np.pi * edge[:, :1]).astype(np.float32)
    weights = [(random.randn(*sizes) * np.sqrt(2 / sum(sizes))).astype(np.float32) for sizes in zip(SIZES, SIZES[1:])]
    return inside, edge, values, weights


def build(tf, np, session):
    inside, edge, values, starts = data(np)
    layers = [(tf.Variable(start), tf.Variable(tf.zeros([1, start.shape[1]]))) for start in starts]

    def network(x, t):
        hidden = tf.concat([x, t], 1)
        for weights, bias in layers[:-1]:
            hidden = tf.tanh(tf.matmul(hidden, weights) + bias)
        weights, bias = layers[-1]
        return tf.matmul(hidden, weights) + bias

    x, t = tf.placeholder(tf.float32, [None, 1]), tf.placeholder(tf.float32, [None, 1])
    edge_x, edge_t, wanted = (tf.placeholder(tf.float32, [None, 1]) for _ in range(3))
    u = network(x, t)
    u_t, u_x = tf.gradients(u, t)[0], tf.gradients(u, x)[0]
    u_xx = tf.gradients(u_x, x)[0]
    residue = u_t + u * u_x - NU * u_xx
    loss = tf.reduce_mean(tf.square(wanted - network(edge_x, edge_t))) + tf.reduce_mean(tf.square(residue))
    train = tf.train.AdamOptimizer(RATE).minimize(loss)
    sess = session()
    sess.run(tf.global_variables_initializer())
    feeds = {x: inside[:, :1], t: inside[:, 1:], edge_x: edge[:, :1], edge_t: edge[:, 1:], wanted: values}
    return lambda: sess.run(train, feed_dict=feeds), lambda: [sess.run(loss, feed_dict=feeds)]
