"""``XX⁺X = X`` and its like: what a projection XX⁺ or X⁺X leaves as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Transpose
from sympy.core.basic import Basic

from ...nodes.generalized_inverses import PseudoInverse
from ...nodes.realness import is_complex
from .nodes import factors_of
from .transposes import transpose_of_term

__all__ = ["merged_with_projection"]


def merged_with_projection(product: Sequence[Basic], matrix: Basic) -> tuple[int, Basic] | None:
    """How many of the last factors fall away with a matrix, and what is left of all (M&N 2.7)."""
    if not any(isinstance(_untransposed(f), PseudoInverse) for f in (matrix, *product[-2:])):
        return None
    for place in range(max(0, len(product) - 6), len(product)):
        found = _kept([*product[place:], matrix])
        if found is not None:
            return len(product) - place, found
    return None


def _untransposed(matrix: Any) -> Any:
    return matrix.args[0] if isinstance(matrix, Transpose) else matrix


def _kept(word: Sequence[Any]) -> Any:
    """What a word of three is, two of which are a projection that leaves the third."""
    for k, node in enumerate(word):
        if not isinstance(node, PseudoInverse):
            continue
        X = node.args[0]
        letters = list(factors_of(X))
        size = len(letters)
        for first, pair in ((k - size, True), (k, False)):  # X X⁺, and X⁺X
            last = first + size + 1
            if first < 0 or last > len(word):
                continue
            inside = word[first:k] if pair else word[k + 1:last]
            if list(inside) != letters:
                continue
            kept = word[last:] if first == 0 else word[:first] if last == len(word) else None
            if not kept:
                continue
            if first == 0:
                left_alone = (X, transpose_of_term(node)) if pair else (node, transpose_of_term(X))
            else:
                left_alone = (node, transpose_of_term(X)) if pair else (X, transpose_of_term(node))
            for one in left_alone[:1] if is_complex(X) else left_alone:  # XX⁺ is Hermitian
                if list(kept) == list(factors_of(one)):
                    return one
    return None
