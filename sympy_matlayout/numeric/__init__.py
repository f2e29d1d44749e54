"""Values and derivatives as numbers, from the definitions; knows no rule of differentiation."""

from .definition import Partials, example_values
from .evaluation import NumericArray, evaluate

__all__ = ["NumericArray", "Partials", "evaluate", "example_values"]
