"""
The properties of the trace, as rewriting that can be called.

tr(A + B) = tr A + tr B, tr(cA) = c tr A, tr A' = tr A, tr(AB) = tr(BA),
tr(A'(B∘C)) = tr((A∘B)'C), and a scalar is its own trace.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any

from sympy import Add, Expr, Trace
from sympy.core.basic import Basic
from sympy.matrices.expressions import HadamardProduct, MatAdd

from ..core import limits
from ..core.errors import DerivativeNotImplementedError, ShapeError, VariableError, reporting_bugs
from ..core.shapes import is_matrix, shape, show
from ..nodes.conjugates import presented
from ..reading.read import read, read_function, sympified
from ..simplify import constructors as c
from ..simplify.normal_form import normal_form

__all__ = [
    "cycle_traces",
    "equal_traces",
    "hadamard_traces",
    "split_traces",
    "trace_normal_form",
    "transpose_traces",
]



@reporting_bugs
def trace_normal_form(expr: Any) -> Expr:
    """
    One form for all scalars that are equal by the properties of the trace.

    Explanation
    ===========

    Products are multiplied out, scalars stand in front, transposes at the
    symbols; each trace is turned, or transposed, to the form with the fewest
    transposes that comes first in order.  Hadamard products and diagonals are
    part of it: a term is a product of entries summed over indices, and only
    which index stands where counts.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy_matlayout import trace_normal_form
    >>> A, B, C = (MatrixSymbol(name, 3, 3) for name in 'ABC')
    >>> [trace_normal_form(t) for t in (Trace(A*B), Trace(B*A), Trace(B.T*A.T))]
    [Trace(A*B), Trace(A*B), Trace(A*B)]
    >>> trace_normal_form(Trace(C*(A + 2*B)))
    Trace(A*C) + 2*Trace(B*C)

    Parameters
    ==========

    expr : a scalar or 1x1 expression

    See Also
    ========

    sympy_matlayout.equal_traces, sympy_matlayout.split_traces

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 1.10, 3.6
    """
    return presented(normal_form(_scalar(expr)))


@reporting_bugs
def equal_traces(left: Any, right: Any) -> bool:
    """
    Whether two scalars are equal by the properties of the trace.

    Explanation
    ===========

    False says only that these properties don't show it.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy.matrices.expressions import HadamardProduct
    >>> from sympy_matlayout import equal_traces
    >>> A, B, C = (MatrixSymbol(name, 2, 3) for name in 'ABC')
    >>> equal_traces(Trace(A.T*HadamardProduct(B, C)), Trace(HadamardProduct(A, B).T*C))
    True

    Parameters
    ==========

    left, right : scalar or 1x1 expressions

    See Also
    ========

    sympy_matlayout.trace_normal_form
    """
    return normal_form(_scalar(left) - _scalar(right)) == 0


@reporting_bugs
def split_traces(expr: Any) -> Expr:
    """
    Traces of sums as sums of traces, with the scalars in front.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy_matlayout import split_traces
    >>> A, B, C = (MatrixSymbol(name, 3, 3) for name in 'ABC')
    >>> split_traces(Trace((2*A + B)*C))
    2*Trace(A*C) + Trace(B*C)

    Parameters
    ==========

    expr : a scalar or 1x1 expression

    See Also
    ========

    sympy_matlayout.cycle_traces, sympy_matlayout.trace_normal_form
    """
    return _on_traces(expr, lambda matrix: Add(*map(c.trace, _summands(matrix))))


@reporting_bugs
def cycle_traces(expr: Any, last: Basic) -> Expr:
    """
    Traces turned cyclically until a factor stands last, tr(A dX B) = tr(BA dX).

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy_matlayout import Differential, cycle_traces
    >>> A, X, B = (MatrixSymbol(name, 3, 3) for name in 'AXB')
    >>> cycle_traces(Trace(A*Differential(X)*B), Differential(X))
    Trace(B*A*dX)

    Parameters
    ==========

    expr : a scalar or 1x1 expression
    last : the factor, the last one where it occurs several times; traces that
        don't hold it as a factor of their product stay as they are: sums have
        to be taken apart with ``split_traces`` before

    Raises
    ======

    VariableError : `last` occurs nowhere in the expression

    See Also
    ========

    sympy_matlayout.transpose_traces, sympy_matlayout.hadamard_traces
    """
    last = _held(last, expr)

    def turned(matrix):
        factors = c.factors_of(matrix)
        if last not in factors:
            return c.trace(matrix)
        k = len(factors) - factors[::-1].index(last)
        return c.new(Trace, c.multiply(*factors[k:], *factors[:k]))

    return _on_traces(expr, turned)


@reporting_bugs
def transpose_traces(expr: Any, last: Basic | None = None) -> Expr:
    """
    Traces of matrices as traces of their transposes.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy_matlayout import Differential, transpose_traces
    >>> A, X = MatrixSymbol('A', 3, 3), MatrixSymbol('X', 3, 3)
    >>> transpose_traces(Trace(A*Differential(X).T) + Trace(A*X), Differential(X))
    Trace(dX*A.T) + Trace(A*X)

    Parameters
    ==========

    expr : a scalar or 1x1 expression
    last : where given, only traces that hold this factor transposed are transposed

    See Also
    ========

    sympy_matlayout.cycle_traces
    """
    factor = None if last is None else c.transpose(_held(last, expr))

    def transposed(matrix):
        if factor is not None and factor not in c.factors_of(matrix):
            return c.trace(matrix)
        turned = [c.transpose(f) for f in reversed(c.factors_of(matrix))]
        return c.new(Trace, c.multiply(*turned))

    return _on_traces(expr, transposed)


@reporting_bugs
def hadamard_traces(expr: Any, last: Basic) -> Expr:
    """
    A factor taken out of a Hadamard product, tr(A'(B∘C)) = tr((A∘B)'C).

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy.matrices.expressions import HadamardProduct
    >>> from sympy_matlayout import hadamard_traces
    >>> A, B, C = (MatrixSymbol(name, 2, 3) for name in 'ABC')
    >>> hadamard_traces(Trace(A.T*HadamardProduct(B, C)), C)
    Trace((A.T.*B.T)*C)

    Parameters
    ==========

    expr : a scalar or 1x1 expression
    last : the factor of the Hadamard product that is to stand last

    See Also
    ========

    sympy_matlayout.cycle_traces

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 3.6
    """
    last = _held(last, expr)

    def taken_out(matrix):
        factors = c.factors_of(matrix)
        for k, factor in enumerate(factors):
            if isinstance(factor, HadamardProduct) and last in factor.args:
                rest = list(factor.args)
                rest.remove(last)
                around = c.multiply(*factors[k + 1:], *factors[:k], c.Identity(shape(factor)[0]))
                return c.new(Trace, c.multiply(
                    c.hadamard(around, *map(c.transpose, rest)), last))
        return c.trace(matrix)

    return _on_traces(expr, taken_out)


def _scalar(expr: Any) -> Any:
    found = read_function(expr)
    if is_matrix(found):
        raise ShapeError(f"a trace is a scalar, and this is {show(shape(found))}: {expr}")
    return found


def _on_traces(expr: Any, rewritten: Callable[[Basic], Expr]) -> Expr:
    """Every outermost trace rewritten, as a function of its argument."""
    scalar = _scalar(expr)
    return presented(scalar.xreplace({t: rewritten(t.args[0]) for t in scalar.atoms(Trace)}))


def _held(factor: Basic, expr: Any) -> Basic:
    found = read(sympified(factor))
    if not _scalar(expr).has(found):
        raise VariableError(f"{factor} does not occur in {expr}")
    return found


def _summands(matrix: Basic) -> list[Basic]:
    """The terms of a product of sums, factors in their order."""
    sums = [a.args if isinstance(a, MatAdd) else (a,) for a in c.factors_of(matrix)]
    if isinstance(matrix, MatAdd):
        return [t for a in matrix.args for t in _summands(a)]
    if max(map(len, sums)) == 1:
        return [matrix]
    if prod(map(len, sums)) > limits.SPLIT_TERMS:
        raise DerivativeNotImplementedError(
            f"a product of sums with {prod(map(len, sums))} terms is too long to write out")
    return [t for factors in product(*sums) for t in _summands(c.multiply(*factors))]
