"""What a gradient by all entries becomes by a structured matrix, in closed form."""

from __future__ import annotations

from typing import Any

from sympy import Rational, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatPow,
    Transpose,
    ZeroMatrix,
)

from ..core.shapes import shape
from ..nodes.linear_structures import (
    LowerOnes,
    UpperOnes,
)
from ..nodes.structured import (
    facts_about,
)
from ..nodes.vech import EliminationMatrix
from ..simplify import constructors as c
from ..simplify.monomial import order


def triangles(matrix: Basic) -> frozenset[str]:
    """Whether a matrix is visibly lower or upper triangular."""
    if isinstance(matrix, (Identity, DiagMatrix, ZeroMatrix)):
        return frozenset({"lower", "upper"})
    if isinstance(matrix, Transpose):
        turned = {"lower": "upper", "upper": "lower"}
        return frozenset(turned[t] for t in triangles(matrix.args[0]))
    if isinstance(matrix, (MatAdd, MatMul)):
        parts = [triangles(a) for a in matrix.args if hasattr(a, "shape")]
        return frozenset.intersection(*parts)
    if isinstance(matrix, MatPow):
        return triangles(matrix.args[0])
    if isinstance(matrix, HadamardProduct):
        return frozenset.union(*map(triangles, matrix.args))
    if isinstance(matrix, (LowerOnes, UpperOnes)):
        return frozenset({"upper" if isinstance(matrix, UpperOnes) else "lower"})
    return facts_about(matrix) & {"lower", "upper"}


def cut(G: Basic, triangle: str) -> Basic:
    """The lower or upper triangle of a matrix, with its diagonal."""
    if isinstance(G, MatAdd):
        return c.add(*(cut(a, triangle) for a in G.args))
    scalar, core = c.split_scalar(G)
    known = triangles(core)
    if triangle in known:
        return G
    if known:  # the other triangle alone
        return diagonal_part(G)
    ones = LowerOnes if triangle == "lower" else UpperOnes
    return c.scale(scalar, c.hadamard(core, ones(shape(core)[0])))


def diagonal_part(G: Basic) -> Basic:
    """``G∘I``"""
    if isinstance(G, MatAdd):
        return c.add(*map(diagonal_part, G.args))
    scalar, core = c.split_scalar(G)
    if triangles(core) == {"lower", "upper"}:
        return G
    if "skew" in facts_about(core):
        return ZeroMatrix(*shape(core))
    core = min(core, c.transpose(core), key=order)
    return c.scale(scalar, c.hadamard(core, Identity(shape(core)[0])))


def symmetric_part(G: Basic) -> Basic:
    return half(c.add(G, c.transpose(G)))


def skew_part(G: Basic) -> Basic:
    return half(difference(G))


def difference(G: Basic) -> Basic:
    return c.add(G, c.scale(S.NegativeOne, c.transpose(G)))


def both_halves(G: Basic) -> Basic:
    return c.add(G, c.transpose(G), c.scale(S.NegativeOne, diagonal_part(G)))


def twice_off_the_diagonal(G: Basic) -> Basic:
    return c.add(twice(G), c.scale(S.NegativeOne, diagonal_part(G)))


def half_off_the_diagonal(G: Basic) -> Basic:
    return half(c.add(G, diagonal_part(G)))


def twice(G: Basic) -> Basic:
    return c.scale(S(2), G)


def half(G: Basic) -> Basic:
    return c.scale(Rational(1, 2), G)


def same(G: Basic) -> Basic:
    return G


def lower_part(G: Basic) -> Basic:
    return cut(G, "lower")


def upper_part(G: Basic) -> Basic:
    return cut(G, "upper")


def lower_basis(n: Basic) -> Basic:
    return c.transpose(EliminationMatrix(n))


def lower_projector(n: Basic) -> Basic:
    return c.multiply(lower_basis(n), EliminationMatrix(n))


def skew_projector(n: Any) -> Basic:
    turned = c.scale(S.NegativeOne, c.commutation(n, n))
    return c.scale(Rational(1, 2), c.add(Identity(n*n), turned))
