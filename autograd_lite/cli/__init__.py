"""Floor 9: what a person types: the command `autograd-lite`, the stand-in for `import tensorflow`, the notebook extension."""
