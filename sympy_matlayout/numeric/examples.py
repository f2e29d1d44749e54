"""Random numbers and matrices for the symbols of expressions, as their assumptions say."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import mpmath
from mpmath import mp, mpc, mpf
from sympy import Dummy, Symbol, preorder_traversal
from sympy.core.basic import Basic
from sympy.core.sorting import default_sort_key
from sympy.matrices.expressions import MatrixSymbol

from ..core import limits
from ..core.errors import ArgumentError, DerivativeNotImplementedError
from ..core.shapes import is_matrix, shape, show
from ..nodes.conjugates import ConjugateSymbol
from ..nodes.differential_symbols import Differential
from ..nodes.realness import is_declared_complex
from ..nodes.structured import facts_about
from .evaluation import Evaluation
from .linear_algebra import matrix_of, product
from .types import NumericMatrix, NumericScalar, Values

__all__ = ["Style", "example_value", "example_values", "leaves"]

# What the entries of a symbol are like: their scale, and "all" signs, those "off" the
# diagonal, or none.
Style = tuple[Any, str]


def example_values(exprs: Iterable[Basic], sizes: Mapping[Symbol, int], seed: int = 0,
                   style: Callable[[random.Random], Style] = lambda chance: (1, "none")) -> Values:
    """
    Random values for every symbol of some expressions.

    Entries lie between 1/2 and 2, away from where logarithms and roots break, unless
    ``style`` chooses another scale and signs for a symbol, as far as assumptions let it.
    Square matrices are diagonally dominant but not symmetric, so that they have good
    inverses, unless their symbol has a structure.  Whole-number symbols other than sizes
    are 3.  Symbols declared complex are.
    """
    chance = random.Random(seed)
    values: dict[Basic, Any] = {**sizes}
    for leaf in sorted(leaves(exprs) - set(values), key=lambda a: (str(a), default_sort_key(a))):
        values[leaf] = example_value(leaf, sizes, chance, style(chance))
    return values


def leaves(exprs: Iterable[Basic]) -> set[Any]:
    """The symbols that need a value."""
    exprs = list(exprs)
    return {a for e in exprs for a in preorder_traversal(e)
            if isinstance(a, (MatrixSymbol, Symbol, Differential))
            and not isinstance(a, (Dummy, ConjugateSymbol))
            } | {a for e in exprs for a in e.free_symbols if isinstance(a, Dummy)}


def example_value(leaf: Any, sizes: Mapping[Any, Any], chance: random.Random,
                  style: Style) -> Any:
    """A random value for one symbol."""
    scale, signs = style
    if is_matrix(leaf):
        rows, cols = map(Evaluation({**sizes}).size, leaf.shape)
        if rows*cols > limits.EXAMPLE_ENTRIES:
            raise ArgumentError(
                f"{leaf} is {show(shape(leaf))}, too large to try it with numbers, which takes "
                f"matrices of up to {limits.EXAMPLE_ENTRIES:,} entries; give symbols for its "
                "sizes, or smaller numbers")
        facts = facts_about(leaf)
        found = scale*matrix_of(rows, cols, _entries(chance, rows, cols))
        found = _with_signs(found, chance, signs)
        if "complex" in facts:
            across = matrix_of(rows, cols, lambda i, j: mpf(chance.uniform(-1, 1)))
            return _complex(found + mpc(0, scale)*across, facts)
        return _structured(found, facts)
    if leaf.is_integer:
        return mpf(3)
    return _number(leaf, scale*mpf(chance.uniform(0.5, 2)), chance, signs)


def _number(symbol: Symbol, size: Any, chance: random.Random, signs: str) -> Any:
    if symbol.is_zero:
        return mpf(0)
    if is_declared_complex(symbol):
        real = 0 if symbol.is_imaginary else size*mpf(chance.uniform(0.5, 2))
        if signs != "none" and not symbol.is_imaginary:
            real = real*chance.choice((1, -1))
        return mpc(real, size)
    if symbol.is_extended_nonnegative or signs == "none" and not symbol.is_extended_nonpositive:
        return size
    return -size if symbol.is_extended_nonpositive or chance.random() < 0.5 else size


def _entries(chance: random.Random, rows: int, cols: int) -> Callable[[int, int], NumericScalar]:
    return lambda i, j: mpf(chance.uniform(0.5, 2)) + (rows if i == j and rows == cols else 0)


def _with_signs(M: NumericMatrix, chance: random.Random, signs: str) -> NumericMatrix:
    """Signs for the entries; those of rows change the sign of the determinant."""
    if signs == "none":
        return M
    square = M.rows == M.cols
    rows = [chance.choice((1, -1)) if signs == "all" else 1 for _ in range(M.rows)]
    if signs == "all" and square and rows.count(-1) % 2 == 0:
        rows[0] = -rows[0]
    return matrix_of(M.rows, M.cols, lambda i, j: M[i, j]*rows[i]*(
        1 if i == j and square else chance.choice((1, -1))))


def _structured(M: NumericMatrix, facts: frozenset[str]) -> NumericMatrix:
    """The matrix with the structure of its symbol."""
    triangles = facts & {"diagonal", "lower", "upper"}
    is_diagonal = "diagonal" in facts or len(triangles) == 2 or (
        triangles and facts & {"symmetric", "skew", "positive definite", "orthogonal"})
    if "orthogonal" in facts:
        return _orthogonal(M, facts, bool(is_diagonal))
    if "positive definite" in facts:
        M = product(M, M.T)/max(map(abs, M))
    if "skew" in facts:
        M = (M - M.T)/2
    elif "symmetric" in facts:
        M = (M + M.T)/2
    if is_diagonal or triangles:
        M = matrix_of(M.rows, M.cols, lambda i, j: M[i, j] if i == j or not is_diagonal and (
            (i > j) == ("lower" in triangles)) else mpf(0))
    return _singular(M, facts) if "singular" in facts else M


def _complex(M: NumericMatrix, facts: frozenset[str]) -> NumericMatrix:
    """The same of complex numbers, Hermitian and unitary ones among them."""
    if "unitary" in facts:
        return _unitary(M, facts)
    if "positive definite" in facts:
        M = product(M, M.H)/max(map(abs, M))
    elif "hermitian" in facts:
        M = (M + M.H)/2
    elif "antihermitian" in facts:
        M = (M - M.H)/2
    return _structured(M, facts - {"positive definite"})


def _unitary(M: NumericMatrix, facts: frozenset[str]) -> NumericMatrix:
    """A reflection, which is Hermitian, the product of two with a phase, or phases alone."""
    def reflection(v):
        return mpmath.eye(M.rows) - 2/(v.H*v)[0, 0]*v*v.H

    if "positive definite" in facts:
        return mpmath.eye(M.rows)
    if facts & {"diagonal", "lower", "upper"} or M.rows == 1:
        return mp.diag([mp.sign(mp.re(a) if "hermitian" in facts else a)
                        for a in (M[i, i] for i in range(M.rows))])
    if "hermitian" in facts:
        return reflection(M[:, 0])
    if facts & {"symmetric", "skew", "antihermitian"}:
        raise DerivativeNotImplementedError(
            "no example is known of a unitary matrix that is also symmetric or skew; give it one "
            "of the two facts")
    return mp.sign(M[0, 0])*product(reflection(M[:, 0]), reflection(M[:, 1]))


def _singular(M: NumericMatrix, facts: frozenset[str]) -> NumericMatrix:
    """Of rank one less, by Wedderburn's formula; by zeros where a structure asks for it."""
    if facts & {"diagonal", "lower", "upper", "skew"} or M.rows == 1:
        return matrix_of(M.rows, M.cols, lambda i, j: M[i, j]*(M.rows - 1 not in (i, j)))
    direction = M[:, 0]
    left, right = product(M, direction), product(direction.T, M)
    return M - product(left, right)/product(right, direction)[0, 0]


def _orthogonal(M: NumericMatrix, facts: frozenset[str], is_diagonal: bool) -> NumericMatrix:
    """A reflection, which is symmetric, the product of two or three, signs on the diagonal."""
    def reflection(v):
        return mpmath.eye(M.rows) - 2/(v.T*v)[0, 0]*v*v.T

    if "positive definite" in facts:
        return mpmath.eye(M.rows)
    if "skew" in facts:
        raise DerivativeNotImplementedError(
            "no example is known of a matrix that is both orthogonal and skew-symmetric; give it "
            "one of the two facts")
    if is_diagonal or M.rows == 1:
        return mp.diag([(-1)**i*mp.sign(M[i, i]) for i in range(M.rows)])
    turned = sum(M[i, i] < 0 for i in range(M.rows)) % 2  # as the determinant of M
    if "symmetric" in facts:
        return reflection(M[:, 0])*(-1)**turned
    turn = reflection(M[:, 0])*reflection(M[:, 1])
    return turn*reflection(M[:, M.cols - 1]) if turned else turn
