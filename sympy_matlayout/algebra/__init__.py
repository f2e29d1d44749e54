"""Local constructors: each builds one well-formed node with a known shape."""
