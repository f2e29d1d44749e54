"""A long result as a short one, ``with p = …``: its repeated parts under names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from sympy import Add, Dummy, Expr, Function, Lambda, Mul, Pow, S, Symbol, sstr
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatAdd, MatMul, MatrixSymbol, OneMatrix, Transpose
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.printing.pretty.stringpict import prettyForm

from ..core.errors import ArgumentError, reporting_bugs
from ..core.given import as_basic
from ..core.shapes import is_matrix, is_one, shape
from ..nodes.conjugates import ComplexMatrixSymbol, presented
from ..nodes.norm import Norm
from ..nodes.realness import is_complex
from ..nodes.softmax import Softmax
from ..nodes.traversal import operands, postorder
from ..printing.definitions import (
    latex_with_definitions,
    picture_with_definitions,
    text_with_definitions,
)
from ..printing.printers import latex
from ..simplify import constructors as c
from ..simplify.construction import over
from ..simplify.cost import operations
from ..simplify.numbers import is_negative, scaled
from ..simplify.symmetry import with_conjugates_at_symbols

__all__ = ["Explanation", "explain"]

# What a part is called if the name is free: probabilities, residuals, layers, products.
VECTORS, MATRICES, SCALARS = "uvqgtdecab", "MNKLSTQGHABCDE", "stckqgde"
LETTERS = ((Softmax, "p"), (ElementwiseApplyFunction, "h"), (MatMul, "z"))
LEAST = 1  # operations that a name has to save
_H = Dummy("_h", real=True)


@dataclass(frozen=True)
class Explanation:
    """
    Results with names for what is in them more than once; made by ``explain``.

    ``results`` are the expressions in these names, ``where`` the definitions by name, each in
    names that come after it.  Prints as text, with ``pprint`` and ``latex``, and in a notebook.
    """

    results: tuple[Basic, ...]
    definitions: tuple[tuple[Any, Basic], ...]

    @property
    def where(self) -> dict[Any, Basic]:
        """The definitions by name, as ``where=`` of the derivatives takes them."""
        return dict(self.definitions)

    def __str__(self) -> str:
        return text_with_definitions(sstr, self.results, self.definitions)

    __repr__ = __str__

    def _latex(self, printer: Any) -> str:
        return latex_with_definitions(printer._print, self.results, self.definitions)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {latex(self)}$"

    def _pretty(self, printer: Any) -> prettyForm:
        return picture_with_definitions(printer._print, self.results, self.definitions)


@reporting_bugs
def explain(*exprs: Any, most: int = 4) -> Explanation:
    r"""
    Long results with names for the parts that are in them more than once.

    Explanation
    ===========

    What saves most is named first, with the letter it often has: `p` a softmax, `r` a
    difference, `h` a function applied elementwise, `z` a product, capitals for matrices.
    The transpose of a part is that of its name.  Unlike ``common_subexpressions``, which names
    all that is shared, this is for a reader.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols, tanh
    >>> from sympy_matlayout import Norm, Softmax, explain, gradient, jacobian
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, b = MatrixSymbol('A', m, n), MatrixSymbol('b', m, 1)
    >>> x = MatrixSymbol('x', n, 1)
    >>> explain(jacobian(Softmax(A*x), x))
    (DiagMatrix(p) - p*p.T)*A
    with p = Softmax(A*x)
    >>> explain(gradient(Norm((A*x).applyfunc(tanh) - b)**2, x))
    2*A.T*((1 - h.**2).*(h - b))
    with h = tanh.(A*x)

    Parameters
    ==========

    exprs : scalar or matrix expressions, or a list of these
    most : how many names there are at most

    Returns
    =======

    An :class:`Explanation` with ``results`` and ``where``.

    See Also
    ========

    sympy_matlayout.common_subexpressions, sympy_matlayout.derivatives.derivation
    """
    if len(exprs) == 1 and isinstance(exprs[0], (list, tuple)):
        exprs = tuple(exprs[0])
    if not isinstance(most, int) or most < 0:
        raise ArgumentError(f"most is a number of names, 0 or more, got {most!r}")
    forms = [_with_functions_apart(with_conjugates_at_symbols(
        as_basic(e, "the expression"))) for e in exprs]
    free = {s for e in forms for s in e.free_symbols}
    taken = {getattr(a, "name", None) for a in postorder(forms, lambda e: e.args)}
    names: list[Any] = []
    while len(names) < most and (part := _worth_a_name(forms, free)) is not None:
        name = _symbol(part, taken)
        taken.add(name.name)
        free.add(name)
        forms = [_with_name(e, part, name) for e in forms]
        names.append(name)
        forms.append(part)
    shown = list(map(presented, forms))
    return Explanation(tuple(shown[:len(exprs)]),
                       tuple(_in_order(dict(zip(names, shown[len(exprs):], strict=True)))))


def _in_order(definitions: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """Those that hold others before these."""
    while definitions:
        name = next(name for name in definitions if not any(
            name in value.free_symbols for value in definitions.values()))
        yield name, definitions.pop(name)


def _with_functions_apart(expr: Basic) -> Basic:
    """``1 - tanh.(z).**2`` as a function of ``tanh.(z)``, which may be elsewhere as well."""
    forms: dict[Basic, Basic] = {}
    for node in postorder([expr], operands):
        forms[node] = _rebuilt(node, forms)
        if isinstance(node, ElementwiseApplyFunction):
            function: Any = node.function
            (z,), body = function.signature, function.expr
            inner = {f for f in body.atoms(Function) if f.args == (z,)}
            outer = body.xreplace(dict.fromkeys(inner, _H))
            if len(inner) == 1 and outer != _H and z not in outer.free_symbols:
                argument = forms[node.expr]
                forms[node] = c.new(ElementwiseApplyFunction, Lambda((_H,), outer), c.new(
                    ElementwiseApplyFunction, Lambda((z,), *inner), argument))
    return forms[expr]


def _worth_a_name(forms: list[Basic], free: set[Basic]) -> Basic | None:
    """The part that saves most under a name, the largest of equals."""
    uses = _uses(forms)
    parts: dict[Any, Basic] = {}  # by each way to write them
    saved: Counter[Basic] = Counter()
    for node in uses:
        if node in forms or not node.free_symbols <= free or not _can_have_a_name(node):
            continue
        if _key(node) not in parts:
            ways = _ways(node)
            part = c.transpose(node) if is_matrix(node) and _is_row(node) else node
            parts.update((_key(way), part) for way in ways if way is not None)
            saved[part] = -operations(part) - 1
        part = parts[_key(node)]
        saved[part] += uses[node]*operations(part)
    best = max(saved.values(), default=0)
    if best < LEAST:
        return None
    part = next(part for part in reversed(saved) if saved[part] == best)
    ways = [way for way in _ways(part) if way is not None and (
        not is_matrix(way) or shape(way) == shape(part))]
    return max(ways, key=lambda way: (sum(
        count for node, count in uses.items() if _key(node) == _key(way)), way == part))


def _is_row(matrix: Any) -> bool:
    rows, cols = shape(matrix)
    return is_one(rows) and not is_one(cols)


def _ways(part: Any) -> list[Basic | None]:
    """A part, its negative if it is a sum, and the transposes and conjugates of both."""
    found = [part, _negative(part)]
    if is_matrix(part):
        found += [way and c.transpose(way) for way in found]
    if is_complex(part):
        found += [way and c.conjugate(way) for way in found]
    return found


def _negative(part: Any) -> Basic | None:
    if isinstance(part, (MatrixSymbol, Symbol)):
        return c.scale(S.NegativeOne, part) if is_matrix(part) else -part
    if isinstance(part, Add):
        return -part
    return c.add(*(c.scale(S.NegativeOne, term) for term in part.args)) \
        if isinstance(part, MatAdd) else None


def _key(node: Basic) -> Any:
    """Sums are the same in any order."""
    return frozenset(node.args) if isinstance(node, MatAdd) else node


def _uses(forms: list[Basic]) -> Counter[Basic]:
    """How often each part is written in the printed expressions."""
    order = list(postorder(forms, operands))
    uses = Counter(forms)
    for node in reversed(order):
        for a in operands(node):
            uses[a] += uses[node]*_written(node)
    return Counter({node: uses[node] for node in order})


def _written(node: Any) -> int:
    """How often a function that is applied elementwise has its argument in it."""
    if not isinstance(node, ElementwiseApplyFunction):
        return 1
    function: Any = node.function
    (z,), body = function.signature, function.expr
    return max(1, body.count(z))


def _can_have_a_name(part: Any) -> bool:
    if is_matrix(part):
        return not isinstance(part, (Transpose, OneMatrix))
    return isinstance(part, Expr) and not isinstance(part, (Lambda, Mul, Pow))


def _symbol(part: Any, taken: Collection[str | None]) -> Any:
    name = next(letter for letter in _letters(part) if letter not in taken)
    if not is_matrix(part):
        return Symbol(name, complex=True) if is_complex(part) else Symbol(name, real=True)
    return (ComplexMatrixSymbol if is_complex(part) else MatrixSymbol)(name, *shape(part))


def _letters(part: Any) -> Iterator[str]:
    first = [letter for kind, letter in LETTERS if isinstance(part, kind)]
    if isinstance(part, (Add, MatAdd)) and any(map(is_negative, part.args)):
        first.append("r")
    if not is_matrix(part):
        others = SCALARS
    elif is_one(shape(part)[1]):
        others = VECTORS
    else:
        first, others = [letter.upper() for letter in first], MATRICES
    return chain(first, others, (f"{(*first, *others)[0]}{k}" for k in count(1)))


def _rebuilt(node: Any, forms: Mapping[Basic, Basic]) -> Basic:
    """A node over other arguments, sums and products as they are written."""
    args: list[Any] = [forms.get(a, a) for a in node.args]
    if tuple(args) == node.args or not isinstance(node, (MatAdd, MatMul)):
        return over(node, forms)
    if isinstance(node, MatAdd):
        return c.new(MatAdd, *args)
    factors = [f for a in args if is_matrix(a) for f in (
        a.args if isinstance(a, MatMul) else (a,))]  # -r is a product
    return scaled(Mul(*(a for a in (*args, *factors) if not is_matrix(a))),
                  *filter(is_matrix, factors))


def _with_name(expr: Basic, part: Basic, name: Any) -> Basic:
    named: dict[Any, Basic] = {}
    symbols = _ways(name)
    for way, symbol in zip(_ways(part), symbols, strict=True):
        if way is not None and symbol is not None:
            named.setdefault(_key(way), symbol)
    forms: dict[Basic, Basic] = {}
    for node in postorder([expr], lambda e: () if _key(e) in named else operands(e)):
        if _key(node) in named:
            forms[node] = named[_key(node)]
            continue
        inside = {a: forms[a] for a in operands(node)}
        if isinstance(node, Norm):  # of -r, of the transpose and the conjugate it is that of r
            inside = {a: name if form in symbols else form for a, form in inside.items()}
        forms[node] = _rebuilt(node, inside)
    return forms[expr]
