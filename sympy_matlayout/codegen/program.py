"""
Straight-line code: the operations in order, what is used more than once under a name.

A ``Target`` is a language or library that code is written in.  It says how each kind of
operation is written, from the text of its operands; the order, the names and where a line
ends are decided here, for all targets alike.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sympy import Rational, sympify
from sympy.core.basic import Basic

from ..core.errors import DerivativeNotImplementedError
from .operations import VIEWS, Operation, Size, in_order, is_number, scaled_parts

__all__ = ["ADDED", "ATOM", "COMPARED", "MULTIPLIED", "NEGATED", "RAISED", "Code", "Program",
           "Target", "Writer", "in_front", "unbound_message"]

# how tightly what is written holds together
ATOM, RAISED, NEGATED, MULTIPLIED, ADDED, COMPARED = 6, 5, 4, 3, 2, 1

WIDEST = 88  # columns of a line that holds several operations
DEEPEST = 40  # operations within each other on one line

# names that a value would have in a text, by its kind; others are called t
LETTERS = {"softmax": "p", "factorized": "F", "inverse_of": "P", "dot": "s", "sum": "s",
           "trace": "s", "solve": "z", "range": "i"}
TRIVIAL = {"argument", "number", "size", "identity"}


@dataclass(frozen=True)
class Code:
    """A piece of text and how tightly it holds together."""

    text: str
    level: int = ATOM

    def at(self, level: int) -> str:
        """The text as part of something that holds so tightly."""
        return self.text if self.level >= level else f"({self.text})"


def in_front(code: Code) -> str:
    """A factor before what it multiplies, nothing for 1."""
    return "" if code.text == "1" else f"{code.at(RAISED)}*"


@dataclass
class Program:
    """The lines that compute some results, and what they are called in the end."""

    lines: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    imports: set[tuple[str, str]] = field(default_factory=set)  # of other modules

    def words(self) -> set[str]:
        """The names in the lines and results."""
        return {word for line in [*self.lines, *self.results]
                for word in re.findall(r"[^\W\d]\w*", line)}


class Target:
    """How operations are written; what a language has in common with Python's arrays."""

    add, subtract, times, divide, raised, product = " + ", " - ", "*", "/", "**", " @ "
    assigned = "{name} = {value}"
    language = "NumPy"
    complex_numbers = False

    def __init__(self, names: Mapping[Basic, str]):
        self.names = names  # of arguments and sizes
        self.functions: set[str] = set()  # of this library's own
        self.imports: set[tuple[str, str]] = set()

    # --- what every target says ------------------------------------------------------------

    def size(self, size: Size) -> str:
        """A size or index as text."""
        raise NotImplementedError

    def number(self, value: Any) -> Code:
        raise NotImplementedError

    def written(self, value: Operation, args: list[Code]) -> Code:
        """The text of one operation."""
        known = getattr(self, f"of_{value.kind}", None)
        if known is None:
            raise self.no_code_for(value)
        return known(value, *args)

    def no_code_for(self, value: Operation) -> DerivativeNotImplementedError:
        node: Any = value.data
        what = f"{type(node[0]).__name__} ({node[0]})" if value.kind == "opaque" else value.kind
        return DerivativeNotImplementedError(
            f"{self.language} code can't express {what}; put a symbol in the place of that part "
            "and pass its value")

    def statements(self, value: Operation, name: str, args: list[Code],
                   owned: bool) -> list[str] | None:
        """Lines that compute a value under a name, where one expression is not the best code."""
        return None

    def copied(self, code: Code) -> Code:
        return code

    def one_by_one(self, code: Code) -> str:
        """A number as a matrix of one row and column."""
        return code.text

    def size_of(self, size: str, array: str, axis: int) -> str:
        """A line that reads a size off the shape of an array."""
        return self.assigned.format(name=size, value=f"{array}.shape[{axis}]")

    # --- leaves ------------------------------------------------------------------------------

    def of_argument(self, value: Operation) -> Code:
        return Code(self.names[value.data])

    def of_number(self, value: Operation) -> Code:
        return self.number(value.data)

    def of_size(self, value: Operation) -> Code:
        text = self.size(value.data)
        return Code(text, ATOM if text.isidentifier() else ADDED)

    # --- entry by entry ----------------------------------------------------------------------

    def of_add(self, value: Operation, *args: Code) -> Code:
        terms = [self.signed(a, code) for a, code in zip(value.args, args, strict=True)]
        terms.sort(key=lambda term: term[0])  # what is subtracted comes last
        text = ""
        for negative, code in terms:
            if not text:
                text = f"-{code.at(MULTIPLIED)}" if negative else code.at(ADDED)
            else:
                text += (self.subtract + code.at(MULTIPLIED)) if negative else \
                    self.add + code.at(ADDED)
        return Code(text, ADDED)

    def signed(self, value: Operation, code: Code) -> tuple[bool, Code]:
        """Whether a term is subtracted, and what."""
        if is_number(value) and value.data.is_negative:
            return True, self.number(-value.data)
        if code.level == NEGATED and code.text.startswith("-"):
            alone = value.kind == "mul" and is_number(value.args[0], -1) and len(value.args) == 2
            if alone and value.args[1].kind in ("matmul", "dot") and code.text.startswith("-("):
                return True, Code(code.text[2:-1], MULTIPLIED)  # a - b @ c
            return True, Code(code.text[1:], MULTIPLIED)
        return False, code

    def of_mul(self, value: Operation, *args: Code) -> Code:
        above: list[str] = []
        below: list[str] = []
        negative = False
        for factor, code in zip(value.args, args, strict=True):
            if is_number(factor) and isinstance(factor.data, Rational):
                number: Any = factor.data
                negative ^= bool(number.is_negative)
                number = abs(number)
                if number.q != 1 and number.q & (number.q - 1) == 0:
                    above.append(self.number(sympify(float(number))).text)
                else:
                    above += [] if number.p == 1 else [str(number.p)]
                    below += [] if number.q == 1 else [str(number.q)]
            elif code.level == NEGATED and code.text.startswith("-"):
                negative = not negative
                rest = code.text[1:]
                above.append(Code(rest, ATOM if rest.isidentifier() else MULTIPLIED).at(RAISED))
            elif factor.kind == "power" and is_number(factor.args[1], -1) and \
                    code.text.startswith(f"1{self.divide}"):
                below.append(code.text[1 + len(self.divide):])
            else:  # s*(v*M) is quicker as (s*v)*M
                above.append(code.at(MULTIPLIED if factor.kind == "mul" else RAISED))
        text = self.times.join(above) or "1"
        for factor in below:
            text += f"{self.divide}{factor}"
        return Code(f"-{text}", NEGATED) if negative else Code(
            text, ATOM if text.isidentifier() or text.isdigit() else MULTIPLIED)

    def of_power(self, value: Operation, base: Code, exponent: Code) -> Code:
        if is_number(value.args[1], -1):
            return Code(f"1{self.divide}{base.at(RAISED)}", MULTIPLIED)
        return Code(f"{base.at(ATOM)}{self.raised}{exponent.at(ATOM)}", RAISED)

    def of_matmul(self, value: Operation, left: Code, right: Code) -> Code:
        first = left.text if value.args[0].kind == "matmul" and left.level == MULTIPLIED \
            else left.at(RAISED)
        return Code(f"{first}{self.product}{right.at(RAISED)}", MULTIPLIED)


