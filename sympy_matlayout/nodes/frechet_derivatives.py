"""Derivatives of functions of matrices along directions, and what they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Symbol
from sympy.matrices.expressions import HadamardProduct
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import ArgumentError, ShapeError
from ..core.given import as_matrix, as_square
from ..core.shapes import Shape, same_shape, shape, show
from .functions_of_argument import (
    as_function,
    code_of_derivative,
    code_of_function,
    function_name,
    latex_of_function_name,
    slope_of,
)
from .node import numpy_call, pretty_call
from .primary_functions import OfFunction
from .realness import is_complex
from .spectra import Eigenvalues, Eigenvectors

__all__ = ["DividedDifferences", "FrechetDerivative", "FrechetMatrix"]


class FrechetDerivative(OfFunction):
    r"""
    `L_f(X, E)`, the derivative of the matrix function `f` at `X` in the direction `E`.

    Explanation
    ===========

    Linear in `E`; the differential of `f(X)` is `L_f(X, dX)`.  With several directions it is
    the derivative of as many times the order, symmetric in the directions.  The adjoint is
    `L_f(X^T, \cdot)`, and `\mathrm{vec}\,L_f(X, E) = K_f(X)\,\mathrm{vec}\,E` with
    ``FrechetMatrix``.  Where `E` commutes with `X` it is `f'(X)E`.  Its value is the block
    above the diagonal of `f` of `\begin{pmatrix}X & E\\0 & X\end{pmatrix}`.

    ``rewrite(DividedDifferences)`` gives for symmetric `X` the form of Daleckii and Krein,
    `V(F\circ(V^TEV))V^T` with `F_{ij} = f[\lambda_i, \lambda_j]`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, exp, symbols
    >>> from sympy_matlayout import (FrechetDerivative, canonical, differential, expm,
    ...                              matrix_derivative)
    >>> n = symbols('n', integer=True, positive=True)
    >>> t = symbols('t')
    >>> A, X, E = (MatrixSymbol(name, n, n) for name in 'AXE')
    >>> differential(expm(X), X)
    FrechetDerivative(exp, X, dX)
    >>> canonical(FrechetDerivative(exp, X, E).T)
    FrechetDerivative(exp, X.T, E.T)
    >>> matrix_derivative(expm(t*A), t, layout="numerator")
    A*expm(t*A)

    Parameters
    ==========

    function : a function of SymPy's, or a ``Lambda`` of one argument
    matrix : a square matrix expression, the point
    directions : square matrix expressions of the same size, one or more

    See Also
    ========

    sympy_matlayout.matrix_function, sympy_matlayout.FrechetMatrix

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 3
    .. [2] N. J. Higham, S. D. Relton, Higher order Fréchet derivatives of matrix functions,
           SIAM J. Matrix Anal. Appl. 35 (2014)
    """

    def __new__(cls, function, matrix, *directions):
        function, matrix, directions = _read(cls, function, matrix, directions)
        if not directions:
            raise ArgumentError("FrechetDerivative needs a direction, FrechetDerivative(f, X, E)")
        return super().__new__(cls, function, matrix, *directions)

    @property
    def directions(self) -> tuple[Any, ...]:
        return self.args[2:]

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)

    def _eval_rewrite_as_DividedDifferences(self, function, matrix, *directions, **hints):
        from_spectrum = _daleckii_krein(function, matrix, directions)
        return self if from_spectrum is None else from_spectrum

    def _sympystr(self, printer):
        inside = ", ".join(map(printer._print, self.args[1:]))
        return f"FrechetDerivative({function_name(self.function)}, {inside})"

    def _latex(self, printer):
        order = len(self.directions)
        above = "" if order == 1 else f"^{{({order})}}"
        inside = ", ".join(map(printer._print, self.args[1:]))
        name = latex_of_function_name(self.function, printer)
        return rf"L{above}_{{{name}}}\left({inside}\right)"

    def _pretty(self, printer):
        return pretty_call(printer, "FrechetDerivative", [
            Symbol(function_name(self.function)), *self.args[1:]])

    def _numpycode(self, printer):
        return code_of_derivative(self, printer, "frechet_derivative")


class FrechetMatrix(OfFunction):
    r"""
    `K_f(X)` with `\mathrm{vec}\,L_f(X, E) = K_f(X)\,\mathrm{vec}\,E`, the Kronecker form.

    Explanation
    ===========

    The Jacobian of `\mathrm{vec} f(X)` by `\mathrm{vec} X`, `n^2 \times n^2`.  With
    directions it is that of the derivative of the next order,
    `\mathrm{vec}\,L^{(2)}_f(X, E, F) = K_f(X, E)\,\mathrm{vec}\,F`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import expm, jacobian
    >>> n = symbols('n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', n, n)
    >>> jacobian(expm(X), X)
    FrechetMatrix(exp, X)

    Parameters
    ==========

    function : a function of SymPy's, or a ``Lambda`` of one argument
    matrix : a square matrix expression, the point
    directions : square matrix expressions of the same size

    See Also
    ========

    sympy_matlayout.FrechetDerivative

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, 3.2
    """

    def __new__(cls, function, matrix, *directions):
        function, matrix, directions = _read(cls, function, matrix, directions)
        return super().__new__(cls, function, matrix, *directions)

    @property
    def directions(self) -> tuple[Any, ...]:
        return self.args[2:]

    @property
    def shape(self) -> Shape:
        n = shape(self.matrix)[0]
        return n**2, n**2

    def _sympystr(self, printer):
        inside = ", ".join(map(printer._print, self.args[1:]))
        return f"FrechetMatrix({function_name(self.function)}, {inside})"

    def _latex(self, printer):
        order = len(self.directions)
        above = "" if order == 0 else f"^{{({order + 1})}}"
        inside = ", ".join(map(printer._print, self.args[1:]))
        name = latex_of_function_name(self.function, printer)
        return rf"K{above}_{{{name}}}\left({inside}\right)"

    def _pretty(self, printer):
        return pretty_call(printer, "FrechetMatrix", [
            Symbol(function_name(self.function)), *self.args[1:]])

    def _numpycode(self, printer):
        return code_of_derivative(self, printer, "frechet_matrix")


class DividedDifferences(OfFunction):
    r"""
    The matrix of `f[x_i, x_j] = (f(x_i) - f(x_j))/(x_i - x_j)`, and `f'(x_i)` where they agree.

    Explanation
    ===========

    Symmetric, `n \times n` for a column of `n` numbers, also called the Loewner matrix.
    `L_f(\mathrm{diag}(x), E)` is its Hadamard product with `E`.

    Examples
    ========

    >>> from sympy import Matrix, exp
    >>> from sympy_matlayout import DividedDifferences
    >>> DividedDifferences(exp, Matrix([0, 1])).as_explicit()
    Matrix([
    [      1, -1 + E],
    [-1 + E,      E]])

    Parameters
    ==========

    function : a function of SymPy's, or a ``Lambda`` of one argument
    points : a column

    See Also
    ========

    sympy_matlayout.FrechetDerivative

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, 3.2, corollary 3.12
    """

    def __new__(cls, function, points):
        points = as_matrix(points, "the points of divided differences")
        if shape(points)[1] != 1:
            raise ShapeError("divided differences are of a column of points, got a matrix that is "
                             f"{show(shape(points))}")
        return super().__new__(cls, as_function(function, "a divided difference"), points)

    @property
    def shape(self) -> Shape:
        n = shape(self.matrix)[0]
        return n, n

    def _eval_transpose(self):
        return self

    def _entry(self, i, j, **kwargs):
        f: Any = self.function
        x, y = self.matrix[i, 0], self.matrix[j, 0]
        if x == y:
            z, = f.variables
            return f.expr.diff(z).xreplace({z: x})
        if not (x - y).is_nonzero:
            return MatrixElement(self, i, j)
        return (f(x) - f(y))/(x - y)

    def _sympystr(self, printer):
        return (f"DividedDifferences({function_name(self.function)}, "
                f"{printer._print(self.matrix)})")

    def _latex(self, printer):
        x = printer._print(self.matrix)
        name = latex_of_function_name(self.function, printer)
        name = name if self.function.expr.is_Function else rf"\left({name}\right)"
        return rf"{name}\left[{x}, {x}\right]"

    def _pretty(self, printer):
        return pretty_call(printer, "DividedDifferences", [
            Symbol(function_name(self.function)), self.matrix])

    def _numpycode(self, printer):
        return numpy_call(printer, "divided_differences", code_of_function(
            self.function, printer), code_of_function(slope_of(self.function), printer),
            self.matrix)


def _read(cls: type, function: Any, matrix: Any, directions: Sequence[Any]) -> tuple:
    what = cls.__name__
    matrix = as_square(matrix, f"the point of {what}")
    directions = tuple(as_matrix(E, f"a direction of {what}") for E in directions)
    for E in directions:
        if not same_shape(shape(E), shape(matrix)):
            raise ShapeError(f"{what}: the point is {show(shape(matrix))}, the direction {E} "
                             f"{show(shape(E))}")
    return as_function(function, what), matrix, directions


def _daleckii_krein(function: Any, matrix: Any, directions: Sequence[Any]) -> Any:
    """V(F∘(V'EV))V' with the divided differences F of the eigenvalues, None for several E."""
    if len(directions) != 1:
        return None
    V, values = Eigenvectors(matrix), Eigenvalues(matrix)
    turned = V.adjoint() if is_complex(matrix) else V.T
    return V*HadamardProduct(DividedDifferences(function, values), turned*directions[0]*V)*turned
