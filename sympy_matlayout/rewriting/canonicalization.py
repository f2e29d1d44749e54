"""The canonical form of an expression, as the results of derivatives have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sympy import Add
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatAdd

from ..core import limits
from ..core.errors import reporting_bugs
from ..core.shapes import is_matrix, is_scalar_shape, shape
from ..nodes.conjugates import presented, with_adjoints
from ..nodes.traversal import operands, postorder
from ..reading.read import read, sympified
from ..simplify import constructors as c
from ..simplify.canonical_form import canonical_form, factored_as_written, in_order
from ..simplify.cost import count_operations
from ..simplify.normal_form import normal_form
from ..simplify.numbers import is_negative, primitive
from ..simplify.rank import refuse_singular
from ..simplify.scalar_factors import primitive_sum
from ..structures.facts import known_symbols

__all__ = ["canonical"]


@reporting_bugs
def canonical(expr: Any, assumptions: Any = True) -> Basic:
    r"""
    The expression as a textbook would print it: never longer, and equal ones alike.

    Explanation
    ===========

    Transposes stand at the leaves, scalars in front, inverses and powers are merged
    and cancelled, 1x1 products and traces are turned one way, and like terms are
    collected even where they differ by such turns.  Hadamard and Kronecker products,
    diagonals, ones, vec and the matrices that go with it follow their rules.  Of the
    expression multiplied out, its common factors taken out again, and the expression
    with its products of sums kept, the one with fewer operations is the result.  Sums
    that were written are multiplied out only where no digits are lost by it.

    The value stays the same wherever the expression has one.  What the rules need is
    part of that: `|AB| = |A||B|` and `(AB)^{-1} = B^{-1}A^{-1}` are used for square
    factors only, `\operatorname{sign}(a)/|a| = 1/a` because all variables are real, so
    that the gradient of `\log|\det X|` is `X^{-T}`.  That a matrix is symmetric or
    orthogonal is never assumed: say so in ``assumptions``.

    Sums of any length are brought into one form; other expressions of more than some
    hundred nodes are simplified part by part, at a cost that grows with their graph.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Q, Trace, symbols
    >>> from sympy_matlayout import canonical
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, X = MatrixSymbol('A', n, n), MatrixSymbol('X', m, n)
    >>> x, y = MatrixSymbol('x', n, 1), MatrixSymbol('y', m, 1)
    >>> canonical(A*x + A.T*x)
    (A + A.T)*x
    >>> canonical(A*x + A.T*x, Q.symmetric(A))
    2*A*x
    >>> canonical(-X.T*(2*y - 2*X*x))
    2*X.T*(X*x - y)
    >>> canonical(Trace(A*X.T*X) - Trace(X*A.T*X.T))
    0

    Parameters
    ==========

    expr : a scalar or matrix expression
    assumptions : facts about symbols, ``Q.symmetric(A) & Q.orthogonal(U)``

    Raises
    ======

    ShapeError : the expression is ill-shaped
    FactsError : unknown or contradictory facts

    See Also
    ========

    sympy_matlayout.count_operations, sympy_matlayout.trace_normal_form
    """
    expr = sympified(expr)
    known = known_symbols(assumptions, expr)
    names = {k: a for a, k in known.items()}
    given = expr.xreplace(known)
    refuse_singular(given, determinants=False)
    (found,) = with_adjoints([_settled(read(given))])
    if count_operations(found) > count_operations(given):  # tr(A - B), |A⊗B|
        found = min(in_order(given), given, key=count_operations)
    return presented(found.xreplace(names))


def _settled(expr: Basic) -> Basic:
    """
    The form, and the form of that, for as long as it is another.

    What is taken out of one part may meet its like in another only then.
    """
    seen = [_once(expr)]
    while (again := _once(read(seen[-1]))) not in seen and len(seen) < limits.ROUNDS:
        seen.append(again)
    return min(reversed(seen), key=count_operations)


def _once(expr: Basic) -> Basic:
    """
    The form of all sums as they were written, or where that is shorter another as stable.

    One is that of the whole multiplied out, one that of what was factored as it was written.
    """
    found = canonical_form(expr, written=[expr])
    if is_matrix(expr) and is_scalar_shape(shape(expr)):
        return found
    factored = read(factored_as_written(expr))
    for other in (canonical_form(factored, written=[factored]), canonical_form(expr)):
        longer = count_operations(other) > count_operations(found)
        if not longer and in_order(other) != in_order(found) and _is_as_stable(other, found, expr):
            found = other
    return found


def _is_as_stable(other: Basic, found: Basic, written: Basic) -> bool:
    """Whether the differences are there that were written, or what is left of them in a form."""
    shown = _differences([other])
    return any(_differences(exprs) <= shown for exprs in (
        [written], [found], map(canonical_form, _sums([written]))))


def _differences(exprs: Iterable[Basic]) -> set[Basic]:
    """The sums with terms of both signs, multiplied out, without their number and sign."""
    found = set()
    for node in _sums(exprs):
        for way in (node, c.transpose(node)) if isinstance(node, MatAdd) else (node,):
            total: Any = normal_form(way)
            _, total = primitive(total) if isinstance(total, MatAdd) else primitive_sum(total)
            if isinstance(total, (Add, MatAdd)) and any(map(is_negative, total.args)):
                found.add(total)
    return found


def _sums(exprs: Iterable[Basic]) -> Iterator[Basic]:
    return (e for e in postorder(exprs, operands) if isinstance(e, (Add, MatAdd)))
