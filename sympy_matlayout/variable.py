"""What derivatives are taken by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Dummy, Symbol, preorder_traversal, srepr
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol, Transpose
from sympy.matrices.expressions.matexpr import MatrixElement

from .canonical import constructors as c
from .engine.graph import Graph
from .engine.maps import LinearMap, Transposition, compose
from .errors import VariableError
from .expressions.shape import Shape, is_matrix, shape, show

__all__ = ["Variable", "refuse_namesakes"]


@dataclass(frozen=True)
class Variable:
    """What a derivative is taken by: a scalar symbol, a matrix symbol or its transpose."""

    symbol: Basic
    transposed: bool = False

    @classmethod
    def of(cls, given: Any) -> Variable:
        if not isinstance(given, Basic):
            raise VariableError(f"can't differentiate by {given!r} ({type(given).__name__}); "
                                "give the MatrixSymbol or Symbol itself")
        if isinstance(given, MatrixSymbol):
            return cls(given)
        if isinstance(given, Transpose) and isinstance(given.arg, MatrixSymbol):
            return cls(given.arg, transposed=True)
        if isinstance(given, Symbol):
            return cls(given)
        hint = ""
        if isinstance(given, MatrixElement):
            hint = (f"; for the derivative by an entry, differentiate by {given.parent} "
                    "and take the entry of the result")
        raise VariableError(
            f"can't differentiate by {given} ({type(given).__name__}); a variable is a "
            f"MatrixSymbol, the transpose of one, or a Symbol{hint}")

    @property
    def shape(self) -> Shape:
        size = shape(self.symbol)
        return size[::-1] if self.transposed else size

    def turn(self, gradient: Basic) -> Basic:
        """The gradient by the symbol as the gradient by the variable."""
        return c.transpose(gradient) if self.transposed else gradient

    def turn_map(self, differential: LinearMap) -> LinearMap:
        """The map of d(symbol) as a map of d(variable)."""
        return compose(differential, Transposition(self.shape)) if self.transposed \
            else differential


def refuse_namesakes(symbol: Basic, graph: Graph) -> None:
    """
    Refuse a symbol while another one bears its name.

    MatrixSymbols of one name and two shapes are different symbols, and so are
    Symbols with different assumptions; the derivative would be a zero that
    nobody meant.
    """
    holders = (graph.root, *graph.definitions.values())
    others = [a for holder in holders for a in preorder_traversal(holder)
              if isinstance(a, (MatrixSymbol, Symbol)) and not isinstance(a, Dummy)
              and a.name == symbol.name and a != symbol]
    if others:
        kinds = [show(shape(s)) if is_matrix(s) else srepr(s) for s in (others[0], symbol)]
        raise VariableError(f"the expression holds another {symbol} than the one named: "
                            f"{kinds[0]}, not {kinds[1]}")
