"""Functions that only build nodes out of ops, under TensorFlow 1's names."""
