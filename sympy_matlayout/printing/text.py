"""How results are written in a line: ``str``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from sympy import Adjoint, S, Symbol, Trace
from sympy.matrices.expressions import (
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
    OneMatrix,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.printing.precedence import PRECEDENCE

from ..core.registry import declared, declares
from ..core.shapes import is_one, shape
from .entrywise import ATOM, POWER, PRODUCT, SUM, InALine, Piece, level_of, name_of, written
from .parts import (
    Fraction,
    hadamard_fraction,
    is_subtracted,
    scalars_lead,
    signed_terms,
    summed,
    with_names,
)

__all__ = ["TextNotation", "dotted", "matrix_level"]


def dotted(sign: str, *parts: str) -> str:
    """The parts with a dotted sign between; the dot of ``X.**2 .* Y`` is no decimal point."""
    return reduce(lambda left, right: left + (f" {sign} " if left[-1].isdigit() else sign) + right,
                  parts)


class TextNotation(InALine):
    """``1 - tanh.(A*x).**2``, ``x./(1 + x.**2)``"""

    def product(self, scalar: Piece | None, factors: Sequence[Piece]) -> Piece:
        inner = dotted(".*", *(self.within(f, PRODUCT) for f in factors))
        outer = "" if scalar is None else self.within(scalar, SUM) + "*"
        return Piece(outer + inner, PRODUCT)

    def quotient(self, above: Piece, below: Piece, by_entries: bool) -> Piece:
        over, under = self.within(above, SUM), self.within(below, PRODUCT)
        return Piece(dotted("./", over, under) if by_entries else f"{over}/{under}", PRODUCT)

    def power(self, base: Piece, exponent: Piece, called: bool) -> Piece:
        return Piece(f"{self.within(base, POWER)}.**{self.within(exponent, POWER)}", POWER)

    def call(self, function: Any, args: Sequence[Piece], primes: int = 0) -> Piece:
        return Piece(f"{name_of(function)}{chr(39)*primes}.({', '.join(a.form for a in args)})")

    def cases(self, cases: Sequence[tuple[Piece, Piece | None]]) -> Piece:
        pairs = (f"({e.form}, {'True' if c is None else c.form})" for e, c in cases)
        return Piece(f"Piecewise({', '.join(pairs)})")

    def relation(self, relation: Any, left: Piece, right: Piece) -> Piece:
        level = PRECEDENCE["Relational"]
        return Piece(f"{self.within(left, level)} {relation.rel_op} {self.within(right, level)}",
                     level)

    def other(self, expr: Any, z: Symbol) -> Piece:
        letter = Symbol(self.within(self.argument, POWER))
        return Piece(self.printer._print(expr.xreplace({z: letter})), level_of(expr))


@declares("level", ElementwiseApplyFunction)
def level_of_function(node: Any) -> int:
    return level_of(node.function.expr) if node.function.expr != node.function.variables[0] \
        else ATOM


@declares("level", HadamardProduct)
def level_of_hadamard(node: Any) -> int:
    return PRODUCT


@declares("level", HadamardPower)
def level_of_hadamard_power(node: Any) -> int:
    if hadamard_fraction(node)[1]:
        return PRODUCT
    return ATOM if node.args[1] == S.Half else POWER


@declares("level", MatAdd)
def level_of_sum(node: Any) -> int:
    return SUM


@declares("level", MatMul)
def level_of_product(node: Any) -> int:
    return SUM if is_subtracted(node) else PRODUCT


@declares("str", ElementwiseApplyFunction)
def text_of_function(printer: Any, node: Any) -> str:
    """exp.(x), 1 - tanh.(A*x).**2"""
    function, matrix = node.args
    argument = Piece(printer._print(matrix), matrix_level(matrix))
    return written(function.expr, function.variables[0], TextNotation(printer, argument)).form


def matrix_level(matrix: Any) -> int:
    """How tightly a written matrix holds together."""
    level = declared("level", type(matrix))
    return ATOM if level is None else level(matrix)


def _factor(printer: Any, factor: Any, alone: bool = False) -> str:
    """A factor of a product; a Kronecker product is written as a call, and needs no parentheses."""
    return printer._print(factor) if isinstance(factor, KroneckerProduct) \
        else printer.parenthesize(factor, PRODUCT, alone)


@declares("str", MatMul)
def text_of_product(printer: Any, product: MatMul) -> str:
    """-2*A*x/Norm(x)"""
    if not scalars_lead(product):
        return "*".join(_factor(printer, f) for f in product.args)
    minus, above, below, matrices = Fraction.of(product)
    factors = [*above, *matrices]
    alone = len(factors) == 1 and not below
    found = "-"*minus + "*".join(_factor(printer, f, alone) for f in factors)
    if len(below) > 1:
        return f"{found}/({'*'.join(_factor(printer, f) for f in below)})"
    return found + "".join("/" + _factor(printer, f) for f in below)


@declares("str", MatAdd)
def text_of_sum(printer: Any, total: MatAdd) -> str:
    """b - A*x"""
    found = ""
    for minus, term in signed_terms(printer, total):
        printed = printer._print(term)
        if minus:
            found += f" - {printed[1:]}" if found else printed
        else:
            printed = printed if matrix_level(term) > SUM else f"({printed})"
            found += f" + {printed}" if found else printed
    return found


@declares("str", HadamardProduct)
def text_of_hadamard(printer: Any, product: Any) -> str:
    """A.*B./C"""
    above, below = hadamard_fraction(product)
    over, under = ([_factor(printer, f) for f in part] for part in (above, below))
    found = dotted(".*", *over) if over else "1"
    if not under:
        return found
    return dotted("./", found, under[0] if len(under) == 1 else f"({dotted('.*', *under)})")


@declares("str", HadamardPower)
def text_of_hadamard_power(printer: Any, power: Any) -> str:
    """X.**2, 1./X"""
    if hadamard_fraction(power)[1]:
        return text_of_hadamard(printer, power)
    if power.args[1] == S.Half:
        return f"sqrt.({printer._print(power.args[0])})"
    return dotted(".**", *(printer.parenthesize(a, POWER) for a in power.args))


@declares("str", Adjoint)
def text_of_adjoint(printer: Any, node: Any) -> str:
    """Z.H, and conjugate(Z) of what SymPy writes as the adjoint of the transpose"""
    (matrix,) = node.args
    if isinstance(matrix, Transpose):
        return f"conjugate({printer._print(matrix.args[0])})"
    return f"{printer.parenthesize(matrix, POWER, True)}.H"


@declares("str", OneMatrix)
def text_of_ones(printer: Any, ones: Any) -> str:
    return f"OneMatrix({', '.join(map(printer._print, ones.shape))})"


@declares("str", Trace)
def text_of_trace(printer: Any, trace: Any) -> str:
    """sum(X) for the sum of all entries"""
    matrix = summed(trace)
    return f"Trace({printer._print(trace.args[0])})" if matrix is None \
        else f"sum({printer._print(matrix)})"


@declares("str", FunctionMatrix)
def text_of_entries(printer: Any, node: Any) -> str:
    """[exp(x[i, 0] - y[j, 0])]_ij"""
    body, letters = with_names(node.lamda.expr, node.lamda.variables)
    shown = [a for a, size in zip(letters, shape(node), strict=True) if not is_one(size)]
    return f"[{printer._print(body)}]_{''.join(map(printer._print, shown or letters))}"
