"""How long an expression is, in operations as a reader would count them."""

from __future__ import annotations

from typing import Any, cast

from sympy import Add, Adjoint, Lambda, Mul, Pow, S, Trace, Tuple, conjugate, im, re
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core import limits
from ..core.caches import cached
from ..core.errors import reporting_bugs
from ..core.given import as_basic
from ..core.shapes import is_scalar_shape, shape
from ..nodes.frechet_derivatives import FrechetDerivative
from ..nodes.generalized_inverses import SylvesterSolution
from ..nodes.traversal import LEAVES, nodes_of_tree, postorder
from ..nodes.written_sum import WRITTEN

__all__ = ["count_operations", "nodes", "operations"]

# A transpose of one of these is an operation; elsewhere it is a way to write a leaf.
COMPOUND = (MatAdd, MatMul, MatPow, HadamardProduct, KroneckerProduct)


@reporting_bugs
def count_operations(expr: Basic) -> int:
    r"""
    The number of operations in an expression, as a reader would count them.

    Explanation
    ===========

    Sums, products, quotients, powers, inverses and functions count one each, and so
    does a minus sign that is not the one of a difference, ``A - B``.  Numbers, symbols,
    constant matrices, entries and the transpose of a symbol or a function count nothing,
    nor does the trace that makes a 1x1 matrix a scalar; the transpose of a sum or a
    product counts one.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import count_operations
    >>> n = symbols('n')
    >>> A, x = MatrixSymbol('A', n, n), MatrixSymbol('x', n, 1)
    >>> count_operations(A*x + A.T*x), count_operations((A + A.T)*x)
    (3, 2)
    >>> count_operations(-A.T.inverse()*x)
    3

    Parameters
    ==========

    expr : an expression

    See Also
    ========

    sympy_matlayout.canonical
    """
    expr = as_basic(expr, "the expression")
    counts: dict[Basic, int] = {}
    for node in postorder([expr], arguments):  # depth costs no recursion
        counts[node] = _count(node, sum(counts[a] for a in arguments(node)))
    return counts[expr]


def nodes(expr: Basic) -> int:
    """The number of nodes in the tree, which decides between equal counts of operations."""
    return nodes_of_tree(expr, {})


@cached(limits.CACHED_NODES)
def operations(expr: Basic) -> int:
    """``count_operations`` of an expression that isn't deep."""
    return _count(expr, sum(map(operations, arguments(expr))))


def _count(expr: Basic, inside: int) -> int:
    """The operations of a node, with those inside its arguments."""
    if isinstance(expr, (Add, MatAdd)):
        signs = [_is_negative(term) for term in expr.args]
        return inside + len(expr.args) - 1 - sum(signs) + all(signs)
    if isinstance(expr, (Mul, MatMul)):
        return inside + _joined(expr)
    if isinstance(expr, (HadamardProduct, KroneckerProduct)):
        return inside + len(expr.args) - 1
    if isinstance(expr, Transpose):
        return inside + isinstance(expr.args[0], COMPOUND)
    if isinstance(expr, Trace):
        return inside + (not is_scalar_shape(shape(expr.args[0])))
    if isinstance(expr, (ElementwiseApplyFunction, Lambda, Tuple, MatrixBase, conjugate, re, im,
                         *WRITTEN)):
        return inside
    if isinstance(expr, Adjoint):
        return inside + isinstance(expr.args[0], COMPOUND)
    if isinstance(expr, (FrechetDerivative, SylvesterSolution)):  # a short closed form is shorter
        return inside + 3*(len(expr.args) - 2)
    if isinstance(expr, Pow) and expr.exp.is_Rational and expr.exp < 0:
        return inside + 1 + (expr.exp != -1)
    return inside + bool(arguments(expr))


def arguments(expr: Any) -> tuple[Any, ...]:
    """The arguments that can hold operations."""
    if isinstance(expr, LEAVES) or expr.is_Number:
        return ()
    if isinstance(expr, ElementwiseApplyFunction):
        return cast(Any, expr.args[0]).expr, expr.args[1]
    if isinstance(expr, Lambda):
        return (expr.expr,)
    return tuple(cast(Any, expr)) if isinstance(expr, MatrixBase) else expr.args


def _joined(product: Any) -> int:
    """Products and quotients between factors, and the sign; 1/b has counted its quotient."""
    factors = [f for a in product.args for f in (a.args if isinstance(a, Mul) else (a,))]
    signs = sum(1 for f in factors if f.is_Number and f.is_extended_negative)
    factors = [f for f in factors if f is not S.NegativeOne]
    quotients = sum(1 for f in factors if isinstance(f, Pow) and f.exp.is_Rational and f.exp < 0)
    counted = sum(_joined(a) for a in product.args if isinstance(a, Mul))
    return max(len(factors) - 1 - quotients, 0) + signs - counted


def _is_negative(term: Any) -> bool:
    """Whether a minus sign stands before a term."""
    number = term
    while isinstance(number, (Mul, MatMul)):
        number = number.args[0]
    return bool(number.is_Number and number.is_extended_negative)
