import collections
import math
import random
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
words = ("the quick brown fox jumped over the lazy dog and the quick cat sat on the mat with the dog " * 40).split()
vocabulary_size = 15
count = [["UNK", -1]]
count.extend(collections.Counter(words).most_common(vocabulary_size - 1))
dictionary = {w: i for i, (w, _) in enumerate(count)}
data = [dictionary.get(w, 0) for w in words]
reverse_dictionary = dict(zip(dictionary.values(), dictionary.keys()))
data_index = 0
random.seed(0)


def generate_batch(batch_size, num_skips, skip_window):
    global data_index
    batch = np.ndarray(shape=(batch_size), dtype=np.int32)
    labels = np.ndarray(shape=(batch_size, 1), dtype=np.int32)
    span = 2 * skip_window + 1
    buffer = collections.deque(maxlen=span)
    for _ in range(span):
        buffer.append(data[data_index])
        data_index = (data_index + 1) % len(data)
    for i in range(batch_size // num_skips):
        context_words = [w for w in range(span) if w != skip_window]
        words_to_use = random.sample(context_words, num_skips)
        for j, context_word in enumerate(words_to_use):
            batch[i * num_skips + j] = buffer[skip_window]
            labels[i * num_skips + j, 0] = buffer[context_word]
        buffer.append(data[data_index])
        data_index = (data_index + 1) % len(data)
    return batch, labels


batch_size, embedding_size, num_sampled = 32, 16, 5
graph = tf.Graph()
with graph.as_default():
    tf.set_random_seed(5)
    with tf.name_scope("inputs"):
        train_inputs = tf.placeholder(tf.int32, shape=[batch_size])
        train_labels = tf.placeholder(tf.int32, shape=[batch_size, 1])
        valid_dataset = tf.constant([1, 2, 3], dtype=tf.int32)
    with tf.device("/cpu:0"):
        with tf.name_scope("embeddings"):
            embeddings = tf.Variable(tf.random_uniform([vocabulary_size, embedding_size], -1.0, 1.0))
            embed = tf.nn.embedding_lookup(embeddings, train_inputs)
        with tf.name_scope("weights"):
            nce_weights = tf.Variable(tf.truncated_normal([vocabulary_size, embedding_size], stddev=1.0 / math.sqrt(embedding_size)))
        with tf.name_scope("biases"):
            nce_biases = tf.Variable(tf.zeros([vocabulary_size]))
    with tf.name_scope("loss"):
        loss = tf.reduce_mean(
            tf.nn.nce_loss(
                weights=nce_weights,
                biases=nce_biases,
                labels=train_labels,
                inputs=embed,
                num_sampled=num_sampled,
                num_classes=vocabulary_size,
            )
        )
    tf.summary.scalar("loss", loss)
    with tf.name_scope("optimizer"):
        optimizer = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keepdims=True))
    normalized_embeddings = embeddings / norm
    valid_embeddings = tf.nn.embedding_lookup(normalized_embeddings, valid_dataset)
    similarity = tf.matmul(valid_embeddings, normalized_embeddings, transpose_b=True)
    init = tf.global_variables_initializer()
with tf.Session(graph=graph) as session:
    init.run()
    average_loss = 0
    for step in range(301):
        batch_inputs, batch_labels = generate_batch(batch_size, 2, 1)
        _, loss_val = session.run([optimizer, loss], feed_dict={train_inputs: batch_inputs, train_labels: batch_labels})
        average_loss += loss_val
        if step % 100 == 0 and step > 0:
            print("Average loss at step ", step, ": ", average_loss / 100)
            average_loss = 0
    sim = similarity.eval()
    for i in range(3):
        nearest = (-sim[i, :]).argsort()[1:4]
        print(reverse_dictionary[i + 1], [reverse_dictionary[k] for k in nearest])
    final_embeddings = normalized_embeddings.eval()
