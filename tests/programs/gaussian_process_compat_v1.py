import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
np.random.seed(3)
N = 40
X = np.sort(np.random.rand(N, 1) * 6, 0)
Y = np.sin(X) + 0.1 * np.random.randn(N, 1)
x = tf.placeholder(tf.float64, [None, 1])
y = tf.placeholder(tf.float64, [None, 1])
xs = tf.placeholder(tf.float64, [None, 1])
log_ls = tf.Variable(np.array(0.0), name="log_ls", dtype=tf.float64)
log_var = tf.Variable(0.0, dtype=tf.float64)
log_noise = tf.Variable(np.log(0.5), dtype=tf.float64)


def K(a, b):
    d = tf.reduce_sum(tf.square(tf.expand_dims(a, 1) - tf.expand_dims(b, 0)), -1)
    return tf.exp(log_var) * tf.exp(-0.5 * d / tf.exp(2.0 * log_ls))


n = tf.shape(x)[0]
Kxx = K(x, x) + tf.exp(log_noise) * tf.eye(n, dtype=tf.float64)
L = tf.cholesky(Kxx)
alpha = tf.cholesky_solve(L, y)
a2 = tf.matrix_triangular_solve(L, y, lower=True)
nll = 0.5 * tf.reduce_sum(tf.square(a2)) + tf.reduce_sum(tf.log(tf.diag_part(L))) + 0.5 * tf.cast(n, tf.float64) * np.log(2 * np.pi)
mean = tf.matmul(K(xs, x), alpha)
v = tf.matrix_triangular_solve(L, K(x, xs))
var = tf.exp(log_var) - tf.reduce_sum(tf.square(v), 0)
mll2 = tf.linalg.logdet(Kxx)
train = tf.train.AdamOptimizer(0.05).minimize(nll)
H = tf.hessians(nll, [log_ls])[0]
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    f = {x: X, y: Y, xs: [[1.0], [2.0], [10.0]]}
    for i in range(60):
        _, l = s.run([train, nll], f)
        if i % 20 == 0:
            print("%.6f" % l)
    m, va = s.run([mean, var], f)
    print(np.round(m.ravel(), 5), np.round(va, 5), np.round(s.run(H, f), 5), np.round(s.run(mll2, f), 4))
