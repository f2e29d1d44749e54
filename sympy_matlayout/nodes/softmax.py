"""Log-sum-exp and its gradient, of all entries of a matrix or along its rows or columns."""

from __future__ import annotations

from typing import Any

from sympy import Dummy, Expr, S, Sum, exp, log
from sympy.matrices import ImmutableDenseMatrix
from sympy.printing.pretty.stringpict import prettyForm

from ..core.errors import ArgumentError, ShapeError
from ..core.given import as_basic
from ..core.registry import construct
from ..core.shapes import Shape, is_matrix, is_one, shape
from .node import MatrixNode, numpy_call, pretty_call

__all__ = ["LogSumExp", "LogSumExpAlong", "Softmax"]


def _read(matrix: Any, axis: Any, what: str) -> tuple[Any, ...]:
    """The arguments of a node, no axis where it is over all entries."""
    matrix = as_basic(matrix, f"the argument of {what}")
    if not is_matrix(matrix):
        raise ShapeError(f"{what} needs a vector or matrix, got the scalar {matrix}")
    if axis is None:
        return (matrix,)
    axis = as_basic(axis, f"the axis of {what}")
    if axis not in (0, 1):
        raise ArgumentError(f"{what}: axis {axis}; the axes are 0, down the columns, and 1, along "
                            "the rows, and without one it is over all entries")
    rows, cols = shape(matrix)
    return (matrix,) if is_one(cols if axis == 0 else rows) else (matrix, axis)


def _total(matrix: Any, i: Any, j: Any, axis: Any = None) -> Any:
    """The sum of the exponentials that belong to an entry."""
    m, n = shape(matrix)
    k, l = (Dummy(letter, integer=True) for letter in "kl")
    at = {None: (k, l), 0: (k, j), 1: (i, l)}[None if axis is None else int(axis)]
    over = [limit for index, limit in ((k, (k, 0, m - 1)), (l, (l, 0, n - 1))) if index in at]
    return Sum(exp(matrix[at]), *over)


class _AlongAxis(MatrixNode):
    """A matrix of what belongs to all entries of another, or to each of its rows or columns."""

    @property
    def matrix(self) -> Any:
        return self.args[0]

    @property
    def axis(self) -> Any:
        return self.args[1] if len(self.args) == 2 else None

    def doit(self, **hints):
        matrix = self.matrix.doit(**hints) if hints.get("deep", True) else self.matrix
        return construct(type(self), matrix, *self.args[1:])

    def as_explicit(self):
        rows, cols = self.shape
        return ImmutableDenseMatrix(rows, cols, lambda i, j: self._entry(S(i), S(j)).doit())


class Softmax(_AlongAxis):
    r"""
    `e^{x_i}/\sum_k e^{x_k}`, of all entries, of each column or of each row.

    Explanation
    ===========

    The gradient of ``LogSumExp``; its Jacobian for a vector is
    `\mathrm{diag}(p) - pp^T` with `p` the softmax.  As in SciPy, ``axis=1`` is along the
    rows, each of which then has sum 1, and ``axis=0`` down the columns.  Exponentials
    over their sums, written out, are read as this; it has a value where they overflow.

    Examples
    ========

    >>> from sympy import MatrixSymbol, OneMatrix, Trace, exp, log, symbols
    >>> from sympy_matlayout import LogSumExp, Softmax, gradient, hessian
    >>> n = symbols('n', integer=True, positive=True)
    >>> x = MatrixSymbol('x', n, 1)
    >>> gradient(log(Trace(OneMatrix(1, n)*x.applyfunc(exp))), x)
    Softmax(x)
    >>> hessian(LogSumExp(x), x)
    DiagMatrix(Softmax(x)) - Softmax(x)*Softmax(x).T

    Parameters
    ==========

    matrix : a vector or matrix expression
    axis : ``None``, 0 or 1

    See Also
    ========

    sympy_matlayout.LogSumExp, sympy_matlayout.Sigmoid

    References
    ==========

    .. [1] S. Boyd, L. Vandenberghe, Convex Optimization, 3.1.5
    """

    def __new__(cls, matrix, axis=None):
        return super().__new__(cls, *_read(matrix, axis, cls.__name__))

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)

    def _entry(self, i, j, **kwargs):
        return exp(self.matrix[i, j])/_total(self.matrix, i, j, self.axis)

    def _numpycode(self, printer):
        axis = [] if self.axis is None else [str(self.axis)]
        return numpy_call(printer, "softmax", self.matrix, *axis)

    def _latex(self, printer):
        inside = printer._print(self.matrix)
        return rf"\operatorname{{softmax}}{_marked(self.axis)}\left({inside}\right)"

    def _pretty(self, printer):
        return pretty_call(printer, "softmax", self.args)


