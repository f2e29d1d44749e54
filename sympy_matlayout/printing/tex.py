r"""How results are written in LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sympy import Abs, Adjoint, Dummy, Integral, Mul, Product, S, Sum, Symbol, Trace, exp
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Inverse,
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

from ..core.registry import declares
from ..core.shapes import is_matrix, is_one, shape
from ..nodes.differential_symbols import Differential
from .entrywise import ATOM, POWER, PRODUCT, SUM, InALine, Piece, level_of, name_of, written
from .parts import (
    Fraction,
    hadamard_fraction,
    index_names,
    is_bare,
    is_short,
    is_vector,
    one_by_one,
    scalars_lead,
    signed_terms,
    summed,
    with_names,
)
from .text import matrix_level

__all__ = ["LatexNotation"]


class LatexNotation(InALine):
    r"""``1 - \tanh^{2}(A x)`` of a vector; ``1 - \tanh_{\circ}(X)^{\circ 2}`` of a matrix."""

    parentheses = r"\left(", r"\right)"
    minus = "- "

    def __init__(self, printer: Any, argument: Piece, of_vector: bool) -> None:
        super().__init__(printer, argument)
        self.of_vector = of_vector

    def product(self, scalar: Piece | None, factors: Sequence[Piece]) -> Piece:
        inner = r" \circ ".join(self.within(f, PRODUCT) for f in factors)
        if scalar is None:
            return Piece(inner, PRODUCT)
        if len(factors) > 1:
            inner = rf"\left({inner}\right)"
        return Piece(f"{self.within(scalar, SUM)} {inner}", PRODUCT)

    def quotient(self, above: Piece, below: Piece, by_entries: bool) -> Piece:
        if by_entries and not self.of_vector:
            return Piece(rf"{self.within(above, PRODUCT)} \oslash {self.within(below, PRODUCT)}",
                         PRODUCT)
        return Piece(rf"\frac{{{above.form}}}{{{below.form}}}", PRODUCT)

    def power(self, base: Piece, exponent: Piece, called: bool) -> Piece:
        if called and self.of_vector and r"{\left(" in base.form and "^" not in base.form:
            name, inside = base.form.split(r"{\left(", 1)  # tanh(x)^2 is written tanh^2(x)
            return Piece(rf"{name}^{{{exponent.form}}}{{\left({inside}")
        return Piece(rf"{self.within(base, POWER)}^{{\circ {self.within(exponent, SUM)}}}", POWER)

    def call(self, function: Any, args: Sequence[Piece], primes: int = 0) -> Piece:
        inside = ", ".join(a.form for a in args)
        if isinstance(function, Abs):
            return Piece(rf"\left|{inside}\right|")
        if function == "sqrt":
            return Piece(rf"\sqrt{{{inside}}}") if self.of_vector else Piece(
                rf"{self.within(args[0], POWER)}^{{\circ \frac{{1}}{{2}}}}", POWER)
        circle = "" if self.of_vector else r"_{\circ}"
        if isinstance(function, exp):
            return Piece(rf"\exp{circle}{{\left({inside}\right)}}")
        return Piece(rf"{self.name(function)}{chr(39)*primes}{circle}{{\left({inside}\right)}}")

    def name(self, function: Any) -> str:
        r"""The name alone, as SymPy prints it before a letter."""
        printed = self.printer._print(function.func(*(Dummy() for _ in function.args)))
        head = printed.split(r"\left(")[0].rstrip("{ ")
        return head if head and "^" not in head and "frac" not in head \
            else rf"\operatorname{{{name_of(function)}}}"

    def cases(self, cases: Sequence[tuple[Piece, Piece | None]]) -> Piece:
        rows = (rf"{e.form} & \text{{otherwise}}" if c is None
                else rf"{e.form} & \text{{for}}\: {c.form}" for e, c in cases)
        return Piece(r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}")

    def relation(self, relation: Any, left: Piece, right: Piece) -> Piece:
        sign = {"==": "=", "!=": r"\neq", "<=": r"\leq", ">=": r"\geq"}.get(
            relation.rel_op, relation.rel_op)
        return Piece(f"{left.form} {sign} {right.form}", PRECEDENCE["Relational"])

    def other(self, expr: Any, z: Symbol) -> Piece:
        return Piece(self.printer._print(expr.xreplace({z: Symbol(self.argument.form)})),
                     level_of(expr))


@declares("latex", ElementwiseApplyFunction)
def latex_of_function(printer: Any, node: Any) -> str:
    function, matrix = node.args
    argument = Piece(printer._print(matrix), matrix_level(matrix))
    notation = LatexNotation(printer, argument, is_vector(matrix))
    return written(function.expr, function.variables[0], notation).form


@declares("latex", MatMul)
def latex_of_product(printer: Any, product: MatMul) -> str:
    r"""``\frac{A x}{\left\|x\right\|}``"""
    if not scalars_lead(product):
        return _in_a_row(printer, product.args)
    minus, above, below, matrices = Fraction.of(product)
    sign = "- " if minus else ""
    if not below:
        return sign + _in_a_row(printer, [*above, *matrices])
    under = _in_a_row(printer, below) if len(below) > 1 else printer._print(below[0])
    if len(above) + len(matrices) == 1 or all(map(is_short, [*above, *matrices])):
        factors = [*above, *matrices]
        over = printer._print(factors[0]) if len(factors) == 1 else _in_a_row(printer, factors)
        return rf"{sign}\frac{{{over}}}{{{under}}}"
    over = _in_a_row(printer, above) if len(above) > 1 else printer._print(above[0]) \
        if above else "1"
    return rf"{sign}\frac{{{over}}}{{{under}}} {_in_a_row(printer, matrices)}"


def _in_a_row(printer: Any, factors: Sequence[Any]) -> str:
    """The factors, in parentheses where they are sums or products themselves."""
    if len(factors) == 1:
        return printer.parenthesize(factors[0], PRODUCT, strict=True)
    return " ".join(
        printer._print(f) if k == 0 and _is_plain_scalar(f) else _factor(printer, f)
        for k, f in enumerate(factors))


def _factor(printer: Any, factor: Any) -> str:
    if is_bare(factor) and not hasattr(printer, "aspect") or one_by_one(factor) \
            and getattr(printer, "names_traces", False):
        return printer._print(factor)
    if isinstance(factor, (Mul, MatMul)) or one_by_one(factor) or is_matrix(factor) \
            and matrix_level(factor) <= PRODUCT or isinstance(factor, (Sum, Product, Integral)):
        return rf"\left({printer._print(factor)}\right)"
    return printer.parenthesize(factor, PRODUCT)


def _is_plain_scalar(factor: Basic) -> bool:
    """A product of scalars that doesn't end in a sum or product over an index."""
    return isinstance(factor, Mul) and not isinstance(factor, MatMul) \
        and not factor.has(Sum, Product, Integral)


