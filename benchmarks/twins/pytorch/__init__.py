"""Twins in the language of PyTorch."""
