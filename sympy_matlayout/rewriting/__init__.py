"""What an expression can be rewritten into on request."""
