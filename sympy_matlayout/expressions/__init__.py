"""New SymPy nodes, and shapes."""
