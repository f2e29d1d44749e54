"""All that a text may mean, the likeliest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sympy import Symbol, pi
from sympy.core.basic import Basic

from ..core import limits
from ..core.errors import ArgumentError
from ..core.shapes import is_matrix
from ..nodes.realness import is_complex
from . import arithmetic, entries  # noqa: F401  they register what operations mean
from .calls import is_function
from .conventions import FAR, kinds_of, scalar_places
from .declarations import Declaration, form_of
from .languages import Text
from .meaning import NOT_NUMBERS, Meaning
from .sizes import Conflict, Sizes, Value, size_symbol
from .syntax import Node, asks_for_size, names_in, walk

__all__ = ["Reading", "Readings"]

# names that are no symbols, in each language
RESERVED = {"numpy": {"None", "True", "False", "np", "jnp", "newaxis"}, "latex": {"I", "1", "0"},
            "matlab": {"eye", "I", "end"}, "matrixcalculus": {"eye", "I", "end"}}
# functions of matrixcalculus.org, whose sum is of all entries
THEIRS = {"vector", "matrix", "norm1", "norm2", "logdet", "tr"}
SUM = "sum()"  # stands among the names for what sum means
KIND_WORDS = {"constant": "3.14…", "scalar": "a scalar", "flat": "a vector", "column": "a column",
              "row": "a row",
              "matrix": "a matrix", "all": "all entries", "rows": "each column"}
KIND_SHAPES = {"constant": "()", "scalar": "()", "flat": "'n'", "column": "('n', 1)",
               "matrix": "('m', 'n')"}


@dataclass
class Reading:
    """A meaning with what its names are, and the last statement's value."""

    meaning: Meaning
    kinds: Mapping[str, str]
    values: Mapping[str, Value]
    result: Value

    @property
    def symbols(self) -> dict[str, Any]:
        return {name: s for name, s in self.meaning.symbols.items() if not s.is_number}

    @property
    def sizes(self) -> dict[str, Symbol]:
        return {s.name: s for s in self.meaning.sizes.names.values()} | dict(self.meaning.counts)

    def expr(self) -> Any:
        """The last statement, with what is defined put in."""
        return self.result.build()

    def written(self) -> Any:
        """The last statement, with the names that are defined."""
        self.meaning.kept.update(self._defined_symbols())
        found = self.result.build()
        self.meaning.kept.clear()
        return found

    def _defined_symbols(self) -> dict[str, Any]:
        return {name: _symbol(self.meaning, name, value.form,
                              Declaration(is_complex=is_complex(value.build())))
                for name, value in self.values.items()}

    def definitions(self) -> Iterator[tuple[Basic, Any]]:
        """The names that are defined, and what by."""
        names = self._defined_symbols()
        for name, value in self.values.items():
            self.meaning.kept.update({n: s for n, s in names.items() if n != name})
            yield names[name], value.build()
            self.meaning.kept.clear()


def _symbol(meaning: Meaning, name: str, form: Any, declared: Declaration | None) -> Any:
    if form.is_scalar:
        if declared and declared.symbol:
            return declared.symbol
        return Symbol(name, complex=True) if declared and declared.is_complex else \
            Symbol(name, real=True)
    rows, cols = meaning.sizes.named(form.rows), meaning.sizes.named(form.cols)
    return (declared or Declaration()).made(name, rows, cols)


