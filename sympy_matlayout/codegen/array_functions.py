"""Functions of arrays: code for one set of shapes at a time, kept for the next call with them."""

from __future__ import annotations

import builtins
import dis
import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from types import CodeType
from typing import Any

import sympy
from sympy import Q
from sympy.assumptions import global_assumptions
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol
from sympy.printing.numpy import CuPyPrinter, JaxPrinter, NumPyPrinter, SciPyPrinter

from ..core import limits
from ..core.errors import DerivativeNotImplementedError, VariableError
from ..core.shapes import is_matrix, shape
from ..nodes.realness import holds_complex
from ..nodes.structured import facts_about
from .compilation import compiled, nested, sizes_read
from .lowering import FUNCTIONS, OF_COMPLEX
from .numpy_code import matrix_printer
from .operations import Operation
from .program import Code, Program, unbound_message
from .sizes import Sizes
from .targets.jax_target import ComplexJaxTarget, JaxTarget
from .targets.numpy_target import FUNCTIONS as NUMPY_HAS
from .targets.numpy_target import OWN, ComplexTarget, NumPyTarget
from .targets.torch_target import ComplexTorchTarget, TorchTarget

__all__ = ["LIBRARIES", "ArrayFunctions", "Library", "is_declared_positive", "printed_by"]

@dataclass(frozen=True)
class Library:
    """What code is written for: its arrays, and where the functions are that it calls."""

    language: str
    arrays: str
    target: type[NumPyTarget]
    printer: type[NumPyPrinter] | None  # of what has no operation
    own: tuple[str, ...]
    functions: frozenset[str]
    tries_cholesky: bool = False
    writes_in_place: bool = False

    def names_in_code(self) -> Iterator[str]:
        """Names that generated code may use for functions."""
        yield from dir(builtins)
        yield self.target.array
        for name in self.own:
            yield from dir(import_module(f"{__package__}.{name}"))
        if find_spec("scipy"):
            yield from dir(import_module("scipy.special"))

    def namespace(self, program: Program) -> dict[str, Any]:
        """The names that a program uses."""
        root = self.arrays.split(".")[0]
        found: dict[str, Any] = {self.target.array: import_module(self.arrays),
                                 root: import_module(root)}
        for where, name in program.imports:
            module = import_module(where)
            found[name] = getattr(module, name)
        modules = [import_module(f"{__package__}.{name}") for name in self.own]
        for name in program.functions:
            found[name] = next(getattr(m, name) for m in modules if hasattr(m, name))
        return found


# functions that are written for real numbers
REAL_ONLY = {"Abs", "Max", "Min", "Heaviside", "sign", "floor", "ceiling", "atan2"}
ENTRYWISE = frozenset({*NUMPY_HAS, *OWN})
LIBRARIES: dict[str, Library] = {
    "cupy": Library("CuPy", "cupy", NumPyTarget, CuPyPrinter, ("numpy_functions",), ENTRYWISE),
    "jax": Library("JAX", "jax.numpy", JaxTarget, JaxPrinter, ("jax_functions",),
                   frozenset(FUNCTIONS)),
    "torch": Library("PyTorch", "torch", TorchTarget, None, ("torch_functions",),
                     frozenset(FUNCTIONS)),
    "scipy": Library("SciPy", "numpy", NumPyTarget, SciPyPrinter,
                     ("scipy_functions", "numpy_functions"), frozenset(FUNCTIONS), True, True),
    "numpy": Library("NumPy", "numpy", NumPyTarget, NumPyPrinter, ("numpy_functions",),
                     ENTRYWISE, writes_in_place=True),
}


def of_complex_numbers(library: Library) -> Library:
    """What writes code for complex numbers, as NumPy itself computes with them."""
    if library.language in ("JAX", "PyTorch"):
        target = ComplexJaxTarget if library.language == "JAX" else ComplexTorchTarget
        return replace(library, target=target,
                       functions=library.functions - REAL_ONLY | OF_COMPLEX)
    return replace(LIBRARIES["numpy"], target=ComplexTarget, printer=library.printer,
                   functions=frozenset(NUMPY_HAS) - REAL_ONLY | OF_COMPLEX)


