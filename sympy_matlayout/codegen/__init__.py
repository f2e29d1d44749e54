"""Code that computes expressions with arrays."""