class Readings:
    """The readings of a text, in the order of what is unusual in them."""

    def __init__(self, text: Text, given: Mapping[str, Declaration], is_guessed: bool):
        self.text, self.given, self.is_guessed = text, given, is_guessed
        for statement in text.statements:
            if statement.name in given:
                raise ArgumentError(f"shapes= holds {statement.name}, which the text defines")
        self.counts = self._names_of_sizes()
        self.names = self._open_names()
        self.as_scalars = {name for s in text.statements for name in scalar_places(s.expr)}
        self.turned = {n.args[0].value for s in text.statements for n in walk(s.expr)
                       if n.head in ("transpose", "entry") and n.args[0].head == "name"}
        self.indexed = {n.args[0].value for s in text.statements for n in walk(s.expr)
                        if n.head == "entry" and len(n.args) == 2 and n.args[0].head == "name"}
        self.written = {n.value for s in text.statements for n in names_in(s.expr)}
        self.taken = frozenset(map(str, self.written | set(self.counts) | {
            s.name for s in text.statements if s.name}))

    # --- names ---------------------------------------------------------------------------

    def _names_of_sizes(self) -> dict[str, Symbol]:
        """Names that count rows or terms somewhere."""
        found = {s.name: s for d in self.given.values() for s in d.size_symbols}
        for statement in self.text.statements:
            indices = {n.value for n in walk(statement.expr) if n.head == "sum"}
            for node in walk(statement.expr):
                for part in _counting(node):
                    for name in _names_counting(part):
                        if name not in indices | {"end", "None", "newaxis"}:
                            found.setdefault(name, size_symbol(name))
        return found

    def _open_names(self) -> list[str]:
        """Names that are a symbol each, from left to right."""
        found: dict[str, None] = {}
        defined: set[str] = set()
        for statement in self.text.statements:
            for node in names_in(statement.expr):
                name = node.value
                known = name in defined or name in self.counts or name in NOT_NUMBERS \
                    or name in RESERVED[self.text.language] or is_function(name) \
                    and name not in ("gamma", "psi")
                if node.head == "called" and not self._is_indexed(node):
                    continue
                if name in self.given or not known:
                    found.setdefault(name)
            if statement.name:
                defined.add(statement.name)
        return list(found)

    def _is_indexed(self, called: Node) -> bool:
        """X(1, :) of MATLAB is no call."""
        name = called.value
        if self.text.language in ("numpy", "latex") or is_function(name):
            return name in self.given and self.text.language not in ("numpy", "latex")
        return name in self.given or _is_letter(name) and all(map(_is_index, called.args)) or any(
            n.head == "name" and n.value == name for s in self.text.statements
            for n in walk(s.expr))

    # --- the search ----------------------------------------------------------------------

    def meant(self) -> Reading:
        """The likeliest reading; where several are as likely, they have to be the same."""
        best: list[Reading] = []
        least = float("inf")
        told: Conflict | None = None  # of what can be read furthest
        for tried, (prior, kinds) in enumerate(self._assignments()):
            if prior > least:
                break
            if tried >= limits.READINGS:
                raise self._undecided(told)
            far = [name for name in kinds if self._is_far(name, kinds[name])]
            if far and best:
                continue
            try:
                reading = self._read(kinds, prior)
            except Conflict as conflict:
                if not far and (told is None or conflict.steps > told.steps):
                    told = conflict
                continue
            if far and told is not None:
                raise self._proposing(told, reading, far)
            cost = reading.meaning.cost
            if cost < least:
                least, best = cost, []
            if cost == least:
                best.append(reading)
        if not best:
            assert told is not None
            raise self._explained(told)
        for doubt in best[0].meaning.doubts:
            raise doubt
        return self._only_one([*best, *self._with_other_sums(best)])

    def _with_other_sums(self, best: Sequence[Reading]) -> Iterator[Reading]:
        """The same readings with what else sum may be, at whatever cost."""
        for reading in best:
            if SUM in reading.kinds:
                other = "rows" if reading.kinds[SUM] == "all" else "all"
                try:
                    yield self._read({**reading.kinds, SUM: other}, 0)
                except Conflict:
                    continue

    def _undecided(self, told: Conflict | None) -> Conflict:
        if told is not None:
            return self._explained(told)
        return Conflict("there are too many things that this may mean; say what the names are: "
                        "shapes={'X': ('m', 'n'), 'x': 'n', 'c': ()}")

    def _is_far(self, name: str, kind: str) -> bool:
        kinds = self._kinds(name)
        return {k: cost for cost, k in kinds}[kind] - kinds[0][0] > FAR

    def _proposing(self, conflict: Conflict, reading: Reading, far: Sequence[str]) -> Conflict:
        """What doesn't fit as usual, and what would."""
        conflict = self._explained(conflict)
        words = " and ".join(f"{name} {KIND_WORDS[reading.kinds[name]]}" for name in far)
        conflict.reason += f"; it would fit with {words}: shapes={self._shapes(reading, far)}"
        return conflict

    def _shapes(self, reading: Reading, names: Sequence[str]) -> str:
        return "{" + ", ".join(f"{name!r}: {KIND_SHAPES[reading.kinds[name]]}"
                               for name in names) + "}"

    def _kinds(self, name: str) -> list[tuple[float, str]]:
        if name == SUM:
            return [(0.0, "all"), (0.0, "rows")]
        language = self.text.language
        if name in self.given:
            return [(0.0, kind) for kind in self.given[name].kinds(language == "numpy")]
        indexed = name in self.indexed
        base, _, number = name.partition("_")
        if number.isdecimal() and base in self.indexed:  # w_0 beside w_i is a number
            return [(0.0, "scalar"), (1.0, "column"), (4.0, "matrix")]
        return kinds_of(name, language, name in self.text.bold, indexed, name in self.as_scalars,
                        name in self.turned)

    def _assignments(self) -> Iterator[tuple[float, dict[str, str]]]:
        """Kinds of all names, in the order of what they cost together."""
        names = [*self.names, *[SUM]*self._sum_is_open()]
        options = [self._kinds(name) for name in names]
        order = count()
        start: tuple[int, ...] = (0,)*len(options)
        heap: list[tuple[float, int, tuple[int, ...]]] = [
            (sum(o[0][0] for o in options), next(order), start)]
        seen: set[tuple[int, ...]] = {start}
        while heap:
            cost, _, chosen = heapq.heappop(heap)
            yield cost, {name: o[k][1] for name, o, k in zip(names, options, chosen, strict=True)}
            for j, o in enumerate(options):
                following = (*chosen[:j], chosen[j] + 1, *chosen[j + 1:])
                if chosen[j] + 1 < len(o) and following not in seen:
                    seen.add(following)
                    rise = o[chosen[j] + 1][0] - o[chosen[j]][0]
                    heapq.heappush(heap, (cost + rise, next(order), following))

    def _sum_is_open(self) -> bool:
        """MATLAB's sum is of columns, matrixcalculus.org's of all entries."""
        calls = [n for s in self.text.statements for n in walk(s.expr) if n.head == "call"]
        return self.is_guessed and self.text.language == "matlab" and not any(
            n.value[0] in THEIRS for n in calls) and any(
            n.value[0] == "sum" and len(n.args) == 1 for n in calls)

    def _is_matlab_alone(self) -> bool:
        """The language is named, and it is not matrixcalculus.org's."""
        return self.text.language == "matlab" and not self.is_guessed

    def _read(self, kinds: Mapping[str, str], prior: float) -> Reading:
        """One reading, as far as forms go; a Conflict where they don't fit."""
        sizes = Sizes(self.taken)
        forms = {name: self.given[name].form(sizes, kinds[name]) if name in self.given
                 else form_of(sizes, kinds[name]) for name in self.names}
        language = self.text.language
        meaning = Meaning(
            language, is_function, forms, sizes, self.counts, frozenset(self.given),
            self.is_guessed and language == "matlab",
            kinds.get(SUM, "rows" if self._is_matlab_alone() else "all"), cost=prior)
        values: dict[str, Value] = {}
        *before, last = self.text.statements
        try:
            for statement in before:
                value = meaning.of(statement.expr)
                if statement.name:
                    values[statement.name] = value
                    meaning.define(statement.name, value)
            result = meaning.of(last.expr)
            for check in meaning.later:
                check()
        except Conflict as conflict:
            conflict.kinds, conflict.steps = kinds, meaning.steps
            raise
        return Reading(meaning, kinds, values, result)

    def _explained(self, conflict: Conflict) -> Conflict:
        """With what the names were taken for, which is what one can change."""
        if len(conflict.places) > 1 and conflict.kinds:
            words = ", ".join(f"{name} {KIND_WORDS[kind]}" for name, kind in conflict.kinds.items()
                              if name not in self.given and name != SUM)
            conflict.reason += f" (with {words}; shapes= says otherwise)" if words else ""
        return conflict

    # --- the result ----------------------------------------------------------------------

    def _only_one(self, best: Sequence[Reading]) -> Reading:
        kept: list[tuple[Any, Reading]] = []
        for reading in best[:limits.TIED_READINGS]:
            self._name(reading)
            expr = reading.expr()
            if all(expr != other for other, _ in kept):
                kept.append((expr, reading))
        if len(kept) > 1:
            raise self._two_ways(kept)
        return kept[0][1]

    def _name(self, reading: Reading) -> None:
        """Names for the sizes, from left to right, and the symbols."""
        meaning = reading.meaning
        forms = {name: meaning.settled(meaning.forms[name]) for name in self.names}
        meaning.sizes.name_all(size for form in forms.values() for size in (form.rows, form.cols))
        for name, form in forms.items():
            meaning.symbols[name] = pi if reading.kinds[name] == "constant" else _symbol(
                meaning, name, form, self.given.get(name))
        meaning.symbols.update((n, s) for n, s in self.counts.items() if n in self.written)

    def _two_ways(self, kept: Sequence[tuple[Any, Reading]]) -> Conflict:
        one, other = kept[0][1].kinds, kept[1][1].kinds
        differing = [name for name in one if one[name] != other[name]]
        lines = ["this may be read in two ways:"]
        for expr, reading in kept[:2]:
            said = " and ".join(f"{'sum' if name == SUM else name} "
                                f"{'of ' if name == SUM else ''}{KIND_WORDS[reading.kinds[name]]}"
                                for name in differing)
            shape = f", {expr.shape[0]}×{expr.shape[1]}" if is_matrix(expr) else ", a scalar"
            lines.append(f"    with {said}: {expr}{shape}")
        names = [name for name in differing if name != SUM]
        advice = f"say shapes={self._shapes(kept[0][1], names)} or " \
                 f"{self._shapes(kept[1][1], names)}" if names else \
            "write sum(sum(X)) or sum(X, 1), or name the language, syntax='matlab' or " \
            "'matrixcalculus'"
        return Conflict("\n".join([*lines, advice]))


