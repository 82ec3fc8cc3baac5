"""Functions that only build nodes out of ops, under TensorFlow 1's names."""

from autograd_lite.api import operators, packing

__all__ = ["operators", "packing"]  # loading any part of the API gives tensors their operators
