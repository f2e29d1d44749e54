"""One reading of a text: forms first, and expressions once sizes are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log10
from typing import Any

import sympy
from sympy import Dummy, Lambda, Rational, S, Symbol
from sympy.core.basic import Basic

from ..core import limits
from ..core.bound_symbols import argument_symbol
from ..core.shapes import is_matrix
from ..nodes.realness import is_complex
from ..simplify import constructors as c
from .sizes import SCALAR, Conflict, Form, Sizes, Value
from .syntax import Node, Place, walk

__all__ = ["CONSTANTS", "Index", "Meaning", "applied", "as_matrix", "operation", "scaled",
           "together"]

NOT_NUMBERS = {"inf", "Inf", "nan", "NaN", "NA"}
OPERATIONS: dict[str, Callable[[Meaning, Node], Value]] = {}
CONSTANTS: dict[str, Any] = {"pi": sympy.pi, "e": sympy.E}  # of NumPy's modules
# what is told from the language that is written, where it can be told from nothing else
ELEMENTWISE = {"matlab": " (entry by entry it is .^)", "latex": " (entry by entry it is "
               "^{\\odot 2}; x^\\top x or \\|x\\|^2 is the square of a length)", "numpy": ""}


def operation(*heads: str) -> Callable[[Any], Any]:
    """Registers what an operation is of its operands."""
    def register(function: Any) -> Any:
        for head in heads:
            OPERATIONS[head] = function
        return function
    return register


@dataclass
class Index:
    """What a sum runs over: k from zero on, which is k + first in the text."""

    k: Dummy
    first: Any
    uses: list[tuple[Any, Any, Place]] = field(default_factory=list)  # of what size, i + what


@dataclass
class Meaning:
    """
    One reading of a text.

    ``forms`` are those of its names, ``symbols`` what stands for them once sizes are
    known.  ``cost`` counts what is unusual in the reading; of all the cheapest is meant.
    """

    language: str
    is_function: Callable[[str], bool]
    forms: Mapping[str, Form]
    sizes: Sizes
    counts: Mapping[str, Symbol]
    declared: frozenset[str] = frozenset()
    is_guessed: bool = False  # the language, from the look of the text
    sum_of: str = "all"  # what sum of a matrix is, of "all" entries or of "rows" along each column
    symbols: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)  # what stands for definitions, if anything
    defined: dict[str, Value] = field(default_factory=dict)
    indices: dict[str, Index] = field(default_factory=dict)
    later: list[Callable[[], None]] = field(default_factory=list)
    doubts: list[Conflict] = field(default_factory=list)
    ends: list[Any] = field(default_factory=list)  # what end of MATLAB is, of the innermost index
    steps: int = 0
    cost: float = 0

    @property
    def is_matlab(self) -> bool:
        return self.language in ("matlab", "matrixcalculus")

    def of(self, node: Node) -> Value:
        """The form of a part of the text, and what builds it."""
        known = OPERATIONS.get(node.head)
        if known is None:
            raise Conflict(f"{node.value or node.head} can't stand here", node.place)
        self.steps += 1
        form, build = known(self, node)
        form = self.settled(form)
        return Value(form, (lambda: _real(c.as_scalar(build()), node)) if form.is_scalar else build)

    def define(self, name: str, value: Value) -> None:
        """What follows may use the name."""
        self.defined[name] = value._replace(
            build=lambda: self.kept[name] if name in self.kept else value.build())

    def settled(self, form: Form) -> Form:
        return Form(self.sizes.value(form.rows), self.sizes.value(form.cols), form.flat)

    def shown(self, form: Form) -> str:
        return self.sizes.shown(form)

    def misfit(self, what: str, node: Node, *forms: Form) -> Conflict:
        """That operands don't fit, with their forms and places."""
        described = " and ".join(self.shown(self.settled(f)) for f in forms)
        return Conflict(f"the {what} of {described}, which don't fit",
                        *(a.place for a in node.args[:len(forms)]))

    def repeats(self, what: str, node: Node, *forms: Form) -> Conflict:
        """That MATLAB alone would make operands fit."""
        conflict = self.misfit(what, node, *forms)
        conflict.reason += "; MATLAB repeats the smaller one, and if that is meant name the " \
                           "language, syntax='matlab'"
        return conflict

    def doubt(self, conflict: Conflict) -> None:
        """That this reading has more than one meaning; if no other is better it is refused."""
        self.doubts.append(conflict)
        self.cost += 1.5

    def require_square(self, form: Form, node: Node, what: str) -> None:
        if form.is_scalar:
            self.cost += 5
            if all(self.forms[a.value].is_scalar for a in walk(node)
                   if a.head == "name" and a.value in self.forms):
                self.doubt(Conflict(f"the {what} of a scalar; if a matrix is meant, say so in "
                                    "shapes=", node.place))
        elif not form.is_matrix or not self.sizes.same(form.rows, form.cols):
            raise Conflict(f"the {what} of {self.shown(self.settled(form))}, which is not square",
                           node.place)

    def count(self, node: Node) -> Any:
        """A number of rows or terms: a number, a name for one, or what is made of these."""
        if node.head == "number" and node.value.isdigit():
            if len(node.value) > 9:
                raise Conflict("a number of rows this large", node.place)
            return S(int(node.value))
        if node.head == "name" and node.value == "end" and self.ends:
            return self.ends[-1]
        if node.head == "name" and node.value in self.counts:
            return self.counts[node.value]
        if node.head in COUNTED and node.args:
            return COUNTED[node.head](*map(self.count, node.args))
        size = self.size_named(node)
        if size is not None:
            return size
        raise Conflict("this stands for a number of rows or terms, which is a whole number or a "
                       "name such as n", node.place)

    def size_named(self, node: Node) -> Any:
        """X.shape[0], len(x), size(X, 1), …; None where it is none of these."""
        of, axis = _size_asked(node, self.language)
        if of is None:
            return None
        form = self.of(of).form
        if axis is None:
            return form.rows*form.cols
        if axis == "length":
            if form.is_matrix:
                raise Conflict(f"length of {self.shown(form)} is the larger of two sizes; write "
                               "size(X, 1) or size(X, 2)", node.place)
            return form.cols if form.rows == 1 else form.rows
        if axis not in ("0", "1") or (form.flat and axis == "1"):
            raise Conflict("there is no such axis", node.place)
        return (form.rows, form.cols)[int(axis)]


