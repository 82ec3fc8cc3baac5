"""House prices from a CSV file that `tf.data` reads: the pipeline of `housing_queue.py`, described as a dataset.

    python examples/housing_dataset.py                     # a made-up file of 3,000 districts
    python examples/housing_dataset.py --data housing.csv  # the California housing data, with a header line and its ten columns

Lines are numbered, parsed many at a time, taken apart again, mixed and put into batches. Every fifth line is kept for the test. There are
no threads to start and to join, and the end of the data is an exception of the run, not of a queue.
"""

import argparse
import os
import tempfile

import numpy as np
from housing_queue import BATCH_SIZE, DOLLARS, LINES_AT_ONCE, PLACES, predicted, write_sample

import autograd_lite as tf


def features_and_prices(lines):
    """What is learned from a vector of lines: features of each district, and its price."""
    longitude, latitude, age, rooms, bedrooms, people, households, income, price, place = tf.decode_csv(
        lines, [[0.0]] * 4 + [[435.0]] + [[0.0]] * 4 + [[""]]  # a missing number of bedrooms is taken to be the usual one
    )
    shares = [tf.log(rooms / households), tf.log(bedrooms / rooms) + 1.5, tf.log(people / households) - 1]
    numbers = tf.stack([longitude + 119.5, latitude - 35.6, age / 30 - 1, income / 2 - 2, *shares], axis=1)
    return tf.concat([numbers, tf.cast(tf.equal(place[:, None], PLACES), tf.float32)], axis=1), price / DOLLARS


def districts(path, is_test):
    """The districts of the test lines, or of the others: pairs of features and price."""
    lines = tf.data.TextLineDataset(path).skip(1).apply(tf.data.experimental.enumerate_dataset(start=1))
    lines = lines.filter(lambda number, line: tf.equal(tf.equal(number % 5, 0), is_test)).map(lambda number, line: line)
    # A call of a function costs more than a line, so lines are parsed many at a time.
    return lines.batch(LINES_AT_ONCE).map(features_and_prices).apply(tf.data.experimental.unbatch())


def until_the_end(run):
    """The results of `run`, called until the dataset is at its end."""
    results = []
    while True:
        try:
            results.append(run())
        except tf.errors.OutOfRangeError:
            return results


def main(path, epochs):
    train_data = districts(path, is_test=False).cache().shuffle(2000, seed=1).repeat(epochs).batch(BATCH_SIZE).prefetch(2)
    xs, ys = train_data.make_one_shot_iterator().get_next()
    loss = tf.reduce_mean(tf.square(predicted(xs) - ys))
    train = tf.train.AdamOptimizer(0.005).minimize(loss)
    test_xs, test_ys = districts(path, is_test=True).batch(BATCH_SIZE).make_one_shot_iterator().get_next()
    test = [tf.square(predicted(test_xs) - test_ys), test_ys]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        losses = until_the_end(lambda: session.run([train, loss])[1])
        errors, prices = map(np.concatenate, zip(*until_the_end(lambda: session.run(test))))
    print(f"{len(losses)} steps of {BATCH_SIZE} districts, loss {np.mean(losses[:20]):.3f} -> {np.mean(losses[-20:]):.3f}")
    print(f"{len(errors)} test districts, error {DOLLARS * np.sqrt(errors.mean()):,.0f} dollars, of the mean {DOLLARS * prices.std():,.0f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="a CSV file with the columns of the California housing data (default: a made-up one)")
    parser.add_argument("--epochs", type=int, default=8, help="how often to read the file (default: %(default)s)")
    options = parser.parse_args()
    if options.data:
        main(options.data, options.epochs)
    else:
        with tempfile.TemporaryDirectory() as folder:
            write_sample(os.path.join(folder, "housing.csv"))
            main(os.path.join(folder, "housing.csv"), options.epochs)
