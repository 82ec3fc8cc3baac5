"""Floor 5: from a graph and a set of fetches to a straight-line program. `pipeline` lists the passes in order."""
