"""From a line of text to an expression: three languages, one tree, sizes that are found out."""

from . import functions, matrix_functions  # noqa: F401 - they say what may be called
