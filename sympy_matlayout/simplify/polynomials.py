"""
Polynomials in factors.

SymPy's search for the factors of a polynomial in many symbols takes some milliseconds or a
minute, as the numbers it draws have it.  Most sums that come up here are of first degree in
one of their symbols, where nothing has to be searched for.
"""

from __future__ import annotations

from typing import Any

from sympy import Add, Expr, Integer, Mul, Poly, factor, together
from sympy.polys.polyerrors import GeneratorsNeeded

__all__ = ["in_factors"]


def in_factors(expr: Any) -> Expr:
    """What SymPy's ``factor`` gives, its number multiplied into a single sum."""
    numbers, factors = [], []
    whole: Any = together(expr)
    for part in Mul.make_args(whole):
        base, exponent = part.as_base_exp()
        number, rest = _total_in_factors(base) if isinstance(base, Add) else (Integer(1), base)
        if not exponent.is_Integer:  # √(1 - x) is no I √(x - 1)
            number, rest = Integer(1), number*rest
        numbers.append(number**exponent)
        factors.append(rest**exponent)
    return Mul(*numbers)*Mul(*factors)


def _total_in_factors(total: Any) -> tuple[Expr, Expr]:
    """
    A sum as a number and a product.

    As ``a*x + b`` it is the greatest common divisor of a and b times what has no factors.
    """
    try:
        polynomial: Any = Poly(total)
    except GeneratorsNeeded:  # of numbers, 1 + √2
        return factor(total).as_coeff_Mul()
    linear = [x for x in polynomial.gens if polynomial.degree(x) == 1]
    if not linear or not (polynomial.domain.is_ZZ or polynomial.domain.is_QQ):
        return factor(total).as_coeff_Mul()
    below, polynomial = polynomial.clear_denoms(convert=True)
    above, polynomial = polynomial.primitive()
    if polynomial.LC() < 0:
        above, polynomial = -above, -polynomial
    slope = polynomial.diff(linear[0])
    divisor = slope.gcd(polynomial - slope*Poly(linear[0], *polynomial.gens))
    number, common = in_factors(divisor.as_expr()).as_coeff_Mul()
    return number*above/below, common*polynomial.quo(divisor).as_expr()
