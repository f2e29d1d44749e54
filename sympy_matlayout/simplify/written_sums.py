"""
Sums stay as they were written: what is shown is never less stable than that.

``(a - b)²`` multiplied out, ``a² - 2ab + b²``, loses every digit where a and b are large and
close.  So while an expression is simplified, its sums are letters.  Products are multiplied out
over such a letter only where that is shorter and no digits are lost by it:
``(I - A*(A.T*A)**-1*A.T)*A`` is zero, and ``(A + B)*x - B*x`` is ``A*x``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product, starmap
from math import prod
from typing import Any, cast

from sympy import Add, Expr, Mul, Pow, S, Trace, Transpose
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatAdd, MatMul, MatPow, MatrixSymbol

from ..core import limits
from ..core.caches import cached, equal
from ..core.registry import declares
from ..core.shapes import is_matrix, is_scalar_shape, same_size, shape
from ..nodes.traversal import operands, postorder
from ..nodes.written_sum import WRITTEN, WrittenScalar, WrittenSum, written_in
from . import constructors as c
from .construction import over
from .cost import operations
from .factoring import taken_out
from .normal_form import normal_form
from .numbers import LINEAR, is_negative, place_in_sum, primitive, scaled, with_numbers_placed
from .scalar_factors import primitive_sum
from .scalar_sums import placed, with_scalars_placed

__all__ = ["Sums", "marked", "multiplied_terms", "opened", "sums_in", "unmarked"]

Form = Callable[[Basic], Basic]

# what is multiplied out over sums in its arguments
LINEAR_OR_PRODUCTS = (Add, Mul, Trace, MatAdd, MatMul, Transpose, *LINEAR)


@dataclass(frozen=True)
class Sums:
    """Sums without their numbers and signs, and those of matrices by each of their terms."""

    found: frozenset[Basic]
    by_term: dict[Basic, list[Any]]

    def __bool__(self) -> bool:
        return bool(self.found)


def sums_in(exprs: Iterable[Basic]) -> Sums:
    """The sums in expressions, these themselves apart, and their transposes."""
    exprs = list(exprs)
    found: dict[Basic, None] = {}
    for node in postorder(exprs, operands):
        if isinstance(node, (Add, MatAdd)) and node not in exprs:
            found[_primitive(node)[1]] = None
            if isinstance(node, MatAdd):
                found[_primitive(c.transpose(node))[1]] = None
    by_term: dict[Basic, list[Any]] = defaultdict(list)
    for total in found:
        for _, core in map(c.split_scalar, total.args if isinstance(total, MatAdd) else ()):
            by_term[core].append(total)
    return Sums(frozenset(found), by_term)


def _primitive(total: Any) -> tuple[Expr, Basic]:
    return primitive(total) if isinstance(total, MatAdd) else primitive_sum(total)


# --- sums as letters, and back ----------------------------------------------------------


def marked(expr: Basic, sums: Sums, form: Form) -> Basic:
    """The expression with the sums in it that are among these as letters, in their own form."""
    forms: dict[Basic, Basic] = {}
    for node in postorder([expr], operands):
        found = over(node, forms)
        if isinstance(node, (Add, MatAdd)):
            if node is not expr and _primitive(node)[1] in sums.found:
                found = _closed(form(found))
            elif isinstance(found, MatAdd):
                found = _with_sums_in_it(found, sums, form)
        forms[node] = found
    return forms[expr]


def _with_sums_in_it(total: MatAdd, sums: Sums, form: Form) -> Basic:
    """A sum with some of its terms, which are together one that was written, as a letter."""
    scalars = {core: scalar for scalar, core in map(c.split_scalar, total.args)}
    near = {written: None for core in scalars for written in sums.by_term.get(core, ())}
    for written in near:
        if len(written.args) >= len(scalars):
            continue
        terms = {core: scalar for scalar, core in map(c.split_scalar, written.args)}
        ratios = {scalars.get(core, S.Zero)/scalar for core, scalar in terms.items()}
        if len(ratios) == 1 and (ratio := ratios.pop()).is_Rational and ratio != 0:
            letter = c.scale(ratio, _closed(form(written)))
            rest = [t for t in total.args if c.split_scalar(t)[1] not in terms]
            return _with_sums_in_it(c.new(MatAdd, *rest, letter), sums, form)
    return total


def _closed(found: Basic) -> Basic:
    """A sum as a letter, of a product those sums that are its factors."""
    if isinstance(found, (Add, MatAdd)):
        number, total = _primitive(found)
        letter = c.new(WrittenSum if is_matrix(total) else WrittenScalar, total)
        return c.scale(number, letter) if is_matrix(letter) else number*cast(Any, letter)
    if isinstance(found, MatMul):
        return c.multiply(*(_closed(f) if is_matrix(f) else f for f in found.args))
    return found


@declares("transpose", WrittenSum)
def transpose_of_written_sum(letter: WrittenSum) -> Basic:
    return _closed(c.transpose(letter.args[0]))


def unmarked(expr: Basic) -> Basic:
    """With the sums as sums again, those in sums as terms of these."""
    forms: dict[Basic, Basic] = {}
    below = lambda e: e.args if isinstance(e, WRITTEN) else operands(e)  # noqa: E731
    for node in postorder([expr], below):
        if isinstance(node, WRITTEN):
            forms[node] = forms[node.args[0]]
        elif isinstance(node, MatAdd):
            forms[node] = c.add(*(_as_terms(forms[a]) for a in node.args))
        elif isinstance(node, MatMul):
            args: list[Any] = [forms.get(a, a) for a in node.args]
            forms[node] = scaled(Mul(*(a for a in args if not is_matrix(a))),
                                 *(a for a in args if is_matrix(a)))
        elif isinstance(node, Trace) and not is_scalar_shape(shape(node.args[0])):
            forms[node] = c.new(Trace, forms[node.args[0]])
        else:
            if not isinstance(node, (*LINEAR, Add, Mul)):  # through these they go from outside
                forms |= {a: _with_numbers_placed(forms[a]) for a in below(node)}
            forms[node] = over(node, forms)
    found = _with_numbers_placed(forms[expr])
    # scalars that have gone into a function that is applied
    return found.xreplace({a: unmarked(a.args[0]) for a in written_in(found)})


def _with_numbers_placed(expr: Any) -> Basic:
    return with_scalars_placed(with_numbers_placed(expr)) if is_matrix(expr) else placed(expr)


def _as_terms(term: Basic) -> Basic:
    """``-(A - B)`` as ``B - A``, to stand among other terms"""
    scalar, core = c.split_scalar(term)
    return c.multiply(scalar, core) if scalar == -1 and isinstance(core, MatAdd) else term


# --- where products are multiplied out --------------------------------------------------


def opened(found: Basic) -> Basic:
    """A normal form multiplied out over those of its letters by which terms cancel."""
    letters = sorted(written_in(found), key=lambda a: place_in_sum(a.args[0]))
    if not letters:
        return found
    terms = _terms(found)
    shorter = tuple(map(_shorter_term, terms))
    if shorter != terms:
        found = _summed(shorter, found)
    ways = [frozenset(letters)]
    if 1 < len(letters) <= limits.OPENED_SUMS + 1:
        ways += [frozenset({letter}) for letter in letters]
    for chosen in ways:
        if multiplied_terms(found, chosen) > limits.OPENED_TERMS:
            continue
        other = normal_form(_without(found, chosen))
        if multiplied_terms(other) <= multiplied_terms(found):
            found = other
    return found


@cached(limits.CACHED_TERMS)
def multiplied_terms(expr: Any, letters: frozenset[Basic] = frozenset()) -> int:
    """How many terms there are when all is multiplied out, over some of the letters as well."""
    if expr in letters:
        return multiplied_terms(expr.args[0], letters)
    if not _is_product_or_sum(expr):
        return 1
    counts = [multiplied_terms(a, letters) for a in operands(expr)]
    if isinstance(expr, (Add, MatAdd)):
        return sum(counts)
    return counts[0]**int(_exponent(expr)) if isinstance(expr, (MatPow, Pow)) else prod(counts)


def _without(expr: Any, letters: frozenset[Basic]) -> Basic:
    """With some letters as sums again where they stand in products, and not in functions."""
    if expr in letters:
        return _without(expr.args[0], letters)
    if not _is_product_or_sum(expr):
        return expr
    return over(expr, {a: _without(a, letters) for a in operands(expr)})


def _is_product_or_sum(expr: Any) -> bool:
    """Whether the terms of sums in it are those of the expression, once multiplied out."""
    if isinstance(expr, (Pow, MatPow)):
        return bool(_exponent(expr).is_Integer and _exponent(expr) > 0)
    return isinstance(expr, LINEAR_OR_PRODUCTS)


def _exponent(power: Any) -> Any:
    return power.args[1]


def _terms(total: Any) -> tuple[Basic, ...]:
    if is_matrix(total):
        return total.args if isinstance(total, MatAdd) else () if total.is_ZeroMatrix else (total,)
    return () if total == 0 else Add.make_args(total)


def _summed(terms: Iterable[Basic], like: Any) -> Any:
    if is_matrix(like):
        return normal_form(c.add(*terms, shape=like.shape))
    return Add(*cast(Any, terms))


def _shorter_term(term: Any, depth: int = 0) -> Basic:
    """A product with one of its sums multiplied out, where that is shorter."""
    for around, total in _places(term):
        parts = [normal_form(around(t)) for t in total.args]
        if depth < limits.OPENED_SUMS:
            parts = [_shorter_term(t, depth + 1) for part in parts for t in _terms(part)]
        found = _summed(parts, term)
        if _is_as_stable(term, total, found) and operations(taken_out(found)) < operations(term):
            return found
    return term


def _is_as_stable(term: Basic, total: Basic, found: Basic) -> bool:
    """
    Whether a product multiplied out over one of its sums loses no digits.

    Where the sum is a difference, all has to cancel, or to be there again; or, of the only
    difference, every term is left: with r = x - mean(x), r'r is no r'x, though they are equal.
    """
    if not any(map(is_negative, total.args)) or not _terms(found):
        return True
    if _bare(found) <= _bare(term):
        return True
    alone = len(written_in(term)) == 1 and not isinstance(term, MatPow)
    return alone and len(_terms(found)) == len(total.args)


def _bare(expr: Basic) -> set[Basic]:
    """The matrices that don't stand in a sum that was written."""
    if isinstance(expr, WRITTEN):
        return set()
    found = {expr} if isinstance(expr, MatrixSymbol) else set()
    return found.union(*map(_bare, operands(expr)))


