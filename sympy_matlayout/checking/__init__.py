"""Claims held against the definition."""
