"""Compiled kernels. They stand in for NumPy where the extra `fast` (llvmlite) is installed, and give the same numbers."""
