"""
Expressions as sums of monomials, and back: equal expressions, equal forms.

Sums are multiplied out, transposes stand at the leaves, scalars in front.
What is no product, trace, Hadamard product or diagonal (inverses of sums,
functions) is a letter of its own, with its argument in normal form.
"""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar
from itertools import product
from math import prod
from typing import Any

from sympy import Add, Determinant, Expr, Mul, Pow, S, Trace
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, MatAdd, MatMul, MatPow, Transpose

from ..core import limits
from ..core.caches import cached
from ..core.shapes import is_matrix, same_size, shape
from . import constructors as c
from .contraction import NotMatrixNotation
from .index_terms import Expansion
from .monomial import Index, Monomial, holds_matrices, order
from .segments import has_pairs
from .words import plain_words, words

__all__ = ["normal_form"]


# What is being brought into normal form.  x'K**k*x of a skew K is (-1)**k times itself, and so on.
_in_progress: ContextVar[frozenset[Basic]] = ContextVar("in progress", default=frozenset())


@cached(limits.CACHED_FORMS)
def normal_form(expr: Basic) -> Basic:
    """The expression as a sum of monomials in one form; scalars as polynomials of these."""
    token = _in_progress.set(_in_progress.get() | {expr})
    try:
        for _ in range(limits.ROUNDS):  # writing a monomial may merge factors that then go on
            before, expr = expr, _once(expr)
            if expr == before:
                break
    finally:
        _in_progress.reset(token)
    return expr


def _once(expr: Basic) -> Basic:
    if is_matrix(expr):
        return _matrix(expr)
    return _scalar(expr) if holds_matrices(expr) else expr


def _binds(expr: Basic) -> bool:
    return bool(getattr(expr, "bound_symbols", None))


# --- scalars ----------------------------------------------------------------------------


def _scalar(expr: Any) -> Any:
    if isinstance(expr, Trace):
        return _multiplied_out(_trace(expr.args[0]))
    if isinstance(expr, Determinant):
        return _determinant(normal_form(expr.args[0]))
    if _binds(expr) or not expr.args:
        return expr
    if not isinstance(expr, (Add, Mul, Pow)) and any(map(is_matrix, expr.args)):
        return expr
    busy = _in_progress.get()
    found = c.evaluated(expr, [a if a in busy else normal_form(a) for a in expr.args])
    return _multiplied_out(found) if isinstance(found, Expr) else found


def _determinant(matrix: Basic) -> Expr:
    """|cAB| = cⁿ|A||B| and |Aᵏ| = |A|ᵏ for square factors, |A'| = |A|"""
    scalar, core = c.split_scalar(matrix)
    if scalar != 1:
        return scalar**shape(core)[0]*_determinant(core)
    if isinstance(core, MatMul) and all(same_size(*shape(a)) for a in core.args):
        return Mul(*map(_determinant, core.args))
    if isinstance(core, MatPow) and core.args[1].is_integer:
        return _determinant(core.args[0])**core.args[1]
    if isinstance(core, Transpose):
        core = core.args[0]
    sign, turned = c.split_scalar(normal_form(c.transpose(core)))
    return c.determinant(min(core, turned, key=order) if sign == 1 else core)


def _multiplied_out(expr: Expr) -> Expr:
    """Products over sums; SymPy's own expand would take denominators apart as well."""
    if isinstance(expr, Add):
        return Add(*map(_multiplied_out, expr.args))
    factors: list[Expr] = []
    for factor in Mul.make_args(expr):
        base, exponent = factor.as_base_exp()
        repeated = isinstance(base, Add) and exponent.is_Integer \
            and 0 < exponent <= limits.EXPANDED_POWER
        factors.extend([base]*int(exponent) if repeated else [factor])
    sums = [f.args if isinstance(f, Add) else (f,) for f in factors]
    if max(map(len, sums)) == 1 or prod(map(len, sums)) > limits.EXPANDED_TERMS:
        return expr
    return Add(*(Mul(*term) for term in product(*sums)))


# --- matrices ---------------------------------------------------------------------------


def _trace(matrix: Basic) -> Expr:
    if has_pairs(matrix):
        with suppress(NotMatrixNotation):
            return Add(*(scalar*m.written() for scalar, word in words(matrix, normal_form)
                         for m in Expansion(normal_form).closed(word)))
    expansion = Expansion(normal_form, pairs=False)
    i = expansion.index(shape(matrix)[0])
    return Add(*(m.written() for m in expansion.monomials(matrix, i, i, ())))


def _matrix(expr: Basic) -> Basic:
    collected: dict[Basic, list[Expr]] = {}
    for term in _summands(expr):
        scalar, core = c.split_scalar(term)
        collected.setdefault(core, []).append(scalar)
    terms = [c.scale(normal_form(Add(*scalars) if scalars[1:] else scalars[0]), core)
             for core, scalars in collected.items()]
    terms.sort(key=lambda t: order(c.split_scalar(t)[1]))
    return c.add(*terms, shape=shape(expr))


def _summands(expr: Basic) -> list[Basic]:
    """The matrix as a sum of monomials, each as a matrix again."""
    if (plain := plain_words(expr)) is not None:
        return plain
    if isinstance(expr, MatAdd):
        return [m for term in expr.args for m in _summands(term)]
    if not has_pairs(expr):
        return _flat_summands(expr, pairs=False)
    found = []
    for scalar, word in words(expr, _unless_in_progress):
        scalar = normal_form(scalar)
        try:
            written = Expansion(normal_form).open(word)
        except NotMatrixNotation:
            written = _flat_summands(c.multiply(*word), pairs=False)
        found.extend(c.scale(scalar, m) for m in written)
    return found


def _unless_in_progress(expr: Basic) -> Basic:
    """The form of an argument, which may be written with the whole that it is an argument of."""
    return expr if expr in _in_progress.get() else normal_form(expr)


def _flat_summands(expr: Basic, pairs: bool) -> list[Basic]:
    expansion = Expansion(normal_form, pairs)
    i, j = map(expansion.index, shape(expr))
    free = tuple(k for k in (i, j) if k is not None)
    return [_shaped(m, i, j) for m in expansion.monomials(expr, i, j, free)]


def _shaped(monomial: Monomial, i: Index | None, j: Index | None) -> Basic:
    found = monomial.written()
    if i is None and j is None:
        return c.scale(found, Identity(S.One))
    return c.transpose(found) if i is None else found
