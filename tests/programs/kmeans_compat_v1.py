import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
num_puntos, k, MAX_ITERS = 500, 4, 100
rng = np.random.RandomState(0)
data = np.concatenate([rng.randn(num_puntos // 4, 2) * 0.3 + c for c in [(0, 0), (3, 3), (0, 4), (4, 0)]])
points = tf.Variable(data, dtype=tf.float32)
cluster_assignments = tf.Variable(tf.zeros([num_puntos], dtype=tf.int64))
centroids = tf.Variable(tf.slice(points.initialized_value(), [0, 0], [k, 2]) + np.array([[0, 0], [1, 1], [0, 1], [1, 0]], "f"))
rep_centroids = tf.reshape(tf.tile(centroids, [num_puntos, 1]), [num_puntos, k, 2])
rep_points = tf.reshape(tf.tile(points, [1, k]), [num_puntos, k, 2])
sum_squares = tf.reduce_sum(tf.square(rep_points - rep_centroids), reduction_indices=2)
best_centroids = tf.argmin(sum_squares, 1)
did_assignments_change = tf.reduce_any(tf.not_equal(best_centroids, cluster_assignments))


def bucket_mean(data, bucket_ids, num_buckets):
    total = tf.unsorted_segment_sum(data, bucket_ids, num_buckets)
    count = tf.unsorted_segment_sum(tf.ones_like(data), bucket_ids, num_buckets)
    return total / count


means = bucket_mean(points, best_centroids, k)
with tf.control_dependencies([did_assignments_change]):
    do_updates = tf.group(centroids.assign(means), cluster_assignments.assign(best_centroids))
sess = tf.Session()
sess.run(tf.global_variables_initializer())
changed = True
iters = 0
while changed and iters < MAX_ITERS:
    iters += 1
    [changed, _] = sess.run([did_assignments_change, do_updates])
[centers, assignments] = sess.run([centroids, cluster_assignments])
print("Found in iterations:", iters)
print(centers)
print(np.bincount(assignments))


# as a graph loop, dynamic_partition
def cond(i, c, ch):
    return tf.logical_and(i < 50, ch)


def body(i, c, ch):
    d = tf.reduce_sum((points[:, None] - c[None]) ** 2, 2)
    a = tf.to_int32(tf.argmin(d, 1))
    parts = tf.dynamic_partition(points, a, k)
    new = tf.concat([tf.reduce_mean(p, 0, keepdims=True) for p in parts], 0)
    new.set_shape([k, 2])
    return i + 1, new, tf.reduce_any(tf.abs(new - c) > 1e-6)


r = tf.while_loop(cond, body, [0, centroids.initialized_value(), True])
print(sess.run(r)[0])
