"""Four threads on one session: as much work as one thread does alone."""
import threading

CASES = {"one_thread": "800 small steps in one thread", "four_threads": "800 small steps, 200 in each of four threads on one session"}
TARGET = None
RUNS, THREADS = 800, 4


def build(tf, np, session, case):
    x = tf.placeholder(tf.float32, [None, 32])
    hidden = tf.tanh(tf.matmul(x, tf.constant(np.eye(32, dtype=np.float32))))
    total = tf.reduce_sum(hidden * hidden)
    sess = session()
    values = np.ones((16, 32), np.float32)

    def work(runs):
        for _ in range(runs):
            sess.run(total, feed_dict={x: values})

    def shared():
        threads = [threading.Thread(target=work, args=(RUNS // THREADS,)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return (shared if case == "four_threads" else lambda: work(RUNS)), lambda: [sess.run(total, feed_dict={x: values})]
