"""Sizes that are found out: unknowns that turn out to be numbers, names or products of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

from sympy import Dummy, Expr, Mul, S, Symbol, cancel, expand

from .syntax import Place

__all__ = ["SCALAR", "Conflict", "Form", "Sizes", "Value", "size_symbol"]


class Conflict(Exception):
    """That two parts of a text don't fit, with the places that say so."""

    def __init__(self, reason: str, *places: Place):
        super().__init__(reason)
        self.reason, self.places = reason, places
        self.kinds: Mapping[str, str] = {}  # what the names were taken for
        self.steps = 0  # how far the text could be read


@dataclass(frozen=True)
class Form:
    """Rows and columns; ``flat`` for NumPy's arrays of one axis, which are columns here."""

    rows: Any
    cols: Any
    flat: bool = False

    @property
    def is_scalar(self) -> bool:
        return self.rows == 1 and self.cols == 1

    @property
    def is_vector(self) -> bool:
        return not self.is_scalar and (self.rows == 1 or self.cols == 1)

    @property
    def is_matrix(self) -> bool:
        return self.rows != 1 and self.cols != 1


SCALAR = Form(S.One, S.One)


class Value(NamedTuple):
    """What a part of a text is: its form, and what builds the expression once sizes are known."""

    form: Form
    build: Callable[[], Any]


def size_symbol(name: str) -> Symbol:
    return Symbol(name, integer=True, positive=True)


class Sizes:
    """
    The sizes of one reading of a text.

    An unknown size is never one: what a name stands for is a matrix or a vector by
    choice, and no 1x1 matrix by accident.
    """

    def __init__(self, taken: frozenset[str] = frozenset()):
        self.taken = taken
        self.found: dict[Dummy, Expr] = {}
        self.names: dict[Dummy, Symbol] = {}
        self.products: dict[Dummy, tuple[Any, Any]] = {}

    def product(self, a: Any, b: Any) -> Any:
        """The size of a Kronecker product or a vec, whose factors have an order."""
        size = self.fresh()
        self.products[size] = a, b
        return size

    def fresh(self) -> Dummy:
        return Dummy("size", integer=True, positive=True)

    def value(self, size: Any) -> Any:
        """The size as far as it is known."""
        while True:
            known = {u: self.found[u] for u in size.free_symbols if u in self.found}
            if not known:
                return size
            size = size.xreplace(known)

    def multiplied(self, size: Any) -> Any:
        """The size with its products multiplied out."""
        while True:
            size = self.value(size)
            known = {u: Mul(*self.products[u]) for u in size.free_symbols if u in self.products}
            if not known:
                return size
            size = size.xreplace(known)

    def same(self, a: Any, b: Any) -> bool:
        """Whether two sizes can be one, which they are from then on."""
        a, b = self.value(a), self.value(b)
        if expand(a - b) == 0:
            return True
        if 1 in (a, b):
            return False
        if a in self.products and b in self.products:
            before = dict(self.found)
            if all(map(self.same, self.products[a], self.products[b])):
                return True
            self.found = before
        for left, right in ((a, b), (b, a)):
            if isinstance(left, Dummy) and left not in self.products \
                    and not self.multiplied(right).has(left):
                self.found[left] = right
                return True
        return self._solved(self.multiplied(a), self.multiplied(b))

    def _solved(self, a: Any, b: Any) -> bool:
        """p*q = p*r makes r of q, and q + 1 = n makes n - 1 of q."""
        if expand(a - b) == 0:
            return True
        for left, right in zip(*_without_common_factors(a, b), strict=True):
            if isinstance(left, Dummy) and right.is_integer and not right.has(left):
                self.found[left] = right
                return True
        for unknown in (a - b).atoms(Dummy):
            slope = expand(a - b).coeff(unknown, 1)
            rest = expand(a - b - slope*unknown)
            if slope in (1, -1) and not rest.has(unknown):
                self.found[unknown] = expand(-rest/slope)
                return True
        return False

    def named(self, size: Any) -> Any:
        """The size with a name for all that is not known."""
        size = self.multiplied(size)
        unknown = self._unknown(size)
        for u in unknown:
            if u not in self.names:
                used = {symbol.name for symbol in self.names.values()} | self.taken
                self.names[u] = size_symbol(next(s for s in _letters() if s not in used))
        return size.xreplace({u: self.names[u] for u in unknown})

    def name_all(self, sizes: Iterable[Any]) -> None:
        """Names in the order of the sizes: m, n, p, …, and n where there is only one."""
        unknown = list(dict.fromkeys(
            u for size in sizes for u in self._unknown(self.multiplied(size))))
        self.names = {}
        if len(unknown) == 1 and "n" not in self.taken:
            self.names[unknown[0]] = size_symbol("n")
        for u in unknown:
            self.named(u)

    def _unknown(self, size: Any) -> list[Dummy]:
        return sorted(size.atoms(Dummy), key=lambda u: u.dummy_index)

    def shown(self, form: Form) -> str:
        """A form as a message tells it."""
        if form.is_scalar:
            return "a scalar"
        rows, cols = self.named(form.rows), self.named(form.cols)
        return f"({rows},)" if form.flat else f"{rows}×{cols}"


def _letters() -> Iterator[str]:
    yield from "mnpqkrsdhlt"
    for k in count(1):
        yield f"n{k}"


def _without_common_factors(a: Any, b: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    above, below = cancel(a/b).as_numer_denom()
    if isinstance(above, Mul) and isinstance(below, Mul):
        return (S.Zero, S.Zero), (S.Zero, S.Zero)
    return (above, below), (below, above)
