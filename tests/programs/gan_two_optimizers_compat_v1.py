import tensorflow as tf
import numpy as np

tf.set_random_seed(11)
rng = np.random.RandomState(0)


def sample_Z(m, n):
    return rng.uniform(-1.0, 1.0, size=[m, n])


def lrelu(x, leak=0.2, name="lrelu"):
    with tf.variable_scope(name):
        return tf.maximum(x, leak * x)


def generator(z, hsize=[16, 16], reuse=False):
    with tf.variable_scope("GAN/Generator", reuse=reuse):
        h1 = tf.layers.dense(z, hsize[0], activation=tf.nn.leaky_relu)
        h2 = tf.layers.dense(h1, hsize[1], activation=tf.nn.leaky_relu)
        h2 = tf.layers.batch_normalization(h2, training=True)
        return tf.layers.dense(h2, 2)


def discriminator(x, hsize=[16, 16], reuse=False):
    with tf.variable_scope("GAN/Discriminator", reuse=reuse):
        h1 = lrelu(tf.layers.dense(x, hsize[0]))
        h2 = lrelu(tf.layers.dense(h1, hsize[1]))
        h3 = tf.layers.dense(h2, 2)
        return tf.layers.dense(h3, 1), h3


X = tf.placeholder(tf.float32, [None, 2])
Z = tf.placeholder(tf.float32, [None, 2])
G = generator(Z)
r_logits, r_rep = discriminator(X)
f_logits, g_rep = discriminator(G, reuse=True)
disc_loss = tf.reduce_mean(
    tf.nn.sigmoid_cross_entropy_with_logits(logits=r_logits, labels=tf.ones_like(r_logits))
    + tf.nn.sigmoid_cross_entropy_with_logits(logits=f_logits, labels=tf.zeros_like(f_logits))
)
gen_loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=f_logits, labels=tf.ones_like(f_logits)))
# gradient penalty
eps = tf.random_uniform([tf.shape(X)[0], 1], 0.0, 1.0, seed=2)
inter = eps * X + (1 - eps) * G
grad = tf.gradients(discriminator(inter, reuse=True)[0], [inter])[0]
gp = tf.reduce_mean((tf.norm(grad, axis=1) - 1) ** 2)
gen_vars = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="GAN/Generator")
t_vars = tf.trainable_variables()
g_vars = [v for v in t_vars if "Generator" in v.name]
d_vars = [v for v in t_vars if v.name.startswith("GAN/Discriminator")]
print(len(gen_vars), len(g_vars), len(d_vars))
update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
with tf.control_dependencies(update_ops):
    gen_step = tf.train.RMSPropOptimizer(learning_rate=0.001).minimize(gen_loss, var_list=g_vars)
disc_step = tf.train.AdamOptimizer(1e-3, beta1=0.5, beta2=0.9).minimize(disc_loss + 0.1 * gp, var_list=d_vars)
clip_D = [p.assign(tf.clip_by_value(p, -0.5, 0.5)) for p in d_vars]
sess = tf.Session(config=tf.ConfigProto())
tf.global_variables_initializer().run(session=sess)
for i in range(51):
    x = rng.randn(32, 2)
    x[:, 1] = x[:, 0] ** 2
    for _ in range(2):
        _, dloss, gpv = sess.run([disc_step, disc_loss, gp], feed_dict={X: x, Z: sample_Z(32, 2)})
    sess.run(clip_D)
    _, gloss = sess.run([gen_step, gen_loss], feed_dict={Z: sample_Z(32, 2)})
    if i % 25 == 0:
        print("Iterations: %d\t Discriminator loss: %.4f\t Generator loss: %.4f gp %.4f" % (i, dloss, gloss, gpv))
