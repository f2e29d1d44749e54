"""What has to be real or finite."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import S
from sympy.core.basic import Basic

from ..core.errors import (
    DerivativeNotImplementedError,
    ValueMissingError,
)
from ..nodes.realness import complex_symbols, is_complex
from ..simplify.symmetry import is_real_valued


def require_finite(node: Basic, args: Sequence[Basic]) -> None:
    """oo is a limit of sums and integrals, and no number to calculate with."""
    for a in args:
        if a is S.Infinity or a is S.NegativeInfinity:
            raise ValueMissingError(f"{a} is no number to calculate with: {node}")


def require_real_arguments(node: Basic) -> None:
    if any(is_complex(a) and not is_real_valued(a) for a in node.args):
        names = ", ".join(sorted(map(str, complex_symbols(node)))) or str(S.ImaginaryUnit)
        raise DerivativeNotImplementedError(
            f"{type(node).__name__} is covered for real arguments only, and {names} is complex: "
            f"{node}")
