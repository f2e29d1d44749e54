"""Whether a matrix is its own transpose, an expression its own conjugate."""

from __future__ import annotations

from typing import Any, cast

from sympy import Add, Adjoint, BlockMatrix, Determinant, Dummy, S, ZeroMatrix, conjugate
from sympy.core.basic import Basic

from ..core import limits
from ..core.caches import cached
from ..core.shapes import is_matrix
from ..nodes.realness import is_complex
from ..nodes.traversal import postorder
from . import constructors as c
from .construction import built
from .normal_form import normal_form

__all__ = ["is_hermitian", "is_real_valued", "is_symmetric", "with_conjugates_at_symbols"]


@cached(limits.CACHED_FORMS)
def is_symmetric(matrix: Basic) -> bool:
    """Whether the transpose, rewritten, is the same expression."""
    return is_hermitian(matrix) if isinstance(matrix, BlockMatrix) else _are_equal(
        matrix, c.transpose(matrix))


def _are_equal(one: Basic, other: Basic) -> bool:
    return one == other or isinstance(
        normal_form(c.add(one, c.scale(S.NegativeOne, other))), ZeroMatrix)


@cached(limits.CACHED_FORMS)
def is_hermitian(matrix: Basic) -> bool:
    """Whether the conjugate transpose, rewritten, is the same; of what is real the transpose."""
    if not is_complex(matrix) and not isinstance(matrix, BlockMatrix):
        return is_symmetric(matrix)
    if isinstance(matrix, BlockMatrix):
        blocks: Any = matrix.blocks
        return blocks.rows == blocks.cols and all(
            _are_equal(blocks[i, j], c.adjoint(blocks[j, i]))
            for i in range(blocks.rows) for j in range(i + 1))
    return _are_equal(matrix, c.adjoint(matrix))


@cached(limits.CACHED_FORMS)
def is_real_valued(expr: Basic) -> bool:
    """Whether the conjugate, rewritten, is the same expression."""
    if expr.has(Adjoint, conjugate):
        expr = with_conjugates_at_symbols(expr)
    real = {d: Dummy(real=True) for d in expr.atoms(Determinant)
            if is_complex(d) and is_hermitian(d.args[0])}
    expr = expr.xreplace(real) if real else expr
    mirrored = c.conjugate(expr)
    if mirrored == expr:
        return True
    if is_matrix(expr):
        return isinstance(normal_form(c.add(expr, c.scale(S.NegativeOne, mirrored))), ZeroMatrix)
    return normal_form(cast(Any, Add)(expr, -mirrored)) == 0


def with_conjugates_at_symbols(expr: Basic) -> Basic:
    """As an expression is read: no adjoints, and conjugates of symbols alone."""
    found: dict[Basic, Basic] = {}
    for node in postorder([expr], lambda e: e.args):
        args = [found.get(a, a) for a in node.args]
        if isinstance(node, Adjoint):
            found[node] = c.adjoint(args[0])
        elif isinstance(node, conjugate):
            found[node] = c.conjugate(args[0])
        elif any(a in found for a in node.args):
            found[node] = built(node, args)
    return found.get(expr, expr)