def is_declared_positive(value: Operation) -> bool:
    """Whether somebody said that a matrix is positive definite."""
    symbol: Any = value.data
    return value.kind == "argument" and isinstance(symbol, MatrixSymbol) and (
        "positive definite" in facts_about(symbol)
        or Q.positive_definite(symbol) in global_assumptions)


def printed_by(kind: type[NumPyPrinter], given: Mapping[str, Any], others: Mapping[Basic, str]
               ) -> Callable[[NumPyTarget, Operation, Sequence[Code]], str]:
    """How to write a node that has no operation of its own: as NumPy's printers do."""
    settings = {"fully_qualified_modules": False, "inline": True, "strict": False,
                "allow_unknown_functions": True, "user_functions": {n: n for n in given}}
    known = kind._get_initial_settings()
    printer = matrix_printer(kind)({n: v for n, v in settings.items() if n in known})

    def written(target: NumPyTarget, value: Operation, codes: Sequence[Code]) -> str:
        node, inside = value.data
        printer.target = target
        printer._not_supported, printer._number_symbols = set(), set()
        printer.given = {**others, **target.names, **{
            e: target.one_by_one(c) if is_matrix(e) and not v.shape else f"({c.text})"
            for e, v, c in zip(inside, value.args, codes, strict=True)}}
        try:
            return printer._print(node)
        except (AttributeError, KeyError, NotImplementedError, TypeError, ValueError) as error:
            raise DerivativeNotImplementedError(
                f"{target.language} can't express this: {error}; put a symbol in the place of "
                "that part and pass its value") from error
    return written


