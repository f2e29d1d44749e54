"""What a class answers by SymPy's own protocol: methods that it brings along itself."""

from __future__ import annotations

from typing import Any

from sympy.core.basic import Basic

from . import limits
from .caches import cached

__all__ = ["asked", "brings"]


@cached(limits.CACHED_FORMS)
def brings(kind: type, method: str) -> bool:
    """Whether a class has a method that is not the one of SymPy's matrices or scalars."""
    owner = next((k for k in kind.__mro__ if method in vars(k)), None)
    return owner is not None and not owner.__module__.startswith(("sympy.core.", "sympy.matrices."))


def asked(method: str, node: Basic) -> Any:
    """What the node's class answers, None where it has no answer of its own."""
    return getattr(node, method)() if brings(type(node), method) else None
