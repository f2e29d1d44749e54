"""
Scalar functions of symbols in their shortest form: quotients in lowest terms, σ recognised.

What is tried is never less stable than what it stands for: quotients are put over one
denominator and factored, exponentials in quotients become σ, and nothing is multiplied out
but what then cancels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from sympy import (
    Add,
    Dummy,
    Expr,
    Function,
    I,
    Mul,
    Piecewise,
    Pow,
    S,
    cos,
    cosh,
    exp,
    log,
    sin,
    sinh,
    tan,
    tanh,
    together,
)
from sympy.polys.polyerrors import PolynomialError

from ..core import limits
from ..core.caches import cached
from ..nodes.sigmoid import Sigmoid, Softplus
from .cost import nodes, operations
from .kinks import cases_shortened, steps_merged
from .phases import with_phases_merged
from .polynomials import in_factors

__all__ = ["short_form", "with_exponents_added"]

QUOTIENTS = {(sinh, cosh): tanh, (sin, cos): tan}


@cached(limits.CACHED_FORMS)
def short_form(expr: Any) -> Any:
    """The shortest of the ways to write a scalar expression without matrices."""
    if not expr.args or operations(expr) > limits.SHORTENED_OPERATIONS:
        return expr
    for _ in range(limits.ROUNDS):
        before, expr = expr, min(_ways(expr), key=lambda e: (operations(e), nodes(e)))
        if expr == before:
            break
    return expr


def _ways(expr: Any) -> Iterator[Any]:
    """The expression itself first, which stands where nothing is shorter."""
    known = _over_arguments(expr)
    # a sign of all cases goes in front, where it may meet another
    found = [known] if expr.has(Piecewise) else list(dict.fromkeys([expr, known]))
    yield from found
    for way in found:
        yield together(way)
        if _is_sum_or_quotient(way):
            yield _factored(way)
        for sigma, tangent in _sigmoids(way):
            yield _in_sigmoids(way, sigma, tangent)


def _is_sum_or_quotient(expr: Expr) -> bool:
    return any(isinstance(f.as_base_exp()[0], Add) for f in Mul.make_args(expr))


def _factored(expr: Any) -> Any:
    if expr.has(I) and operations(expr) > limits.FACTORED_OVER_I:
        return expr
    try:
        return in_factors(expr)
    except PolynomialError:  # Piecewise, say
        return expr


# --- functions recognised ---------------------------------------------------------------


def _over_arguments(expr: Any) -> Any:
    """The expression with the functions in it that quotients and logarithms stand for."""
    if isinstance(expr, Piecewise):
        cases: Any = expr.args
        return cases_shortened(Piecewise(*((short_form(value), case) for value, case in cases)))
    if not isinstance(expr, (Add, Mul, Pow, Function)) \
            or not all(isinstance(a, Expr) for a in expr.args):
        return expr
    args = [short_form(a) if isinstance(expr, Function) and isinstance(a, Expr)
            else _over_arguments(a) for a in expr.args]
    node = expr if tuple(args) == expr.args else expr.func(*args)
    rule: Callable[[Any], Any] | None = RULES.get(type(node))
    return node if rule is None else rule(node)


def _power(power: Pow) -> Expr:
    """``1/(t + t*exp(v)) = σ(-v)/t``"""
    base, k = power.args
    if not isinstance(base, Add) or len(base.args) != 2 or not (k.is_Integer and k < 0):
        return power
    for first, second in (base.args, base.args[::-1]):
        exponent, rest = _exponential(second/first)
        if rest == 1 and exponent != 0:
            return first**k*Sigmoid(-exponent)**-k
    return power


def _exponential(product: Expr) -> tuple[Expr, Expr]:
    """The exponent of the exponentials in a product, and what else is in it."""
    exponents, others = [], []
    for f in Mul.make_args(product):
        (exponents if isinstance(f, exp) else others).append(f)
    return Add(*(f.args[0] for f in exponents)), Mul(*others)


def _logarithm(logarithm: Any) -> Expr:
    """``log(1 + exp(v))`` as the softplus of v, and log σ(v) as that of -v"""
    (inside,) = logarithm.args
    if isinstance(inside, Sigmoid):
        return -Softplus(-inside.args[0])
    if isinstance(inside, Add) and len(inside.args) == 2 and S.One in inside.args:
        other = inside - 1
        if isinstance(other, exp):
            return Softplus(other.args[0])
    return logarithm


def _product(product: Any) -> Any:
    """``exp(-v)*σ(v) = σ(-v)``, ``sinh/cosh = tanh``, and a step before what is 0 beyond it"""
    product = with_phases_merged(with_exponents_added(product))
    if not isinstance(product, Mul):
        return product
    w, rest = _exponential(product)
    powers: Any = rest.as_powers_dict()
    for sigma in [b for b in powers if isinstance(b, Sigmoid) and powers[b].is_positive]:
        (v,) = sigma.args
        if w != 0 and (w + v == 0 or operations(w + v) < operations(w)):
            return _product(exp(w + v)*(rest/sigma)*Sigmoid(-v))
    for (above, below), quotient in QUOTIENTS.items():
        for base in [b for b in powers if isinstance(b, above)]:
            k, other = powers[base], below(base.args[0])
            if k.is_Integer and k > 0 and powers.get(other, S.Zero) == -k:
                return _product(product/base**k*other**k*quotient(base.args[0])**k)
    return steps_merged(product)


def with_exponents_added(product: Any) -> Any:
    """``a*a**(k - 1) = a**k``, also for SymPy's ``a**k/a``, which has no value where a is zero"""
    exponents: dict[Expr, list[Expr]] = defaultdict(list)
    for base, exponent in (f.as_base_exp() for f in Mul.make_args(product)):
        exponents[base].append(exponent)
    if all(len(found) == 1 for found in exponents.values()):
        return product
    return Mul(*(base**Add(*found) for base, found in exponents.items()))


