"""Sums of products with Kronecker products, vecs and K multiplied out into single words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise, product
from math import prod
from typing import Any, cast

from sympy import Expr, Mul, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Transpose,
    ZeroMatrix,
)

from ..core import limits
from ..core.caches import cached, equal
from ..core.registry import constructor_of
from ..core.shapes import is_matrix, is_one, shape
from ..nodes.constants import CommutationMatrix, DiagonalEmbedding
from ..nodes.structured import facts_about
from ..nodes.vec import Vec
from ..nodes.vech import EliminationMatrix, SymmetrizerMatrix
from ..nodes.written_sum import WrittenSum
from . import constructors as c
from .segments import has_pairs

__all__ = ["Word", "is_word", "plain_words", "with_vech", "words"]

Word = tuple[Expr, tuple[Basic, ...]]  # a scalar, and factors without sums


# Multiplied out over sums in their arguments.
LINEAR = (KroneckerProduct, Vec, DiagMatrix, HadamardProduct)


@cached(limits.CACHED_TERMS)
def is_word(matrix: Basic, with_sums: bool = False) -> bool:
    """
    A product of symbols, their transposes and powers with nothing left to simplify.

    Sums that were written may stand among them where they are not to be opened.
    """
    scalar, core = c.split_scalar(matrix)
    if isinstance(core, Identity):
        return not is_one(core.args[0]) and (scalar.is_Atom or core is matrix)
    letters = c.factors_of(core)
    if not all(_is_letter(a, with_sums) for a in letters) or not (scalar.is_Atom or core is matrix):
        return False
    bases = [a.args[0] if isinstance(a, MatPow) else a for a in letters]
    if any(equal(a, b) for a, b in pairwise(bases)):
        return False
    rows, cols = shape(core)
    thin = sum(is_one(shape(a)[0]) for a in letters[1:])
    return thin + is_one(rows) + is_one(cols) < 2  # else a part of it is a scalar


def _is_letter(matrix: Basic, with_sums: bool) -> bool:
    if isinstance(matrix, MatPow) and matrix.args[1].is_Integer:
        matrix = matrix.args[0]
    if isinstance(matrix, Transpose):
        return isinstance(matrix.args[0], MatrixSymbol) and not facts_about(matrix.args[0])
    if isinstance(matrix, WrittenSum):
        return with_sums
    return isinstance(matrix, MatrixSymbol) and "orthogonal" not in facts_about(matrix)


def plain_words(matrix: Basic) -> Any:
    """A product of sums of words as a sum of words, None where it isn't so simple."""
    if is_word(matrix, with_sums=True):
        return [matrix]
    if isinstance(matrix, MatAdd):
        parts = [plain_words(a) for a in matrix.args]
        return None if None in parts else [w for part in parts for w in part]
    if isinstance(matrix, Transpose):
        turned = plain_words(matrix.args[0])
        return None if turned is None else list(map(c.transpose, turned))
    factors = _repeated(matrix)
    if factors == [matrix]:
        return None
    parts = list(map(plain_words, factors))
    if None in parts or prod(map(len, parts)) > limits.EXPANDED_TERMS:
        return None
    scalar = c.split_scalar(matrix)[0]
    found = [c.multiply(scalar, *chosen) for chosen in product(*parts)]
    return found if all(is_word(c.split_scalar(w)[1], with_sums=True) for w in found) else None


def _repeated(product: Any) -> list[Any]:
    """The matrices of a product, a low power of a sum as often as it says."""
    if isinstance(product, MatMul):
        return [f for a in product.args if is_matrix(a)
                for f in ([a] if isinstance(a, MatMul) else _repeated(a))]
    base, k = c.base_and_exponent(product)
    repeats = k.is_Integer and 0 < k <= limits.EXPANDED_POWER and isinstance(base, MatAdd)
    return [base]*int(k) if repeats else [product]


def words(matrix: Basic, simplified: Callable[[Basic], Basic]) -> list[Word]:
    """
    The matrix as a sum of words, neighbouring factors merged.

    ``simplified`` is what the arguments of Kronecker products, vecs and diagonals
    are brought into before their sums are multiplied out.
    """
    found = []
    for scalar, factors in _words(matrix, simplified):
        more, core = c.split_scalar(c.multiply(*with_vech(factors)))
        scalar = scalar*more
        if scalar != 0 and not isinstance(core, ZeroMatrix):
            found.append((scalar, c.factors_of(core)))
    return found


def with_vech(factors: Iterable[Basic]) -> list[Basic]:
    """L vec X = vech X and vec(X)'L' = vech(X)' (M&N 3.8)"""
    word: list[Basic] = []
    for factor in factors:
        before = word[-1] if word else None
        if isinstance(factor, Vec) and isinstance(before, EliminationMatrix):
            word[-1] = c.vech(factor.arg)
        elif isinstance(factor, Transpose) and isinstance(before, Transpose) \
                and isinstance(factor.args[0], EliminationMatrix) \
                and isinstance(before.args[0], Vec):
            word[-1] = c.transpose(c.vech(before.args[0].arg))
        else:
            word.append(factor)
    return word


def _words(matrix: Basic, simplified: Callable[[Basic], Basic]) -> list[Word]:
    if isinstance(matrix, MatAdd):
        return [w for a in matrix.args for w in _words(a, simplified)]
    if isinstance(matrix, MatMul):
        coefficient = Mul(*(a for a in matrix.args if not is_matrix(a)))
        factors = [a for a in matrix.args if is_matrix(a)]
        return [(coefficient*scalar, f) for scalar, f in _products(factors, simplified)]
    if isinstance(matrix, SymmetrizerMatrix):  # N = (I + K)/2
        n = matrix.args[0]
        return [(S.Half, (Identity(n*n),)), (S.Half, (c.commutation(n, n),))]
    if isinstance(matrix, Transpose):
        turned = c.transpose(matrix.args[0])
        if not isinstance(turned, Transpose):
            return _words(turned, simplified)
        return [(scalar, tuple(c.transpose(f) for f in reversed(factors)))
                for scalar, factors in _words(matrix.args[0], simplified)]
    if isinstance(matrix, (CommutationMatrix, DiagonalEmbedding)):
        return [(S.One, (matrix.doit(),))]  # the identity for sizes of one
    if isinstance(matrix, LINEAR) and has_pairs(matrix):
        make = cast(Any, constructor_of(type(matrix)))
        summands = [a.args if isinstance(a, MatAdd) else (a,)
                    for a in map(simplified, matrix.args)]
        if prod(map(len, summands)) <= limits.EXPANDED_TERMS:
            return [(S.One, (make(*chosen),)) for chosen in product(*summands)]
    return [(S.One, (matrix,))]


def _products(factors: list[Any],
              simplified: Callable[[Basic], Basic]) -> list[Word]:
    """A product of sums multiplied out, unless it is too long."""
    sums = [_words(f, simplified) for f in factors]
    if prod(map(len, sums)) > limits.EXPANDED_TERMS:
        sums = [[(S.One, (f,))] for f in factors]
    return [(Mul(*(scalar for scalar, _ in chosen)), tuple(f for _, fs in chosen for f in fs))
            for chosen in product(*sums)]
