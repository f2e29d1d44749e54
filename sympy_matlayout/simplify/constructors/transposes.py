"""The transpose, pushed through products and powers to the leaves."""

from __future__ import annotations

from typing import Any

from sympy import Lambda, S
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalMatrix,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSlice,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from ...core import limits
from ...core.caches import cached
from ...core.protocol import asked
from ...core.registry import construct, declared, declares
from ...core.shapes import is_matrix, same_size, shape
from ...nodes.matrix_sum import MatrixSum
from ...nodes.structured import facts_about
from ...nodes.vec import Vec
from .nodes import factors_of, new

__all__ = ["transpose", "transpose_of_term"]


@declares("constructor", Transpose)
def transpose(matrix: Basic) -> Basic:
    """The transpose, pushed through products, powers and one level of sums."""
    if isinstance(matrix, (MatAdd, HadamardProduct)):
        return construct(type(matrix), *map(transpose_of_term, matrix.args))
    return transpose_of_term(matrix)


@cached(limits.CACHED_TERMS)
def transpose_of_term(matrix: Basic) -> Basic:
    """The transpose, with deep sums left whole: pushed to the leaves, it would walk the tree."""
    if known := declared("transpose", type(matrix)):
        return known(matrix)
    facts = facts_about(matrix)
    if "symmetric" in facts:
        return matrix
    if "skew" in facts:
        return construct(MatMul, S.NegativeOne, matrix)
    found = asked("_eval_transpose", matrix)
    return new(Transpose, matrix) if found is None or isinstance(found, Transpose) else found


@declares("transpose", MatAdd, HadamardProduct)
def transpose_of_terms(matrix: Basic) -> Basic:
    """(A + B)' = A' + B' and (A∘B)' = A'∘B', of what is not deep"""
    if all(map(_is_flat, matrix.args)):
        return construct(type(matrix), *map(transpose_of_term, matrix.args))
    return new(Transpose, matrix)


def _is_flat(term: Basic) -> bool:
    """Whether a term is a product of leaves, their transposes, powers and Kronecker products."""
    factors = factors_of(term)
    return all(not is_matrix(f) or isinstance(f, Transpose) or _is_leaf(f) or (
        isinstance(f, (MatPow, KroneckerProduct)) and all(
            _is_leaf(a) for a in f.args if is_matrix(a))) for f in factors)


def _is_leaf(matrix: Basic) -> bool:
    """A matrix symbol or a slice of one, a constant or diagonal matrix, and the vec of such."""
    if isinstance(matrix, DiagMatrix):
        return True
    if isinstance(matrix, (MatrixSlice, Transpose, Vec)):
        matrix = matrix.args[0]
    return isinstance(matrix, MatrixSymbol) or not any(map(is_matrix, matrix.args))


@declares("transpose", Transpose)
def transpose_of_transpose(matrix: Transpose) -> Basic:
    """(A')' = A"""
    return matrix.args[0]


@declares("transpose", MatMul)
def transpose_of_product(product: MatMul) -> Basic:
    """(cAB)' = cB'A'"""
    scalars = [a for a in product.args if not is_matrix(a)]
    matrices = [transpose_of_term(a) for a in reversed(product.args) if is_matrix(a)]
    return construct(MatMul, *scalars, *matrices)


@declares("transpose", MatPow)
def transpose_of_power(power: MatPow) -> Basic:
    """(Aᵏ)' = (A')ᵏ, inverses among them"""
    return construct(MatPow, transpose_of_term(power.args[0]), power.args[1])


@declares("transpose", HadamardPower)
def transpose_of_hadamard_power(power: HadamardPower) -> Basic:
    """Base and exponent; SymPy's own forgets the exponent."""
    return construct(HadamardPower, *(
        transpose_of_term(a) if is_matrix(a) else a for a in power.args))


@declares("transpose", KroneckerProduct)
def transpose_of_kronecker(product: KroneckerProduct) -> Basic:
    """(A⊗B)' = A'⊗B'"""
    return construct(KroneckerProduct, *map(transpose_of_term, product.args))


@declares("transpose", ZeroMatrix, OneMatrix)
def transpose_of_constant(matrix: ZeroMatrix | OneMatrix) -> Basic:
    return matrix.func(*shape(matrix)[::-1])


@declares("transpose", Identity, DiagMatrix)
def transpose_of_diagonal(matrix: Identity | DiagMatrix) -> Basic:
    return matrix


@declares("transpose", DiagonalMatrix)
def transpose_of_diagonal_part(matrix: DiagonalMatrix) -> Basic:
    return matrix if same_size(*shape(matrix)) else new(Transpose, matrix)


@declares("transpose", MatrixSum)
def transpose_of_sum(total: MatrixSum) -> Basic:
    return new(MatrixSum, transpose(total.body), total.limits)


@declares("transpose", FunctionMatrix)
def transpose_of_entries(matrix: Any) -> Basic:
    rows, cols, entries = matrix.args
    (i, j), body = entries.args
    return new(FunctionMatrix, cols, rows, Lambda((j, i), body))


@declares("transpose", MatrixBase)
def transpose_of_explicit(matrix: MatrixBase) -> Basic:
    return matrix.T