RULES: dict[type, Callable[[Any], Any]] = {Pow: _power, log: _logarithm, Mul: _product}


# --- polynomials in σ(v), with σ(-v) = 1 - σ(v) and tanh(v/2) = 2σ(v) - 1 ----------------


def _sigmoids(expr: Any) -> Iterator[tuple[Any, Any]]:
    """Each σ(v), and each that a tanh(v/2) can be written with."""
    if not isinstance(expr, Add) and not any(isinstance(a, Add) for a in Mul.make_args(expr)):
        return
    held = expr.atoms(Sigmoid)
    for found in sorted(held | {Sigmoid(-sigma.args[0]) for sigma in held}, key=str):
        yield found, None
    tangents: set[Any] = expr.atoms(tanh)
    if not expr.has(exp, Sigmoid):
        tangents &= {t for total in expr.atoms(Add) for t in _beside_numbers(total)}
    for found in sorted(tangents, key=str):
        yield Sigmoid(2*found.args[0]), found


def _beside_numbers(total: Add) -> Iterator[Any]:
    """v of 1 + v, a sum with a number in it, to which alone tanh(z/2) = 2σ(z) - 1 adds one."""
    if any(term.is_Number for term in total.args):
        yield from (term.as_coeff_Mul()[1] for term in total.args)


def _in_sigmoids(expr: Any, sigma: Any, tangent: Any) -> Any:
    """The expression as a product of σ(v) and σ(-v) and what else it is a polynomial in."""
    s = Dummy("s", positive=True)
    other = Sigmoid(-sigma.args[0])
    values: dict[Expr, Expr] = {sigma: s, other: 1 - s}
    if tangent is not None:
        values[tangent] = 2*s - 1
    found = _factored(expr.xreplace(values))
    complement = Dummy("c", positive=True)
    found = found.xreplace({s - 1: -complement, 1 - s: complement})
    return found.xreplace({s: sigma, complement: other})
