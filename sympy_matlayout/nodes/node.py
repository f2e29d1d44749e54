"""What the matrix expressions of this library share: products that simplify, and printing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Dummy, S
from sympy.core.basic import Basic
from sympy.core.decorators import call_highest_priority
from sympy.core.sympify import _sympify
from sympy.matrices import ImmutableDenseMatrix
from sympy.matrices.expressions import Identity, MatMul, MatPow, MatrixExpr
from sympy.printing.pretty.pretty_symbology import sub
from sympy.printing.pretty.stringpict import prettyForm

from ..core.registry import simplified_product
from ..core.shapes import as_size, is_matrix

__all__ = ["ConstantMatrix", "ConstantOfSize", "MatrixNode", "WithAdjoint", "numpy_call",
           "numpy_size", "pretty_call"]

# where generated NumPy code finds what NumPy lacks
NUMPY_FUNCTIONS = "sympy_matlayout.codegen.numpy_functions"

IN_ASCII = {"Ψ": "Psi", "D̃": "D~"}


class WithAdjoint:
    """A matrix with ``M.H``, which SymPy's matrix expressions lack."""

    adjoint: Callable[[], Any]

    @property
    def H(self) -> Any:
        """The conjugate transpose, as NumPy's users write it."""
        return self.adjoint()


class MatrixNode(WithAdjoint, MatrixExpr):
    """
    A matrix expression that simplifies the products it is written into.

    ``K*Vec(X)`` is ``Vec(X.T)`` as ``A*A.inverse()`` is the identity;
    ``MatMul(K, Vec(X))`` stays as it is.
    """

    args: tuple[Any, ...]  # SymPy's annotations know only that they are Basic

    # above that of SymPy's own, so that A*K comes here as well
    _op_priority = 11.5

    @call_highest_priority("__rmul__")
    def __mul__(self, other):
        return _product(self, other, MatrixExpr.__mul__)

    @call_highest_priority("__mul__")
    def __rmul__(self, other):
        return _product(self, other, MatrixExpr.__rmul__)


def _product(node: Basic, other: object, multiply: Callable) -> Basic:
    other = _sympify(other)
    found = multiply(node, other)  # SymPy checks the shapes
    if not is_matrix(other) or not isinstance(found, (MatMul, MatPow)):
        return found
    return simplified_product(found)


class ConstantMatrix(MatrixNode):
    """A matrix of numbers that its sizes determine, written as a letter with these."""

    letter: str
    numpy_function: str | None = None  # its name in codegen/numpy_functions.py, if it is there

    def _eval_conjugate(self):
        return self

    def _eval_adjoint(self):
        return self.T

    def doit(self, **hints):
        rows, cols = self.shape
        return Identity(rows) if rows == cols == 1 else self

    def _subscripts(self) -> Sequence[Basic]:
        return self.args

    def _latex(self, printer):
        subscripts = ",".join(map(printer._print, self._subscripts()))
        return f"{self.letter}_{{{subscripts}}}"

    def _pretty(self, printer):
        letter = self.letter if printer._use_unicode else IN_ASCII.get(self.letter, self.letter)
        subscripts = [str(s) for s in self._subscripts()]
        if printer._use_unicode and all(s in sub for s in subscripts):
            return prettyForm(letter + "".join(sub[s] for s in subscripts))
        return prettyForm(f"{letter}[{', '.join(subscripts)}]")

    def _numpycode(self, printer):
        if self.numpy_function is None:
            return _code_of_entries(self, printer)
        sizes = (numpy_size(printer, size) for size in self.args)
        return numpy_call(printer, self.numpy_function, *sizes)


class ConstantOfSize(ConstantMatrix):
    """A constant matrix that one size determines."""

    def __new__(cls, n):
        return super().__new__(cls, as_size(n))

    def as_explicit(self):
        (n,) = self.args
        if not n.is_Integer:
            return super().as_explicit()
        rows, cols = (int(size) for size in self.shape)
        return ImmutableDenseMatrix(rows, cols, lambda r, s: self._number(r, s, int(n)))

    def _number(self, r: int, s: int, n: int) -> Basic:
        """The entry [r, s] for a size that is a number."""
        return self._entry(S(r), S(s))


def _code_of_entries(matrix: MatrixNode, printer) -> str:
    """A matrix that is computed entry by entry."""
    i, j = (Dummy(letter, integer=True) for letter in "ij")
    entry = f"lambda {printer._print(i)}, {printer._print(j)}: {printer._print(matrix[i, j])}"
    sizes = (numpy_size(printer, size) for size in matrix.shape)
    return numpy_call(printer, "function_matrix", entry, *sizes)


def pretty_call(printer, name: str, args: Sequence[Basic]) -> prettyForm:
    """``name(args)`` as a function is printed."""
    inside = printer._print_seq(args, delimiter=", ")
    return prettyForm(*prettyForm(name).right(prettyForm(*inside.parens())))


def numpy_call(printer, name: str, *args: Basic | str) -> str:
    """A call in generated code; a name without dots is one of ``NUMPY_FUNCTIONS``, or of JAX's."""
    where = name if "." in name else f"{getattr(printer, 'functions', NUMPY_FUNCTIONS)}.{name}"
    printed = (a if isinstance(a, str) else printer._print(a) for a in args)
    return f"{printer._module_format(where)}({', '.join(printed)})"


def numpy_size(printer, size: Basic) -> str:
    """A size or an index in generated code, where ``n*(n + 1)/2`` would be a float."""
    printed = printer._print(size)
    return printed if size.is_Atom else numpy_call(printer, "whole", printed)
