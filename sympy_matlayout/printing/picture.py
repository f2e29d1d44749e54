"""How results are drawn in lines of characters: ``pretty``, in Unicode and in ASCII."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Abs, Adjoint, S, Symbol, Trace
from sympy.matrices.expressions import (
    DiagMatrix,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalOf
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pretty.pretty_symbology import sub
from sympy.printing.pretty.stringpict import prettyForm

from ..core.registry import declares
from ..core.shapes import is_matrix, is_one, shape
from ..nodes.differential_symbols import Differential
from ..nodes.node import pretty_call
from .entrywise import ATOM, POWER, PRODUCT, SUM, Notation, Piece, level_of, name_of, written
from .parts import (
    Fraction,
    hadamard_fraction,
    is_short,
    is_subtracted,
    is_vector,
    one_by_one,
    scalars_lead,
    signed_terms,
    summed,
    with_names,
)
from .text import matrix_level

__all__ = ["PictureNotation"]

GREEK = {"Sigmoid": "σ", "gamma": "Γ"}


def _row(*parts: Any) -> prettyForm:
    """What stands one after the other."""
    first, *rest = parts
    first = first if isinstance(first, prettyForm) else prettyForm(first)
    return prettyForm(*first.right(*rest)) if rest else first


def _in_parens(form: Any) -> prettyForm:
    return prettyForm(*form.parens())


def _joined(sign: str, forms: Sequence[Any]) -> prettyForm:
    parts: list[Any] = [forms[0]]
    for form in forms[1:]:
        parts += [sign, form]
    return _row(*parts)


def _raised(base: Any, exponent: Any, mark: str = "") -> prettyForm:
    raised = _row(mark, exponent) if mark else exponent
    plain = prettyForm(str(base), base.baseline, binding=prettyForm.ATOM)
    return plain**prettyForm(str(raised), raised.baseline)


def _over(above: Any, below: Any) -> prettyForm:
    return prettyForm(*above.stack(above, prettyForm.LINE, below), binding=prettyForm.DIV)


class PictureNotation(Notation):
    """As on paper, the dot of ``exp.(X)`` where X could be square; products by entries with ∘."""

    def __init__(self, printer: Any, argument: Piece, of_vector: bool) -> None:
        super().__init__(printer, argument)
        self.of_vector = of_vector
        self.ring = "∘" if printer._use_unicode else ".*"
        self.times = "⋅" if printer._use_unicode else "*"

    def in_parentheses(self, form: Any) -> prettyForm:
        return _in_parens(form)

    def sum(self, terms: Sequence[tuple[bool, Piece]]) -> Piece:
        parts: list[Any] = []
        for minus, piece in terms:
            if minus:
                parts += [" - " if parts else "-", self.within(piece, SUM)]
            else:
                parts += [" + ", piece.form] if parts else [piece.form]
        return Piece(_row(*parts), SUM)

    def product(self, scalar: Piece | None, factors: Sequence[Piece]) -> Piece:
        inner = _joined(self.ring, [self.within(f, PRODUCT) for f in factors])
        if scalar is None:
            return Piece(inner, PRODUCT)
        inner = _in_parens(inner) if len(factors) > 1 else inner
        return Piece(_row(self.within(scalar, SUM), self.times, inner), PRODUCT)

    def quotient(self, above: Piece, below: Piece, by_entries: bool) -> Piece:
        return Piece(_over(above.form, below.form), PRODUCT)

    def negative(self, piece: Piece) -> Piece:
        return Piece(_row("-", self.within(piece, SUM)), SUM)

    def power(self, base: Piece, exponent: Piece, called: bool) -> Piece:
        ring = "∘" if self.printer._use_unicode else "."
        mark = "" if called and self.of_vector else ring
        return Piece(_raised(self.within(base, POWER), self.within(exponent, SUM), mark), POWER)

    def call(self, function: Any, args: Sequence[Piece], primes: int = 0) -> Piece:
        inside = _joined(", ", [a.form for a in args])
        if isinstance(function, Abs):
            return Piece(_row("|", inside, "|") if inside.height() == 1
                         else prettyForm(*inside.parens("|", "|")))
        name = name_of(function)
        name = GREEK.get(name, name) if self.printer._use_unicode else name
        dot = "" if self.of_vector else "."
        return Piece(_row(name + "'"*primes + dot, _in_parens(inside)))

    def cases(self, cases: Sequence[tuple[Piece, Piece | None]]) -> Piece:
        rows = [_row(e.form, "  otherwise") if c is None else _row(e.form, "  for ", c.form)
                for e, c in cases]
        found = rows[0]
        for row in rows[1:]:
            found = prettyForm(*found.below(row))
        return Piece(prettyForm(*found.parens("{", "", ifascii_nougly=True)))

    def relation(self, relation: Any, left: Piece, right: Piece) -> Piece:
        return Piece(_row(left.form, f" {relation.rel_op} ", right.form),
                     PRECEDENCE["Relational"])

    def other(self, expr: Any, z: Symbol) -> Piece:
        letter = Symbol(str(self.argument.form).strip())
        return Piece(self.printer._print(expr.xreplace({z: letter})), level_of(expr))


@declares("pretty", ElementwiseApplyFunction)
def picture_of_function(printer: Any, node: Any) -> prettyForm:
    function, matrix = node.args
    argument = Piece(printer._print(matrix), matrix_level(matrix))
    notation = PictureNotation(printer, argument, is_vector(matrix))
    return written(function.expr, function.variables[0], notation).form


def _factor(printer: Any, factor: Any) -> prettyForm:
    """A factor of a product, in parentheses where it is a sum or another kind of product."""
    form = printer._print(factor)
    level = matrix_level(factor) if is_matrix(factor) else level_of(factor)
    loose = isinstance(factor, (KroneckerProduct, MatMul)) or level <= SUM \
        or one_by_one(factor) and summed(factor) is None or is_matrix(factor) and level <= PRODUCT
    return _in_parens(form) if loose else form


@declares("pretty", MatMul)
def picture_of_product(printer: Any, product: MatMul) -> prettyForm:
    found = _unsigned(printer, product)
    if is_subtracted(product):
        return prettyForm(*found.left("-"), binding=prettyForm.NEG)
    return prettyForm(str(found), found.baseline, binding=prettyForm.MUL)


def _unsigned(printer: Any, product: Any) -> prettyForm:
    """A product without the minus in front."""
    times = "⋅" if printer._use_unicode else "*"
    if not scalars_lead(product):
        return _joined(times, [_factor(printer, f) for f in product.args])
    _, above, below, matrices = Fraction.of(product)
    forms = [_factor(printer, f) for f in [*above, *matrices]]
    if len(forms) == 1 and not below and matrix_level(matrices[0]) == PRODUCT:
        return printer._print(matrices[0])
    if not below:
        return _joined(times, forms)
    under = printer._print(below[0]) if len(below) == 1 else _joined(
        times, [_factor(printer, f) for f in below])
    if len(forms) == 1:
        return _over(printer._print(matrices[0]), under)
    if all(map(is_short, [*above, *matrices])):
        return _over(_joined(times, forms), under)
    over = printer._print(above[0]) if len(above) == 1 else _joined(
        times, forms[:len(above)]) if above else prettyForm("1")
    return _joined(times, [_over(over, under), *forms[len(above):]])


@declares("pretty", MatAdd)
def picture_of_sum(printer: Any, total: MatAdd) -> prettyForm:
    parts: list[Any] = []
    for minus, term in signed_terms(printer, total):
        if minus:
            parts += [" - " if parts else "-", _unsigned(printer, term)]
        else:
            form = printer._print(term)
            form = form if matrix_level(term) > SUM else _in_parens(form)
            parts += [" + ", form] if parts else [form]
    found = _row(*parts)
    return prettyForm(str(found), found.baseline, binding=prettyForm.ADD)


def _hadamard_factor(printer: Any, factor: Any) -> prettyForm:
    form = printer._print(factor)
    return _in_parens(form) if isinstance(factor, KroneckerProduct) \
        or matrix_level(factor) <= PRODUCT else form


@declares("pretty", HadamardProduct)
def picture_of_hadamard(printer: Any, product: Any) -> prettyForm:
    ring = "∘" if printer._use_unicode else ".*"
    above, below = hadamard_fraction(product)
    over = [_hadamard_factor(printer, f) for f in above] if len(above) > 1 or not below \
        else [printer._print(f) for f in above]
    found = _joined(ring, over) if over else prettyForm("1")
    if not below:
        return prettyForm(str(found), found.baseline, binding=prettyForm.MUL)
    under = printer._print(below[0]) if len(below) == 1 else _joined(
        ring, [_hadamard_factor(printer, f) for f in below])
    return _over(found, under)


@declares("pretty", HadamardPower)
def picture_of_hadamard_power(printer: Any, power: Any) -> prettyForm:
    if hadamard_fraction(power)[1]:
        return picture_of_hadamard(printer, power)
    base, exponent = power.args
    form = printer._print(base)
    if exponent == S.Half:
        return _row("sqrt" if is_vector(base) else "sqrt.", _in_parens(form))
    if isinstance(base, KroneckerProduct) or (
            matrix_level(base) if is_matrix(base) else level_of(base)) <= POWER:
        form = _in_parens(form)
    raised = printer._print(exponent)
    if not is_matrix(exponent) and level_of(exponent) <= SUM:
        raised = _in_parens(raised)
    return _raised(form, raised, "∘" if printer._use_unicode else ".")


@declares("pretty", KroneckerProduct)
def picture_of_kronecker(printer: Any, product: Any) -> prettyForm:
    sign = " ⨂ " if printer._use_unicode else " x "
    return _joined(sign, [_hadamard_factor(printer, f) for f in product.args])


@declares("pretty", Transpose)
def picture_of_transpose(printer: Any, node: Any) -> prettyForm:
    matrix = node.args[0]
    if isinstance(matrix, Inverse):
        return _raised(_base(printer, matrix.args[0]), prettyForm("-T"))
    return _raised(_base(printer, matrix), prettyForm("T"))


@declares("pretty", Inverse, MatPow)
def picture_of_power(printer: Any, node: Any) -> prettyForm:
    base, exponent = node.args
    if exponent == -1 and isinstance(base, Transpose):
        return _raised(_base(printer, base.args[0]), prettyForm("-T"))
    if exponent == -1 and isinstance(base, Adjoint) and not isinstance(base.args[0], Transpose):
        return _raised(_base(printer, base.args[0]), prettyForm("-H"))
    return _raised(_base(printer, base), printer._print(exponent))


@declares("pretty", Adjoint)
def picture_of_adjoint(printer: Any, node: Any) -> prettyForm:
    """An H, and a bar over what SymPy writes as the adjoint of the transpose."""
    (matrix,) = node.args
    if not isinstance(matrix, Transpose):
        return _raised(_base(printer, matrix), prettyForm("H"))
    form = printer._print(matrix.args[0])
    bar = ("_" if not printer._use_unicode else "─")*form.width()
    return prettyForm(*form.above(bar), binding=prettyForm.ATOM)


def _base(printer: Any, matrix: Any) -> prettyForm:
    form = printer._print(matrix)
    plain = isinstance(matrix, MatrixSymbol) and not isinstance(matrix, Differential) \
        or not isinstance(matrix, MatrixSymbol) and matrix_level(matrix) == ATOM and \
        not isinstance(matrix, (Adjoint, MatPow, Transpose, KroneckerProduct))
    return form if plain else _in_parens(form)


@declares("pretty", OneMatrix)
def picture_of_ones(printer: Any, ones: Any) -> prettyForm:
    """A 1 with its size, unlike the number."""
    one = "𝟙" if printer._use_unicode else "1"
    rows, cols = ones.shape
    sizes = [rows] if is_one(cols) else [cols] if is_one(rows) else [rows, cols]
    texts = [str(s) for s in sizes]
    if printer._use_unicode and len(texts) == 1 and texts[0] in sub:
        form = prettyForm(one + sub[texts[0]])
    else:
        form = prettyForm(f"{one}[{', '.join(texts)}]")
    return _raised(form, prettyForm("T")) if is_one(rows) and not is_one(cols) else form


@declares("pretty", Trace)
def picture_of_trace(printer: Any, trace: Any) -> prettyForm:
    """The sum of all entries as a sum, a 1x1 matrix as itself"""
    matrix = summed(trace)
    if matrix is not None:
        return pretty_call(printer, "sum", [matrix])
    if one_by_one(trace):
        return printer._print(trace.args[0])
    return pretty_call(printer, "tr", [trace.args[0]])


@declares("pretty", DiagMatrix)
def picture_of_diagonal_matrix(printer: Any, node: Any) -> prettyForm:
    return pretty_call(printer, "diag", node.args)


@declares("pretty", DiagonalOf)
def picture_of_diagonal(printer: Any, node: Any) -> prettyForm:
    return pretty_call(printer, "diagonal", node.args)


@declares("pretty", FunctionMatrix)
def picture_of_entries(printer: Any, node: Any) -> prettyForm:
    body, letters = with_names(node.lamda.expr, node.lamda.variables)
    shown = [a for a, size in zip(letters, shape(node), strict=True) if not is_one(size)]
    inside = prettyForm(*printer._print(body).parens("[", "]"))
    names = [str(s) for s in shown or letters]
    if printer._use_unicode and all(name in sub for name in names):
        return _row(inside, "".join(sub[name] for name in names))
    return _row(inside, "_" + "".join(names))
