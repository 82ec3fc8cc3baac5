"""Floor 0: data types, shapes, names, errors and nested structures; knows nothing of graphs."""
