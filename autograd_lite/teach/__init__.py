"""Floor 8: the views for learning: pictures of graphs."""
