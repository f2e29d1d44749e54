"""Array expressions that SymPy lacks."""

from sympy import Array
from sympy.matrices import MatrixBase
from sympy.tensor.array.expressions import array_expressions
from sympy.tensor.array.expressions.array_expressions import Reshape

__all__ = ["ArraySum", "MatrixReshape"]

ArraySum = getattr(array_expressions, "ArraySum", None)  # SymPy's, from 1.15 on


class MatrixReshape(Reshape):
    """
    A matrix expression reshaped, row by row, into an array of any number of axes.

    SymPy's ``Reshape(...).doit()`` fails once the matrix is explicit, because
    an explicit matrix reshapes into matrices only.
    """

    def doit(self, *args, **kwargs):
        expr = self.expr.doit(*args, **kwargs) if kwargs.get("deep", True) else self.expr
        if isinstance(expr, MatrixBase):
            return Array(expr).reshape(*self.shape)
        return self.func(expr, self.shape)