def _marked(axis: Any) -> str:
    """Over which part of a matrix, in LaTeX."""
    return "" if axis is None else r"_{\mathrm{%s}}" % ("cols", "rows")[int(axis)]


class LogSumExp(Expr):
    r"""
    `\log\sum_i e^{x_i}`, of all entries a scalar, along an axis a row or column.

    Explanation
    ===========

    A smooth maximum, convex; the gradient is ``Softmax``.  With ``axis=1`` it is the
    column of the values of the rows, with ``axis=0`` the row of those of the columns.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import LogSumExp, gradient
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, x, b = MatrixSymbol('A', m, n), MatrixSymbol('x', n, 1), MatrixSymbol('b', m, 1)
    >>> gradient(LogSumExp(A*x + b), x)
    A.T*Softmax(A*x + b)
    >>> LogSumExp(A, axis=1).shape
    (m, 1)

    Parameters
    ==========

    matrix : a vector or matrix expression
    axis : ``None``, 0 or 1

    See Also
    ========

    sympy_matlayout.Softmax, sympy_matlayout.Softplus

    References
    ==========

    .. [1] S. Boyd, L. Vandenberghe, Convex Optimization, 3.1.5
    """

    args: tuple[Any, ...]
    is_commutative = True
    is_extended_real = True

    def __new__(cls, matrix, axis: Any = None):
        matrix, *axes = _read(matrix, axis, "LogSumExp")
        if axes:
            return LogSumExpAlong(matrix, *axes)
        return super().__new__(cls, matrix)

    @property
    def matrix(self) -> Any:
        return self.args[0]

    def doit(self, **hints):
        matrix = self.matrix.doit(**hints) if hints.get("deep", True) else self.matrix
        rows, cols = shape(matrix)
        if rows.is_Integer and cols.is_Integer and not matrix.is_symbol:
            return log(sum(exp(matrix[i, j]) for i in range(rows) for j in range(cols)))
        return self.func(matrix)

    def _eval_rewrite_as_exp(self, matrix, **kwargs):
        return log(_total(matrix, S.Zero, S.Zero))

    def _numpycode(self, printer):
        return numpy_call(printer, "logsumexp", self.matrix)

    def _latex(self, printer, exp=None):
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\operatorname{{logsumexp}}{power}\left({printer._print(self.matrix)}\right)"

    def _pretty(self, printer) -> prettyForm:
        return pretty_call(printer, "logsumexp", self.args)


class LogSumExpAlong(_AlongAxis):
    """``LogSumExp`` of each row, a column, or of each column, a row; see there."""

    def __new__(cls, matrix, axis):
        matrix, *axes = _read(matrix, axis, "LogSumExp")
        if not axes:
            raise ShapeError(f"LogSumExp of {matrix} over all its entries is a scalar; "
                             "write LogSumExp(x)")
        return super().__new__(cls, matrix, *axes)

    @property
    def shape(self) -> Shape:
        rows, cols = shape(self.matrix)
        return (rows, S.One) if self.axis == 1 else (S.One, cols)

    def _entry(self, i, j, **kwargs):
        return log(_total(self.matrix, i, j, self.axis))

    def _sympystr(self, printer):
        return f"LogSumExp({printer._print(self.matrix)}, {self.axis})"

    def _numpycode(self, printer):
        return numpy_call(printer, "logsumexp", self.matrix, str(self.axis))

    def _latex(self, printer):
        inside = printer._print(self.matrix)
        return rf"\operatorname{{logsumexp}}{_marked(self.axis)}\left({inside}\right)"

    def _pretty(self, printer):
        return pretty_call(printer, "logsumexp", self.args)
