"""Floor 2: what to compute. Nodes, tensors, names, scopes, and the table in which ops are declared."""
