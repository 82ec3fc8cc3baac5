"""Functions that only build nodes out of ops, under TensorFlow 1's names."""

from autograd_lite.api import operators, packing, sparse_math

__all__ = ["operators", "packing", "sparse_math"]  # loading any part of the API gives tensors and sparse tensors their operators
