"""
What Kronecker products, vecs and K become next to one another.

These rules always shorten a product, or carry K to the right; they wait for
the end of a derivation, whose steps would be hard to follow with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sympy import Expr, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    Transpose,
)

from ..core.registry import simplified_product
from ..core.shapes import is_one, same_shape, same_size, shape
from ..nodes.constants import CommutationMatrix, DiagonalEmbedding
from ..nodes.matrix_sum import MatrixSum
from ..nodes.vec import Vec
from ..nodes.vech import EliminationMatrix, SymmetrizerMatrix
from . import constructors as c

__all__ = [
    "commutation_left",
    "commutation_right",
    "neighbours_merged",
]


def neighbours_merged(factors: Iterable[Basic]) -> tuple[Expr, tuple[Basic, ...]]:
    """
    The factors of a product, neighbours merged by the rules below for as long as they can.

    What comes out is a scalar and the matrices of the product.
    """
    scalar: Expr = S.One
    word: list[Basic] = []
    for factor in factors:
        word.append(factor)
        while (found := _shortened(word)) is not None:
            count, merged = found
            del word[-count:]
            for matrix in merged:
                number, core = c.split_scalar(matrix)
                scalar *= number
                word.extend(core.args if isinstance(core, MatMul) else
                            [] if isinstance(core, Identity) else [core])
    return scalar, tuple(word)


def _shortened(word: list[Basic]) -> tuple[int, list[Basic]] | None:
    """How many of the last factors there is a shorter form for, and that form."""
    if len(word) > 2 and (hadamard := _on_the_diagonal(*word[-3:])) is not None:
        return 3, hadamard
    if len(word) > 2 and (embedded := _turned_on_the_diagonal(*word[-3:])) is not None:
        return 3, embedded
    if len(word) > 1 and isinstance(word[-2], SymmetrizerMatrix) and word[-1] == word[-2]:
        return 2, word[-1:]
    if len(word) > 1 and (merged := _merged(*word[-2:])) is not None:
        return 2, merged
    return None


@simplified_product.register(MatMul)
@simplified_product.register(MatPow)
def product_with_neighbours_merged(product: MatMul | MatPow) -> Basic:
    """A product as SymPy writes it, its neighbours merged."""
    before, core = c.split_scalar(product)
    factors = c.factors_of(core)
    after, word = neighbours_merged(
        c.power(*f.args) if isinstance(f, MatPow) else f for f in factors)
    return c.multiply(before*after, Identity(shape(product)[0]), *word)


def _merged(left: Basic, right: Basic) -> list[Basic] | None:
    """K(A⊗B) = (B⊗A)K, K vec X = vec X', (B'⊗A) vec X = vec AXB, L vec X = vech X."""
    if isinstance(right, Vec):
        return _applied(left, right)
    if isinstance(left, Transpose) and isinstance(left.args[0], Vec):
        turned = _applied(c.transpose(right), left.args[0])
        return turned and [c.transpose(turned[0])]
    if isinstance(right, DiagonalEmbedding):
        return _embedded(left, right)
    if isinstance(left, Transpose) and isinstance(left.args[0], DiagonalEmbedding):
        turned = _embedded(c.transpose(right), left.args[0])
        return turned and [c.transpose(f) for f in reversed(turned)]
    if isinstance(left, SymmetrizerMatrix) and isinstance(right, KroneckerProduct):
        A, *others = right.args  # N(A⊗A) = (A⊗A)N
        after = SymmetrizerMatrix(shape(A)[1])
        return [right, after] if others == [A] else None
    if isinstance(left, CommutationMatrix):
        return [] if left == c.transpose(right) else commutation_right(left, right)
    if isinstance(right, CommutationMatrix):
        turned = commutation_left(left, right)
        return turned if turned and len(turned) == 1 else None  # (b'⊗I)K = I⊗b'
    return _summed(left, right)


def _summed(left: Basic, right: Basic) -> list[Basic] | None:
    """Kronecker products taken under a sum of Kronecker products."""
    if isinstance(left, MatrixSum) and isinstance(right, KroneckerProduct):
        inside = c.multiply(left.body, right)
        if isinstance(c.split_scalar(inside)[1], KroneckerProduct):
            return [c.matrix_sum(inside, left.limits)]
    if isinstance(right, MatrixSum) and isinstance(left, KroneckerProduct):
        turned = _summed(c.transpose(right), c.transpose(left))
        return turned and [c.transpose(turned[0])]
    return None


def _on_the_diagonal(left: Basic, middle: Basic, right: Basic) -> list[Basic] | None:
    """``Ψ'(A⊗B)Ψ = A∘B`` (Magnus 1988, 7)"""
    if not isinstance(right, DiagonalEmbedding) or not isinstance(left, Transpose) \
            or not isinstance(left.args[0], DiagonalEmbedding) \
            or not isinstance(middle, KroneckerProduct):
        return None
    m, n = left.args[0].args[0], right.args[0]
    for A, B in _splits(middle):
        if same_shape(shape(A), (m, n)) and same_shape(shape(B), (m, n)):
            return [c.hadamard(A, B)]
    return None


