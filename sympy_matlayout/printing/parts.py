"""What the printers of every format look at: signs, fractions, sums of entries, indices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from itertools import count as counting
from typing import Any, NamedTuple

from sympy import Add, Symbol, Trace
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    HadamardPower,
    HadamardProduct,
    Inverse,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)

from ..core import limits
from ..core.caches import cached
from ..core.shapes import is_matrix, is_one, is_scalar_shape, same_size, shape
from ..nodes.printable import printable
from .entrywise import fraction_of, is_negative

__all__ = ["Fraction", "hadamard_fraction", "index_names", "is_bare", "is_short",
           "is_subtracted", "is_vector", "one_by_one", "scalars_lead", "signed_terms", "summed",
           "with_names"]


class Fraction(NamedTuple):
    """A product of scalars and matrices as a fraction: a sign, and what stands where."""

    minus: bool
    above: list[Any]
    below: list[Any]
    matrices: list[Any]

    @classmethod
    def of(cls, product: Basic) -> Fraction:
        factors = product.args if isinstance(product, MatMul) else (product,)
        above, below, minus = [], [], False
        for scalar in (a for a in factors if not is_matrix(a)):
            over, under = fraction_of(scalar)
            for factor in over:
                if _has_only_minuses(factor):
                    minus, factor = not minus, -factor
                above += [factor] if factor != 1 else []
            below += under
        return cls(minus, above, below, [a for a in factors if is_matrix(a)])


def _has_only_minuses(factor: Any) -> bool:
    """Whether it is a negative number, or a sum of nothing but negative terms."""
    return all(map(is_negative, Add.make_args(factor)))


def scalars_lead(product: MatMul) -> bool:
    """Whether all scalars of a product stand before its matrices, as in all results."""
    matrices = [is_matrix(a) for a in product.args]
    return matrices == sorted(matrices)


def is_subtracted(term: Any) -> bool:
    """Whether a term of a sum has a negative number in front."""
    return isinstance(term, MatMul) and not is_matrix(term.args[0]) and scalars_lead(term) \
        and sum(_minuses(a) for a in term.args if not is_matrix(a)) % 2 == 1


@cached(limits.CACHED_NODES)
def _minuses(scalar: Any) -> int:
    """The signs that stand before a scalar's factors."""
    return sum(map(_has_only_minuses, fraction_of(scalar)[0]))


def signed_terms(printer: Any, total: MatAdd) -> list[tuple[bool, Basic]]:
    """The terms of a sum in SymPy's order, those that are subtracted after the others."""
    terms = printer._as_ordered_terms(total)
    return sorted(((is_subtracted(term), term) for term in terms), key=lambda term: term[0])


def hadamard_fraction(product: Basic) -> tuple[list[Any], list[Any]]:
    """The factors above and below of a Hadamard product with negative powers."""
    above, below = [], []
    for factor in product.args if isinstance(product, HadamardProduct) else (product,):
        exponent: Any = factor.args[1] if isinstance(factor, HadamardPower) else None
        if exponent is None or is_matrix(exponent) or not is_matrix(factor.args[0]) \
                or not is_negative(exponent):
            above.append(factor)
        elif exponent == -1:
            below.append(factor.args[0])
        else:
            below.append(printable(HadamardPower(factor.args[0], -exponent)))
    return above, below


def summed(trace: Basic) -> Basic | None:
    """The matrix that a trace is the sum of all entries of, as ``tr(1'X1)`` is."""
    product = trace.args[0] if isinstance(trace, Trace) else None
    if not isinstance(product, MatMul) or not scalars_lead(product):
        return None
    factors = list(product.args)
    if isinstance(factors[0], OneMatrix):
        del factors[0]
    elif isinstance(factors[-1], OneMatrix):
        del factors[-1]
    else:
        return None
    if len(factors) > 1 and isinstance(factors[-1], OneMatrix) and is_one(factors[-1].shape[1]):
        del factors[-1]
    if len(factors) > 1 and isinstance(factors[0], OneMatrix) and is_one(factors[0].shape[0]):
        del factors[0]
    return factors[0] if len(factors) == 1 else printable(MatMul(*factors, evaluate=False))


def one_by_one(trace: Basic) -> bool:
    """Whether it is the trace of a 1x1 matrix, that is its only entry."""
    return isinstance(trace, Trace) and is_scalar_shape(shape(trace.args[0]))


def is_bare(expr: Basic) -> bool:
    """Whether it is printed as what the trace is of."""
    return one_by_one(expr) or summed(expr) is not None


def is_short(factor: Basic) -> bool:
    """Whether it may stand with others above the bar of a fraction."""
    inside = factor.args[0] if isinstance(factor, (Transpose, Inverse)) else factor
    return not inside.args or isinstance(inside, (MatrixSymbol, OneMatrix))


def is_vector(matrix: Basic) -> bool:
    """Whether it can't be square, so that no function of a matrix can be meant."""
    rows, cols = shape(matrix)
    return is_one(rows) != is_one(cols) or rows.is_Integer and cols.is_Integer \
        and not same_size(rows, cols)


def index_names(count: int, taken: Iterable[Basic]) -> list[Symbol]:
    """Letters for indices that nothing else is called."""
    used = {getattr(s, "name", "") for s in taken}
    letters = chain("ijklrs", (f"i{k}" for k in counting(1)))
    return list(islice((Symbol(name) for name in letters if name not in used), count))


def with_names(body: Any, bound: Sequence[Any]) -> tuple[Any, list[Symbol]]:
    """An expression with the letters i, j for bound symbols, or the next that are free."""
    letters = index_names(len(bound), body.atoms(Symbol) - set(bound))
    return body.xreplace(dict(zip(bound, letters, strict=True))), letters
