import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.set_random_seed(0)
rng = np.random.RandomState(0)


def construct_weights():
    w = {}
    w["w1"] = tf.Variable(tf.truncated_normal([1, 10], stddev=0.1, seed=1))
    w["b1"] = tf.Variable(tf.zeros([10]))
    w["w2"] = tf.Variable(tf.truncated_normal([10, 1], stddev=0.1, seed=2))
    w["b2"] = tf.Variable(tf.zeros([1]))
    return w


def forward(x, w):
    return tf.matmul(tf.nn.relu(tf.matmul(x, w["w1"]) + w["b1"]), w["w2"]) + w["b2"]


inputa, inputb, labela, labelb = [tf.placeholder(tf.float32, [4, 5, 1]) for _ in range(4)]
weights = construct_weights()


def task_metalearn(inp):
    inputa, inputb, labela, labelb = inp
    fast = dict(weights)
    for _ in range(2):
        loss = tf.reduce_mean(tf.square(forward(inputa, fast) - labela))
        grads = tf.gradients(loss, list(fast.values()))
        gradients = dict(zip(fast.keys(), grads))
        fast = dict(zip(fast.keys(), [fast[k] - 0.01 * gradients[k] for k in fast.keys()]))
    return [loss, tf.reduce_mean(tf.square(forward(inputb, fast) - labelb))]


out = tf.map_fn(task_metalearn, elems=(inputa, inputb, labela, labelb), dtype=[tf.float32, tf.float32], parallel_iterations=4)
meta = tf.reduce_mean(out[1])
opt = tf.train.AdamOptimizer(0.01)
gvs = opt.compute_gradients(meta)
gvs = [(tf.clip_by_value(g, -10, 10), v) for g, v in gvs]
train = opt.apply_gradients(gvs)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    for i in range(20):
        A = rng.rand(4, 1, 1) * 3
        xa, xb = rng.uniform(-5, 5, (4, 5, 1)), rng.uniform(-5, 5, (4, 5, 1))
        l, _ = s.run([meta, train], {inputa: xa, inputb: xb, labela: A * np.sin(xa), labelb: A * np.sin(xb)})
        if i % 5 == 0:
            print("%.4f" % l)
x = tf.placeholder(tf.float32, [3])
f = tf.reduce_sum(x**3) + x[0] * x[1]
H = tf.hessians(f, x)[0]
J = tf.stack([tf.gradients(y, x)[0] for y in tf.unstack(x**2)])
hvp = tf.gradients(tf.reduce_sum(tf.gradients(f, x)[0] * tf.stop_gradient([1.0, 0.0, 0.0])), x)[0]
with tf.Session() as s:
    print(s.run([H, J, hvp], {x: [1.0, 2.0, 3.0]}))
