"""Feature columns: how the features of a data set become the numbers that go into a model."""
