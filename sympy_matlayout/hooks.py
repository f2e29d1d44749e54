"""
Plain ``expr.diff(X)`` with the answers of this library, and back again.

SymPy has no place to register the derivative of a matrix expression that every
way to differentiate goes through, so a few attributes are replaced and put
back; docs/upstreaming.md says for each what would make it unnecessary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

from sympy import (
    Add,
    Derivative,
    Determinant,
    Expr,
    Integer,
    KroneckerDelta,
    Piecewise,
    Pow,
    S,
    Symbol,
    Trace,
    Tuple,
)
from sympy.core.basic import Basic
from sympy.core.cache import clear_cache
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    HadamardPower,
    Identity,
    MatPow,
    MatrixExpr,
    MatrixSymbol,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.dotproduct import DotProduct
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array import array_derivatives
from sympy.tensor.array.array_derivatives import ArrayDerivative
from sympy.tensor.array.expressions.array_expressions import Reshape, ZeroArray
from sympy.utilities.exceptions import SymPyDeprecationWarning, ignore_warnings

from .algebra import constructors as c
from .algebra.canonical_form import canonical_form
from .algebra.measure import nodes
from .algebra.normal_form import normal_form
from .conversion import convert_layout
from .derivative import gradient, jacobian, matrix_derivative
from .differential import differential
from .errors import MatlayoutError
from .expressions.constants import MatrixUnit
from .expressions.differential import Differential
from .expressions.shape import Shape, is_matrix, is_scalar_shape, is_vector_shape, shape
from .expressions.structured import facts_about
from .numeric.numpy_code import numpy_code
from .printing import MENDED
from .reading.read import read, read_function

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
    of_trace, of_entry = Trace._eval_derivative, MatrixElement._eval_derivative
    order_by_order = Derivative._dispatch_eval_derivative_n_times.__func__
    zero_like = Derivative._get_zero_with_shape_like.__func__
    constructor, evaluated = ArrayDerivative.__new__, Derivative.doit

    def matrix_by_any(expr: Basic, x: Basic, *args: Any, **kwargs: Any) -> Basic:
        """Any expression that holds matrices, by a matrix."""
        if not isinstance(x, MatrixSymbol):
            return by_matrix(expr, x, *args, **kwargs)
        return _derived(expr, x, by_matrix)

    def matrix_by_scalar(expr: Basic, t: Basic) -> Basic:
        """A matrix expression by a scalar symbol or an entry."""
        return _derived(expr, t, by_scalar) if _is_variable(t) else by_scalar(expr, t)

    def scalar_by_scalar(self: Basic, t: Basic) -> Basic | None:
        """A determinant or inner product, which SymPy has no derivative of."""
        return _derived(self, t, lambda expr, t: None)

    def trace_by_scalar(self: Basic, t: Basic) -> Basic | None:
        """A trace by a scalar symbol or an entry."""
        return _derived(self, t, of_trace) if _is_variable(t) else of_trace(self, t)

    def entry_by_scalar(self: Basic, t: Basic) -> Basic:
        """An entry, which may stand in two places of a structured matrix."""
        if isinstance(t, MatrixElement) and self.has(t.parent) and (
                facts_about(t.parent) or not isinstance(self.parent, MatrixSymbol)):
            return _derived(self, t, lambda expr, t: None)
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
        steps = _one_by_one(variables) if is_ours else []
        if len(steps) > 1:
            return _successive(expr, steps)
        try:
            return constructor(cls, expr, *variables, **kwargs)
        except RecursionError:  # of what SymPy does before it differentiates
            if not steps:
                raise
        return _derived(read(expr), steps[0], lambda expr, x: None)  # hashed from the leaves

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


def _is_variable(x: Any) -> bool:
    return isinstance(x, (MatrixSymbol, Symbol)) or (
        isinstance(x, MatrixElement) and isinstance(x.parent, MatrixSymbol))


def _one_by_one(variables: Sequence[Any]) -> list[Basic]:
    """The variables of a derivative, each as often as it counts; none if some are no symbols."""
    counts: list[list[Any]] = []
    for x in variables:
        if isinstance(x, (tuple, Tuple)) and len(x) == 2:
            counts.append([*x])
        elif isinstance(x, (int, Integer)) and counts:
            counts[-1][1] = x
        else:
            counts.append([x, 1])
    if not all(_is_variable(x) and isinstance(k, (int, Integer)) for x, k in counts):
        return []
    ordered = Derivative._sort_variable_count([(x, Integer(k)) for x, k in counts])
    return [x for x, k in ordered for _ in range(int(k))]


def _successive(expr: Basic, variables: Sequence[Basic]) -> Basic:
    """A higher derivative; unevaluated if one of lower order is, or is an array that varies."""
    found = expr
    for x in variables:
        if not found.free_symbols:
            found = _zero(shape(found) if isinstance(found, Expr) else found.shape, x)
        elif isinstance(found, Expr):
            found = found.diff(x)
        elif x in found.free_symbols:
            return ArrayDerivative(expr, *variables)
        else:
            found = _zero(found.shape, x)
        if found.has(Derivative) and not expr.has(Derivative):
            return ArrayDerivative(expr, *variables)
    return found


def _zero(of: Shape, x: Basic) -> Basic:
    """The derivative, by x, of what has the given shape and is constant."""
    by = shape(x)
    if not by:
        return S.Zero if not of else ZeroMatrix(*of) if len(of) == 2 else ZeroArray(*of)
    return ZeroMatrix(*by) if not of or is_scalar_shape(of) else ZeroArray(*by, *of)


def _derived(expr: Basic, x: Basic, theirs: Callable[[Basic, Basic], Basic | None]) -> Basic:
    """The derivative in SymPy's arrangement; unevaluated where it isn't covered."""
    try:
        if isinstance(x, MatrixElement):
            ours = _by_entry(expr, x)
        else:
            ours = matrix_derivative(expr, x, form=_form(read_function(expr), x),
                                     layout="denominator" if is_matrix(x) else "numerator")
    except MatlayoutError:
        return _unevaluated(expr, x)
    return _in_their_form(expr, x, ours, theirs)


def _by_entry(expr: Basic, entry: MatrixElement) -> Basic:
    """By one entry, which moves the matrix along another."""
    X, i, j = entry.args
    if not is_matrix(expr) or is_scalar_shape(shape(expr)):
        slope = gradient(expr, X)
        found = Add(*(a*c.entry(slope, k, l) for a, k, l in _places_of(X, i, j)))
        return c.scale(found, Identity(1)) if is_matrix(expr) else found
    (m, n) = shape(X)
    along = c.add(*(c.scale(a, MatrixUnit(m, n, k, l)) for a, k, l in _places_of(X, i, j)))
    change = differential(expr, X).xreplace({Differential(X): along})
    return canonical_form(change.replace(
        lambda e: isinstance(e, MatrixElement) and e.has(MatrixUnit),
        lambda e: c.entry(*e.args)))


def _places_of(X: MatrixSymbol, i: Expr, j: Expr) -> list[tuple[Expr, Expr, Expr]]:
    """Where the entry at [i, j] stands, and with which factor; a structure may repeat it."""
    facts, on_diagonal = facts_about(X), KroneckerDelta(i, j)
    if "diagonal" in facts:
        return [(on_diagonal, i, j)]
    if "symmetric" in facts:
        return [(S.One, i, j), (1 - on_diagonal, j, i)]
    if "skew" in facts:
        return [(S.One, i, j), (S.NegativeOne, j, i)]
    for name, kept in (("lower", i >= j), ("upper", i <= j)):
        if name in facts:
            return [(Piecewise((S.One, kept), (S.Zero, True)), i, j)]
    return [(S.One, i, j)]


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
        with ignore_warnings(SymPyDeprecationWarning):
            found = theirs(expr, x)
            return found if found is not None and _is_same(expr, x, found, ours) else ours
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, RecursionError,
            TypeError, ValueError, AssertionError):  # whatever SymPy's own algorithm raises
        return ours


def _is_same(expr: Basic, x: Basic, found: Basic, ours: Basic) -> bool:
    if isinstance(found, Expr):  # arrays are none
        plain = found.replace(KroneckerDelta, lambda i, j, *span: KroneckerDelta(i, j))
        return (shape(found) == shape(ours) and normal_form(read(plain)) == normal_form(ours)
                and (_has_poles(ours) or not _has_poles(found))
                and (ours.has(ZeroMatrix) or not found.has(ZeroMatrix)))
    if isinstance(ours, Expr) or isinstance(x, MatrixElement):
        return False  # the gradient of a 1x1 matrix has two axes
    J = convert_layout(found, "array", ("numerator", "vec"), function=shape(expr),
                       variable=shape(x))
    return normal_form(J) == normal_form(jacobian(expr, x))


def _has_poles(expr: Basic) -> bool:
    """Whether there may be points where it has no value."""
    return any(isinstance(node, (Pow, MatPow, HadamardPower)) and node.args[1].is_negative
               for node in expr.atoms(Pow, MatPow, HadamardPower))