@declares("latex", MatAdd)
def latex_of_sum(printer: Any, total: MatAdd) -> str:
    found = ""
    for minus, term in signed_terms(printer, total):
        printed = printer._print(term)
        if not minus and matrix_level(term) <= SUM:
            printed = rf"\left({printed}\right)"
        found += f" {printed}" if minus and found else f" + {printed}" if found else printed
    return found


@declares("latex", HadamardProduct)
def latex_of_hadamard(printer: Any, product: Any) -> str:
    r"""``A \circ B \oslash C``"""
    above, below = hadamard_fraction(product)
    over, under = ([_hadamard_factor(printer, f) for f in part] for part in (above, below))
    found = r" \circ ".join(over) or "1"
    if not under:
        return found
    bottom = r" \circ ".join(under)
    return rf"{found} \oslash " + (rf"\left({bottom}\right)" if len(under) > 1 else bottom)


def _hadamard_factor(printer: Any, factor: Any) -> str:
    printed = printer._print(factor)
    return rf"\left({printed}\right)" if _level(factor) <= PRODUCT else printed


def _level(expr: Any) -> int:
    return matrix_level(expr) if is_matrix(expr) else level_of(expr)


@declares("latex", HadamardPower)
def latex_of_hadamard_power(printer: Any, power: Any) -> str:
    r"""``X^{\circ 2}``, ``1 \oslash X``"""
    if hadamard_fraction(power)[1]:
        return latex_of_hadamard(printer, power)
    base, exponent = power.args
    printed = printer._print(base)
    if exponent == S.Half and is_vector(base):
        return rf"\sqrt{{{printed}}}"
    if _level(base) <= POWER or isinstance(base, (Transpose, Inverse)):
        printed = rf"\left({printed}\right)"
    return rf"{printed}^{{\circ {printer.parenthesize(exponent, SUM)}}}"


@declares("latex", Transpose)
def latex_of_transpose(printer: Any, node: Any) -> str:
    r"""``X^{T}``, ``X^{-T}`` of an inverse"""
    matrix = node.args[0]
    if isinstance(matrix, Inverse):
        return rf"{_base(printer, matrix.args[0])}^{{-T}}"
    return rf"{_base(printer, matrix)}^{{T}}"


