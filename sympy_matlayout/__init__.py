"""
Matrix derivatives for SymPy, in the layout you ask for: right, or refused with a reason.

Importing this changes nothing in SymPy.
"""

from .canonical.constructors import unvec, vec
from .derivative import gradient, jacobian, matrix_derivative
from .errors import (
    DerivativeNotImplementedError,
    FormError,
    LayoutError,
    MatlayoutError,
    ShapeError,
    VariableError,
)
from .expressions.constants import CommutationMatrix, DiagonalEmbedding, MatrixUnit, SelectionMatrix
from .expressions.matrix_sum import MatrixSum
from .expressions.undefined_functions import FunctionGradient, FunctionValue
from .expressions.vec import Unvec, Vec
from .layout import Layout, layout
from .rules import local_differentials

__version__ = "0.1.0"

__all__ = [
    "CommutationMatrix",
    "DerivativeNotImplementedError",
    "DiagonalEmbedding",
    "FormError",
    "FunctionGradient",
    "FunctionValue",
    "Layout",
    "LayoutError",
    "MatlayoutError",
    "MatrixSum",
    "MatrixUnit",
    "SelectionMatrix",
    "ShapeError",
    "Unvec",
    "VariableError",
    "Vec",
    "gradient",
    "jacobian",
    "layout",
    "local_differentials",
    "matrix_derivative",
    "unvec",
    "vec",
]
