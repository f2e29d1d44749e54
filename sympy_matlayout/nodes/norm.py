"""Norms of vectors and matrices, which SymPy has for explicit ones only."""

from __future__ import annotations

from typing import Any

from sympy import Abs, Expr, Max, Mul, S, Trace, oo, sqrt
from sympy.core.symbol import Str
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import MatMul, ZeroMatrix
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.printing.pretty.stringpict import prettyForm

from ..core.errors import ArgumentError, ShapeError
from ..core.given import as_basic, as_matrix
from ..core.shapes import is_matrix, is_vector_shape, shape, show
from .node import MatrixNode, numpy_call, pretty_call

__all__ = ["LargestEntry", "MaxEntry", "Norm", "max_entry"]

FROBENIUS, NUCLEAR = Str("fro"), Str("nuc")


class Norm(Expr):
    r"""
    The norm of a vector or matrix, a scalar.

    Explanation
    ===========

    Orders are named as in NumPy: for vectors a number `p \geq 1`, 2 by
    default, `\|x\|_p = (\sum_i |x_i|^p)^{1/p}`, or ``oo``; for matrices
    ``"fro"``, the default, `\sqrt{\mathrm{tr}(X^T X)}`, ``"nuc"``, the sum of
    the singular values, or 2, the largest of them.

    Gradients (Matrix Cookbook 2.8; Watson 1992): `x/\|x\|_2`, `X/\|X\|_F`,
    `\mathrm{sign}(x)` for the 1-norm; for the nuclear norm of a matrix of full rank
    the ``PolarFactor``, `X(X^T X)^{-1/2}` where it is known to be tall and
    `(X X^T)^{-1/2}X` where it is known to be wide; for the spectral norm `uv^T` of the
    singular vectors, where the largest singular value is simple; for the maximum the sign of
    the largest entry at its place, where there is one such entry.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import Norm, gradient
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X, x, A = MatrixSymbol('X', m, n), MatrixSymbol('x', n, 1), MatrixSymbol('A', m, n)
    >>> gradient(Norm(X), X)
    X/Norm(X)
    >>> gradient(Norm(A*x)**2, x)
    2*A.T*A*x

    Parameters
    ==========

    matrix : a vector or matrix expression
    order : a number, a symbol, ``oo``, ``"fro"`` or ``"nuc"``

    References
    ==========

    .. [1] K. B. Petersen, M. S. Pedersen, The Matrix Cookbook, 2.8 and 10.3
    .. [2] G. A. Watson, Characterization of the subdifferential of some matrix
           norms, Linear Algebra and its Applications 170 (1992)
    """

    args: tuple[Any, ...]

    is_commutative = True
    is_extended_real = True
    is_nonnegative = True

    def __new__(cls, matrix, order: Any = None):
        matrix = as_basic(matrix, "the argument of Norm")
        if isinstance(matrix, Mul) and any(map(is_matrix, matrix.args)):
            matrix = MatMul(*matrix.args)  # as SymPy's signsimp writes -1*(B - A)
        if not is_matrix(matrix):
            raise ShapeError(f"Norm needs a vector or matrix, got the scalar {matrix}; use Abs")
        vector = is_vector_shape(shape(matrix))
        if order is None:
            order = S(2) if vector else FROBENIUS
        order = _order(order)
        if vector and order in (FROBENIUS, NUCLEAR):
            order = S(2)
        if not vector and order not in (FROBENIUS, NUCLEAR, S(2)):
            raise ArgumentError(
                f"no norm of order {order} of a {show(shape(matrix))} matrix; the orders are "
                "'fro', 'nuc' and 2, and Norm(Vec(X), p) is the norm by entries")
        real = isinstance(order, Expr) and order.is_extended_real is not False \
            and order is not S.NaN and not is_matrix(order)
        if vector and (not real or (order < 1) == True):  # noqa: E712
            raise ArgumentError(f"no norm of order {order} of a vector; "
                             "an order is a number >= 1 or oo")
        if order == FROBENIUS or vector and order == 2:
            return super().__new__(cls, matrix)
        return super().__new__(cls, matrix, order)

    @property
    def matrix(self):
        return self.args[0]

    @property
    def order(self) -> Any:
        """The order, ``"fro"`` for a matrix and 2 for a vector where none is given."""
        if len(self.args) == 2:
            return self.args[1]
        return S(2) if self.is_of_vector else FROBENIUS

    @property
    def is_of_vector(self) -> bool:
        return is_vector_shape(shape(self.matrix))

    def doit(self, **hints):
        matrix = self.matrix.doit(**hints) if hints.get("deep", True) else self.matrix
        if isinstance(matrix, ZeroMatrix):
            return S.Zero
        if isinstance(matrix, MatrixBase) and (self.is_of_vector or self.order == FROBENIUS):
            entries = [Abs(a) for a in matrix]
            if self.order == oo:
                return Max(*entries)
            p = S(2) if self.order == FROBENIUS else self.order
            return sum(a**p for a in entries)**(1/p)
        return self.func(matrix, *self.args[1:])

    def _eval_Abs(self):
        return self

    def _eval_rewrite(self, rule, args, **hints):
        if rule in (Trace, sqrt) and self.order in (FROBENIUS, 2) and len(self.args) == 1:
            return sqrt(Trace(self.matrix.T*self.matrix))
        return None

    def _latex(self, printer, exp=None):
        subscript = {FROBENIUS: "F", NUCLEAR: "*"}.get(self.order, printer._print(self.order))
        subscript = f"_{{{subscript}}}" if len(self.args) == 2 or not self.is_of_vector else ""
        tex = r"\left\|%s\right\|%s" % (printer._print(self.matrix), subscript)
        return tex if exp is None else f"{tex}^{{{exp}}}"

    def _pretty(self, printer):
        bars = "‖" if printer._use_unicode else "||"
        inside = printer._print(self.matrix)
        order = printer._print(self.order)
        if not self.order.is_Atom:
            order = prettyForm(*order.parens())
        order = f"_{order}" if len(self.args) == 2 else ""
        return prettyForm(*prettyForm(*inside.left(bars)).right(bars + order))

    def _numpycode(self, printer):
        matrix = printer._print(self.matrix)
        if self.is_of_vector:
            order = [] if self.order == 2 else [self.order]
            return numpy_call(printer, f"{printer._module}.linalg.norm", f"({matrix}).ravel()",
                              *order)
        order = {NUCLEAR: ["'nuc'"], S(2): ["2"]}.get(self.order, [])
        return numpy_call(printer, f"{printer._module}.linalg.norm", matrix, *order)


