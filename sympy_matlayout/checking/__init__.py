"""A claimed derivative beside the one from the definition, by numbers."""
