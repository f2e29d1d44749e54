"""From a line of text to an expression: three languages, one tree, sizes that are found out."""
