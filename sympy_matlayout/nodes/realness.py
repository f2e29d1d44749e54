"""
Which symbols are declared not to be real, where everything else is taken to be.

Matrices and undeclared symbols are real in this library.  A Symbol that SymPy knows to be
complex or imaginary stays what it is.
"""

from __future__ import annotations

from sympy import Abs, Symbol, arg, conjugate, im, re, sign
from sympy.core.basic import Basic

from .traversal import postorder

__all__ = ["OF_COMPLEX", "complex_symbols", "is_declared_complex"]

# functions that are something else for real arguments than for complex ones
OF_COMPLEX = (Abs, arg, conjugate, im, re, sign)


def complex_symbols(expr: Basic) -> set[Basic]:
    """The symbols in an expression that are declared not to be real, or to be complex."""
    return {s for s in postorder([expr], lambda e: e.args) if is_declared_complex(s)}


def is_declared_complex(expr: Basic) -> bool:
    """Whether a symbol is known not to be real, or said to be complex and not that it is real."""
    if not isinstance(expr, Symbol) or expr.is_extended_real:
        return False
    return bool(expr.is_extended_real is False or expr.is_real is False or expr.is_complex
                or expr.is_hermitian is False or expr.is_antihermitian)
