"""A complex number and its conjugate together: absolute values in products, real parts in sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sympy import (
    Abs,
    Add,
    Expr,
    I,
    Mul,
    S,
    conjugate,
    exp,
    im,
    preorder_traversal,
    re,
    sign,
)

from ..core.errors import DerivativeNotImplementedError
from ..nodes.conjugates import ConjugateSymbol
from ..nodes.realness import is_complex
from ..nodes.written_sum import WrittenScalar, WrittenSum
from . import constructors as c
from .cost import operations
from .monomial import order, oriented

__all__ = ["of_shorter", "with_phases_merged", "with_real_parts"]


def with_phases_merged(product: Expr) -> Expr:
    """``|u|sign(u) = u``, ``u*u = |u|²`` and so on; where u is zero, 1/|u| has no value."""
    powers = {base: k for base, k in map(_power, Mul.make_args(product)) if k.is_Integer}
    for u in [base.args[0] for base in powers if isinstance(base, (Abs, sign))]:
        if is_complex(u):
            found = _merged(u, powers)
            if found is not None:
                gone, new = found
                return with_phases_merged(product/gone*new)
    return product


def with_real_parts(total: Expr) -> Expr:
    """``u + u* = 2 re(u)`` and ``u - u* = 2i im(u)``, where that is no longer."""
    if not isinstance(total, Add) or not is_complex(total):
        return total
    terms, found = _with_parts_joined(total.args), []
    while terms:
        term = terms.pop()
        mirrored = _mirrored(term)
        place, part = next(_partners(term, mirrored, terms), (None, term)) \
            if mirrored is not None else (None, term)
        if place is not None:
            del terms[place]
        found.append(part)
    return min(Add(*found), total, key=operations)


def _with_parts_joined(terms: Sequence[Any]) -> list[Any]:
    """``c re(u) + i c im(u) = c u``, and with the other sign c u*."""
    found = list(terms)
    for term in terms:
        for part in term.atoms(re):
            u, coefficient = part.args[0], term/part
            for other, whole in ((I*im(u), u), (-I*im(u), _mirrored(u))):
                if whole is not None and term in found and coefficient*other in found:
                    found = [t for t in found if t not in (term, coefficient*other)]
                    found.append(coefficient*whole)
    return found


def _partners(term: Any, mirrored: Any, others: list[Any]) -> Iterator[tuple[int, Any]]:
    """Where the conjugate of a term stands, or its negative, and what the two are together."""
    for k, other in enumerate(others):
        if _are_equal(other, mirrored):
            yield k, 2*of_shorter(re, term)
        elif _are_equal(other, -mirrored):
            yield k, 2*I*of_shorter(im, term)


def _power(factor: Any) -> Any:
    return (factor, S.One) if isinstance(factor, exp) else factor.as_base_exp()


def _merged(u: Any, powers: dict[Any, Any]) -> tuple[Expr, Expr] | None:
    """What falls out of a product and what comes in its place, for one u."""
    mirrored = _mirrored(u)
    if mirrored is None:
        return None
    exponents: dict[str, Any] = {"u": S.Zero, "mirrored": S.Zero, "size": S.Zero}
    gone, number = S.One, S.One
    for base, k in powers.items():
        inside = base.args[0] if isinstance(base, (Abs, sign)) else base
        which, minus = _place(inside, u, mirrored)
        if which is None:
            continue
        gone *= base**k
        if minus and not isinstance(base, Abs):
            number *= (-1)**k
        if isinstance(base, Abs):
            exponents["size"] += k
        else:
            exponents[which] += k
            exponents["size"] -= k if isinstance(base, sign) else 0
    new = number*_written(u, mirrored, *exponents.values())
    return None if new == gone else (gone, new)


def _place(inside: Any, u: Any, mirrored: Any) -> tuple[str | None, bool]:
    """Whether it is u or its conjugate, or the negative of one."""
    for which, value in (("u", u), ("mirrored", mirrored)):
        if _are_equal(inside, value):
            return which, False
        if _are_equal(inside, -value):
            return which, True
    return None, False


def _written(u: Any, mirrored: Any, of_u: Any, of_mirrored: Any, of_size: Any) -> Any:
    """``u**of_u*mirrored**of_mirrored*Abs(u)**of_size`` in its shortest form."""
    if _are_equal(u, mirrored):  # real after all: what is even is of the absolute value
        odd = (of_u + of_mirrored) % 2
        return u**odd*of_shorter(Abs, u)**(of_size + of_u + of_mirrored - odd)
    power, size = of_u - of_mirrored, of_size + 2*of_mirrored  # of u alone
    ways = []
    for base, k, of_size in ((u, power, size), (mirrored, -power, size + 2*power)):
        signs = S.One if min(k, -of_size) == 1 else S.Zero  # SymPy takes sign(u)**2 for 1
        ways.append(sign(base)**signs*base**(k - signs)*of_shorter(Abs, u)**(of_size + signs))
    return min(ways, key=operations)


def of_shorter(part: Any, u: Any) -> Any:
    """|u| = |u*|, re u = re u* or im u = -im u*, of that which is shorter or first in order."""
    mirrored = _mirrored(u)
    if mirrored is None or min(_turned(u), mirrored, key=_length) != mirrored:
        return _of(part, u)
    return -_of(part, mirrored) if part is im else _of(part, mirrored)


def _of(part: Any, u: Any) -> Any:
    """SymPy looks for signs, also in sums of matrices that stand as they were written."""
    if part is Abs and isinstance(u, Mul):
        return Mul(*(_of(part, factor) for factor in u.args))
    return part(u, evaluate=not u.has(WrittenSum))


def _mirrored(expr: Any) -> Any:
    """The conjugate of what is complex, None where that is not known."""
    try:
        return _turned(c.conjugate(expr)) if is_complex(expr) else None
    except DerivativeNotImplementedError:
        return None


def _length(expr: Any) -> tuple:
    """Fewest conjugates first: of an absolute value with some SymPy makes the root of a square."""
    conjugates = sum(1 for a in preorder_traversal(expr)
                     if isinstance(a, (conjugate, ConjugateSymbol)))
    return operations(expr), conjugates, order(expr)


def _are_equal(left: Any, right: Any) -> bool:
    return left == right or is_complex(left) and is_complex(right) \
        and _turned(left) == _turned(right)


def _turned(expr: Any) -> Any:
    """A trace, and those in a sum or product, one way round."""
    if isinstance(expr, WrittenScalar):
        inside: Any = expr.args[0]
        return _turned(inside.func(*inside.args))  # SymPy's signsimp leaves -(a - b) in it
    if isinstance(expr, (Add, Mul)):
        return expr.func(*map(_turned, expr.args))
    return oriented(expr)
