"""
Plain ``expr.diff(X)`` with the answers of this library, and back again.

SymPy has no place to register the derivative of a matrix expression that every
way to differentiate goes through, so a few attributes are replaced and put
back; docs/upstreaming.md says for each what would make it unnecessary.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from sympy import Derivative, Determinant, Trace
from sympy.core.basic import Basic
from sympy.core.cache import clear_cache
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import HadamardPower, MatrixExpr, MatrixSymbol, ZeroMatrix
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.dotproduct import DotProduct
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array import array_derivatives
from sympy.tensor.array.array_derivatives import ArrayDerivative
from sympy.tensor.array.expressions.array_expressions import Reshape

from .expressions.shape import is_matrix
from .expressions.structured import facts_about
from .numeric.numpy_code import numpy_code
from .plain_diff import derived, is_variable, one_by_one, successive
from .printing import MENDED
from .reading.read import read

__all__ = ["install", "installed", "uninstall"]

# What ``lambdify`` can't write with SymPy's own printers.
WITHOUT_NUMPY_CODE = (Trace, Determinant, HadamardPower, ElementwiseApplyFunction, Reshape)

_lock = RLock()
_asked = False  # by install()
_contexts = 0  # of installed() that are open
_originals: list[tuple[Any, str, Any]] = []  # what was replaced, empty when nothing is
_ABSENT = object()


def install() -> None:
    """
    Make ``expr.diff(X)`` right, for matrix expressions and by matrices.

    Explanation
    ===========

    After this ``diff(expr, X)``, ``expr.diff(X)``, higher orders, ``Derivative(expr,
    X).doit()`` and the derivative of matrix expressions by scalars come from this
    library, in SymPy's own order of axes: the gradient of a scalar in the shape of `X`,
    `\\partial f_j/\\partial x_i` for vectors, an array with the axes of `X` first for
    matrices.  Where SymPy's own answer is right its form is kept.  What isn't covered
    stays an unevaluated derivative.  SymPy's own ``lambdify`` gets the NumPy code of
    traces, determinants, Hadamard powers and functions applied elementwise, its
    printers the parentheses and signs they lose.  Calling ``install`` again changes
    nothing.

    Examples
    ========

    >>> from sympy import Determinant, MatrixSymbol, Trace
    >>> from sympy_matlayout import install, uninstall
    >>> X = MatrixSymbol('X', 3, 3)
    >>> install()
    >>> Determinant(X).diff(X)
    Determinant(X)*X.T**(-1)
    >>> uninstall()

    See Also
    ========

    uninstall, installed
    """
    global _asked
    with _lock:
        _asked = True
        _replace()


def uninstall() -> None:
    """Put back all that ``install`` changed; inside ``with installed()`` at its end."""
    global _asked
    with _lock:
        _asked = False
        _put_back()


@contextmanager
def installed() -> Iterator[None]:
    """
    ``install`` for a block; nested, only the outermost puts things back.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy_matlayout import installed
    >>> A, X = MatrixSymbol('A', 2, 3), MatrixSymbol('X', 3, 2)
    >>> with installed():
    ...     Trace(A*X).diff(X)
    A.T

    See Also
    ========

    install, uninstall
    """
    global _contexts
    with _lock:
        _contexts += 1
        _replace()
    try:
        yield
    finally:
        with _lock:
            _contexts -= 1
            _put_back()


def _replace() -> None:
    if _originals:
        return
    for owner, name, new in _replacements():
        _originals.append((owner, name, vars(owner).get(name, _ABSENT)))
        setattr(owner, name, new)
    clear_cache()  # it may hold derivatives


def _put_back() -> None:
    if _asked or _contexts or not _originals:
        return
    for owner, name, old in reversed(_originals):
        if old is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, old)
    _originals.clear()
    clear_cache()


# --- what is replaced -------------------------------------------------------------------


def _replacements() -> list[tuple[Any, str, Any]]:
    """Owner, name and replacement of each attribute."""
    by_matrix = array_derivatives._matrix_derivative
    by_scalar = ArrayDerivative._call_derive_matexpr_by_scalar
    of_trace, of_entry = Trace._eval_derivative, MatrixElement._eval_derivative
    order_by_order = Derivative._dispatch_eval_derivative_n_times.__func__
    zero_like = Derivative._get_zero_with_shape_like.__func__
    constructor, evaluated = ArrayDerivative.__new__, Derivative.doit

    def matrix_by_any(expr: Basic, x: Basic, *args: Any, **kwargs: Any) -> Basic:
        """Any expression that holds matrices, by a matrix."""
        if not isinstance(x, MatrixSymbol):
            return by_matrix(expr, x, *args, **kwargs)
        return derived(expr, x, by_matrix)

    def matrix_by_scalar(expr: Basic, t: Basic) -> Basic:
        """A matrix expression by a scalar symbol or an entry."""
        return derived(expr, t, by_scalar) if is_variable(t) else by_scalar(expr, t)

    def scalar_by_scalar(self: Basic, t: Basic) -> Basic | None:
        """A determinant or inner product, which SymPy has no derivative of."""
        return derived(self, t, lambda expr, t: None)

    def trace_by_scalar(self: Basic, t: Basic) -> Basic | None:
        """A trace by a scalar symbol or an entry."""
        return derived(self, t, of_trace) if is_variable(t) else of_trace(self, t)

    def entry_by_scalar(self: Basic, t: Basic) -> Basic:
        """An entry, which may stand in two places of a structured matrix."""
        if isinstance(t, MatrixElement) and self.has(t.parent) and (
                facts_about(t.parent) or not isinstance(self.parent, MatrixSymbol)):
            return derived(self, t, lambda expr, t: None)
        return of_entry(self, t)

    def n_times(cls: type, expr: Basic, x: Basic, count: Any) -> Basic | None:
        """``Derivative`` called by name takes the way of ``diff``."""
        if cls is Derivative and (isinstance(x, MatrixExpr) or isinstance(expr, MatrixExpr)):
            return ArrayDerivative._dispatch_eval_derivative_n_times(expr, x, count)
        return order_by_order(cls, expr, x, count)

    def zero(cls: type, expr: Basic) -> Basic:
        """The zero of a matrix expression is a matrix."""
        return ZeroMatrix(*expr.shape) if is_matrix(expr) else zero_like(cls, expr)

    def doit(self: Derivative, **hints: Any) -> Basic:
        """An unevaluated derivative of or by a matrix takes the way of ``diff`` as well."""
        parts = (self.expr, *self._wrt_variables)
        if type(self) is not Derivative or not any(map(is_matrix, parts)):
            return evaluated(self, **hints)
        expr = self.expr.doit(**hints) if hints.get("deep", True) else self.expr
        return ArrayDerivative(expr, *self.variable_count, evaluate=True)

    def new(cls: type, expr: Basic, *variables: Any, **kwargs: Any) -> Basic:
        """One variable after the other, and expressions of any depth."""
        is_ours = kwargs.get("evaluate") and not isinstance(expr, MatrixBase)
        steps = one_by_one(variables) if is_ours else []
        if len(steps) > 1:
            return successive(expr, steps)
        try:
            return constructor(cls, expr, *variables, **kwargs)
        except RecursionError:  # of what SymPy does before it differentiates
            if not steps:
                raise
        return derived(read(expr), steps[0], lambda expr, x: None)  # hashed from the leaves

    found = [
        (array_derivatives, "_matrix_derivative", matrix_by_any),
        (ArrayDerivative, "__new__", staticmethod(new)),
        (ArrayDerivative, "_call_derive_matexpr_by_scalar", staticmethod(matrix_by_scalar)),
        (Trace, "_eval_derivative", trace_by_scalar),
        (MatrixElement, "_eval_derivative", entry_by_scalar),
        (Derivative, "_dispatch_eval_derivative_n_times", classmethod(n_times)),
        (Derivative, "_get_zero_with_shape_like", classmethod(zero)),
        (Derivative, "doit", doit),
    ]
    for kind in (Determinant, DotProduct):
        if not hasattr(kind, "_eval_derivative"):
            found.append((kind, "_eval_derivative", scalar_by_scalar))
    for kind in WITHOUT_NUMPY_CODE:
        if not hasattr(kind, "_numpycode"):
            found.append((kind, "_numpycode", numpy_code))
    return found + MENDED
