"""
What is declared to be complex, where everything else is taken to be real.

Matrices and undeclared symbols are real in this library.  A Symbol that SymPy knows to be
complex or imaginary stays what it is, and so does a matrix that is said to be complex.
"""

from __future__ import annotations

from typing import Any

from sympy import Abs, S, Symbol, arg, conjugate, im, re, sign
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol

from ..core import limits
from ..core.caches import cached_from_leaves
from .structured import facts_about
from .traversal import postorder

__all__ = ["OF_COMPLEX", "complex_symbols", "holds_complex", "is_complex",
           "is_declared_complex"]

# functions that are something else for real arguments than for complex ones
OF_COMPLEX = (Abs, arg, conjugate, im, re, sign)


def complex_symbols(expr: Basic) -> set[Basic]:
    """The symbols in an expression that are declared not to be real, or to be complex."""
    return {s for s in postorder([expr], lambda e: e.args) if is_declared_complex(s)}


def is_declared_complex(expr: Any) -> bool:
    """Whether a symbol is known not to be real, or said to be complex and not that it is real."""
    if isinstance(expr, MatrixSymbol):
        return "complex" in facts_about(expr)
    if not isinstance(expr, Symbol):
        return is_declared_complex(expr.of) if getattr(expr, "is_of_variable", False) else False
    if expr.is_extended_real:
        return False
    return bool(expr.is_extended_real is False or expr.is_real is False or expr.is_complex
                or expr.is_hermitian is False or expr.is_antihermitian)


def _what_decides(expr: Any) -> tuple[Any, ...]:
    return () if expr.is_Symbol or _is_real_by_class(expr) else expr.args


@cached_from_leaves(limits.CACHED_NODES, _what_decides)
def is_complex(expr: Any, inside: list[bool]) -> bool:
    """Whether an expression may be something else than real, by the symbols and numbers in it."""
    return expr is S.ImaginaryUnit or is_declared_complex(expr) or any(inside)


def holds_complex(expr: Any) -> bool:
    """Whether something complex stands in an expression, which may be real as a whole."""
    return any(is_declared_complex(s) or s is S.ImaginaryUnit
               for s in postorder([expr], lambda e: e.args))


def _is_real_by_class(expr: Any) -> bool:
    """Norms, absolute values, real parts, eigenvalues: real, whatever is in them."""
    if getattr(expr, "is_of_real_entries", False):
        return True
    facts = getattr(type(expr), "default_assumptions", None)
    return bool(facts) and facts.get("extended_real") is True
