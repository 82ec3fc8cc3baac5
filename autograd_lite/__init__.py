"""TensorFlow 1 programs live again."""
