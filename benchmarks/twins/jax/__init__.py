"""Twins in the language of JAX."""
