"""What derivatives are taken by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Mul, Symbol
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, MatrixSymbol, Transpose
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import DerivativeNotImplementedError, ShapeError, StructureError, VariableError
from ..core.shapes import Shape, shape
from ..linear_maps.composition import compose
from ..linear_maps.graph import Graph
from ..linear_maps.maps import LinearMap, Transposition
from ..nodes.differential_symbols import Differential
from ..nodes.namesakes import by_name, described, namesake
from ..nodes.structured import StructuredMatrixSymbol
from ..simplify import constructors as c
from .structure import Structure, structure_of

__all__ = ["Variable", "refuse_namesakes", "refuse_strangers"]


@dataclass(frozen=True)
class Variable:
    """What a derivative is taken by: a scalar symbol, a matrix symbol or its transpose."""

    symbol: Any  # a symbol of SymPy's, of a scalar or a matrix
    transposed: bool = False
    named_structure: Any = None

    @classmethod
    def of(cls, given: Any, structure: Any = None) -> Variable:
        """
        What was given as a variable.

        ``structure`` is a name for all matrices, or a dictionary of names.
        """
        found = cls._read(given)
        named = structure.get(found.symbol) if isinstance(structure, Mapping) else structure
        if named is not None and not isinstance(structure, Mapping) and not shape(found.symbol):
            raise ShapeError(f"{found.symbol} is a scalar and has no structure {named!r}")
        found = cls(found.symbol, found.transposed, named)
        found.structure  # refused here where it doesn't fit  # noqa: B018
        return found

    @classmethod
    def _read(cls, given: Any) -> Variable:
        if not isinstance(given, Basic):
            raise VariableError(f"can't differentiate by {given!r} ({type(given).__name__}); "
                                "give the MatrixSymbol or Symbol itself")
        if isinstance(given, MatrixSymbol):
            return cls(given)
        if isinstance(given, Transpose) and isinstance(given.arg, MatrixSymbol):
            return cls(given.arg, transposed=True)
        if isinstance(given, Symbol):
            if not given.is_commutative:
                raise DerivativeNotImplementedError(
                    f"{given} is a non-commutative Symbol, which is no variable; for a matrix use "
                    "a MatrixSymbol")
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

    @property
    def structure(self) -> Structure | None:
        """The structure of the variable, of its transpose if that is the variable."""
        return structure_of(self.symbol, self.named_structure, self.transposed)

    @property
    def structured_symbol(self) -> Any:
        """The symbol, with the structure if that has symbols of its own."""
        found = structure_of(self.symbol, self.named_structure)
        if found is None or found.symbol is None or isinstance(
                self.symbol, (Differential, StructuredMatrixSymbol)):
            return self.symbol
        return found.symbol(self.symbol.name, shape(self.symbol)[0])

    def onto(self, form: str, convention: str = "projection") -> Basic:
        """What a Jacobian by all entries is multiplied with for that by the structured matrix."""
        if self.structure is None:
            return Identity(Mul(*self.shape))
        n = self.shape[0]
        return self.structure.basis(n) if form == "vech" else self.structure.onto(n, convention)

    def along_structure(self, gradient: Basic, convention: str = "projection") -> Basic:
        """The gradient by the symbol's entries as that by the variable, in a convention."""
        turned = self.turn(gradient)
        return turned if self.structure is None else self.structure.arranged(turned, convention)

    def turn(self, gradient: Basic) -> Basic:
        """The gradient by the symbol as the gradient by the variable."""
        return c.transpose(gradient) if self.transposed else gradient

    def turn_map(self, differential: LinearMap) -> LinearMap:
        """The map of d(symbol) as a map of d(variable)."""
        return compose(differential, Transposition(self.shape)) if self.transposed \
            else differential


def refuse_strangers(structure: Any, variables: Iterable[Variable]) -> None:
    """Refuse structures of what is no variable."""
    symbols = {v.symbol for v in variables}
    strangers = [k for k in structure if k not in symbols] if isinstance(structure, Mapping) else []
    if strangers:
        raise StructureError(f"structure= names {strangers[0]!s}, and the variables are "
                             f"{', '.join(sorted(map(str, symbols)))}")


def refuse_namesakes(symbols: Iterable[Basic], graph: Graph) -> None:
    """Refuse a symbol while another one bears its name, of another kind if it is not there."""
    named = by_name(graph.nodes())
    for symbol in symbols:
        other = namesake(symbol, named, of_its_kind=symbol in graph.edges)
        if other is not None:
            raise VariableError(f"the expression holds another {symbol} than the one named: "
                                f"{described(other)}, not {described(symbol)}")
