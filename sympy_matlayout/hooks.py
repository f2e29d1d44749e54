"""
Plain ``expr.diff(X)`` with the answers of this library, and back again.

SymPy has no place to register the derivative of a matrix expression that every
way to differentiate goes through, so a few attributes are replaced and put
back; docs/upstreaming.md says for each what would make it unnecessary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from sympy import Derivative, Determinant, Expr, Symbol, Trace
from sympy.core.basic import Basic
from sympy.core.cache import clear_cache
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import HadamardPower, MatrixExpr, MatrixSymbol
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.dotproduct import DotProduct
from sympy.tensor.array import array_derivatives
from sympy.tensor.array.array_derivatives import ArrayDerivative
from sympy.tensor.array.expressions.array_expressions import Reshape

from .algebra.measure import nodes
from .algebra.normal_form import normal_form
from .conversion import convert_layout
from .derivative import jacobian, matrix_derivative
from .errors import MatlayoutError
from .expressions.shape import is_matrix, is_scalar_shape, is_vector_shape, shape
from .numeric.numpy_code import numpy_code
from .printing import MENDED
from .reading.read import read

__all__ = ["install", "installed", "uninstall"]

# SymPy's own form of a right answer is looked for up to this size.
MOST_NODES = 300

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
    of_trace = Trace._eval_derivative
    order_by_order = Derivative._dispatch_eval_derivative_n_times.__func__
    constructor = ArrayDerivative.__new__

    def matrix_by_any(expr: Basic, x: Basic, *args: Any, **kwargs: Any) -> Basic:
        """Any expression that holds matrices, by a matrix."""
        if isinstance(expr, MatrixBase) or not isinstance(x, MatrixSymbol):
            return by_matrix(expr, x, *args, **kwargs)
        return _derived(expr, x, by_matrix)

    def matrix_by_scalar(expr: Basic, t: Basic) -> Basic:
        """A matrix expression by a scalar symbol; entries are left to SymPy."""
        return _derived(expr, t, by_scalar) if t.is_Symbol else by_scalar(expr, t)

    def scalar_by_scalar(self: Basic, t: Basic) -> Basic | None:
        """A determinant or inner product, which SymPy has no derivative of."""
        return _derived(self, t, lambda expr, t: None)

    def trace_by_scalar(self: Basic, t: Basic) -> Basic | None:
        """A trace by a scalar symbol; entries are left to SymPy."""
        return _derived(self, t, of_trace) if t.is_Symbol else of_trace(self, t)

    def n_times(cls: type, expr: Basic, x: Basic, count: Any) -> Basic | None:
        """``Derivative`` called by name takes the way of ``diff``."""
        if cls is Derivative and (isinstance(x, MatrixExpr) or isinstance(expr, MatrixExpr)):
            return ArrayDerivative._dispatch_eval_derivative_n_times(expr, x, count)
        return order_by_order(cls, expr, x, count)

    def new(cls: type, expr: Basic, *variables: Any, **kwargs: Any) -> Basic:
        """Expressions too deep for what SymPy does before it differentiates."""
        try:
            return constructor(cls, expr, *variables, **kwargs)
        except RecursionError:
            if not kwargs.get("evaluate") or not all(map(_is_variable, variables)):
                raise
        expr = read(expr)  # from the leaves, so that hashing it recurses no more
        for x in variables:
            expr = _derived(expr, x, lambda expr, x: None)
        return expr

    found = [
        (array_derivatives, "_matrix_derivative", matrix_by_any),
        (ArrayDerivative, "__new__", staticmethod(new)),
        (ArrayDerivative, "_call_derive_matexpr_by_scalar", staticmethod(matrix_by_scalar)),
        (Trace, "_eval_derivative", trace_by_scalar),
        (Derivative, "_dispatch_eval_derivative_n_times", classmethod(n_times)),
    ]
    for kind in (Determinant, DotProduct):
        if not hasattr(kind, "_eval_derivative"):
            found.append((kind, "_eval_derivative", scalar_by_scalar))
    for kind in WITHOUT_NUMPY_CODE:
        if not hasattr(kind, "_numpycode"):
            found.append((kind, "_numpycode", numpy_code))
    return found + MENDED


def _is_variable(x: Any) -> bool:
    return isinstance(x, (MatrixSymbol, Symbol))


def _derived(expr: Basic, x: Basic, theirs: Callable[[Basic, Basic], Basic | None]) -> Basic:
    """The derivative in SymPy's arrangement; unevaluated where it isn't covered."""
    try:
        ours = matrix_derivative(expr, x, layout="denominator" if is_matrix(x) else "numerator",
                                 form=_form(expr, x))
    except MatlayoutError:
        return _unevaluated(expr, x)
    return _in_their_form(expr, x, ours, theirs)


def _form(expr: Basic, x: Basic) -> str:
    of, by = shape(expr), shape(x)
    small = not of or not by or is_scalar_shape(of) or is_vector_shape(of) and is_vector_shape(by)
    return "matrix" if small else "array"


def _unevaluated(expr: Basic, x: Basic) -> Basic:
    kind = ArrayDerivative if is_matrix(expr) or is_matrix(x) else Derivative
    return kind(expr, x)


def _in_their_form(expr: Basic, x: Basic, ours: Basic,
                   theirs: Callable[[Basic, Basic], Basic | None]) -> Basic:
    """SymPy's own answer where it is provably the same."""
    if nodes(expr) > MOST_NODES:
        return ours
    try:
        found = theirs(expr, x)
        return found if found is not None and _is_same(expr, x, found, ours) else ours
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, RecursionError,
            TypeError, ValueError, AssertionError,
            Warning):  # whatever SymPy's own algorithm raises
        return ours


def _is_same(expr: Basic, x: Basic, found: Basic, ours: Basic) -> bool:
    if isinstance(found, Expr):  # arrays are none
        return shape(found) == shape(ours) and normal_form(read(found)) == normal_form(ours)
    J = convert_layout(found, "array", ("numerator", "vec"), function=shape(expr),
                       variable=shape(x))
    return normal_form(J) == normal_form(jacobian(expr, x))
