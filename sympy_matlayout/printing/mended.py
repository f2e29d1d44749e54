"""
What is wrong in SymPy's printers, mended, and otherwise left as it is: what ``install`` lends them.

SymPy's own notation stays.  That of results is in ``text.py``, ``tex.py`` and ``picture.py``.
"""

from __future__ import annotations

from typing import Any, cast

from sympy import Integral, Mul, Product, Sum
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
)
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE, precedence
from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.pretty_symbology import pretty_atom
from sympy.printing.pretty.stringpict import prettyForm

from ..nodes.printable import has_minus, joined

__all__ = ["MENDED"]


def latex_product(printer: Any, product: MatMul) -> str:
    first, *rest = product.args
    minus = has_minus(product)
    if minus:
        first = -first
    factors = rest if first == 1 and rest else [first, *rest]
    only = len(factors) == 1
    return ("- " if minus else "") + " ".join(
        printer._print(f) if k == 0 and _is_plain_scalar(f)
        else printer.parenthesize(f, PRECEDENCE["Mul"], strict=only)
        for k, f in enumerate(factors))


def _is_plain_scalar(factor: Basic) -> bool:
    """A product of scalars that doesn't end in a sum or product over an index."""
    return isinstance(factor, Mul) and not isinstance(factor, MatMul) \
        and not factor.has(Sum, Product, Integral)


def pretty_sum(printer: Any, total: MatAdd) -> prettyForm:
    first, *rest = total.args
    found = printer._print(first)
    for term in rest:
        sign, printed = " + ", printer._print(term)
        scalars = [a for a in term.args if not a.is_Matrix] if isinstance(term, MatMul) else []
        if _begins_with_minus(printed):
            sign = " "
        elif Mul(*scalars).could_extract_minus_sign():
            matrices = [a for a in term.args if a.is_Matrix]
            coefficient = [c] if (c := -Mul(*scalars)) != 1 else []
            sign, printed = " - ", printer._print(MatMul(*coefficient, *matrices))
        found = joined(found.right(sign, printed))
    return found


def _begins_with_minus(printed: prettyForm) -> bool:
    """Whether there is a minus in front, and not the bar of a fraction in ASCII."""
    first = [row[:1].strip() for row in printed.picture]
    return first[printed.baseline] == "-" and not any(
        first[:printed.baseline] + first[printed.baseline + 1:])


def pretty_hadamard(printer: Any, expr: Any) -> Any:
    sign = pretty_atom("Ring") if printer._use_unicode else ".*"
    return printer._print_seq(expr.args, None, None, sign, lambda factor: isinstance(
        factor, (MatAdd, MatMul, HadamardProduct, KroneckerProduct)))


def pretty_kronecker(printer: Any, expr: Any) -> Any:
    sign = " ⨂ " if printer._use_unicode else " x "
    return printer._print_seq(expr.args, None, None, sign, lambda factor: isinstance(
        factor, (MatAdd, MatMul, HadamardProduct)))


def pretty_hadamard_power(printer: Any, expr: Any) -> Any:
    base, exponent = map(printer._print, expr.args)
    if isinstance(expr.base, (MatAdd, MatMul, HadamardProduct, KroneckerProduct)):
        base = prettyForm(*base.parens())
    if _precedence(expr.exp) < PRECEDENCE["Mul"]:
        exponent = prettyForm(*exponent.parens())
    sign = pretty_atom("Ring") if printer._use_unicode else "."
    line = cast(Any, prettyForm.LINE)  # text, and SymPy's annotations want a number
    return base**prettyForm(*cast(Any, exponent.left(sign)), binding=line)


def _precedence(expr: Basic) -> int:
    """SymPy's, which of a product it finds by evaluating it."""
    if isinstance(expr, MatMul):
        return PRECEDENCE["Add" if has_minus(expr) else "Mul"]
    return precedence(expr)


MENDED = [
    (MatMul, "could_extract_minus_sign", has_minus),
    (LatexPrinter, "_print_MatMul", latex_product),
    (PrettyPrinter, "_print_MatAdd", pretty_sum),
    (PrettyPrinter, "_print_HadamardProduct", pretty_hadamard),
    (PrettyPrinter, "_print_KroneckerProduct", pretty_kronecker),
    (PrettyPrinter, "_print_HadamardPower", pretty_hadamard_power),
]
