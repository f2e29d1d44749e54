"""
Identities of the constant matrices that products of entries cannot show.

One identity a line, each with its source; the transposed ones follow.  All are of one
size n, and of selection matrices of one row and step.  K is that of a square.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Transpose
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity

from ...core.shapes import same_size, shape
from ...nodes.constants import CommutationMatrix, DiagonalEmbedding, SelectionMatrix
from ...nodes.linear_structures import UpperDuplicationMatrix
from ...nodes.node import ConstantMatrix
from ...nodes.vech import DuplicationMatrix, EliminationMatrix, SymmetrizerMatrix

__all__ = ["IDENTITIES", "merged_by_identity"]

LETTERS = {"K": CommutationMatrix, "N": SymmetrizerMatrix, "D": DuplicationMatrix,
           "L": EliminationMatrix, "Ψ": DiagonalEmbedding, "S": SelectionMatrix,
           "U": UpperDuplicationMatrix}
SYMMETRIC = "KN"  # their own transposes, and written without one

IDENTITIES = [
    ("K D = D", "M&N 3.8"),
    ("N D = D", "M&N 3.8"),
    ("K N = N", "M&N 3.7"),
    ("N N = N", "M&N 3.7"),
    ("K Ψ = Ψ", "Magnus 1988"),
    ("N Ψ = Ψ", "Magnus 1988"),
    ("D L N = N", "M&N 3.8"),
    ("L D = I", "Magnus 1988"),
    ("L L' = I", "Magnus 1988"),
    ("Ψ' Ψ = I", "Magnus 1988"),
    ("U' U = I", "each column holds a single one"),
    ("S S' = I", "the rows selected are different"),
]

Key = tuple[type, bool]  # of a constant matrix, and whether it is transposed


def _read(word: str) -> list[Key]:
    return [(LETTERS[letter[0]], letter.endswith("'")) for letter in word.split() if letter != "I"]


def _transposed(word: Sequence[Key]) -> list[Key]:
    symmetric = {LETTERS[letter] for letter in SYMMETRIC}
    return [(kind, False if kind in symmetric else not turned) for kind, turned in reversed(word)]


def _by_last() -> dict[Key, list[tuple[list[Key], list[Key]]]]:
    """Each side of each identity, under the last factor of what it shortens."""
    found: dict[Key, list[tuple[list[Key], list[Key]]]] = {}
    for line, _ in IDENTITIES:
        sides = [_read(side) for side in line.split("=")]
        for word, result in (sides, list(map(_transposed, sides))):
            rules = found.setdefault(word[-1], [])
            if (word, result) not in rules:
                rules.append((word, result))
    return found


RULES = _by_last()


def _key(matrix: Basic) -> Key:
    turned = isinstance(matrix, Transpose)
    return type(matrix.args[0] if turned else matrix), turned


def _sizes(matrix: Basic) -> tuple:
    """What has to be the same in all factors of an identity."""
    constant = matrix.args[0] if isinstance(matrix, Transpose) else matrix
    if isinstance(constant, CommutationMatrix):
        return constant.args[:1] if same_size(*constant.args) else constant.args
    return constant.args


def merged_by_identity(product: Sequence[Basic], matrix: Basic) -> tuple[int, Basic] | None:
    """How many of the last factors of a product a matrix merges with, and into what."""
    if not isinstance(matrix.args[0] if isinstance(matrix, Transpose) else matrix, ConstantMatrix):
        return None
    for count, result in _matches(product, matrix):
        return count, result
    return None


def _matches(product: Sequence[Basic], matrix: Basic) -> Iterator[tuple[int, Basic]]:
    for word, result in RULES.get(_key(matrix), ()):
        count = len(word) - 1
        factors = [*product[len(product) - count:], matrix]
        if len(product) >= count and list(map(_key, factors)) == word \
                and len(set(map(_sizes, factors))) == 1:
            kept = next((f for f in factors if result and _key(f) == result[0]), None)
            yield count, kept or Identity(shape(factors[0])[0])
