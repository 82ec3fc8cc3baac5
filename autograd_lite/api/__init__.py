"""Functions that only build nodes out of ops, under TensorFlow 1's names."""

from autograd_lite.api import operators, packing, ragged_operators, sparse_math

# loading any part of the API gives all kinds of tensors their operators
__all__ = ["operators", "packing", "ragged_operators", "sparse_math"]
