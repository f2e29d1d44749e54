"""SymPy's scalar functions of numbers."""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf
from sympy import (
    Abs,
    DiracDelta,
    Expr,
    Float,
    Heaviside,
    I,
    Integer,
    Max,
    Min,
    Mod,
    SingularityFunction,
    acos,
    acosh,
    arg,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceiling,
    conjugate,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    floor,
    frac,
    gamma,
    im,
    log,
    loggamma,
    re,
    sign,
    sin,
    sinh,
    tan,
    tanh,
)

from .account import NoValue, is_real, reaching_no_value
from .linear_algebra import GUARD

__all__ = ["OF_COMPLEX", "OF_REAL", "as_number", "function_value", "number_of", "on_the_axis",
           "side"]

# the same in SymPy and mpmath; all others go through SymPy, which is slower
IN_MPMATH = {
    exp: mp.exp, log: mp.log, sin: mp.sin, cos: mp.cos, tan: mp.tan, sinh: mp.sinh, cosh: mp.cosh,
    tanh: mp.tanh, asin: mp.asin, acos: mp.acos, atan: mp.atan, asinh: mp.asinh, acosh: mp.acosh,
    atanh: mp.atanh, erf: mp.erf, erfc: mp.erfc, gamma: mp.gamma, loggamma: mp.loggamma,
    Abs: abs, sign: mp.sign, arg: mp.arg, conjugate: mp.conj, re: mp.re, im: mp.im,
    floor: mp.floor, ceiling: mp.ceil, Max: max, Min: min,
}
# not differentiable by a complex argument
OF_COMPLEX = (Abs, sign, arg, conjugate, re, im)
# without a meaning for a complex argument
OF_REAL = (Max, Min, Heaviside, DiracDelta, SingularityFunction, floor, ceiling, frac, Mod, atan2)
# What SymPy's functions raise outside their domain, a TypeError where it is the whole numbers.
OUTSIDE = (ValueError, TypeError, ArithmeticError, NotImplementedError)


def side(func: type, args: list[Any]) -> Any:
    """On which side of a kink of the function real arguments are, None if it has none."""
    if func in (Max, Min):
        return args.index(IN_MPMATH[func](args))
    if func in (Abs, sign, Heaviside):
        return mp.sign(args[0])
    return None


def function_value(func: type, args: list[Any]) -> Any:
    """The value of ``func(*args)``, an mpf or mpc."""
    if func is log:
        args = [on_the_axis(args[0])]
    if func in IN_MPMATH:
        return as_number(reaching_no_value(IN_MPMATH[func], *args))
    given = list(map(_as_expr, args))
    try:
        found = func(*given)
    except OUTSIDE as error:
        raise NoValue(f"{func}({', '.join(map(str, given))}): {error}") from error
    if found.is_finite is False:
        raise NoValue(f"{func}({', '.join(map(str, given))}) is {found}")
    return as_number(number_of(found))


def on_the_axis(x: Any) -> Any:
    """A negative number without an imaginary part that is rounding, and would choose a branch."""
    return mpf(x.real) if x.real < 0 and abs(x.imag) <= -x.real*mpf(10)**(GUARD - mp.dps) else x


def number_of(expr: Expr) -> Any:
    """The number that an expression without symbols stands for."""
    try:
        return expr._to_mpmath(mp.prec)
    except OUTSIDE as error:
        raise NoValue(f"SymPy has no number for {expr}") from error


def as_number(found: Any) -> Any:
    """An mpf where the number is real."""
    return mpf(found.real) if is_real(found) else found


def _as_expr(number: Any) -> Expr:
    """Whole numbers stay such: some functions of SymPy's are for these alone."""
    parts = [Integer(int(part)) if mp.isint(part) else Float(part, precision=mp.prec)
             for part in (number.real, number.imag)]
    return parts[0] + I*parts[1] if parts[1] else parts[0]
