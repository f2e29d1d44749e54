"""The number and the powers in a scalar, and a sum without its number."""

from __future__ import annotations

from sympy import Add, Expr, Mul, S, default_sort_key

from ..core import limits
from ..core.caches import cached
from .numbers import common_number

__all__ = ["addends", "goes_into", "powers_of", "primitive_sum"]


@cached(limits.CACHED_TERMS)
def powers_of(scalar: Expr) -> tuple[Expr, dict[Expr, Expr]]:
    """A number, and powers; of a sum with its number and sign taken out."""
    number, rest = scalar.as_coeff_Mul()
    found: dict[Expr, Expr] = {}
    for base, exponent in rest.as_powers_dict().items():
        if exponent == 1:
            of_sum, base = primitive_sum(base)
            number *= of_sum
        found[base] = found.get(base, S.Zero) + exponent
    return number, found


def primitive_sum(scalar: Expr) -> tuple[Expr, Expr]:
    """The number and sign of a sum, and the sum without these; of anything else 1 and itself."""
    if not isinstance(scalar, Add):
        return S.One, scalar
    number = common_number(sorted(scalar.args, key=default_sort_key))
    return number, Add(*(term/number for term in scalar.args))


def goes_into(exponent: Expr, held: Expr) -> bool:
    return (exponent.is_Rational and held.is_Rational
            and exponent*held > 0 and abs(exponent) <= abs(held))


def addends(scalar: Expr) -> list[Expr]:
    """The terms of a product with one sum in it, multiplied out."""
    factors = Mul.make_args(scalar)
    for k, factor in enumerate(factors):
        if isinstance(factor, Add):
            others = Mul(*factors[:k], *factors[k + 1:])
            return [others*term for term in factor.args]
    return [scalar]
