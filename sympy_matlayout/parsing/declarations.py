"""What a user says of the names in a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from sympy import Expr, S, Symbol, sympify
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol

from ..core.errors import ArgumentError
from ..nodes.conjugates import ComplexMatrixSymbol, HermitianMatrixSymbol
from ..nodes.realness import is_complex
from ..nodes.structured import (
    DiagonalMatrixSymbol,
    LowerTriangularMatrixSymbol,
    SkewSymmetricMatrixSymbol,
    SymmetricMatrixSymbol,
    UpperTriangularMatrixSymbol,
)
from .sizes import Form, Sizes, size_symbol

__all__ = ["Declaration", "declarations"]

STRUCTURES: dict[str, Callable[[str, Any], Any]] = {
    "symmetric": SymmetricMatrixSymbol, "skew": SkewSymmetricMatrixSymbol,
    "diagonal": DiagonalMatrixSymbol, "lower": LowerTriangularMatrixSymbol,
    "upper": UpperTriangularMatrixSymbol, "hermitian": HermitianMatrixSymbol}
COMPLEX = "complex"
WORDS = ("scalar", "vector", "column", "row", "matrix", "square", *STRUCTURES, COMPLEX)


@dataclass(frozen=True)
class Declaration:
    """A word such as "vector" or "symmetric", sizes, or the symbol itself; each may be open."""

    word: str = ""
    sizes: tuple[Any, ...] | None = None
    symbol: Any = None
    is_complex: bool = False

    @property
    def size_symbols(self) -> set[Symbol]:
        return {s for size in self.sizes or () for s in size.free_symbols}

    def kinds(self, is_numpy: bool) -> tuple[str, ...]:
        """What the name can be; an array of one axis is flat in NumPy."""
        vector = "flat" if is_numpy else "column"
        if self.sizes is not None:
            if self.sizes in ((), (1,), (1, 1)):
                return ("scalar",)
            if len(self.sizes) == 1:
                return (vector,)
            return ("column",) if self.sizes[1] == 1 else (
                "row",) if self.sizes[0] == 1 else ("matrix",)
        return ({"scalar": "scalar", "vector": vector, "column": "column", "row": "row"}.get(
            self.word, "matrix"),)

    def form(self, sizes: Sizes, kind: str) -> Form:
        """Its form, of unknown sizes where none are given."""
        return form_of(sizes, kind, self.sizes, square=self.word in ("square", *STRUCTURES))

    def made(self, name: str, rows: Any, cols: Any) -> Any:
        """The symbol for it."""
        if self.symbol is not None:
            return self.symbol
        if self.word in STRUCTURES:
            return STRUCTURES[self.word](name, rows)
        return (ComplexMatrixSymbol if self.is_complex else MatrixSymbol)(name, rows, cols)


def form_of(sizes: Sizes, kind: str, given: tuple[Any, ...] | None = None, square: bool = False
            ) -> Form:
    if kind in ("scalar", "constant"):
        return Form(S.One, S.One)
    if given is not None:
        rows, cols = given if len(given) == 2 else (given[0], S.One)
        return Form(rows, cols, kind == "flat")
    n = sizes.fresh()
    if kind == "matrix":
        return Form(n, n if square else sizes.fresh())
    return Form(S.One, n) if kind == "row" else Form(n, S.One, kind == "flat")


def declarations(shapes: Mapping[str, Any] | None) -> dict[str, Declaration]:
    """What ``shapes=`` says, by name."""
    if shapes is None:
        return {}
    if not isinstance(shapes, Mapping) or not all(isinstance(name, str) for name in shapes):
        raise ArgumentError(f"shapes={shapes!r}: a dictionary from names to sizes, such as "
                            "{'X': ('m', 'n'), 'x': 'n', 'c': ()}")
    symbols: dict[str, Any] = {}
    for given in shapes.values():  # symbols that are given stand for all sizes of their names
        for size in given if isinstance(given, (tuple, list)) else (given,):
            if isinstance(size, Expr) and not isinstance(size, MatrixExpr):
                for symbol in size.atoms(Symbol):
                    if symbols.setdefault(symbol.name, symbol) != symbol:
                        raise ArgumentError(f"shapes= holds two different symbols {symbol}")
    found = {name: _declaration(name, given, symbols) for name, given in shapes.items()}
    for name, declared in found.items():
        for size in declared.size_symbols:
            other = found.get(size.name)
            if other is not None and other.kinds(False) != ("scalar",):
                raise ArgumentError(f"shapes[{name!r}] has the size {size.name}, which is said to "
                                    "be a vector or a matrix")
    return found


def _declaration(name: str, given: Any, symbols: dict[str, Any]) -> Declaration:
    if isinstance(given, MatrixExpr):
        return Declaration(sizes=tuple(given.shape), symbol=given, is_complex=is_complex(given))
    if isinstance(given, Symbol) and given.name == name:
        return Declaration(sizes=(), symbol=given, is_complex=is_complex(given))
    parts = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    if COMPLEX in parts:
        others = tuple(p for p in parts if p != COMPLEX)
        declared = _declaration(name, others or "matrix", symbols)
        if declared.word in STRUCTURES:
            raise ArgumentError(f"shapes[{name!r}] = {given!r}: a complex matrix is hermitian, or "
                                "has no structure here")
        return replace(declared, is_complex=True)
    words = [p for p in parts if isinstance(p, str) and p in WORDS]
    if words and len(parts) == 1:
        return Declaration(words[0])
    sizes = tuple(_size(name, p, symbols) for p in parts if p not in words)
    word = words[0] if words else ""
    square = word in ("square", *STRUCTURES)
    if square and len(sizes) == 1:
        sizes *= 2
    if len(words) > 1 or len(sizes) > 2 or (words and not square) or (
            square and (len(sizes) != 2 or sizes[0] != sizes[1])):
        raise ArgumentError(f"shapes[{name!r}] = {given!r}: (), 'n', ('m', 'n'), "
                            f"('n', 'n', 'symmetric'), or one of {', '.join(WORDS)}")
    return Declaration(word, sizes)


def _size(name: str, given: Any, symbols: dict[str, Any]) -> Any:
    """A number, a name, or an expression of SymPy."""
    if isinstance(given, str) and given.strip().isdecimal():
        given = int(given)
    if isinstance(given, str) and (given.lower() in ("psd", "spd", "pd")
                                   or get_close_matches(given.lower(), WORDS, 1, 0.8)):
        raise ArgumentError(f"shapes[{name!r}]: {given!r} is no word that is known; there are "
                            + ", ".join(WORDS))
    if isinstance(given, str) and given.strip().isidentifier():
        return symbols.setdefault(given.strip(), size_symbol(given.strip()))
    if isinstance(given, (int, Expr)) and not isinstance(given, bool):
        size = sympify(given)
        if size.is_positive is not False and (size.is_Integer if size.is_number
                                              else size.is_integer is not False):
            return size
    raise ArgumentError(f"shapes[{name!r}]: {given!r} is no size, which is a positive whole "
                        "number, a name such as 'n', or an expression of SymPy")
