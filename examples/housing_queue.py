"""House prices from a CSV file that is read by threads, through queues, as TensorFlow 1 programs read files.

    python examples/housing_queue.py                     # a made-up file of 3,000 districts
    python examples/housing_queue.py --data housing.csv  # the California housing data, with a header line and its ten columns

A reader takes the file's name from one queue; its lines go through `decode_csv` into a second queue, which mixes them into batches. Every
fifth line is kept for the test. On the real data (20,640 districts) the error of a district's price falls below 70,000 dollars, where the
mean price alone is wrong by 115,000.
"""

import argparse
import os
import tempfile

import numpy as np

import autograd_lite as tf

BATCH_SIZE = 64
LINES_AT_ONCE = 100  # a run of the graph costs more than a line, so threads read many lines in each
PLACES = ["<1H OCEAN", "INLAND", "ISLAND", "NEAR BAY", "NEAR OCEAN"]
HEADER = (
    "longitude,latitude,housing_median_age,total_rooms,total_bedrooms,population,households,median_income,median_house_value,ocean_proximity"
)
DOLLARS = 100_000.0  # prices are learned in this unit


def write_sample(path, districts=3000):
    """A file with the columns of the real one: income, place and rooms decide the price, and chance does the rest."""
    random = np.random.RandomState(0)
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEADER + "\n")
        for _ in range(districts):
            income, place, households = random.gamma(4, 1), random.choice([0, 0, 1, 1, 3, 4]), random.randint(100, 900)
            rooms, people = households * random.uniform(4, 7), households * random.uniform(2, 4)
            bedrooms = "" if random.rand() < 0.01 else f"{rooms * random.uniform(0.18, 0.25):.1f}"  # some are missing, as in the real file
            price = 45_000 * income + (-60_000 if place == 1 else 20_000) + 10_000 * rooms / households + random.normal(0, 40_000)
            place_at = f"{random.uniform(-124, -114):.2f},{random.uniform(32, 42):.2f}"
            counts = f"{random.randint(1, 52)}.0,{rooms:.1f},{bedrooms},{people:.1f},{households}.0"
            file.write(f"{place_at},{counts},{income:.4f},{np.clip(price, 15_000, 500_001):.1f},{PLACES[place]}\n")


def districts(path, epochs):
    """Some lines of the file as (numbers of the lines, features, prices), read by whoever runs these nodes."""
    files = tf.train.string_input_producer([path], num_epochs=epochs)
    keys, lines = tf.TextLineReader(skip_header_lines=1).read_up_to(files, LINES_AT_ONCE)
    pieces = tf.reshape(tf.string_split(keys, ":").values, [tf.size(keys), -1])  # keys are "file:line"
    longitude, latitude, age, rooms, bedrooms, people, households, income, price, place = tf.decode_csv(
        lines, [[0.0]] * 4 + [[435.0]] + [[0.0]] * 4 + [[""]]  # a missing number of bedrooms is taken to be the usual one
    )
    shares = [tf.log(rooms / households), tf.log(bedrooms / rooms) + 1.5, tf.log(people / households) - 1]
    numbers = tf.stack([longitude + 119.5, latitude - 35.6, age / 30 - 1, income / 2 - 2, *shares], axis=1)
    features = tf.concat([numbers, tf.cast(tf.equal(place[:, None], PLACES), tf.float32)], axis=1)
    return tf.string_to_number(pieces[:, -1], tf.int32), features, price / DOLLARS


def predicted(features):
    """Prices from features, by a network with one hidden layer."""
    with tf.variable_scope("model", reuse=tf.AUTO_REUSE, initializer=tf.glorot_uniform_initializer(seed=1)):
        width = features.shape[1].value
        hidden = tf.nn.relu(tf.matmul(features, tf.get_variable("w1", [width, 32])) + tf.get_variable("b1", initializer=tf.zeros([32])))
        return tf.matmul(hidden, tf.get_variable("w2", [32, 1]))[:, 0] + tf.get_variable("b2", initializer=2.0)


def build(path, epochs):
    """The graph: the training step and its loss, and squared errors of a batch of the test lines."""
    number, features, price = districts(path, epochs)
    xs, ys = tf.train.maybe_shuffle_batch(
        [features, price], BATCH_SIZE, capacity=2000, min_after_dequeue=1000, keep_input=number % 5 > 0, seed=1, enqueue_many=True
    )
    loss = tf.reduce_mean(tf.square(predicted(xs) - ys))
    train = tf.train.AdamOptimizer(0.005).minimize(loss)
    number, features, price = districts(path, 1)
    xs, ys = tf.train.maybe_batch(
        [features, price], tf.equal(number % 5, 0), BATCH_SIZE, enqueue_many=True, allow_smaller_final_batch=True
    )
    return train, loss, [tf.square(predicted(xs) - ys), ys]


def until_the_end(coordinator, run):
    """The results of `run`, called until the queues say that the data are at an end."""
    results = []
    try:
        while not coordinator.should_stop():
            results.append(run())
    except tf.errors.OutOfRangeError:
        pass
    return results


def main(path, epochs):
    train, loss, test = build(path, epochs)
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        losses = until_the_end(coordinator, lambda: session.run([train, loss])[1])
        errors, prices = map(np.concatenate, zip(*until_the_end(coordinator, lambda: session.run(test))))
        coordinator.request_stop()
        coordinator.join(threads)
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
