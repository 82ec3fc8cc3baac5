"""A character model: two layers of LSTMs learn to say which character of a text comes next, and then write a text of their own.

    python examples/character_model.py                  # five of Shakespeare's sonnets, which come with the example
    python examples/character_model.py --text book.txt  # any text file in UTF-8

The text is cut into as many parts as a batch has rows, and these are read side by side: each step goes on where the one before it ended,
with the state in which it ended. To write, the network is run one character at a time, and each character is drawn from what it expects.
"""

import argparse
import os

import numpy as np

import autograd_lite as tf

SONNETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sonnets.txt")
BATCH_SIZE = 16
STEPS = 25  # characters that a gradient goes back
UNITS = 96
LAYERS = 2
LEARNING_RATE = 0.005


class Model:
    """The graph of the network for sequences of any length.

    Args:
      size: how many different characters there are.
    """

    def __init__(self, size):
        self.inputs = tf.placeholder(tf.int32, [None, None], name="inputs")  # [batch, time]
        self.targets = tf.placeholder(tf.int32, [None, None], name="targets")
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(UNITS) for _ in range(LAYERS)])
        self.first_state = cell.zero_state(tf.shape(self.inputs)[0], tf.float32)
        outputs, self.last_state = tf.nn.dynamic_rnn(cell, tf.one_hot(self.inputs, size), initial_state=self.first_state)
        logits = tf.layers.dense(outputs, size)
        self.loss = tf.contrib.seq2seq.sequence_loss(logits, self.targets, tf.ones_like(self.targets, tf.float32))
        self.expected = tf.nn.softmax(logits[:, -1])
        optimizer = tf.train.AdamOptimizer(LEARNING_RATE)
        gradients, variables = zip(*optimizer.compute_gradients(self.loss))
        self.train = optimizer.apply_gradients(zip(tf.clip_by_global_norm(gradients, 5.0)[0], variables))


def batches(numbers):
    """Pairs of inputs and targets, [batch, time]: each pair goes on where the one before it ended."""
    length = (len(numbers) - 1) // BATCH_SIZE
    rows = np.stack([numbers[row * length : (row + 1) * length + 1] for row in range(BATCH_SIZE)])
    for start in range(0, length, STEPS):
        end = min(start + STEPS, length)
        yield rows[:, start:end], rows[:, start + 1 : end + 1]


def train_once(session, model, numbers):
    """Read the whole text once; the mean loss of a character."""
    state, losses = None, []
    for inputs, targets in batches(numbers):
        feed = {model.inputs: inputs, model.targets: targets}
        if state is not None:
            feed[model.first_state] = state
        _, loss, state = session.run([model.train, model.loss, model.last_state], feed)
        losses.append(loss)
    return np.mean(losses)


def write(session, model, characters, start, length, random):
    """A text of `length` characters that goes on after `start`."""
    places = {character: number for number, character in enumerate(characters)}
    state, text = None, start
    fresh = [[places[character] for character in start]]
    for _ in range(length):
        feed = {model.inputs: fresh}
        if state is not None:
            feed[model.first_state] = state
        expected, state = session.run([model.expected, model.last_state], feed)
        chances = expected[0].astype(np.float64) ** 1.5  # rather what is likely
        chosen = random.choice(len(characters), p=chances / chances.sum())
        text += characters[chosen]
        fresh = [[chosen]]
    return text


def main(path, epochs, length):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    characters = sorted(set(text))
    if len(text) <= 2 * BATCH_SIZE:
        raise SystemExit(f"{path} has {len(text)} characters; at least {2 * BATCH_SIZE + 1} are needed.")
    numbers = np.searchsorted(characters, list(text)).astype(np.int32)
    print(f"{len(text)} characters, {len(characters)} different ones")
    tf.set_random_seed(0)
    model = Model(len(characters))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for epoch in range(1, epochs + 1):
            loss = train_once(session, model, numbers)
            if epoch % 10 == 0 or epoch == epochs:
                print(f"epoch {epoch:3d}  loss {loss:.4f}")
        print(write(session, model, characters, text[0], length, np.random.RandomState(0)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", default=SONNETS, help="the text to learn (default: the sonnets beside this file)")
    parser.add_argument("--epochs", type=int, default=60, help="how often the text is read (default: %(default)s)")
    parser.add_argument("--length", type=int, default=400, help="how many characters to write (default: %(default)s)")
    options = parser.parse_args()
    main(options.text, options.epochs, options.length)
