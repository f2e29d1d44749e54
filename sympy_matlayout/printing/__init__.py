"""Expressions as LaTeX and as text."""
