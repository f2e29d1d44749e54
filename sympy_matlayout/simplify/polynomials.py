"""
Polynomials in factors.

SymPy's search for the factors of a polynomial in many symbols takes some milliseconds or a
minute, as the numbers it draws have it.  Most sums that come up here are of first degree in
one of their symbols, where nothing has to be searched for.
"""

from __future__ import annotations

from math import gcd, prod
from typing import Any

from sympy import Add, Dummy, Expr, Integer, Mul, Poly, Pow, factor, together
from sympy.polys.polyerrors import GeneratorsNeeded

from ..core import limits

__all__ = ["in_factors"]


def in_factors(expr: Any) -> Expr:
    """What SymPy's ``factor`` gives, its number multiplied into a single sum."""
    numbers, factors = [], []
    whole: Any = expr if _is_polynomial(expr) else together(expr)
    for part in Mul.make_args(whole):
        base, exponent = part.as_base_exp()
        number, rest = _total_in_factors(base) if isinstance(base, Add) else (Integer(1), base)
        if not exponent.is_Integer:  # √(1 - x) is no I √(x - 1)
            number, rest = Integer(1), number*rest
        numbers.append(number**exponent)
        factors.append(rest**exponent)
    return Mul(*numbers)*Mul(*factors)


def _is_polynomial(expr: Any) -> bool:
    """Whether an expression is a sum of products of symbols and rational numbers."""
    factors = [f.as_base_exp() for term in Add.make_args(expr) for f in Mul.make_args(term)]
    return all(base.is_Rational and k.is_Integer or base.is_Symbol and k.is_Integer and k > 0
               for base, k in factors)


def _total_in_factors(total: Any) -> tuple[Expr, Expr]:
    """
    A sum as a number and a product.

    As ``a*x + b`` it is the greatest common divisor of a and b times what has no factors.
    """
    if _terms(total) > limits.FACTORED_MONOMIALS:
        return Integer(1), total
    try:
        polynomial: Any = Poly(total)
    except GeneratorsNeeded:  # of numbers, 1 + √2
        return factor(total).as_coeff_Mul()
    if prod(degree + 1 for degree in polynomial.degree_list()) > limits.FACTORED_POWERS:
        return Integer(1), total
    if not (polynomial.domain.is_ZZ or polynomial.domain.is_QQ):
        return factor(total).as_coeff_Mul()
    linear = [x for x in polynomial.gens if polynomial.degree(x) == 1]
    if not linear:
        return _searched(polynomial)
    below, polynomial = polynomial.clear_denoms(convert=True)
    above, polynomial = polynomial.primitive()
    if polynomial.LC() < 0:
        above, polynomial = -above, -polynomial
    slope = polynomial.diff(linear[0])
    divisor = slope.gcd(polynomial - slope*Poly(linear[0], *polynomial.gens))
    number, common = in_factors(divisor.as_expr()).as_coeff_Mul()
    return number*above/below, common*polynomial.quo(divisor).as_expr()


def _terms(expr: Any) -> int:
    """How many terms an expression has multiplied out, nothing collected."""
    if isinstance(expr, Add):
        return sum(map(_terms, expr.args))
    if isinstance(expr, Mul):
        return prod(map(_terms, expr.args))
    if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp > 0:
        return _terms(expr.base)**int(expr.exp)
    return 1


def _searched(polynomial: Any) -> tuple[Expr, Expr]:
    """What SymPy's search finds, for ``1 - 2*a*x + a**2*x**2`` that of ``1 - 2*s + s**2``."""
    first, *others = polynomial.monoms()
    steps = [[a - b for a, b in zip(first, other, strict=True)] for other in others]
    shortest = [k//gcd(*steps[0]) for k in steps[0]] if steps else []
    powers = [gcd(*step) for step in steps]
    if len(first) == 1 or any([k*n for k in shortest] != step
                              for n, step in zip(powers, steps, strict=True)):
        number, found = polynomial.factor_list()
        return number, Mul(*(p.as_expr()**k for p, k in found))
    # SymPy's monomials descend, so that first = s**max(powers)*least
    s = Dummy()
    degree = max(powers)
    coefficients = zip([0, *powers], polynomial.coeffs(), strict=True)
    number, found = Poly({degree - n: c for n, c in coefficients}, s).factor_list()
    gens = polynomial.gens
    above = Mul(*(x**k for x, k in zip(gens, shortest, strict=True) if k > 0))
    below = Mul(*(x**-k for x, k in zip(gens, shortest, strict=True) if k < 0))
    least = Mul(*(x**min(m[k] for m in polynomial.monoms()) for k, x in enumerate(gens)))
    return number, least*Mul(*(
        Add(*(c*above**n*below**(p.degree() - n) for (n,), c in p.terms()))**k for p, k in found))
