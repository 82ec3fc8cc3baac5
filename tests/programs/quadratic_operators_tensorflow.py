import tensorflow as tf

w = tf.Variable(0, dtype=tf.float32)
cost = w**2 - 10*w + 25
train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
init = tf.global_variables_initializer()

with tf.Session() as session:
    session.run(init)
    print(session.run(w))
    session.run(train)
    print(session.run(w))
    for i in range(1000):
        session.run(train)
    print(session.run(w))

session = tf.InteractiveSession()
init.run()
print(w.eval())
train.run()
print(w.eval())
for i in range(1000):
    train.run()
print(w.eval())
