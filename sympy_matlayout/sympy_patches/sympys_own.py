"""
What SymPy's own protocol answers: the derivatives that classes bring along.

A class may say its derivative by a scalar in ``_eval_derivative``, and that by a matrix in
``_eval_derivative_matrix_lines`` or as a rule of ``array_derive``.  Up to SymPy 1.14 the
algorithms that put these together answer zero for what they don't know, so they are
asked only where each class that varies is one they know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Derivative, Dummy, Expr, Function, Lambda, Piecewise, Subs, Trace
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import BlockMatrix, MatAdd, MatMul, MatrixSymbol, Transpose
from sympy.matrices.expressions.matexpr import _matrix_derivative
from sympy.tensor.array.expressions.arrayexpr_derivatives import array_derive

from ..core.errors import DerivativeNotImplementedError
from ..core.protocol import brings
from ..core.shapes import is_array, is_matrix, same_shape, shape

__all__ = ["FAILURES", "asked", "is_undone", "parts"]

# Whatever SymPy's own algorithms raise on what they don't know.
FAILURES = (ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError,
            RecursionError, TypeError, ValueError)
# What may be differentiated as a whole; sums and products have rules like those of matrices.
WHOLES = (BlockMatrix, Derivative, ExprWithLimits, Function, MatrixBase, Piecewise, Subs)
# What SymPy's algorithms by a matrix know, and nothing to be zero of.
KNOWN = (MatAdd, MatMul, MatrixSymbol, Trace, Transpose)


def is_undone(found: Any) -> bool:
    """Whether a derivative holds one of matrices, or by one, that isn't worked out."""
    return any(is_matrix(part) or is_array(part) or part.atoms(MatrixSymbol)
               for d in found.atoms(Derivative)
               for part in (d.expr, *(v for v, _ in d.variable_count)))


# --- by a scalar ------------------------------------------------------------------------


def parts(expr: Basic, x: Basic) -> list[tuple[Basic, Basic, Basic]]:
    """
    What SymPy differentiates by a symbol or an entry as a whole.

    Functions of scalars, explicit and block matrices, entry by entry and block by block,
    and classes with an ``_eval_derivative`` of their own, each with a symbol to stand for it
    and its derivative.
    """
    found, seen, stack = [], set(), [expr]
    while stack:
        node = stack.pop()
        if node in seen or isinstance(node, (MatrixSymbol, Lambda)):
            continue
        seen.add(node)
        slope = _slope(node, x)
        if slope is not None:
            found.append((node, _stand_in(node, f"_part{len(found)}"), slope))
        elif not getattr(node, "bound_symbols", None):
            stack.extend(node.args)
    return found


def _slope(node: Any, x: Basic) -> Basic | None:
    """The derivative of what is differentiated as a whole, None of all else."""
    if not isinstance(node, WHOLES) and not brings(type(node), "_eval_derivative"):
        return None
    if getattr(x, "parent", x) not in node.free_symbols:
        return None
    if isinstance(node, MatrixBase):
        return node.diff(x)
    if isinstance(node, BlockMatrix):
        return _by_blocks(node, x)
    if is_matrix(node):
        return _own(node, x)
    return None if any(isinstance(a, MatrixSymbol) for a in node.free_symbols) else node.diff(x)


def _by_blocks(node: Any, x: Basic) -> Basic:
    slopes = [b.diff(x) for b in node.blocks]
    if not all(map(is_matrix, slopes)):
        raise DerivativeNotImplementedError(f"no derivative by {x} of a block of {node}")
    return BlockMatrix(type(node.blocks)(*node.blocks.shape, slopes))


def _own(node: Any, x: Basic) -> Basic:
    slope = node._eval_derivative(x)
    if not is_matrix(slope) or not same_shape(shape(slope), shape(node)):
        raise DerivativeNotImplementedError(
            f"{type(node).__name__}._eval_derivative gives {slope} of {node}")
    return slope


def _stand_in(node: Basic, name: str) -> Basic:
    if is_matrix(node):
        return MatrixSymbol(name, *shape(node))
    return Dummy(name, real=True) if node.is_extended_real else Dummy(name, complex=True)


# --- by a matrix ------------------------------------------------------------------------


def asked(expr: Basic, X: Basic, by_arrays: Callable[[Basic, Basic], Basic | None]) -> Basic | None:
    """SymPy's answer to what this library has none to, None where it can't be trusted."""
    if not isinstance(X, MatrixSymbol):
        return None  # has been asked for each part
    for knows, way in ((_has_array_rule, by_arrays), (_has_lines, _by_lines)):
        if _is_known(expr, X, knows):
            try:
                found = way(expr, X)
            except FAILURES:
                continue
            if found is not None and not is_undone(found):
                return found
    return None


def _has_array_rule(kind: type) -> bool:
    return not array_derive.dispatch(kind).__module__.startswith("sympy.")


def _has_lines(kind: type) -> bool:
    return brings(kind, "_eval_derivative_matrix_lines")


def _by_lines(expr: Basic, X: Basic) -> Basic:
    return _matrix_derivative(expr, X, old_algorithm=True)


def _is_known(expr: Basic, X: Basic, knows: Callable[[type], bool]) -> bool:
    """Whether all that varies with X is linear, or of a class that an algorithm knows."""
    stack = [expr]
    while stack:
        node = stack.pop()
        if knows(type(node)) or not isinstance(node, Expr) or X not in node.free_symbols:
            continue
        if not isinstance(node, KNOWN):
            return False
        stack.extend(() if isinstance(node, MatrixSymbol) else node.args)
    return True
