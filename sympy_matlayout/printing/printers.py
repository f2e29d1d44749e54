"""
``latex``, ``pretty`` and ``pprint`` in the notation of results, whoever made the expression.

How a class is written is declared in ``text.py``, ``tex.py`` and ``picture.py``; the nodes of
results bring it along, see ``nodes/printable.py``.  What ``install`` lends SymPy's printers is
in ``mended.py``.
"""

from __future__ import annotations

from typing import Any

from sympy.core.basic import Basic
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pretty.pretty import PrettyPrinter, pretty_use_unicode

from ..core.registry import declared
from ..nodes.printable import as_written
from . import definitions, picture, tex, text  # noqa: F401 - what they declare
from .parts import is_bare, summed

__all__ = ["latex", "pprint", "pretty"]


class _Declared:
    """A printer of SymPy's that first asks what is declared of a class, whoever made the node."""

    aspect: str
    _print_level: int

    def _print(self, expr, **kwargs):
        write = declared(self.aspect, type(expr))
        if write is None:
            return super()._print(expr, **kwargs)  # pyright: ignore[reportAttributeAccessIssue]
        self._print_level += 1
        try:
            return as_written(self.aspect, write, self, expr)
        finally:
            self._print_level -= 1


class MatrixLatexPrinter(_Declared, LatexPrinter):
    """In which a trace without its name, as ``x^T A x``, is in parentheses where it has to be."""

    aspect = "latex"
    names_traces = False  # of 1x1 matrices as well, in the steps of a derivation

    def _is_bare(self, expr):
        return is_bare(expr) and not (self.names_traces and summed(expr) is None)

    def parenthesize(self, item, level, is_neg=False, strict=False):
        if self._is_bare(item) and level >= PRECEDENCE["Mul"]:
            return self._add_parens(self._print(item))
        return super().parenthesize(item, level, is_neg, strict)

    def _needs_mul_brackets(self, expr, first=False, last=False):
        return self._is_bare(expr) or super()._needs_mul_brackets(expr, first, last)


class MatrixPrettyPrinter(_Declared, PrettyPrinter):
    """The same in lines of characters."""

    aspect = "pretty"


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
