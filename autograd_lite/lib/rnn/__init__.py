"""Recurrent networks: cells, what wraps cells, and the functions that unroll them over time."""
