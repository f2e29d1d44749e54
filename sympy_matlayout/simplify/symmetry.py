"""Whether a matrix is its own transpose."""

from __future__ import annotations

from sympy import S, ZeroMatrix
from sympy.core.basic import Basic

from ..core import limits
from ..core.caches import cached
from . import constructors as c
from .normal_form import normal_form

__all__ = ["is_symmetric"]


@cached(limits.CACHED_FORMS)
def is_symmetric(matrix: Basic) -> bool:
    """Whether the transpose, rewritten, is the same expression."""
    turned = c.transpose(matrix)
    return turned == matrix or isinstance(
        normal_form(c.add(matrix, c.scale(S.NegativeOne, turned))), ZeroMatrix)
