"""A claim and the derivative in every arrangement, at one point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mpmath import mp, mpf
from sympy import Float
from sympy.core.basic import Basic

from ..core import limits
from ..numeric.account import Account, NoValue
from ..numeric.evaluation import Evaluation, entries_of
from ..numeric.types import NumericScalar, Value, Values
from ..structures.variable import Variable
from .arrangements import Arranged, Place, Slopes, at_structure

__all__ = ["Comparison", "Deviation"]

DIGITS = 80
TOLERANCE = mpf(10)**-24  # of the largest entry
ROUNDED = mpf(10)**-12  # where Floats are taken for numbers rounded to their fifteen digits
VANISHING = mpf(10)**-20  # what is left of rounding errors with twice the digits


@dataclass(frozen=True)
class Deviation:
    """How far a claim is from an arrangement: where most, in proportion to the largest entry."""

    worst: Any
    largest: Any
    at: tuple

    @property
    def relative(self) -> Any:
        return self.worst/self.largest if self.largest else self.worst

    @property
    def entry(self) -> tuple[int, ...] | None:
        """Where that is, None for a sum of all entries."""
        return None if "along" in self.at else self.at


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    The claim and the derivative in every arrangement, at one point.

    A deviation is judged without any scale of its own: what is due to rounding vanishes
    when the same point is computed with twice the digits, however large the terms are that
    cancel; what is wrong stays.
    """

    function: Basic
    variable: Variable
    claim: Basic
    values: Values
    forms: tuple[str, ...]
    seed: int
    digits: int = DIGITS

    @classmethod
    def at(cls, function: Basic, variable: Variable, claim: Basic, values: Values,
           forms: tuple[str, ...], seed: int) -> Comparison:
        with mp.workdps(DIGITS):
            return cls(function, variable, claim, at_structure(variable, values), forms, seed)

    @cached_property
    def slopes(self) -> Slopes:
        with mp.workdps(self.digits):
            return Slopes(self.function, self.variable, self.values, self.seed)

    @cached_property
    def wanted(self) -> dict[Place, Arranged]:
        with mp.workdps(self.digits):
            return dict(self.slopes.arranged(self.forms))

    @property
    def has_slopes(self) -> bool:
        """Whether the function has values around the point as well."""
        try:
            return bool(self.wanted)
        except NoValue:
            return False

    @cached_property
    def evaluation(self) -> Evaluation:
        return Evaluation(self.values)

    def value(self, expr: Basic) -> Value | None:
        """The value of the claim or of something in its place, None if it has no finite one."""
        self.evaluation.account = Account(limits.WORK)
        try:
            with mp.workdps(self.digits):
                found = self.evaluation.value(expr)
        except NoValue:
            return None
        return found if all(map(mp.isfinite, entries_of(found))) else None

    @cached_property
    def found(self) -> Value | None:
        return self.value(self.claim)

    @cached_property
    def finer(self) -> Comparison:
        """The same point with twice the digits."""
        return replace(self, digits=2*self.digits)

    @property
    def tolerance(self) -> NumericScalar:
        return ROUNDED if self.function.atoms(Float) or self.claim.atoms(Float) else TOLERANCE

    def where_symmetric(self, A: Basic) -> Comparison:
        """The point with the symmetric part of a constant in its place."""
        return replace(self, values={**self.values, A: (self.values[A] + self.values[A].T)/2})

    def has_shape(self, place: Place) -> bool:
        """Whether the claim has the shape of an arrangement."""
        return self.found is not None and self.wanted[place].read(self.found) is not None

    def read(self, place: Place, found: Value | None) -> dict[tuple, Value] | None:
        """What a value has where the derivative is known; None if it has another shape."""
        read = None if found is None else self.wanted[place].read(found)
        with mp.workdps(self.digits):
            return None if read is None else dict(read)

    def deviation(self, place: Place, found: Value | None) -> Deviation | None:
        """How far off a value is; None if it has another shape."""
        claimed = self.read(place, found)
        if claimed is None:
            return None
        with mp.workdps(self.digits):
            numbers = self.wanted[place].numbers
            gaps = {key: abs(claimed[key] - number) for key, number in numbers.items()}
            at, worst = max(gaps.items(), key=lambda gap: gap[1])
            return Deviation(worst, max(map(abs, numbers.values())), at)

    def _of_claim(self, place: Place) -> Deviation:
        """How far off the claim is, in an arrangement whose shape it has."""
        found = self.deviation(place, self.found)
        assert found is not None
        return found

    def is_close(self, place: Place, found: Value | None = None) -> bool:
        """Whether the claim, or another value, agrees at first sight."""
        wanted, found = self.wanted[place], self.found if found is None else found
        claimed = None if found is None else wanted.read(found)
        if claimed is None:
            return False
        with mp.workdps(self.digits):
            bound = self.tolerance*max(map(abs, wanted.numbers.values()))
            return all(abs(value - wanted.numbers[key]) <= bound for key, value in claimed)

    def agrees(self, place: Place, doublings: int = limits.DOUBLINGS) -> bool | None:
        """
        Whether the claim agrees up to what vanishes with more digits.

        None where no number of digits tells: the value of the function is so large that
        its slope doesn't show beside it, or difference quotients don't settle.
        """
        if not self.has_shape(place):
            return False
        if self.is_close(place):
            return True
        left = self.finer.deviation(place, self.finer.found)
        if left is None:
            return False
        noise = self.noise(place)
        if left.worst <= VANISHING*noise:
            return True
        if left.worst > noise:
            return False
        return self.finer.agrees(place, doublings - 1) if doublings else None

    def noise(self, place: Place) -> Any:
        """How much the derivative and the claim change with twice the digits, at least."""
        first, second = (p.wanted[place] for p in (self, self.finer))
        with mp.workdps(self.digits):
            changes = [self.slopes.resolution]
        with mp.workdps(2*self.digits):
            changes.append(_distance(first.numbers, second.numbers))
            if self.found is not None and self.finer.found is not None:
                changes.append(_distance(self.read(place, self.found),
                                         self.finer.read(place, self.finer.found)))
            return sum(changes)

    def is_zero(self, place: Place) -> bool:
        """Whether the derivative vanishes with more digits."""
        first, second = (max(map(abs, p.wanted[place].numbers.values()))
                         for p in (self, self.finer))
        return second <= VANISHING*first or first <= self.noise(place)

    def holds(self, place: Place, found: Value | None) -> bool:
        """Whether another value would agree, up to ten times the rounding errors."""
        left = self.deviation(place, found)
        return left is not None and (
            self.is_close(place, found) or left.worst <= 10*self.noise(place))

    def nearest(self, places: list[Place]) -> Place:
        """The arrangement that deviates least, of those that have the shape of the claim."""
        return min(places, key=lambda place: self._of_claim(place).relative)

    def error(self, place: Place) -> tuple[Any, tuple[int, ...] | None]:
        """The largest deviation and where it is, beside rounding errors as it is."""
        first = self._of_claim(place)
        if first.worst <= self.tolerance*first.largest:
            return first.relative, first.entry
        fine = self.finer.deviation(place, self.finer.found) or first
        return fine.worst if fine.largest <= self.noise(place) else fine.relative, fine.entry


def _distance(first: dict | None, second: dict | None) -> Any:
    return max(abs(first[key] - second[key]) for key in first) if first and second else mpf(0)
