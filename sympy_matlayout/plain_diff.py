"""What plain ``.diff`` answers: derivatives in SymPy's order of axes, and in its form if right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import (
    Add,
    Derivative,
    Expr,
    Integer,
    KroneckerDelta,
    Piecewise,
    Pow,
    S,
    Symbol,
    Tuple,
)
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    HadamardPower,
    Identity,
    MatPow,
    MatrixSymbol,
    ZeroMatrix,
)
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array.array_derivatives import ArrayDerivative
from sympy.tensor.array.expressions.array_expressions import ZeroArray
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
from .expressions.shape import (
    Shape,
    is_matrix,
    is_scalar_shape,
    is_vector_shape,
    same_size,
    shape,
)
from .expressions.structured import facts_about
from .reading.read import read, read_function

__all__ = ["derived", "is_variable", "one_by_one", "successive"]

# SymPy's own form of a right answer is looked for up to this size.
MOST_NODES = 300


def is_variable(x: Any) -> bool:
    """A symbol, a MatrixSymbol, or an entry of one."""
    return isinstance(x, (MatrixSymbol, Symbol)) or (
        isinstance(x, MatrixElement) and isinstance(x.parent, MatrixSymbol))


def one_by_one(variables: Sequence[Any]) -> list[Basic]:
    """The variables of a derivative, each as often as it counts; none if some are no symbols."""
    counts: list[list[Any]] = []
    for x in variables:
        if isinstance(x, (tuple, Tuple)) and len(x) == 2:
            counts.append([*x])
        elif isinstance(x, (int, Integer)) and counts:
            counts[-1][1] = x
        else:
            counts.append([x, 1])
    if not all(is_variable(x) and isinstance(k, (int, Integer)) for x, k in counts):
        return []
    ordered = Derivative._sort_variable_count([(x, Integer(k)) for x, k in counts])
    return [x for x, k in ordered for _ in range(int(k))]


def successive(expr: Basic, variables: Sequence[Basic]) -> Basic:
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


def derived(expr: Basic, x: Basic, theirs: Callable[[Basic, Basic], Basic | None]) -> Basic:
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
    if nodes(expr) > MOST_NODES or isinstance(x, MatrixElement) and expr.has(MatPow):
        return ours  # SymPy writes out the entries of inverses
    try:
        with ignore_warnings(SymPyDeprecationWarning):
            found = theirs(expr, x)
            return found if found is not None and _is_same(expr, x, found, ours) else ours
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, RecursionError,
            TypeError, ValueError, AssertionError):  # whatever SymPy's own algorithm raises
        return ours


def _is_same(expr: Basic, x: Basic, found: Basic, ours: Basic) -> bool:
    if isinstance(found, Expr):  # arrays are none
        return (shape(found) == shape(ours) and normal_form(read(found)) == normal_form(ours)
                and (_has_poles(ours) or not _has_poles(found))
                and (ours.has(ZeroMatrix) or not found.has(ZeroMatrix)))
    if isinstance(ours, Expr) or isinstance(x, MatrixElement):
        return False  # the gradient of a 1x1 matrix has two axes
    if not all(map(same_size, found.shape, ours.shape)):
        return False  # the axes of a row where the function is a column
    J = convert_layout(found, "array", ("numerator", "vec"), function=shape(expr),
                       variable=shape(x))
    return normal_form(J) == normal_form(jacobian(expr, x))


def _has_poles(expr: Basic) -> bool:
    """Whether there may be points where it has no value."""
    return any(isinstance(node, (Pow, MatPow, HadamardPower)) and node.args[1].is_negative
               for node in expr.atoms(Pow, MatPow, HadamardPower))
