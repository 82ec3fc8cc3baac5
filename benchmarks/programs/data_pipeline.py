"""Input pipelines of tf.data: shuffled batches of 19,000 images, a map before the batch, and the lines of a CSV file.

What is compared is rows per second, so a step must hold all the work that its rows cost. Two things would hide some of it. The buffer of a
shuffle is filled at the beginning of each pass over the images: a step of the shuffled images takes whole passes, so that all hold as many
fillings. And an engine may work ahead in threads of its own while nobody times it, as TensorFlow does, whose pipelines prefetch: it finds
batches ready that cost it nothing. A step takes so many that those few do not decide (TensorFlow keeps what advantage is left).
"""
import os
import tempfile

TARGET = 1.0
ROWS, PIXELS, BATCH = 19_000, 784, 128  # as many rows as the images of a part of MNIST
PASSES = 4
BATCHES = {"images": PASSES * -(-ROWS // BATCH), "mapped": 50, "lines": 50}  # a step takes so many


def _images(tf, np):
    numbers = np.arange(ROWS, dtype=np.float32)
    rows = np.repeat(numbers[:, None], PIXELS, axis=1)
    dataset = tf.data.Dataset.from_tensor_slices((tf.placeholder_with_default(rows, rows.shape), numbers))
    return dataset.shuffle(ROWS, seed=1).batch(BATCH).repeat(), lambda images, labels: tf.abs(images - labels[:, None])


def _mapped(tf, np):
    numbers = np.arange(ROWS, dtype=np.float32)
    dataset = tf.data.Dataset.from_tensor_slices((np.repeat(numbers[:, None], 64, axis=1).astype(np.int32), numbers))

    def parse(row, label):
        return tf.reshape(tf.cast(row, tf.float32) / 255.0, [8, 8, 1]), label / 255.0

    return dataset.repeat().map(parse).batch(BATCH).prefetch(1), lambda images, labels: tf.abs(images[:, 0, 0, 0] - labels)


def _lines(tf, np):
    folder = tempfile.TemporaryDirectory(prefix="data_pipeline_")
    path = os.path.join(folder.name, "rows.csv")
    with open(path, "w") as file:
        for number in range(ROWS):
            file.write(",".join(str(number + column) for column in range(8)) + f",{number % 2}\n")
    _FOLDERS.append(folder)

    def parse(line):
        *features, label = tf.decode_csv(line, [[0.0]] * 8 + [[0]])
        return tf.stack(features), label

    dataset = tf.data.TextLineDataset(path).repeat().map(parse).batch(BATCH)
    return dataset, lambda features, labels: tf.cast(tf.cast(features[:, 0], tf.int32) % 2 - labels, tf.float32)


_FOLDERS = []  # they are removed when the process ends
PIPELINES = {"images": _images, "mapped": _mapped, "lines": _lines}
CASES = {
    "images": f"tf.data: shuffle, batch, repeat; {PASSES} passes over 19,000 images in batches of 128",
    "mapped": "tf.data: map (cast, scale, reshape), batch, prefetch; 50 batches of 128 rows",
    "lines": "tf.data: lines of a CSV file, decode_csv, batch; 50 batches of 128 rows",
}


def build(tf, np, session, case):
    dataset, wrong = PIPELINES[case](tf, np)
    iterator = dataset.make_initializable_iterator()
    batch = iterator.get_next()
    largest = tf.reduce_max(wrong(*batch))  # every row must still have its own label
    sess = session()
    sess.run(iterator.initializer)
    operation, batches = batch[0].op, BATCHES[case]

    def step():
        for _ in range(batches):
            sess.run(operation)

    return step, lambda: [sess.run(largest)]
