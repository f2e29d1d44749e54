"""Values and derivatives as numbers, from the definitions; knows no rule of differentiation."""

from .definition import Partials
from .evaluation import NumericArray, evaluate
from .examples import example_values

__all__ = ["NumericArray", "Partials", "evaluate", "example_values"]
