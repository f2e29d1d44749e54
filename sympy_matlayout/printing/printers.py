"""
``latex``, ``pretty`` and ``pprint`` where SymPy's own lose a parenthesis or a sign.

The printers differ from SymPy's in the few methods listed in ``MENDED``, which
``install`` lends to SymPy's own.  The products and sums of results bring theirs
along, see ``nodes/printable.py``.
"""

from __future__ import annotations

from typing import Any, cast

from sympy.core.basic import Basic
from sympy.matrices.expressions import HadamardProduct, KroneckerProduct, MatAdd, MatMul
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE, precedence
from sympy.printing.pretty.pretty import PrettyPrinter, pretty_use_unicode
from sympy.printing.pretty.pretty_symbology import pretty_atom
from sympy.printing.pretty.stringpict import prettyForm

from ..nodes.differential_symbols import Differential
from ..nodes.printable import has_minus, latex_product, latex_sum, pretty_sum

__all__ = ["latex", "pprint", "pretty"]


class MatrixLatexPrinter(LatexPrinter):
    r"""SymPy's, but ``-(A∘B)*C`` is not ``- A \circ B C``, and matrices of ones have a size."""

    _print_MatMul: Any = latex_product
    _print_MatAdd = latex_sum

    def parenthesize(self, item, level, is_neg=False, strict=False):
        if not isinstance(item, MatMul):
            return super().parenthesize(item, level, is_neg, strict)
        found = _precedence(item)
        printed = self._print(item)
        return self._add_parens(printed) if found < level or found == level and not strict \
            else printed

    def _print_MatPow(self, expr):
        if isinstance(expr.base, Differential):  # (dX)**2 is not d(X**2)
            return rf"\left({self._print(expr.base)}\right)^{{{self._print(expr.exp)}}}"
        return LatexPrinter._print_MatPow(self, expr)

    def _print_OneMatrix(self, expr):
        rows, cols = map(self._print, expr.shape)
        return rf"\mathbf{{1}}_{{{rows} \times {cols}}}"


def _precedence(expr: Basic) -> int:
    """SymPy's, which of a product it finds by evaluating it."""
    if isinstance(expr, MatMul):
        return PRECEDENCE["Add" if has_minus(expr) else "Mul"]
    return precedence(expr)


class MatrixPrettyPrinter(PrettyPrinter):
    """SymPy's, but ``(A + B)∘²``, ``(A⨂B)∘C`` and ``A - t⋅B`` keep parentheses and signs."""

    _print: Any  # SymPy's annotations have it return text as well
    _print_seq: Any

    _print_MatAdd: Any = pretty_sum

    def _print_HadamardProduct(self, expr):
        sign = pretty_atom("Ring") if self._use_unicode else ".*"
        return self._print_seq(expr.args, None, None, sign, lambda factor: isinstance(
            factor, (MatAdd, MatMul, HadamardProduct, KroneckerProduct)))

    def _print_KroneckerProduct(self, expr):
        sign = " ⨂ " if self._use_unicode else " x "
        return self._print_seq(expr.args, None, None, sign, lambda factor: isinstance(
            factor, (MatAdd, MatMul, HadamardProduct)))

    def _print_HadamardPower(self, expr):
        base, exponent = map(self._print, expr.args)
        if isinstance(expr.base, (MatAdd, MatMul, HadamardProduct, KroneckerProduct)):
            base = prettyForm(*base.parens())
        if _precedence(expr.exp) < PRECEDENCE["Mul"]:
            exponent = prettyForm(*exponent.parens())
        sign = pretty_atom("Ring") if self._use_unicode else "."
        line = cast(Any, prettyForm.LINE)  # text, and SymPy's annotations want a number
        return base**prettyForm(*cast(Any, exponent.left(sign)), binding=line)

    def _print_MatPow(self, expr):
        if isinstance(expr.base, Differential):
            return prettyForm(*self._print(expr.base).parens())**self._print(expr.exp)
        return PrettyPrinter._print_MatPow(self, expr)


# What is wrong in SymPy's printers, not only another taste.
MENDED = [
    (MatMul, "could_extract_minus_sign", has_minus),
    (LatexPrinter, "_print_MatMul", latex_product),
    *((PrettyPrinter, name, vars(MatrixPrettyPrinter)[name])
      for name in ("_print_MatAdd", "_print_HadamardProduct", "_print_KroneckerProduct",
                   "_print_HadamardPower")),
]


def latex(expr: Any, **settings: Any) -> str:
    r"""
    SymPy's ``latex``, with the parentheses it loses.

    Examples
    ========

    >>> import sympy
    >>> from sympy import MatrixSymbol, HadamardProduct
    >>> from sympy_matlayout import latex
    >>> A, B, C = (MatrixSymbol(name, 2, 2) for name in 'ABC')
    >>> print(sympy.latex(-HadamardProduct(A, B)*C))
    - A \circ B C
    >>> print(latex(-HadamardProduct(A, B)*C))
    - \left(A \circ B\right) C

    See Also
    ========

    sympy.printing.latex.latex, sympy_matlayout.pretty, sympy_matlayout.install
    """
    return MatrixLatexPrinter(settings).doprint(expr)


def pretty(expr: Basic, **settings: Any) -> str:
    """
    SymPy's ``pretty``, with the parentheses and signs it loses.

    Examples
    ========

    >>> import sympy
    >>> from sympy import HadamardPower, MatAdd, MatMul, MatrixSymbol, symbols
    >>> from sympy_matlayout import pretty
    >>> A, B = (MatrixSymbol(name, 2, 2) for name in 'AB')
    >>> t = symbols('t')
    >>> difference = MatAdd(A, MatMul(-(t + 1), B))
    >>> print(sympy.pretty(difference))
    A (-t - 1)⋅B
    >>> print(pretty(difference))
    A - (t + 1)⋅B

    See Also
    ========

    sympy.printing.pretty.pretty, sympy_matlayout.latex, sympy_matlayout.install
    """
    printer = MatrixPrettyPrinter(settings)
    before = pretty_use_unicode(printer._settings["use_unicode"])
    try:
        return printer.doprint(expr)
    finally:
        pretty_use_unicode(before)


def pprint(expr: Basic, **settings: Any) -> None:
    """
    Print what ``pretty`` gives.

    See Also
    ========

    sympy_matlayout.pretty
    """
    print(pretty(expr, **settings))
