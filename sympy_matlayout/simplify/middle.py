"""What all terms below a vec have in the middle, taken out."""

from __future__ import annotations

from typing import Any

from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, MatAdd

from ..core.shapes import shape
from ..nodes.vec import Vec
from . import constructors as c
from .cost import operations
from .factoring import Term

__all__ = ["with_middle_taken_out"]


def with_middle_taken_out(matrix: Basic) -> Basic:
    """``vec ΣAMB = (ΣB'⊗A) vec M`` for what all terms have in the middle, or as it was."""
    if not isinstance(matrix, Vec) or not isinstance(matrix.arg, MatAdd):
        return matrix
    words = [(t.scalar, t.word) for t in map(Term.of, matrix.arg.args)]
    first = words[0][1]
    parts = [first[i:j] for i in range(len(first)) for j in range(i + 1, len(first) + 1)]
    for middle in sorted(parts, key=len, reverse=True):
        places = [_place(middle, word) for _, word in words]
        if None not in places:
            M = c.multiply(*middle)
            around = c.add(*(
                c.scale(scalar, c.kronecker(
                    c.transpose(c.multiply(Identity(shape(M)[1]), *word[k + len(middle):])),
                    c.multiply(*word[:k], Identity(shape(M)[0]))))
                for (scalar, word), k in zip(words, places, strict=True)))
            found = c.multiply(around, c.vec(M))
            return found if operations(found) < operations(matrix) else matrix
    return matrix


def _place(middle: tuple[Basic, ...], word: tuple[Basic, ...]) -> Any:
    return next((k for k in range(len(word)) if word[k:k + len(middle)] == middle), None)
