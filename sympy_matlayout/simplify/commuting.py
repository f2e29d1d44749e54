"""
Sums of products that commute, factored as polynomials.

Scalars commute, and so do the factors of Hadamard products: ``A∘A - 2A∘B + B∘B`` is the
polynomial (a - b)², which no common factor shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from sympy import Add, Dummy, Expr, Integer, Mul, Poly, Pow, S, Trace, factor_list
from sympy.core.basic import Basic
from sympy.matrices.expressions import HadamardPower, HadamardProduct, Identity, OneMatrix

from ..core import limits
from ..core.shapes import is_matrix, same_size, shape
from . import constructors as c
from .construction import hadamard_product
from .cost import operations
from .monomial import order
from .numbers import primitive
from .polynomials import in_factors

__all__ = ["factored_hadamard", "factored_powers", "factored_scalar", "factored_traces"]


def factored_scalar(total: Expr) -> Any:
    """A sum of scalars as a product of sums, if it is one and that is shorter."""
    if not isinstance(total, Add) or not 2 < len(total.args) <= limits.POLYNOMIAL_TERMS:
        return total
    letters: dict[Basic, Dummy] = {}
    found = _product_of_sums(Add(*(_monomial([], t, letters) for t in total.args)))
    if found is None:
        return total
    factored = found.xreplace({dummy: letter for letter, dummy in letters.items()})
    return factored if operations(factored) < operations(total) else total


def factored_traces(total: Expr) -> Iterator[Expr]:
    """``tr BB + tr AB/2 - tr AA/2 = tr (B - A/2)(A + B)``, for P and Q commute in tr PQ."""
    products: dict[frozenset, dict[Expr, tuple]] = defaultdict(dict)
    for term in Add.make_args(total):
        number, trace = term.as_coeff_Mul()
        factors: Any = c.factors_of(trace.args[0]) if isinstance(trace, Trace) else ()
        if len(factors) == 1 and c.base_and_exponent(factors[0])[1] == 2:
            factors = c.base_and_exponent(factors[0])[:1]*2
        if len(factors) == 2:
            products[frozenset(shape(factors[0]))][term] = number, *factors
    for of_shape in products.values():
        if 2 < len(of_shape) <= limits.POLYNOMIAL_TERMS:
            for way in (_product_in_trace, _inner_product):
                found = way(list(of_shape.values()))
                if found is not None:
                    yield Add(found, *(t for t in Add.make_args(total) if t not in of_shape))


def _product_in_trace(products: Sequence[tuple]) -> Expr | None:
    """Σ c tr(PQ) of square matrices as c tr(RS)"""
    pairs = [(number, [(P, Q), (c.transpose(P), c.transpose(Q))]) for number, P, Q in products]
    return _bilinear(pairs, lambda left, right: c.multiply(left, right))


def _inner_product(products: Sequence[tuple]) -> Expr | None:
    """Σ c tr(P'Q) as c tr(R'S)"""
    pairs = [(number, [(c.transpose(P), Q), (c.transpose(Q), P)]) for number, P, Q in products]
    return _bilinear(pairs, lambda left, right: c.multiply(c.transpose(left), right))


def _bilinear(pairs: Sequence[tuple[Expr, Sequence[tuple]]],
              product: Callable[[Basic, Basic], Basic]) -> Expr | None:
    """A symmetric form of pairs, each written in one of some ways, as that of a pair of sums."""
    letters: dict[Basic, Dummy] = {}
    size = shape(pairs[0][1][0][1])
    terms = []
    for number, ways in pairs:
        fitting = [way for way in ways if all(shape(m) == size for m in way)]
        if not fitting:
            return None
        way = max(fitting, key=lambda way: sum(m in letters for m in way))
        terms.append(number*Mul(*(letters.setdefault(m, Dummy(f"{len(letters)}")) for m in way)))
    number, powers = cast(Any, factor_list(Add(*terms)))
    sums = [found for found, times in powers for _ in range(times)]
    if len(sums) != 2:
        return None
    matrices = {dummy: letter for letter, dummy in letters.items()}
    return number*c.new(Trace, product(*(_matrix(found, matrices, size) for found in sums)))


def factored_hadamard(terms: Sequence[tuple[Expr, Basic]]) -> tuple[Expr, Basic] | None:
    """The same of Hadamard products with scalars before them, as a scalar and a matrix."""
    if not 1 < len(terms) <= limits.POLYNOMIAL_TERMS or not any(
            isinstance(m, (HadamardProduct, HadamardPower)) for _, m in terms):
        return None
    if len(terms) == 2 and not _share_a_base(*(m for _, m in terms)):
        return None
    letters: dict[Basic, Dummy] = {}
    found = _product_of_sums(Add(*(_monomial(_hadamard_factors(m), s, letters)
                                   for s, m in terms)))
    if found is None:
        return None
    matrices = {dummy: letter for letter, dummy in letters.items()}
    size = shape(terms[0][1])
    return c.split_scalar(_matrix(found, matrices, size))


def factored_powers(terms: Sequence[tuple[Expr, tuple[Basic, ...]]]) -> tuple[Expr, Basic] | None:
    """``I - 2A + A² = (I - A)²``: the powers of one matrix commute."""
    if not 2 < len(terms) <= limits.POLYNOMIAL_TERMS:
        return None
    once = _repeated_word([word for _, word in terms])
    if not once or not same_size(shape(once[0])[0], shape(once[-1])[1]):
        return None
    matrix: Any = c.multiply(*once)
    one = Identity(shape(matrix)[0])
    letters: dict[Any, Dummy] = {matrix: (of_matrix := Dummy())}
    found = in_factors(Add(*(_monomial([(matrix, Integer(len(word)//len(once)))], scalar, letters)
                             for scalar, word in terms)))
    powers = [f.as_base_exp() for f in Mul.make_args(found) if f.has(of_matrix)]
    if sum(k for _, k in powers) < 2 or any(base == of_matrix for base, _ in powers):
        return None
    scalars = {dummy: letter for letter, dummy in letters.items() if dummy is not of_matrix}
    number, factors = S.One, []
    for polynomial, k in powers:
        total: Any = c.add(*(c.scale(scalar.xreplace(scalars), c.multiply(one, *once*power))
                             for (power,), scalar in Poly(polynomial, of_matrix).terms()))
        of_sum, total = primitive(total)
        number *= of_sum**k
        factors.append(c.power(total, k))
    scalar = Mul(*(f for f in Mul.make_args(found) if not f.has(of_matrix))).xreplace(scalars)
    return number*scalar, c.multiply(*sorted(factors, key=order))


def _repeated_word(words: Sequence[tuple[Basic, ...]]) -> tuple[Basic, ...]:
    """What all words are repetitions of, nothing where there is no such."""
    shortest = min(filter(None, words), key=len, default=())
    for size in range(len(shortest), 0, -1):
        once = shortest[:size]
        if all(word == once*(len(word)//size) for word in words):
            return once
    return ()


def _share_a_base(first: Basic, second: Basic) -> bool:
    """Whether two products hold different powers of one matrix; equal ones are a common factor."""
    powers = dict(_hadamard_factors(first))
    return any(powers.get(base, k) != k for base, k in _hadamard_factors(second))


def _product_of_sums(polynomial: Expr) -> Any:
    found = in_factors(polynomial)
    return None if isinstance(found, Add) else found


def _hadamard_factors(matrix: Any) -> Iterable[Any]:
    for one in matrix.args if isinstance(matrix, HadamardProduct) else (matrix,):
        is_power = isinstance(one, HadamardPower) and not any(map(is_matrix, one.args[1:]))
        yield one.args if is_power else (one, S.One)


def _monomial(factors: Iterable[tuple[Basic, Expr]], scalar: Expr,
              letters: dict[Basic, Dummy]) -> Expr:
    """A product of powers with a Dummy for each letter."""
    number, rest = scalar.as_coeff_Mul()
    of_scalar = (f.as_base_exp() for f in Mul.make_args(rest) if f != 1)
    found = number if number.is_Rational else letters.setdefault(number, Dummy())
    for base, exponent in of_scalar:
        if not (exponent.is_Integer and exponent > 0):
            base, exponent = base**exponent, S.One
        found *= letters.setdefault(base, Dummy(str(len(letters))))**exponent
    for base, exponent in factors:
        whole, rest = exponent.as_coeff_Add()
        if not whole.is_Integer:
            whole, rest = S.Zero, exponent
        found *= letters.setdefault(base, Dummy(str(len(letters))))**whole
        if rest != 0:
            power = c.hadamard_power(base, rest)
            found *= letters.setdefault(power, Dummy(str(len(letters))))
    return found


def _matrix(found: Any, letters: dict[Any, Any], size: tuple[Expr, Expr]) -> Basic:
    """A polynomial with matrices again in the places of the Dummies."""
    if isinstance(found, Add):
        return c.add(*sorted((_matrix(a, letters, size) for a in found.args),
                             key=lambda term: order(c.split_scalar(term)[1])))
    if isinstance(found, Mul):
        factors = [_matrix(a, letters, size) for a in found.args]
        return hadamard_product(*factors)
    if isinstance(found, Pow):
        base = _matrix(found.base, letters, size)
        scalar, core = c.split_scalar(base)
        return c.scale(scalar**found.exp, c.hadamard_power(core, found.exp))
    letter = letters.get(found, found)
    return letter if is_matrix(letter) else c.scale(letter, OneMatrix(*size))