def _real(value: Any, node: Node) -> Any:
    """A scalar, which has to be a number: 1/0 is none, nor is log(-1) a real one."""
    if value.is_number and (value.is_finite is False or value.is_real is False):
        raise Conflict("this has no value among the real numbers", node.place)
    return value


COUNTED: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a*b,
    "times": lambda a, b: a*b, "neg": lambda a: -a}


def _size_asked(node: Node, language: str) -> tuple[Node | None, str | None]:
    """Of what a size is asked for, and along which axis."""
    if node.head == "index" and node.args[0].head == "method" and node.args[0].value == "shape" \
            and len(node.args) == 2 and node.args[1].head == "number":
        return node.args[0].args[0], node.args[1].value
    if node.head == "method" and node.value == "size":
        return node.args[0], None
    if node.head == "call" and node.args:
        name = node.value[0]
        if name == "size" and len(node.args) == 2 and node.args[1].head == "number":
            first = 0 if language == "numpy" else 1
            return node.args[0], str(int(node.args[1].value) - first)
        if name == "size" and language == "numpy" and len(node.args) == 1:
            return node.args[0], None
        if name in ("len", "length"):
            return node.args[0], "0" if name == "len" else "length"
        if name == "numel":
            return node.args[0], None
    return None, None


# --- leaves ------------------------------------------------------------------------------


@operation("number")
def _number(_: Meaning, node: Node) -> Value:
    text = node.value.lower()
    _, _, exponent = text.partition("e")
    if len(text) > limits.NUMBER_DIGITS or (exponent and abs(int(exponent)) > limits.NUMBER_DIGITS):
        raise Conflict(f"a number of more than {limits.NUMBER_DIGITS} digits", node.place)
    value = S(int(text)) if text.isdigit() else Rational(text)
    return Value(SCALAR, lambda: value)


@operation("name", "function")
def _name(meaning: Meaning, node: Node) -> Value:
    name = node.value
    if node.head == "function" and name in CONSTANTS:
        return Value(SCALAR, lambda: CONSTANTS[name])
    if name in meaning.indices:
        index = meaning.indices[name]
        return Value(SCALAR, lambda: index.k + index.first)
    if name in meaning.defined:
        return meaning.defined[name]
    if name in meaning.forms:
        return Value(meaning.forms[name], lambda: meaning.symbols[name])
    if name in meaning.counts:
        return Value(SCALAR, lambda: meaning.counts[name])
    if name in ("I", "eye", "Id"):
        n = meaning.sizes.fresh()
        return Value(Form(n, n), lambda: c.Identity(meaning.sizes.named(n)))
    if name in ("1", "0"):
        n = meaning.sizes.fresh()
        kind = c.OneMatrix if name == "1" else c.ZeroMatrix
        return Value(Form(n, S.One), lambda: kind(meaning.sizes.named(n), S.One))
    if name in NOT_NUMBERS:
        raise Conflict(f"{name} is no number to calculate with", node.place)
    raise Conflict(f"{name} is a function here; what it is of is missing"
                   if meaning.is_function(name) else f"{name} can't stand here", node.place)