def unbound_message(names: Iterable[str]) -> str:
    return (f"{', '.join(sorted(names))} in the expression: neither an argument nor a size that "
            "the shapes of the arguments determine; make it an argument")


class Writer:
    """
    Writes the operations one after the other, each result a 1×1 matrix if so told.

    What is used once stands within the line of what uses it.
    """

    def __init__(self, roots: Sequence[Operation], target: Target, taken: Iterable[str]):
        self.roots = list(roots)
        self.target = target
        self.taken = set(taken)
        self.order = list(in_order(roots))
        self.uses = Counter(a for value in self.order for a in value.args)
        self.uses.update(self.roots)
        self.codes: dict[Operation, Code] = {}
        self.heights: dict[Operation, int] = {}
        self.fresh: set[Operation] = set()  # named here, used once more: may be changed
        self.found = Program()
        self.subtracted = self._subtracted()
        self.prepare()

    def _subtracted(self) -> set[Operation]:
        """The negatives that are used in sums only, which subtract what they are of."""
        apart = {a for value in self.order if value.kind != "add" for a in value.args}
        return {a for value in self.order if value.kind == "add" for a in value.args
                if a.kind == "mul" and len(a.args) == 2 and is_number(a.args[0], -1)
                and a not in apart and a not in self.roots}

    def prepare(self) -> None:
        """What has to be known before the first line."""

    def written(self, shapes: Sequence[bool]) -> Program:
        for value in self.order:
            self.write(value)
        given: Counter[Operation] = Counter()
        for root, is_matrix in zip(self.roots, shapes, strict=True):
            code = self.codes[root]
            given[root] += 1
            if root.shape and (self._is_view(root) or given[root] > 1):
                code = self.target.copied(code)
            self.found.results.append(self._as_matrix(root, code) if is_matrix else code.text)
        self.found.functions = self.target.functions
        self.found.imports = self.target.imports
        return self.found

    def _as_matrix(self, root: Operation, code: Code) -> str:
        return code.text if root.shape else self.target.one_by_one(code)

    def _is_view(self, root: Operation) -> bool:
        """Whether a result would share its entries with an argument or another result."""
        seen = root
        while seen.kind in (*VIEWS, "diagonal_of"):
            seen = seen.args[0]
            if seen.kind == "expand" and seen.args[0].shape:
                return True
        if seen is root:
            return root.kind in ("argument", "expand", "opaque") and bool(root.shape)
        return seen.kind == "argument" or self.uses[seen] > 1

    def write(self, value: Operation) -> None:
        args = [self.codes[a] for a in value.args]
        inline = self.uses[value] == 1 or value.kind in TRIVIAL or self._is_short(value)
        owned = bool(value.args) and value.args[0] in self.fresh
        special = self._statements(value, args, owned)
        if special is not None:
            name, lines = special
            self.found.lines += lines
            self.codes[value] = Code(name)
            self.heights[value] = 0
            if self.uses[value] == 1:
                self.fresh.add(value)
            return
        code = self.target.written(value, args)
        self.heights[value] = 1 + max((self.heights[a] for a in value.args), default=0)
        if inline and len(code.text) <= WIDEST and self.heights[value] < DEEPEST:
            self.codes[value] = code
            return
        if inline and value in self.roots and self.uses[value] == 1:
            self.codes[value] = code
            return
        name = self.name(value)
        self.found.lines.append(self.target.assigned.format(name=name, value=code.text))
        self.codes[value] = Code(name)
        self.heights[value] = 0

    def _statements(self, value: Operation, args: list[Code],
                    owned: bool) -> tuple[str, list[str]] | None:
        name = "{name}"
        lines = self.target.statements(value, name, args, owned)
        if lines is None:
            return None
        name = args[0].text if owned and value.kind == "add_diagonal" else self.name(value)
        return name, [line.replace("{name}", name) for line in lines]

    def _is_short(self, value: Operation) -> bool:
        """A transpose, a slice or a multiple of a number, of what has a name."""
        if value.kind == "transpose" or value in self.subtracted:
            inner = value.args[-1]
            return inner.kind in TRIVIAL or self.heights.get(inner) == 0
        return value.kind == "mul" and not value.shape and all(
            a.kind in TRIVIAL for a in value.args)

    def name(self, value: Operation) -> str:
        letter = LETTERS.get(value.kind, "t")
        if letter == "t" and value.kind == "add" and len(value.args) == 2 and any(
                is_number(scaled_parts(a)[0] or a, -1) for a in value.args):
            letter = "r"
        name = next(n for n in _numbered(letter) if n not in self.taken)
        self.taken.add(name)
        return name


def _numbered(letter: str) -> Iterator[str]:
    yield letter
    yield from (f"{letter}{k}" for k in count(1))
