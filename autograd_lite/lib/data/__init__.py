"""`tf.data`: sequences of elements, how they are made and combined, and the iterators that hand them to a graph."""
