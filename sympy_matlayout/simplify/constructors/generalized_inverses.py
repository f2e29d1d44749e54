"""Pseudo-inverses, adjugates and solutions of Sylvester's equation, locally simplified."""

from __future__ import annotations

from typing import Any, cast

from sympy import Adjoint, Expr, S
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    Identity,
    Inverse,
    KroneckerProduct,
    Transpose,
    ZeroMatrix,
)

from ...core.registry import construct, declares
from ...core.shapes import is_one, same_shape, shape
from ...nodes.conjugates import conjugation_marks
from ...nodes.factorizations import QFactor
from ...nodes.generalized_inverses import Adjugate, PseudoInverse, SylvesterSolution
from ...nodes.realness import is_complex
from ...nodes.singular_values import LeftSingularVectors, PolarFactor, RightSingularVectors
from ...nodes.structured import facts_about
from .conjugates import adjoint
from .kronecker import kronecker
from .nodes import new, split_scalar
from .products import inverse, multiply, scale
from .traces_and_entries import determinant, trace
from .transposes import transpose

__all__ = ["pseudo_inverse", "sylvester_solution"]

ORTHONORMAL = (QFactor, LeftSingularVectors, RightSingularVectors)  # by their columns


# --- the pseudo-inverse -------------------------------------------------------------------


@declares("constructor", PseudoInverse)
def pseudo_inverse(matrix: Any) -> Basic:
    """X⁺, of an invertible matrix its inverse, of orthonormal columns their adjoint."""
    core: Any
    c, core = split_scalar(matrix)
    if c != 1:
        return scale(1/c, pseudo_inverse(core))
    if isinstance(core, ZeroMatrix):
        return ZeroMatrix(*shape(core)[::-1])
    if isinstance(core, (Transpose, PseudoInverse, Inverse)):
        inside: Any = core.args[0]
        return transpose(pseudo_inverse(inside)) if isinstance(core, Transpose) else inside
    if isinstance(core, KroneckerProduct):
        return kronecker(*map(pseudo_inverse, core.args))
    if isinstance(core, (*ORTHONORMAL, PolarFactor)):
        return adjoint(core)
    facts = facts_about(core)
    if facts & {"invertible", "orthogonal", "unitary"} or isinstance(core, Identity):
        return inverse(core)
    if hasattr(core, "pinv") and not isinstance(core, MatrixBase):
        return core.pinv()
    if is_complex(core) and not core.has(Adjoint):
        turned: Any = transpose(cast(Any, core))  # (S*)⁺ = (S⁺)' of a Hermitian S
        if conjugation_marks(turned) < conjugation_marks(cast(Any, core)):
            return transpose(new(PseudoInverse, turned))
    return new(PseudoInverse, core)


@declares("transpose", PseudoInverse)
def transpose_of_pseudo_inverse(node: PseudoInverse) -> Basic:
    """(X⁺)' stays outside, so that X and X⁺ are seen as one another's; (S⁺)' = S⁺"""
    matrix = node.args[0]
    return node if transpose(matrix) == matrix else new(Transpose, node)


@declares("product", PseudoInverse)
def product_with_pseudo_inverse(left: Any, right: Any) -> Basic | None:
    """X⁺X = I of full column rank, XX⁺ = I of full row rank"""
    if isinstance(left, PseudoInverse) and left.args[0] == right \
            and "full column rank" in facts_about(right):
        return Identity(shape(right)[1])
    if isinstance(right, PseudoInverse) and right.args[0] == left \
            and "full row rank" in facts_about(left):
        return Identity(shape(left)[0])
    return None


@declares("product", Transpose)
def product_of_transposes(left: Any, right: Any) -> Basic | None:
    """(X⁺)'X' = XX⁺ and X'(X⁺)' = X⁺X, which are symmetric"""
    if isinstance(left, Transpose) and isinstance(right, Transpose):
        first, second = left.args[0], right.args[0]
        for node, other in ((first, second), (second, first)):
            if isinstance(node, PseudoInverse) and node.args[0] == other \
                    and not is_complex(other):
                return multiply(second, first)
    return None


# --- the adjugate -------------------------------------------------------------------------


@declares("constructor", Adjugate)
def adjugate(matrix: Any) -> Basic:
    """adj(cX) = cⁿ⁻¹ adj X"""
    n = shape(matrix)[0]
    if is_one(n):
        return Identity(S.One)
    c, core = split_scalar(matrix)
    if c != 1:
        return scale(c**(n - 1), adjugate(core))
    if isinstance(core, Identity):
        return core
    if isinstance(core, Transpose):
        return transpose(adjugate(core.args[0]))
    return new(Adjugate, core)


@declares("transpose", Adjugate)
def transpose_of_adjugate(node: Adjugate) -> Basic:
    matrix = node.args[0]
    return node if transpose(matrix) == matrix else new(Transpose, node)


@declares("product", Adjugate)
def product_with_adjugate(left: Any, right: Any) -> Basic | None:
    """X adj X = adj X X = |X|I"""
    for node, other in ((left, right), (right, left)):
        if isinstance(node, Adjugate) and node.args[0] == other:
            return scale(determinant(other), Identity(shape(other)[0]))
    return None


@declares("determinant", Adjugate)
def determinant_of_adjugate(node: Adjugate) -> Expr:
    """|adj X| = |X|ⁿ⁻¹"""
    return determinant(node.args[0])**(shape(node)[0] - 1)


# --- Sylvester's equation -----------------------------------------------------------------


@declares("constructor", SylvesterSolution)
def sylvester_solution(A: Any, B: Any, C: Any) -> Basic:
    """Linear in C, and closed where C commutes with A = B or the matrices are numbers."""
    if isinstance(C, ZeroMatrix):
        return C
    number, core = split_scalar(C)
    (a, left), (b, right) = split_scalar(A), split_scalar(B)
    if isinstance(left, Identity) and isinstance(right, Identity) and a + b != 0:
        return scale(number/(a + b), core)
    if A == B and same_shape(shape(A), shape(core)) and multiply(A, core) == multiply(core, A):
        return scale(number/2, multiply(core, inverse(A)))
    return scale(number, new(SylvesterSolution, A, B, core))


@declares("linear", SylvesterSolution)
def right_hand_side(_: SylvesterSolution) -> int:
    return 2


@declares("transpose", SylvesterSolution)
def transpose_of_solution(node: SylvesterSolution) -> Basic:
    """AX + XB = C transposed is B'X' + X'A' = C'"""
    A, B, C = node.args
    return construct(SylvesterSolution, transpose(B), transpose(A), transpose(C))


@declares("inner", SylvesterSolution)
def inner_of_solution(node: SylvesterSolution, M: Basic) -> Expr | None:
    """tr(XM) = tr(CM A⁻¹)/2 where A = B and M commutes with it"""
    A, B, C = node.args
    if A != B or multiply(A, M) != multiply(M, A):
        return None
    return trace(multiply(C, M, inverse(A)))/2


@declares("trace", SylvesterSolution)
def trace_of_solution(node: SylvesterSolution) -> Expr | None:
    """tr X = tr(A⁻¹C)/2 where A = B"""
    A, B, C = node.args
    return trace(multiply(inverse(A), C))/2 if A == B else None
