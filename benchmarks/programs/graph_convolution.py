"""Two graph convolutions with dropout on a random graph of the size of Cora, whose adjacency matrix is sparse; Adam and weight decay."""
TITLE = "graph convolution, 2,708 nodes, 1,433 features, 13,264 entries, 16 units, 7 classes: one training step"
TARGET = 0.6
NODES, EDGES, FEATURES, UNITS, CLASSES, LABELLED = 2708, 5278, 1433, 16, 7, 140
FLOPS = 2 * NODES * (2 * FEATURES * UNITS + 3 * UNITS * CLASSES) + 4 * (2 * EDGES + NODES) * (UNITS + CLASSES)
BYTES = 2 * 4 * NODES * FEATURES  # the features, read by the product and by the gradient with respect to the first weights


def data(np):
    """Indices and values of the normalized adjacency matrix, features, one-hot labels, the mask of those that are known, weights."""
    random = np.random.RandomState(0)
    low = random.randint(0, NODES, EDGES)
    pairs = np.stack([low, (low + random.randint(1, NODES, EDGES)) % NODES], axis=1)
    loops = np.repeat(np.arange(NODES)[:, None], 2, axis=1)
    indices = np.unique(np.concatenate([pairs, pairs[:, ::-1], loops]), axis=0).astype(np.int64)
    degree = np.bincount(indices[:, 0], minlength=NODES).astype(np.float32)
    values = (1 / np.sqrt(degree[indices[:, 0]] * degree[indices[:, 1]])).astype(np.float32)
    features = (random.rand(NODES, FEATURES) < 0.0127).astype(np.float32)
    features /= np.maximum(features.sum(axis=1, keepdims=True), 1)
    labels = np.eye(CLASSES, dtype=np.float32)[random.randint(0, CLASSES, NODES)]
    mask = (np.arange(NODES) < LABELLED).astype(np.float32)
    weights = [random.randn(*sizes).astype(np.float32) * 0.1 for sizes in ((FEATURES, UNITS), (UNITS, CLASSES))]
    return indices, values, features, labels, mask, weights


def build(tf, np, session):
    indices, values, known, digits, known_mask, starts = data(np)
    adjacency = tf.sparse_placeholder(tf.float32)
    features = tf.placeholder(tf.float32, [None, FEATURES])
    labels, mask = tf.placeholder(tf.float32, [None, CLASSES]), tf.placeholder(tf.float32, [None])
    is_training = tf.placeholder_with_default(1.0, [])
    first, second = (tf.Variable(start) for start in starts)
    hidden = tf.nn.relu(tf.sparse_tensor_dense_matmul(adjacency, tf.matmul(features, first)))
    hidden = tf.nn.dropout(hidden, rate=0.5 * is_training, seed=1)
    logits = tf.sparse_tensor_dense_matmul(adjacency, tf.matmul(hidden, second))
    each = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
    loss = tf.reduce_mean(each * (mask / tf.reduce_mean(mask))) + 5e-4 * tf.nn.l2_loss(first)
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    initial = tf.global_variables_initializer()
    sess = session()
    sess.run(initial)
    feeds = {adjacency: (indices, values, (NODES, NODES)), features: known, labels: digits, mask: known_mask}

    def result():
        """The loss after one step without dropout."""
        sess.run(initial)
        everything = {**feeds, is_training: 0.0}
        sess.run(train, feed_dict=everything)
        return [sess.run(loss, feed_dict=everything)]

    return lambda: sess.run(train, feed_dict=feeds), result
