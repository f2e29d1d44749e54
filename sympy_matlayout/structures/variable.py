"""What derivatives are taken by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Adjoint, Mul, Symbol, conjugate
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, MatrixSymbol, Transpose
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import DerivativeNotImplementedError, ShapeError, StructureError, VariableError
from ..core.shapes import Shape, is_matrix, same_shape, shape, show
from ..linear_maps.composition import compose
from ..linear_maps.graph import Graph
from ..linear_maps.maps import LinearMap, Transposition
from ..nodes.conjugates import ConjugateSymbol, HermitianMatrixSymbol
from ..nodes.differential_symbols import Differential
from ..nodes.namesakes import by_name, described, namesake
from ..nodes.realness import is_complex, is_declared_complex
from ..nodes.structured import KnownMatrixSymbol, StructuredMatrixSymbol, facts_about
from ..simplify import constructors as c
from .structure import HERMITIAN, Structure, structure_of

PLAIN = {"wirtinger": "projection"}  # the convention for a structure, where one is for Z*

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
        if named == HERMITIAN:
            found._require_square()
        elif named is not None and "hermitian" in facts_about(found.base):
            raise StructureError(
                f"{found.base} is Hermitian already, and a Hermitian {named} matrix is not "
                f"covered; of a ComplexMatrixSymbol {named!r} is a structure, and the real "
                "symmetric matrices have a SymmetricMatrixSymbol")
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
        if isinstance(given, (Adjoint, conjugate)):
            return cls._of_conjugate(given)
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

    @classmethod
    def _of_conjugate(cls, given: Any) -> Variable:
        """Z*, or its transpose, of a complex Z; of a Hermitian one Z* is the transpose."""
        (inside,), turned = given.args, isinstance(given, Adjoint)
        if isinstance(inside, Transpose):
            (inside,), turned = inside.args, False
        if not isinstance(inside, (MatrixSymbol, Symbol)):
            raise VariableError(f"can't differentiate by {given}; a variable is a MatrixSymbol, "
                                "its transpose or conjugate, or a Symbol")
        if not is_declared_complex(inside):
            raise VariableError(
                f"{inside} is real, and so is what {given} would be; say that it is complex, by "
                f"ComplexMatrixSymbol or assumptions=Q.complex_elements({inside})"
                if is_matrix(inside) else f"{inside} is no complex Symbol; declare it "
                "complex=True")
        found = c.conjugate(inside)
        if isinstance(found, Transpose):
            return cls(found.arg, transposed=not turned)
        return cls(found, transposed=turned)

    @property
    def conjugate(self) -> Variable | None:
        """The variable Z* beside Z; None if it is no other one, as for a Hermitian matrix."""
        found = c.conjugate(self.symbol)
        return replace(self, symbol=found) if isinstance(
            found, (ConjugateSymbol, conjugate)) or self.is_conjugate else None

    @property
    def is_conjugate(self) -> bool:
        return isinstance(self.symbol, (ConjugateSymbol, conjugate))

    @property
    def is_complex(self) -> bool:
        """Whether the gradient by it is that by its conjugate."""
        return is_complex(self.symbol) and not self.symbol.is_imaginary

    @property
    def shape(self) -> Shape:
        size = shape(self.symbol)
        return size[::-1] if self.transposed else size

    @property
    def structure(self) -> Structure | None:
        """The structure of the variable, of its transpose if that is the variable."""
        return None if self.named_structure == HERMITIAN else structure_of(
            self.symbol, self.named_structure, self.transposed)

    @property
    def base(self) -> Any:
        """The symbol Z, also where the variable is Z*."""
        return self.symbol.of if isinstance(self.symbol, ConjugateSymbol) else \
            self.symbol.args[0] if isinstance(self.symbol, conjugate) else self.symbol

    def over(self, base: Any) -> Variable:
        """The variable with another symbol in the place of Z."""
        return replace(self, symbol=c.conjugate(base) if self.is_conjugate else base)

    def _require_square(self) -> None:
        if not same_shape(shape(self.symbol), shape(self.symbol)[::-1]) or not self.shape:
            raise ShapeError(f"a Hermitian matrix is square, and {self.symbol} is "
                             f"{show(self.shape)}")

    @property
    def structured_symbol(self) -> Any:
        """The symbol Z, with the structure if that has symbols of its own."""
        symbol = self.base
        if self.named_structure == HERMITIAN:
            return HermitianMatrixSymbol(symbol.name, shape(symbol)[0])
        found = structure_of(symbol, self.named_structure)
        if found is None or found.symbol is None or isinstance(
                symbol, (Differential, StructuredMatrixSymbol)):
            return symbol
        structured: Any = found.symbol(symbol.name, shape(symbol)[0])
        if not is_complex(symbol):
            return structured
        return KnownMatrixSymbol(symbol.name, *shape(symbol),
                                 facts=facts_about(symbol) | facts_about(structured))

    def onto(self, form: str, convention: str = "projection") -> Basic:
        """What a Jacobian by all entries is multiplied with for that by the structured matrix."""
        if self.structure is None:
            return Identity(Mul(*self.shape))
        n, convention = self.shape[0], PLAIN.get(convention, convention)
        return self.structure.basis(n) if form == "vech" else self.structure.onto(n, convention)

    def along_structure(self, gradient: Basic, convention: str = "projection") -> Basic:
        """The gradient by the symbol's entries as that by the variable, in a convention."""
        turned, convention = self.turn(gradient), PLAIN.get(convention, convention)
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