def _places(term: Any) -> Iterator[tuple[Callable[[Basic], Basic], Basic]]:
    """Each sum that merges with a factor beside it, and what puts another in its place."""
    if not is_matrix(term):
        factors = Mul.make_args(term)
        for k, factor in enumerate(factors):
            if isinstance(factor, Trace):
                others = Mul(*factors[:k], *factors[k + 1:])
                for around, total in _places(factor.args[0]):
                    yield lambda m, f=around, s=others: s*c.trace(f(m)), total
        return
    scalar, core = c.split_scalar(term)
    factors = [f for factor in c.factors_of(core) for f in _repeated(factor)]
    for k, factor in enumerate(factors):
        if isinstance(factor, WrittenSum):
            before, after = factors[:k], factors[k + 1:]
            if any(starmap(_merge, _neighbours(before, factor, after))):
                yield lambda m, b=before, a=after: c.multiply(scalar, *b, m, *a), factor.args[0]


def _neighbours(before: list[Any], factor: Any, after: list[Any]) -> Iterator[tuple[Any, Any]]:
    """What stands to the left and to the right of each other, a sum for each of its terms."""
    for left, right in ((before[-2:], [factor]), ([factor], after[:2])):
        yield from product(_as_words(left), _as_words(right))


def _as_words(factors: list[Any]) -> list[tuple[Any, ...]]:
    """The products that a product of a few factors with sums is the sum of."""
    sums = [f.args[0].args if isinstance(f, WrittenSum) else (f,) for f in factors]
    return [tuple(f for t in chosen for f in c.factors_of(c.split_scalar(t)[1]))
            for chosen in product(*sums)]


def _merge(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    """Whether two products are shorter side by side than the two of them."""
    if not left or not right or not same_size(shape(left[-1])[1], shape(right[0])[0]):
        return False
    if not equal(c.base_and_exponent(left[-1])[0], c.base_and_exponent(right[0])[0]) \
            and all(map(c.meets_only_itself, (*left, *right))):
        return False
    together = c.factors_of(c.split_scalar(c.multiply(*left, *right))[1])
    return _length(together) < _length(left) + _length(right)


def _length(word: Iterable[Basic]) -> int:
    """The letters of a word, a power as often as it counts."""
    exponents = (c.base_and_exponent(f)[1] for f in word if not isinstance(f, c.Identity))
    return sum(abs(int(k)) if k.is_Integer else 1 for k in exponents)


def _repeated(factor: Any) -> list[Any]:
    """A low power of a sum as its factors."""
    k = _exponent(factor) if isinstance(factor, MatPow) else S.One
    if k != 1 and k.is_Integer and 0 < k <= limits.OPENED_SUMS + 1 \
            and isinstance(factor.args[0], WrittenSum):
        return [factor.args[0]]*int(k)
    return [factor]