def _turned_on_the_diagonal(left: Basic, middle: Basic, right: Basic) -> list[Basic] | None:
    """``Ψ'(A⊗B)K = Ψ'K(B⊗A) = Ψ'(B⊗A)``"""
    if not isinstance(right, CommutationMatrix) or not isinstance(left, Transpose) \
            or not isinstance(left.args[0], DiagonalEmbedding):
        return None
    turned = commutation_left(middle, right)
    if turned and len(turned) == 2 and isinstance(turned[0], CommutationMatrix):
        return [left, turned[1]]
    return None


def _embedded(left: Basic, right: DiagonalEmbedding) -> list[Basic] | None:
    """``(a'⊗M)Ψ = M diag(a)`` and ``(M⊗a')Ψ = M diag(a)``"""
    if isinstance(left, KroneckerProduct):
        for A, B in _splits(left):
            row, matrix = (A, B) if is_one(shape(A)[0]) else (B, A)
            if is_one(shape(row)[0]) and same_size(shape(A)[1], shape(B)[1]):
                return [matrix, c.diag(c.transpose(row))]
    return None


def _applied(left: Basic, right: Vec) -> list[Basic] | None:
    X = right.arg
    rows, cols = shape(X)
    if isinstance(left, CommutationMatrix) and left.args == (rows, cols):
        return [c.vec(c.transpose(X))]
    if isinstance(left, EliminationMatrix):
        return [c.vech(X)]
    if isinstance(left, KroneckerProduct) and len(left.args) == 2:
        B, A = left.args
        if same_size(shape(A)[1], rows) and same_size(shape(B)[1], cols):
            return [c.vec(c.multiply(A, X, c.transpose(B)))]
    return None


def commutation_right(K: CommutationMatrix, matrix: Basic) -> list[Basic] | None:
    """``K_pm(A⊗B) = (B⊗A)K_qn`` for A of m×n and B of p×q, and for sums of such products."""
    scalar, core = c.split_scalar(matrix)
    if isinstance(core, MatAdd):
        turned = [commutation_right(K, term) for term in core.args]
        if None in turned or len({tuple(t[1:]) for t in turned}) > 1:
            return None
        return [c.scale(scalar, c.add(*(t[0] for t in turned))), *turned[0][1:]]
    if isinstance(core, MatrixSum):
        turned = commutation_right(K, core.body)
        return turned and [c.scale(scalar, c.matrix_sum(turned[0], core.limits)), *turned[1:]]
    if not isinstance(core, KroneckerProduct):
        return None
    p, m = K.args
    for A, B in _splits(core):
        if same_size(shape(A)[0], m) and same_size(shape(B)[0], p):
            after = c.commutation(shape(B)[1], shape(A)[1])
            return [c.scale(scalar, c.kronecker(B, A)),
                    *([] if isinstance(after, Identity) else [after])]
    return None


def commutation_left(matrix: Basic, K: CommutationMatrix) -> list[Basic] | None:
    """``(B⊗A)K_qn = K_pm(A⊗B)``"""
    if not isinstance(matrix, (KroneckerProduct, MatAdd, MatrixSum)):
        return None
    turned = commutation_right(c.transpose(K), c.transpose(matrix))
    return turned and [c.transpose(f) for f in reversed(turned)]


def _splits(product: KroneckerProduct) -> Iterator[tuple[Basic, Basic]]:
    for k in range(1, len(product.args)):
        yield c.kronecker(*product.args[:k]), c.kronecker(*product.args[k:])
