"""Word vectors by noise-contrastive estimation: rows of large tables are looked up and updated, all others left alone."""
TITLE = "word2vec: tables of 50,000 x 128, 64 sampled words, batch 128: one training step"
TARGET = 0.5
SINGLE = True
WORDS, SIZE, BATCH, SAMPLED = 50_000, 128, 128, 64


def build(tf, np, session):
    random = np.random.RandomState(0)
    inputs, labels = tf.placeholder(tf.int32, [BATCH]), tf.placeholder(tf.int32, [BATCH, 1])
    start = random.rand(WORDS, SIZE).astype(np.float32) * 2 - 1
    vectors = tf.Variable(tf.placeholder_with_default(start, start.shape))
    weights = tf.Variable(tf.placeholder_with_default(start * 0.1, start.shape))
    biases = tf.Variable(tf.zeros([WORDS]))
    looked_up = tf.nn.embedding_lookup(vectors, inputs)
    sampled = tf.nn.log_uniform_candidate_sampler(tf.cast(labels, tf.int64), 1, SAMPLED, True, WORDS, seed=1)
    loss = tf.reduce_mean(tf.nn.nce_loss(weights, biases, labels, looked_up, SAMPLED, WORDS, sampled_values=sampled))
    train = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    sess = session()
    sess.run(tf.global_variables_initializer())
    skewed = (WORDS ** random.rand(BATCH, 2)).astype(np.int32) - 1  # frequent words first, as in text
    feeds = {inputs: skewed[:, 0], labels: skewed[:, 1:]}
    return lambda: sess.run(train, feed_dict=feeds), lambda: [sess.run(loss, feed_dict=feeds)]
