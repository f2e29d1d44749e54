"""The derivative from the definition in every layout and form, or sums of its entries."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import mpmath
from mpmath import mp, mpf
from sympy.core.basic import Basic

from ..core import limits
from ..core.shapes import is_matrix, is_vector_shape, shape
from ..numeric import NumericArray
from ..numeric.account import Account
from ..numeric.definition import (
    position,
    rounding_of_differences,
    slope_along,
)
from ..numeric.evaluation import Evaluation, vec
from ..numeric.linear_algebra import inverse, matrix_of, product
from ..numeric.types import NumericMatrix, Sizes, Value, Values
from ..structures.structure import Structure
from ..structures.variable import Variable

__all__ = ["ARRAYS", "GRADIENT", "Arranged", "Place", "Slopes", "at_structure", "forms_for"]

LAYOUTS = ("denominator", "numerator")
ARRAYS = ("array", "autodiff")  # the same in every layout
GRADIENT = "gradient"  # no form of its own, but by complex variables another number
CONVENTIONS = ("projection", "entries")

SOME_PARTIALS, SOME_DIRECTIONS = 5, 2

Place = tuple[str, str]  # a layout and a form, or a convention


def forms_for(function: Basic, variable: Variable, asked: str | None) -> tuple[str, ...]:
    """
    The forms that exist for these shapes.

    Where a scalar is involved the arrays are matrices again, and only listed if asked for.
    """
    of, by = shape(function), variable.shape
    forms = ("vec", "row-major")
    if not (of and by) or is_vector_shape(of) and is_vector_shape(by):
        forms = ("matrix", *forms)
    if of and by:
        forms = (*forms, *ARRAYS)
    elif asked in ARRAYS:
        forms = (*forms, asked)
    return (*forms, "vech") if variable.structure else forms


@dataclass(frozen=True)
class Direction:
    """A way in which a variable moves: one entry, or all of them."""

    matrix: NumericMatrix
    entry: tuple[int, int] | None = None


@dataclass(frozen=True)
class Arranged:
    """
    The derivative in one layout and form.

    Attributes
    ==========

    shape : what a claim in it has
    numbers : what is known of it: entries by their index, and sums of entries
    place : the index of ∂F[k, l]/∂X[i, j]
    sums : the factors of the sums, by their keys
    """

    shape: Sizes
    numbers: dict[tuple, Value]
    place: Callable[..., Sizes]
    sums: dict[tuple, tuple[int, int, list[list]]]

    def read(self, claim: Value) -> Iterator[tuple[tuple, Value]] | None:
        """The same numbers of a claim, single entries first; None if it has another shape."""
        if _without_ones(_shape(claim)) != _without_ones(self.shape):
            return None
        return self._read(claim)

    def _read(self, claim: Value) -> Iterator[tuple[tuple, Value]]:
        for key in self.numbers:
            if key not in self.sums:
                yield key, _entry(claim, key)
        if self.sums:
            entry = _reader(claim)
            for key, (k, l, factors) in self.sums.items():
                yield key, mp.fdot((factor, entry(self.place(k, l, i, j)))
                                   for i, row in enumerate(factors)
                                   for j, factor in enumerate(row))


def _shape(value: Value) -> Sizes:
    if isinstance(value, mpmath.matrix):
        return value.rows, value.cols
    return value.shape if isinstance(value, NumericArray) else ()


def _without_ones(sizes: Sizes) -> Sizes:
    """A 1x1 matrix is a scalar."""
    return () if set(sizes) <= {1} else sizes


def _entry(value: Value, index: Sizes) -> Value:
    if not isinstance(value, (mpmath.matrix, NumericArray)):
        return value
    if not _without_ones(_shape(value)):  # however many axes it has
        return next(iter(value.values() if isinstance(value, NumericArray) else value))
    return value[index]


def _reader(claim: Value) -> Callable[[Sizes], Value]:
    """Its entries by index, faster than mpmath gives them."""
    if isinstance(claim, mpmath.matrix):
        rows = claim.tolist()
        return lambda index: rows[index[0]][index[1]]
    return lambda index: claim[index]


class Slopes:
    """How fast a function changes at a point, in which directions."""

    def __init__(self, function: Basic, variable: Variable, values: Values, seed: int):
        self.function, self.variable, self.values = function, variable, values
        self.chance = random.Random(seed)
        account = Account(limits.WORK_FOR_FUNCTION)
        F = Evaluation(values, account).value(function)
        self.work = account.work
        self.size = max(map(abs, vec(F)))
        self.of = (F.rows, F.cols) if shape(function) else ()
        X = values[variable.base]
        self.by = () if not is_matrix(variable.symbol) else (
            (X.cols, X.rows) if variable.transposed else (X.rows, X.cols))

    @property
    def resolution(self) -> Any:
        """The least slope that shows beside the value of the function."""
        return self.size*rounding_of_differences()

    def arranged(self, forms: tuple[str, ...]) -> Iterator[tuple[Place, Arranged]]:
        """The derivative in every layout and form."""
        if self.variable.structure is None:
            directions = self._directions(*self.by or (1, 1))
            slopes = [(d, self.along(d.matrix)) for d in directions]
            yield from self._in_forms(forms, self.by, slopes)
            yield from self._gradients() if GRADIENT in forms else ()
            return
        free = _FreeEntries(self.variable.base, self.variable.structure, self.values)
        slope = self._by_free_entries(free)
        for convention in CONVENTIONS:
            slopes = [(d, slope(free.coordinates(d.matrix, convention)))
                      for d in self._directions(*self.by)]
            others = tuple(form for form in forms if form != "vech")
            for (layout, form), found in self._in_forms(others, self.by, slopes):
                yield (layout, f"{form}, {convention}"), found
        yield from self._gradients() if GRADIENT in forms else ()
        slopes = [(d, slope(d.matrix)) for d in self._directions(len(free.matrices), 1)]
        for layout in LAYOUTS:
            of = self.of or (1, 1)
            yield (layout, "vech"), _arranged(layout, "vec", of, (len(free.matrices), 1), slopes)

    def _gradients(self) -> Iterator[tuple[Place, Arranged]]:
        """Those of a real function by a complex variable, in both conventions."""
        across, structure = self._across(), self.variable.structure
        directions = self._directions(*self.by or (1, 1))
        ways = [d.matrix for d in directions]
        if structure is not None:
            free = _FreeEntries(self.variable.base, structure, self.values)
            ways = [free.combined(free.coordinates(way, "projection")) for way in ways]
        slopes = [(d, across.along(way)) for d, way in zip(directions, ways, strict=True)]
        pair = self.variable.conjugate is not None
        for convention, factor in {"gradient": 2, "wirtinger": 1}.items() if pair else [
                ("gradient", 1)]:
            scaled = [(d, factor*slope) for d, slope in slopes]
            yield ("denominator", f"matrix, {convention}"), _arranged(
                "denominator", "matrix", self.of, self.by, scaled)

    def _across(self) -> Slopes:
        """The derivatives by Z*, which by a Hermitian matrix is the transpose."""
        other = self.variable.conjugate or replace(
            self.variable, transposed=not self.variable.transposed)
        return Slopes(self.function, other, self.values, 0)

    @property
    def are_of_real(self) -> bool:
        """Whether the imaginary part of a scalar stays as it is, so that there is a gradient."""
        if self.of or not self.variable.is_complex:
            return False
        across = self._across()
        pairs = [(mp.conj(self.along(d.matrix)[0]), across.along(d.matrix)[0])
                 for d in self._directions(*self.by or (1, 1))]
        least = self.resolution + max(abs(b) for _, b in pairs)*mpf(10)**(-mp.dps//3)
        return all(abs(a - b) <= least for a, b in pairs)

    def _in_forms(self, forms: tuple[str, ...], by: Sizes, slopes: list) -> Iterator:
        for form in (f for f in forms if f != GRADIENT):
            for layout in ("any layout",) if form in ARRAYS else LAYOUTS:
                yield (layout, form), _arranged(layout, form, self.of, by, slopes)

    def _directions(self, rows: int, cols: int) -> list[Direction]:
        """Each entry alone, if these are few enough; else some, and some in which all move."""
        entries = [(i, j) for j in range(cols) for i in range(rows)]
        if len(entries) > SOME_PARTIALS and len(entries)*self.work > limits.WORK_FOR_PARTIALS:
            entries = self.chance.sample(entries, SOME_PARTIALS)
            dense = [Direction(matrix_of(rows, cols, lambda i, j: mpf(self.chance.uniform(-1, 1))))
                     for _ in range(SOME_DIRECTIONS)]
        else:
            dense = []
        return [Direction(_unit(rows, cols, *entry), entry) for entry in entries] + dense

    def along(self, direction: NumericMatrix) -> NumericMatrix:
        """vec of the derivative of F while the variable moves in a direction."""
        symbol = self.variable.symbol
        way = direction.T if self.variable.transposed else direction
        return slope_along(self._value, symbol, self.values[self.variable.base],
                           way if is_matrix(symbol) else mpf(1))

    def _value(self, X: Value) -> Value:
        values = {**self.values, self.variable.base: X}
        return Evaluation(values, Account(limits.WORK_FOR_FUNCTION)).value(self.function)

    def _by_free_entries(self, free: _FreeEntries) -> Callable[[NumericMatrix], NumericMatrix]:
        """The slope along free entries, from those along each if these are few enough."""
        if len(free.matrices)*self.work > limits.WORK_FOR_PARTIALS:
            return lambda theta: self.along(free.combined(theta))
        columns = [self.along(M) for M in free.matrices]
        return lambda theta: sum((c*t for c, t in zip(columns, theta, strict=True)),
                                 0*columns[0])


def _unit(rows: int, cols: int, row: int, col: int) -> NumericMatrix:
    found = mpmath.matrix(rows, cols)
    found[row, col] = 1
    return found


def _arranged(layout: str, form: str, of: Sizes, by: Sizes, slopes: list) -> Arranged:
    sizes, place = position(layout, form, of, by)
    (p, q), numbers, sums = of or (1, 1), {}, {}
    for number, (direction, slope) in enumerate(slopes):
        factors = direction.matrix.tolist()
        for k in range(p):
            for l in range(q):
                if direction.entry is None:
                    key = ("along", number, k, l)
                    sums[key] = (k, l, factors)
                else:
                    key = place(k, l, *direction.entry)
                numbers[key] = slope[k + p*l]
    return Arranged(sizes, numbers, place, sums)


class _FreeEntries:
    """The free entries θ of a structured matrix, X the sum of θ_s times the s-th matrix."""

    def __init__(self, symbol: Basic, structure: Structure, values: Values):
        basis = Evaluation(values, Account(limits.WORK)).value(structure.basis(shape(symbol)[0]))
        rows = values[symbol].rows
        self.matrices = [matrix_of(rows, rows, lambda i, j, s=s: basis[i + rows*j, s])
                         for s in range(basis.cols)]
        self.basis = basis

    def combined(self, theta: Any) -> NumericMatrix:
        size = self.matrices[0].rows
        entries = product(self.basis, mpmath.matrix([[t] for t in theta]))
        return matrix_of(size, size, lambda i, j: entries[i + size*j])

    def coordinates(self, matrix: NumericMatrix, convention: str) -> NumericMatrix:
        """`Δ'vec X`, or the θ of the structured matrix that comes nearest."""
        inner = product(self.basis.T, vec(matrix))
        return inner if convention == "entries" else product(self._gram_inverse, inner)

    @cached_property
    def _gram_inverse(self) -> NumericMatrix:
        gram = product(self.basis.T, self.basis)
        if all(not gram[s, t] for s in range(gram.rows) for t in range(s)):
            return mp.diag([1/gram[s, s] for s in range(gram.rows)])
        return inverse(gram)


def at_structure(variable: Variable, values: Values) -> Values:
    """The point with the variable made structured."""
    if variable.structure is None:
        return values
    X = values[variable.base]
    free = _FreeEntries(variable.base, variable.structure, values)
    found = free.combined(free.coordinates(X.T if variable.transposed else X, "projection"))
    return {**values, variable.base: found.T if variable.transposed else found}
