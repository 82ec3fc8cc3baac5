"""`tf.distributions`: probability distributions as objects that build nodes."""
