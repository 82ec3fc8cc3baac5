"""The story of one run: what every node computed, and how the gradient of the loss came back to the leaves."""
