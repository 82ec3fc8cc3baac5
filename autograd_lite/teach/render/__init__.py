"""Pictures of graphs: what is shown (picture), where it goes (layout), and how it is written (dot, svg, plot)."""
