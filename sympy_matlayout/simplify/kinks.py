"""Steps, impulses and cases: what SymPy's derivatives of functions with kinks come to."""

from __future__ import annotations

from typing import Any

from sympy import DiracDelta, Expr, Heaviside, Max, Mul, Piecewise, S, ceiling, floor, sign

from ..core.shapes import is_matrix
from .numbers import common_number

__all__ = ["cases_shortened", "steps_merged"]


def steps_merged(product: Any) -> Any:
    """``H(z) max(0, z) = max(0, z)``, and ``δ(z) g(z) = 0`` where g(0) is."""
    powers: Any = product.as_powers_dict()
    for step in [b for b in powers if isinstance(b, Heaviside)]:
        if Max(S.Zero, step.args[0]) in powers and powers[step] == 1:
            return product/step
    for impulse in [b for b in powers if isinstance(b, DiracDelta) and powers[b] == 1]:
        at = _zero_of(impulse) if len(impulse.args) == 1 else None  # z δ'(z) is -δ(z)
        others = Mul(*(b**k for b, k in powers.items() if b != impulse))
        if at and not _jumps(others, at) and others.subs(*at) == 0:
            return S.Zero
    return product


def _jumps(factor: Expr, at: tuple[Any, Expr]) -> bool:
    """Whether a factor may jump at a point, where its product with an impulse has no value."""
    return factor.has(Piecewise, floor, ceiling) or any(
        step.args[0].subs(*at) == 0 for step in factor.atoms(Heaviside, sign))


def cases_shortened(cases: Any) -> Any:
    """Without the impulses that lie in another case, a number or sign of all cases in front."""
    values, before = [], []
    for value, condition in cases.args:
        values.append(value.xreplace({impulse: S.Zero for impulse in value.atoms(DiracDelta)
                                      if _is_elsewhere(impulse, condition, before)}))
        before.append(condition)
    not_zero = [value for value in values if value != 0]
    number: Expr = abs(common_number(not_zero)) if not_zero else S.One
    if not_zero and all(value.as_coeff_Mul()[0].is_negative for value in not_zero):
        number = -number
    conditions = (condition for _, condition in cases.args)
    return number*Piecewise(*zip((value/number for value in values), conditions, strict=True))


def _is_elsewhere(impulse: DiracDelta, condition: Any, before: list[Any]) -> bool:
    """Whether the zero of an impulse lies in an earlier case, or not in its own."""
    at = _zero_of(impulse)
    return at is not None and (condition.subs(*at) == S.false or any(
        earlier.subs(*at) == S.true for earlier in before))


def _zero_of(impulse: Any) -> tuple[Any, Expr] | None:
    """A symbol, and where the argument is zero, which is linear in it."""
    symbols = impulse.args[0].free_symbols
    for z in sorted(symbols, key=str) if not any(map(is_matrix, symbols)) else ():
        rest, slope = impulse.args[0].as_independent(z, as_Add=True)
        slope /= z
        if not slope.has(z) and slope != 0:
            return z, -rest/slope
    return None
