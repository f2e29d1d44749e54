"""
Matrix derivatives for SymPy, in the layout you ask for: right, or refused with a reason.

Importing this changes nothing in SymPy.
"""

from .canonical.constructors import unvec, vec
from .derivative import gradient, jacobian, matrix_derivative
from .differential import (
    differential,
    gradient_from_differential,
    hessian_from_differential,
    jacobian_from_differential,
    second_differential,
)
from .errors import (
    DerivativeNotImplementedError,
    FormError,
    LayoutError,
    MatlayoutError,
    NotLinearError,
    ShapeError,
    VariableError,
)
from .expressions.constants import CommutationMatrix, DiagonalEmbedding, MatrixUnit, SelectionMatrix
from .expressions.differential import Differential, MatrixDifferential, ScalarDifferential
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
    "Differential",
    "FormError",
    "FunctionGradient",
    "FunctionValue",
    "Layout",
    "LayoutError",
    "MatlayoutError",
    "MatrixDifferential",
    "MatrixSum",
    "MatrixUnit",
    "NotLinearError",
    "ScalarDifferential",
    "SelectionMatrix",
    "ShapeError",
    "Unvec",
    "VariableError",
    "Vec",
    "differential",
    "gradient",
    "gradient_from_differential",
    "hessian_from_differential",
    "jacobian",
    "jacobian_from_differential",
    "layout",
    "local_differentials",
    "matrix_derivative",
    "second_differential",
    "unvec",
    "vec",
]
