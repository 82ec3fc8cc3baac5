import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()

rng = np.random.RandomState(0)
train_X = rng.rand(17).astype(np.float32) * 10
train_Y = train_X * .3 + .7 + rng.randn(17).astype(np.float32) * .1

X = tf.placeholder("float")
Y = tf.placeholder("float")
W = tf.Variable(rng.randn(), name="weight")
b = tf.Variable(rng.randn(), name="bias")
pred = tf.add(tf.multiply(X, W), b)
cost = tf.reduce_sum(tf.pow(pred-Y, 2))/(2*17)
optimizer = tf.train.GradientDescentOptimizer(0.01).minimize(cost)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(20):
        for (x, y) in zip(train_X, train_Y):
            sess.run(optimizer, feed_dict={X: x, Y: y})
        if (epoch+1) % 5 == 0:
            c = sess.run(cost, feed_dict={X: train_X, Y: train_Y})
            print("%04d" % (epoch+1), "%.5f" % c, "%.5f" % sess.run(W), "%.5f" % sess.run(b))
    print(pred, cost.name, optimizer.name, W, b.name)
