"""From a formula to its optimum."""