@operation("brackets")
def _brackets(meaning: Meaning, node: Node) -> Value:
    return meaning.of(node.args[0])


@operation("sized")
def _sized(meaning: Meaning, node: Node) -> Value:
    """I_n, and vectors of ones and zeros with their length."""
    base, *parts = node.args
    form, build = _name(meaning, base)
    if len(parts) != 1 or not meaning.sizes.same(form.rows, meaning.count(parts[0])):
        raise Conflict("one size belongs here", node.place)
    return Value(form, build)


@operation("method")
def _method(meaning: Meaning, node: Node) -> Value:
    size = meaning.size_named(node)
    if size is None:
        raise Conflict(f".{node.value} is no method that is known here", node.place)
    return Value(SCALAR, lambda: meaning.sizes.named(size))


# --- operands of one shape ---------------------------------------------------------------


def together(meaning: Meaning, node: Node, parts: Sequence[Value], what: str
             ) -> tuple[Form, list[Callable[[], Any]]]:
    """Operands of one shape, those of fewer rows or columns repeated; scalars stay scalars."""
    matrices = [form for form, _ in parts if not form.is_scalar]
    if not matrices:
        return SCALAR, [build for _, build in parts]
    full = [f for f in matrices if not f.flat]
    if not full:
        for f in matrices[1:]:
            if not meaning.sizes.same(matrices[0].rows, f.rows):
                raise meaning.misfit(what, node, *(form for form, _ in parts))
        return matrices[0], [build for _, build in parts]
    # an array of one axis is a row beside one of two
    shapes = [(S.One, f.rows) if f.flat else (f.rows, f.cols) for f in matrices]
    whole = []
    for sizes in zip(*shapes, strict=True):
        longer = [size for size in sizes if size != 1]
        if not all(meaning.sizes.same(longer[0], size) for size in longer[1:]):
            raise meaning.misfit(what, node, *(form for form, _ in parts))
        whole.append(longer[0] if longer else S.One)
    if any(tuple(size != 1 for size in shape) != tuple(size != 1 for size in whole)
           for shape in shapes):
        if meaning.language == "latex":
            raise meaning.misfit(what, node, *(form for form, _ in parts))
        if meaning.language != "numpy":
            if 1 in whole or not any(1 not in shape for shape in shapes):
                conflict = meaning.misfit(what, node, *(form for form, _ in parts))
                conflict.reason += "; a row is turned into a column by '"
                raise conflict
            if meaning.is_guessed or meaning.language == "matrixcalculus":
                meaning.doubt(meaning.repeats(what, node, *(form for form, _ in parts)))
            meaning.cost += 4  # hardly on purpose
    form = meaning.settled(Form(*whole))
    return form, [repeated(meaning, part, form) for part in parts]


def repeated(meaning: Meaning, part: Value, whole: Form) -> Callable[[], Any]:
    """A row or a column as often as a matrix has it."""
    form, build = part

    def ones(rows: Any, cols: Any) -> Any:
        return c.OneMatrix(meaning.sizes.named(rows), meaning.sizes.named(cols))

    if form.is_scalar or form == whole:
        return build
    if form.flat and whole.rows == 1:
        return lambda: c.transpose(build())
    if form.flat:
        return lambda: c.multiply(ones(whole.rows, S.One), c.transpose(build()))
    if form.rows == 1 and whole.rows != 1:
        return lambda: c.multiply(ones(whole.rows, S.One), build())
    if form.cols == 1 and whole.cols != 1:
        return lambda: c.multiply(build(), ones(S.One, whole.cols))
    return build


def as_matrix(meaning: Meaning, build: Callable[[], Any], whole: Form) -> Callable[[], Any]:
    """A scalar as a matrix that has it everywhere."""
    return lambda: c.scale(build(), c.OneMatrix(meaning.sizes.named(whole.rows),
                                                meaning.sizes.named(whole.cols)))


def scaled(by: Any, value: Basic) -> Any:
    return c.scale(by, value) if is_matrix(value) else by*value


def applied(f: Callable[[Any], Any], value: Any) -> Any:
    """A function of a scalar, or of every entry."""
    if not is_matrix(value):
        return f(value)
    z = argument_symbol(frozenset(), real=False) if is_complex(value) else Dummy("z", real=True)
    return c.elementwise(Lambda((z,), f(z)), value)


def require_small_power(base: Any, exponent: Any, node: Node) -> None:
    """That no number of millions of digits is worked out."""
    if isinstance(base, Rational) and isinstance(exponent, Rational) and base not in (0, 1, -1):
        size = max(abs(base.p), base.q)
        if abs(exponent) > limits.NUMBER_DIGITS/max(log10(size), 0.1):
            raise Conflict(f"a number of more than {limits.NUMBER_DIGITS} digits", node.place)