class MaxEntry(Expr):
    """
    The largest entry of a matrix, differentiable where there is one such entry.

    Examples
    ========

    >>> from sympy import Matrix, MatrixSymbol
    >>> from sympy_matlayout import gradient, max_entry
    >>> X = MatrixSymbol('X', 2, 3)
    >>> gradient(max_entry(X), X)
    LargestEntry(X)
    >>> max_entry(Matrix([[1, 5], [2, 3]])).doit()
    5

    Parameters
    ==========

    matrix : a vector or matrix expression

    See Also
    ========

    sympy_matlayout.LogSumExp, sympy_matlayout.Norm
    """

    args: tuple[Any, ...]
    is_commutative = True
    is_extended_real = True

    def __new__(cls, matrix):
        return super().__new__(cls, as_matrix(matrix, "the argument of MaxEntry"))

    def doit(self, **hints):
        matrix = self.args[0].doit(**hints) if hints.get("deep", True) else self.args[0]
        return Max(*matrix) if isinstance(matrix, MatrixBase) else self.func(matrix)

    def _latex(self, printer, exp=None):
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\max{power}\left({printer._print(self.args[0])}\right)"

    def _pretty(self, printer):
        return pretty_call(printer, "max", self.args)

    def _numpycode(self, printer):
        return numpy_call(printer, "max_entry", self.args[0])


class LargestEntry(MatrixNode):
    """1 at the place of the largest entry of a matrix, 0 elsewhere; locally constant."""

    args: tuple[Any, ...]

    def __new__(cls, matrix):
        return super().__new__(cls, as_matrix(matrix, "the argument of LargestEntry"))

    @property
    def shape(self):
        return shape(self.args[0])

    def doit(self, **hints):
        return self.func(self.args[0].doit(**hints)) if hints.get("deep", True) else self

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)

    def _latex(self, printer):
        return rf"\operatorname{{argmax}}\left({printer._print(self.args[0])}\right)"

    def _pretty(self, printer):
        return pretty_call(printer, "LargestEntry", self.args)

    def _numpycode(self, printer):
        return numpy_call(printer, "largest_entry", self.args[0])


def max_entry(matrix: Any) -> MaxEntry:
    """The largest entry of a matrix; see ``MaxEntry``."""
    return MaxEntry(matrix)


def _order(given: Any) -> Any:
    return Str(given) if isinstance(given, str) else as_basic(given, "the order of a norm")
