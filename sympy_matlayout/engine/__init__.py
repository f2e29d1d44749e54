"""The graph of local linear maps and its three read-offs; knows no operation by name."""
