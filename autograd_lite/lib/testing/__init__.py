"""What `tf.test` gives to programs that test themselves."""
