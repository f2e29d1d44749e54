"""Sums of matrices over an index, which SymPy's own ``Sum`` takes for scalars."""

from typing import Any

from sympy import Dummy, S, Sum, Symbol, Tuple
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr, Transpose, ZeroMatrix
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pretty.stringpict import prettyForm

from ..core.errors import ArgumentError, ShapeError
from ..core.given import as_basic, as_index
from ..core.registry import construct
from ..core.shapes import Shape, is_matrix, shape
from .node import WithAdjoint, numpy_call, numpy_size

__all__ = ["MatrixSum"]


class MatrixSum(WithAdjoint, MatrixExpr):
    r"""
    `\sum_{i=a}^{b} M_i` for a matrix expression `M_i`.

    Explanation
    ===========

    Needed where the number of terms is symbolic, as in
    `\mathrm{d}X^k = \sum_{i=0}^{k-1} X^i\,\mathrm{d}X\,X^{k-1-i}`.  As in SymPy's
    ``Sum``, an upper limit below the lower one follows Karr's convention
    (`\sum_{i=0}^{-2} M_i = -M_{-1}`), so that this formula holds for negative
    ``k`` as well.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import MatrixSum
    >>> i = symbols('i', integer=True)
    >>> X = MatrixSymbol('X', 2, 2)
    >>> MatrixSum(X**i, (i, 1, 3)).doit()
    X**2 + X**3 + X

    Parameters
    ==========

    body : a matrix expression, in which the index may occur
    limits : ``(index, lower, upper)``, both included
    """

    def __new__(cls, body, limits):
        body = as_basic(body, "the body of a MatrixSum")
        if not is_matrix(body):
            raise ShapeError(f"MatrixSum needs a matrix, got the scalar {body}; use Sum")
        if not isinstance(limits, (tuple, list, Tuple)) or len(limits) != 3:
            raise ArgumentError("a MatrixSum has limits (index, lower, upper), "
                                f"such as (i, 0, n - 1), got {limits!r}")
        index, *ends = limits
        if not isinstance(index, Symbol) or index.is_integer is False:
            raise ArgumentError("the index of a MatrixSum is a symbol for whole numbers, "
                                f"got {index!r}")
        lower, upper = (as_index(end, "the limit of a MatrixSum") for end in ends)
        if index in lower.free_symbols | upper.free_symbols:
            raise ArgumentError(f"the limits {lower}..{upper} of a MatrixSum hold its "
                                f"index {index}")
        return super().__new__(cls, body, Tuple(index, lower, upper))

    @property
    def body(self) -> Any:
        return self.args[0]

    @property
    def limits(self) -> Any:
        return self.args[1]

    @property
    def shape(self) -> Shape:
        return shape(self.body)

    @property
    def bound_symbols(self):
        return [self.limits[0]]

    @property
    def free_symbols(self):
        index, lower, upper = self.limits
        return (self.body.free_symbols - {index}) | lower.free_symbols | upper.free_symbols

    def _entry(self, i, j, **kwargs):
        return Sum(self.body._entry(i, j, **kwargs), self.limits)

    def _eval_subs(self, old, new):
        index, lower, upper = self.limits
        if old == index:  # bound: only the limits can see it from outside
            return self.func(self.body, (index, lower._subs(old, new), upper._subs(old, new)))
        if index in new.free_symbols:
            fresh = Dummy(index.name, integer=True)
            return self.func(self.body.xreplace({index: fresh}),
                             (fresh, lower, upper))._subs(old, new)
        return None

    def _eval_transpose(self):
        return self.func(Transpose(self.body).doit(deep=False), self.limits)

    def doit(self, **hints):
        index, lower, upper = self.limits
        length = upper - lower + 1
        if not length.is_Integer:
            return self
        start, count, sign = (
            (lower, length, S.One) if length >= 0 else (upper + 1, -length, S.NegativeOne))
        if count == 0:
            return ZeroMatrix(*self.shape)
        terms = [self.body.subs(index, start + k) for k in range(int(count))]
        if hints.get("deep", True):
            terms = [t.doit(**hints) for t in terms]
        return construct(MatMul, sign, construct(MatAdd, *terms))

    def as_explicit(self):
        done = self.doit()
        return super().as_explicit() if done == self else done.as_explicit()

    def _sympystr(self, printer):
        return f"Sum({', '.join(map(printer._print, self.args))})"

    def _latex(self, printer):
        index, lower, upper = map(printer._print, self.limits)
        body = printer.parenthesize(self.body, PRECEDENCE["Add"])
        found = r"\sum_{%s=%s}^{%s} %s" % (index, lower, upper, body)
        return found if printer._print_level == 1 else rf"\left({found}\right)"

    def _pretty(self, printer):
        index, lower, upper = map(printer._print, self.limits)
        body = printer._print(self.body)
        if isinstance(self.body, MatAdd):
            body = prettyForm(*body.parens())
        sign = prettyForm("∑" if printer._use_unicode else "sum")
        sign = prettyForm(*sign.above(upper))
        sign = prettyForm(*sign.below(prettyForm(*index.right("=", lower))))
        sign.baseline = upper.height()
        found = prettyForm(*sign.right(" ", body))
        return found if printer._print_level == 1 else prettyForm(*found.parens())

    def _numpycode(self, printer):
        index, lower, upper = self.limits
        term = f"lambda {printer._print(index)}: {printer._print(self.body)}"
        rows, cols, lower, upper = (
            numpy_size(printer, size) for size in (*self.shape, lower, upper))
        zero = numpy_call(printer, "numpy.zeros", f"({rows}, {cols})")
        return numpy_call(printer, "summed", term, lower, upper, zero)
