"""Symbolic sizes, read off the shapes of the arrays that are passed for the matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sympy import Basic, Dummy, Symbol, expand, lambdify, solve
from sympy.core.sorting import default_sort_key
from sympy.matrices.expressions import MatrixSymbol

from ..core.errors import ShapeError
from ..core.shapes import shape, show

__all__ = ["Sizes"]


class Sizes:
    """
    What the shapes of arrays say about the symbols in the shapes of MatrixSymbols.

    Examples
    ========

    >>> import numpy
    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout.codegen.sizes import Sizes
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> sizes = Sizes([MatrixSymbol('X', m, n + 1)])
    >>> sizes.symbols, sizes.read([numpy.zeros((4, 3))])
    ([m, n], [4, 2])
    """

    def __init__(self, arguments: Sequence[Basic]):
        self.arguments = list(arguments)
        self.given = [a for a in arguments if isinstance(a, Symbol)]
        self.dimensions = [(k, axis, size) for k, a in enumerate(arguments)
                           if isinstance(a, MatrixSymbol) for axis, size in enumerate(shape(a))]
        self.ways: dict[Symbol, tuple[int, int, Any]] = {}
        self._find_ways()
        known = [*self.ways, *self.given]
        self.checked = [d for d in self.dimensions if d[2].free_symbols <= set(known)]
        self.expected = _function(known, [size for *_, size in self.checked], "math")

    @property
    def symbols(self) -> list[Symbol]:
        """The symbols that the shapes determine."""
        return list(self.ways)

    def _find_ways(self) -> None:
        """First the sizes that stand alone in a shape, then those that solve an equation."""
        for k, axis, size in self.dimensions:
            if isinstance(size, Symbol) and size not in self.given:
                self.ways.setdefault(size, (k, axis, None))
        while more := self._next_solved():
            self.ways.update(more)

    def _next_solved(self) -> dict:
        for k, axis, size in self.dimensions:
            known = [*self.ways, *self.given]
            unknown = size.free_symbols - set(known)
            if len(unknown) == 1:
                (symbol,), length = unknown, Dummy("length", positive=True)
                found = _solutions(size - length, symbol)
                if found:
                    return {symbol: (k, axis, _function([length, *known], found, "mpmath"))}
        return {}

    def read(self, values: Sequence[Any]) -> list[int]:
        """The value of each of ``symbols``; a ShapeError where shapes contradict each other."""
        shapes = [_shape(v) for v in values]
        given = [v for a, v in zip(self.arguments, values, strict=True) if isinstance(a, Symbol)]
        found: list[int] = []
        for symbol, (k, axis, solved) in self.ways.items():
            length = shapes[k][axis]
            found.append(length if solved is None else self._whole(
                symbol, k, shapes[k], solved(length, *found, *given)))
        for (k, axis, _), size in zip(self.checked, self.expected(*found, *given), strict=True):
            if shapes[k][axis] != size:
                raise ShapeError(self._contradiction(k, shapes[k], dict(
                    zip([*self.ways, *self.given], [*found, *given], strict=True))))
        self._compare_the_others(shapes)
        return found

    def _compare_the_others(self, shapes: list[tuple[int, ...]]) -> None:
        """Sizes that nothing is known of are at least the same where they are written so."""
        lengths: dict[Basic, tuple[int, int]] = {}
        for k, axis, size in self.dimensions:
            if size.free_symbols - {*self.ways, *self.given}:
                other, length = lengths.setdefault(expand(size), (k, shapes[k][axis]))
                if length != shapes[k][axis]:
                    raise ShapeError(
                        f"{self.arguments[other]} and {self.arguments[k]} both have size {size}, "
                        f"but arrays with {length} and {shapes[k][axis]} were given")

    def _whole(self, symbol: Symbol, k: int, given: tuple, solutions: Iterable) -> int:
        least = 1 if symbol.is_positive else 0
        real = (complex(s).real for s in solutions if abs(complex(s).imag) < 1e-9)
        found = {round(s) for s in real if abs(s - round(s)) < 1e-9 and round(s) >= least}
        if len(found) == 1:
            return found.pop()
        known = f"there is no {symbol}" if not found else (
            f"{symbol} may be {' or '.join(map(str, sorted(found)))}, make it an argument")
        raise ShapeError(f"{self.arguments[k]} is {show(shape(self.arguments[k]))}; "
                         f"{known} for an array of shape {given}")

    def _contradiction(self, k: int, given: tuple, known: dict[Symbol, int]) -> str:
        argument = self.arguments[k]
        concerned = set().union(*(size.free_symbols for size in shape(argument)))
        values = ", ".join(f"{s} = {v}" for s, v in known.items() if s in concerned)
        return (f"{argument} is {show(shape(argument))}{' with ' + values if values else ''}; "
                f"the array given for it has shape {given}")


def _solutions(equation: Basic, symbol: Symbol) -> list[Basic]:
    try:
        return sorted(solve(equation, symbol), key=default_sort_key)
    except NotImplementedError:  # then the symbol has to be an argument
        return []


def _function(symbols: list[Symbol], sizes: list[Basic], module: str) -> Callable[..., list]:
    return lambdify(symbols, sizes, module, dummify=True)


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(value.shape) if hasattr(value, "shape") else (
        (value.rows, value.cols) if hasattr(value, "rows") else ())
