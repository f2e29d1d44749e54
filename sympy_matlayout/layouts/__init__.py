"""How the entries of a derivative are arranged."""