class ArrayFunctions:
    """The functions of arrays that compute some expressions, one for each set of shapes."""

    def __init__(self, structure: Any, exprs: Sequence[Basic], arguments: Sequence[Basic],
                 sizes: Sizes, library: Library, given: Mapping[str, Any],
                 names: Mapping[Basic, str]):
        self.structure, self.exprs = structure, list(exprs)
        self.arguments, self.sizes, self.library = list(arguments), sizes, library
        self.given, self.names = dict(given), dict(names)
        self.is_complex = any(map(holds_complex, self.exprs))
        in_shapes: set[Basic] = set()
        for a in self.arguments:
            if is_matrix(a):
                in_shapes.update(*(size.free_symbols for size in shape(a)))
        self.by_value = [k for k, a in enumerate(self.arguments)
                         if not is_matrix(a) and a in in_shapes]
        self._kept: dict[tuple, Callable[..., Any]] = {}

    def of(self, sizes: Sequence[int], values: Sequence[Any]) -> Callable[..., Any]:
        """The function for arrays of these shapes and types."""
        key = self._key(values)
        if key not in self._kept:
            if len(self._kept) >= limits.KEPT_SHAPES:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = self._made(sizes, values)
        return self._kept[key]

    def of_same(self, values: Sequence[Any]) -> Callable[..., Any] | None:
        """The function for arrays like these if it was made."""
        return self._kept.get(self._key(values))

    def _key(self, values: Sequence[Any]) -> tuple:
        return (*((v.shape, v.dtype) for a, v in zip(self.arguments, values, strict=True)
                  if is_matrix(a)), *(values[k] for k in self.by_value),
                any(isinstance(v, complex) for v in values))

    def _made(self, sizes: Sequence[int], values: Sequence[Any]) -> Callable[..., Any]:
        known: dict[Basic, int] = dict(zip(self.sizes.symbols, sizes, strict=True))
        known.update((self.arguments[k], values[k]) for k in self.by_value)
        arrays = [(a, v) for a, v in zip(self.arguments, values, strict=True) if is_matrix(a)]
        for a, v in arrays:
            known.update((size, length) for size, length in zip(shape(a), v.shape, strict=True)
                         if size.free_symbols - known.keys())
        if self.library.language == "PyTorch":
            first = f"{self.names[arrays[0][0]]}.dtype" if arrays else None
            is_complex = self.is_complex or any(v.is_complex() for _, v in arrays)
            return self._function(known, None if is_complex else first, False,
                                  of_complex_numbers(self.library) if is_complex else None)
        single = any(v.dtype.name in ("float32", "complex64") for _, v in arrays) and all(
            v.dtype.itemsize in (4, 8) and v.dtype.name != "float64" for _, v in arrays)
        if self.is_complex or any(v.dtype.kind == "c" for _, v in arrays) or any(
                isinstance(v, complex) for v in values):
            return self._function(known, None, False, of_complex_numbers(self.library))
        alike = len({v.dtype.char for _, v in arrays}) == 1 and arrays[0][1].dtype.char in "fd"
        return self._function(known, f"{self.library.target.array}.float32" if single else None,
                              alike and self.library.writes_in_place)


    def text(self, library: Library, sizes: Mapping[Basic, int], dtype: str | None = None,
             in_place: bool = False) -> tuple[str, Program]:
        """The source of a function, and what it was made of."""
        names = {s: self.names[s] for s in [*self.sizes.symbols, *self.arguments]}
        names.update((s, str(n)) for s, n in sizes.items()
                     if s.is_Symbol and s not in self.arguments)
        printer = library.printer
        target = library.target(
            names, printer and printed_by(printer, self.given, self.names), dtype)
        functions = library.functions - self.given.keys()
        found = compiled(self.exprs, self.arguments, sizes, target, functions,
                         [*self.names.values(), *self.given, library.target.array],
                         (lambda _: False) if target.complex_numbers else is_declared_positive,
                         library.tries_cholesky, in_place=in_place)
        head = []
        if target.complex_numbers and library.language == "PyTorch":
            head = [f"{self.names[a]} = {self.names[a]} + 0j" for a in self.arguments
                    if is_matrix(a)]
        if dtype and library.language != "PyTorch":
            head = [f"{self.names[a]} = {dtype}({self.names[a]})" for a in self.arguments
                    if not is_matrix(a) and not a.is_integer]
        inside = ", ".join(self.names[a] for a in self.arguments)
        if not sizes:
            head += sizes_read(self.sizes, self.names, found, target)
        lines = [f"def function({inside}):", *(f"    {line}" for line in (
            *head, *found.lines, f"return {nested(self.structure, iter(found.results))}"))]
        return "\n".join(lines) + "\n", found

    def _function(self, sizes: Mapping[Basic, int], dtype: str | None,
                  in_place: bool, library: Library | None = None) -> Callable[..., Any]:
        library = library or self.library
        return self._executed(library, *self.text(library, sizes, dtype, in_place))

    def _executed(self, library: Library, text: str, found: Program) -> Callable[..., Any]:
        namespace = {**library.namespace(found), **self.given}
        name = f"<lambdified {next(NUMBERS)}>"
        exec(compile(text, name, "exec"), namespace)
        linecache.cache[name] = len(text), None, text.splitlines(True), name
        function = namespace["function"]
        self._check_names(function)
        return function

    def check(self) -> tuple[str, Callable[..., Any]]:
        """The text for any sizes and its function, once it is sure that nothing is missing."""
        library = of_complex_numbers(self.library) if self.is_complex else self.library
        text, found = self.text(library, {})
        return text, self._executed(library, text, found)

    def _check_names(self, function: Any) -> None:
        """Refuse code that needs a function nothing stands for."""
        known = function.__globals__
        solved = {self.names[s] for s in self.sizes.symbols}
        unknown = sorted({n for n in _global_names(function.__code__)
                          if n not in known and n not in solved and not hasattr(builtins, n)})
        if any(n in self.names.values() for n in unknown):
            raise VariableError(unbound_message(n for n in unknown if n in self.names.values()))
        if unknown:
            raise VariableError(
                f"there is no function {', '.join(unknown)} in these modules; pass it in a "
                "dictionary, as in modules=[{'f': f}, 'numpy']"
                + (", or take modules='mpmath'" if all(hasattr(sympy, n) for n in unknown)
                   else ""))


NUMBERS = count()


def _global_names(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)
