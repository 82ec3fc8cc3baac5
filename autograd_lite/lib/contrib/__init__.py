"""The parts of `tf.contrib` that build on variables and layers."""