@declares("latex", Inverse, MatPow)
def latex_of_power(printer: Any, node: Any) -> str:
    r"""``X^{-1}``, ``X^{-T}`` of a transpose"""
    base, exponent = node.args
    if exponent == -1 and isinstance(base, Transpose):
        return rf"{_base(printer, base.args[0])}^{{-T}}"
    if exponent == -1 and isinstance(base, Adjoint) and not isinstance(base.args[0], Transpose):
        return rf"{_base(printer, base.args[0])}^{{-H}}"
    return rf"{_base(printer, base)}^{{{printer._print(exponent)}}}"


@declares("latex", Adjoint)
def latex_of_adjoint(printer: Any, node: Any) -> str:
    r"""``Z^{H}``, ``\overline{Z}`` of what SymPy writes as the adjoint of the transpose"""
    (matrix,) = node.args
    if isinstance(matrix, Transpose):
        return rf"\overline{{{printer._print(matrix.args[0])}}}"
    return rf"{_base(printer, matrix)}^{{H}}"


def _base(printer: Any, matrix: Any) -> str:
    printed = printer._print(matrix)
    plain = isinstance(matrix, MatrixSymbol) and not isinstance(matrix, Differential)
    if plain and "^" not in printed or matrix_level(matrix) == ATOM and not plain \
            and "^" not in printed and not isinstance(matrix, Differential):
        return printed
    return rf"\left({printed}\right)"


@declares("latex", OneMatrix)
def latex_of_ones(printer: Any, ones: Any) -> str:
    r"""``\mathbf{1}_{n}``, ``\mathbf{1}_{n}^{T}``, ``\mathbf{1}_{m \times n}``"""
    rows, cols = ones.shape
    if is_one(cols):
        return rf"\mathbf{{1}}_{{{printer._print(rows)}}}"
    if is_one(rows):
        return rf"\mathbf{{1}}_{{{printer._print(cols)}}}^{{T}}"
    return rf"\mathbf{{1}}_{{{printer._print(rows)} \times {printer._print(cols)}}}"


@declares("latex", Trace)
def latex_of_trace(printer: Any, trace: Any) -> str:
    r"""``\sum_{i} x_{i}`` for the sum of all entries, ``x^{T} A x`` for a 1x1 matrix"""
    matrix = summed(trace)
    if matrix is not None:
        names = index_names(2, matrix.free_symbols)
        indices = [a for a, size in zip(names, shape(matrix), strict=True) if not is_one(size)]
        below = "".join(map(printer._print, indices))
        found = rf"\sum_{{{below}}} {_entry(printer, matrix, below)}"
        return found if hasattr(printer, "aspect") else rf"\left({found}\right)"
    inside = printer._print(trace.args[0])
    if not one_by_one(trace) or getattr(printer, "names_traces", False):
        return rf"\operatorname{{tr}}\left({inside} \right)"
    # SymPy's own printer asks for no parentheses where they are needed
    return inside if hasattr(printer, "aspect") else rf"\left({inside}\right)"


def _entry(printer: Any, matrix: Any, indices: str) -> str:
    """An entry, that of an elementwise function as the function of an entry."""
    if isinstance(matrix, ElementwiseApplyFunction):
        function, argument = cast(Any, matrix.args)
        letter = Symbol(_entry(printer, argument, indices))
        body = function.expr.xreplace({function.variables[0]: letter})
        return printer.parenthesize(body, SUM)
    return rf"{_subscripted(printer, matrix)}_{{{indices}}}"


def _subscripted(printer: Any, matrix: Any) -> str:
    printed = printer._print(matrix)
    return printed if isinstance(matrix, MatrixSymbol) and "_" not in printed \
        else rf"\left({printed}\right)"


@declares("latex", DiagMatrix)
def latex_of_diagonal_matrix(printer: Any, node: Any) -> str:
    return rf"\operatorname{{diag}}\left({printer._print(node.args[0])}\right)"


@declares("latex", DiagonalOf)
def latex_of_diagonal(printer: Any, node: Any) -> str:
    return rf"\operatorname{{diagonal}}\left({printer._print(node.args[0])}\right)"


@declares("latex", FunctionMatrix)
def latex_of_entries(printer: Any, node: Any) -> str:
    r"""``\left[e^{- x_{i} y_{j}}\right]_{ij}``"""
    body, letters = with_names(node.lamda.expr, node.lamda.variables)
    shown = [a for a, size in zip(letters, shape(node), strict=True) if not is_one(size)]
    below = "".join(map(printer._print, shown or letters))
    return rf"\left[{printer._print(body)}\right]_{{{below}}}"