def _is_letter(name: str) -> bool:
    """X, x and X1, and no word such as rand."""
    return name[0].isupper() or name.rstrip("0123456789_") == name[0]


def _is_index(node: Node) -> bool:
    """What stands in an index of MATLAB and hardly in a call: 2, :, end - 1, i."""
    return node.head in ("number", "colon", "range") or all(
        n.head in ("number", "add", "sub") or n.value in ("end", "i", "j", "k", "l", "m", "n")
        for n in walk(node))


def _names_counting(node: Node) -> Iterator[str]:
    """Names in a number of rows; X of size(X, 1) is none."""
    if asks_for_size(node):
        return
    if node.head == "name":
        yield node.value
    for a in node.args:
        yield from _names_counting(a)


def _counting(node: Node) -> Sequence[Node]:
    """The parts of an operation that are numbers of rows or terms."""
    if node.head == "sum":
        return node.args[1:]
    if node.head == "sized":
        return node.args[1:]
    if node.head == "range":
        return node.args
    if node.head == "call" and node.value[0] in ("eye", "identity", "ones", "zeros"):
        return node.args
    if node.head == "index":
        return [a for a in node.args[1:] if _is_index(a)]
    if node.head == "call" and node.value[0] and not is_function(node.value[0]) and all(
            map(_is_index, node.args)) and _is_letter(node.value[0]):
        return node.args
    return ()
