"""Four threads on one session: as much work as one thread does alone."""
import threading

CASES = {
    "one_thread": "4,000 steps of a few microseconds in one thread",
    "four_threads": "4,000 such steps, 1,000 in each of four threads on one session",
    "one_thread_large": "40 larger steps in one thread",
    "four_threads_large": "40 such steps, 10 in each of four threads on one session",
}
TARGET = None
SIDE_BY_SIDE = True  # what matters is one divided by the other
THREADS = 4
SMALL, LARGE = (16, 32, 4000), (512, 256, 40)  # rows, columns, steps in all


def build(tf, np, session, case):
    rows, columns, runs = LARGE if case.endswith("_large") else SMALL
    x = tf.placeholder(tf.float32, [None, columns])
    hidden = tf.tanh(tf.matmul(x, tf.constant(np.eye(columns, dtype=np.float32))))
    total = tf.reduce_sum(hidden * hidden)
    sess = session()
    values = np.ones((rows, columns), np.float32)

    def work(runs):
        for _ in range(runs):
            sess.run(total, feed_dict={x: values})

    def shared():
        threads = [threading.Thread(target=work, args=(runs // THREADS,)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return (shared if case.startswith("four") else lambda: work(runs)), lambda: [sess.run(total, feed_dict={x: values})]
