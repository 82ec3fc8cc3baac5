"""Symbolic gradients: the backward walk that adds nodes to the same graph, and what belongs to it."""
