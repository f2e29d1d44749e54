"""Values and derivatives as numbers, from the definitions; knows no rule of differentiation."""

from . import (  # noqa: F401 - they declare the values of the classes
    constant_values,
    matrix_values,
    primary_function_values,
    scalar_values,
    spectral_values,
    sum_values,
    tensor_values,
)
from .definition import Partials
from .evaluation import NumericArray, evaluate
from .examples import example_values

__all__ = ["NumericArray", "Partials", "evaluate", "example_values"]
