"""
Products and sums of matrices that print as they are.

SymPy's printers ask a product for its sign, and SymPy then compares it with its
negative, evaluated down to the leaves.  That takes long, and it fails where a
scalar function of a trace or determinant stands in front; ``srepr`` and
``latex`` rearrange or evaluate sums likewise.  The nodes of results carry
methods of their own to be printed by, and are SymPy's in all else.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MethodType
from typing import Any

from sympy import Integral, Mul, Product, Sum
from sympy.core.basic import Basic
from sympy.matrices.expressions import BlockMatrix, MatAdd, MatMul
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pretty.stringpict import prettyForm

__all__ = ["all_printable", "has_minus", "joined", "latex_product", "latex_sum", "pretty_sum",
           "printable", "str_product"]


def printable(node: Basic) -> Basic:
    """The node itself, which SymPy's printers no longer evaluate."""
    methods = METHODS.get(type(node))
    if methods and "_sympyrepr" not in node.__dict__:
        printed = MethodType(_printed, node)
        for printmethod in methods:
            setattr(node, printmethod, printed)
        if type(node) is MatMul:
            node.could_extract_minus_sign = MethodType(has_minus, node)
            node.__reduce_ex__ = MethodType(_reduced, node)
    return node


def all_printable(exprs: Iterable[Basic]) -> list[Basic]:
    """The expressions themselves, with what SymPy's caches and constructors have put into them."""
    found = list(exprs)
    stack, seen = found.copy(), set()
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            printable(node)
            stack.extend(node.args)
    return found


def _printed(node: Basic, printer: Any) -> Any:
    return METHODS[type(node)][printer.printmethod](printer, node)


def _restored(kind: type, *args: Basic) -> Basic:
    return printable(Basic.__new__(kind, *args))


def _reduced(node: Basic, protocol: int) -> tuple:
    return _restored, (type(node), *node.args)


# --- how they print: functions of a printer and a node ----------------------------------


def has_minus(product: MatMul) -> bool:
    """Whether a product begins with a negative number."""
    first = product.args[0]
    return bool(first.is_Number and first.is_extended_negative)


def str_product(printer: Any, product: MatMul) -> str:
    sign, factors = "", list(product.args)
    coefficient = Mul(*(a for a in factors if not a.is_Matrix))
    if coefficient.is_number and coefficient.as_coeff_Mul()[0].is_extended_negative:
        sign, factors = "-", [a for a in factors if a.is_Matrix]
        if coefficient != -1:
            factors.insert(0, -coefficient)
    return sign + "*".join(printer.parenthesize(f, PRECEDENCE["Mul"]) for f in factors)


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


def latex_sum(printer: Any, total: MatAdd) -> str:
    found = ""
    for term in printer._as_ordered_terms(total):
        printed = printer._print(term)
        if printer._needs_add_brackets(term):
            printed = rf"\left({printed}\right)"
        if not found:
            found = printed
        elif printed.startswith("- "):
            found += f" {printed}"
        else:
            found += f" + {printed}"
    return found


def joined(parts: Any) -> Any:
    """What ``left``, ``right``, ``parens`` of a prettyForm give, as a prettyForm again."""
    return prettyForm(*parts)


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


def repr_in_order(printer: Any, node: Basic) -> str:
    return printer.emptyPrinter(node)


def table_of_blocks(printer: Any, node: Any) -> str:
    """On one line, and so that it reads back."""
    rows = (", ".join(map(printer._print, row)) for row in node.blocks.tolist())
    return f"BlockMatrix([{', '.join(f'[{row}]' for row in rows)}])"


METHODS = {
    BlockMatrix: {"_sympystr": table_of_blocks, "_sympyrepr": table_of_blocks},
    MatMul: {"_sympystr": str_product, "_sympyrepr": repr_in_order, "_latex": latex_product},
    MatAdd: {"_sympyrepr": repr_in_order, "_latex": latex_sum, "_pretty": pretty_sum},
}
