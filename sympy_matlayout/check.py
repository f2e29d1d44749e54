"""Whether a derivative that somebody claims is right, and in which layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import mpmath
from mpmath import mp, mpf
from sympy import Expr, Rational, Symbol, preorder_traversal
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSlice, MatrixSymbol
from sympy.matrices.expressions.matexpr import MatrixElement

from .algebra import constructors as c
from .errors import FormError, refusing
from .expressions.constants import MatrixUnit
from .expressions.shape import is_matrix, same_size, shape
from .expressions.structured import facts_about
from .numeric import NumericArray, Partials, evaluate, example_values
from .numeric.definition import near
from .numeric.evaluation import Value, Values
from .reading.read import read, read_function, sympified
from .structure import CONVENTIONS
from .variable import Variable

__all__ = ["DerivativeCheck", "check_derivative"]

DIGITS = 50
TOLERANCE = mpf(10)**-24
LAYOUTS = ("denominator", "numerator")
INDEXED = (MatrixElement, MatrixSlice, MatrixUnit)
ARRAYS = ("array", "autodiff")  # the same in every layout

Place = tuple[str, str]  # a layout and a form, or a convention


@dataclass(frozen=True)
class DerivativeCheck:
    """
    The verdict on a claimed derivative.

    ``bool`` of it says whether the claim is right in some layout and form,
    ``str`` says it in words.

    Attributes
    ==========

    arrangements : the layouts and forms the claim is right in, ``("denominator", "matrix")``
    error : the largest deviation from the arrangement that comes nearest, relative to
        the largest entry; None for a shape that no arrangement has
    entry : where, counted from zero
    nearest : that arrangement
    remarks : what would make a wrong claim right
    sizes : the numbers put for symbolic sizes
    """

    claimed: Basic
    arrangements: tuple[Place, ...]
    error: Any
    entry: tuple[int, ...] | None
    nearest: Place | None
    remarks: tuple[str, ...]
    sizes: Mapping[Symbol, int]

    def __bool__(self) -> bool:
        return bool(self.arrangements)

    def __str__(self) -> str:
        if self:
            return "right: " + ", ".join(map(" ".join, self.arrangements))
        if self.nearest is None:
            found = "wrong: no layout or form has this shape"
        else:
            found = (f"wrong in every layout and form; next to {' '.join(self.nearest)} it is off "
                     f"by {mpmath.nstr(self.error, 3)} of the largest entry, at {self.entry}")
        return "; ".join([found, *self.remarks])


@refusing
def check_derivative(expr: Any, X: Any, claimed: Any, *, structure: Any = None,
                     points: int = 3, seed: int = 0) -> DerivativeCheck:
    r"""
    Whether a claimed derivative is right, by numbers from the definition.

    Explanation
    ===========

    The function's partial derivatives are taken by central differences with fifty digits
    at several random points, and arranged in every layout and form; the claim is evaluated
    at the same points.  None of this library's rules is used.  Symbolic sizes are given
    different numbers, so that a transpose in the wrong place can't pass; entries lie between
    1/2 and 2, square matrices have good inverses and positive determinants.

    Of a wrong claim it says how far off it is and where, and whether one of the usual slips
    would explain it: a factor, a sign, a transposed constant, a missing symmetric term, a
    constant taken for symmetric.

    By a structured `X` the scalar's derivative by the free entries is taken, and the claim
    compared with it in every convention and in the form ``"vech"``.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import check_derivative
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, x, b = MatrixSymbol('A', m, n), MatrixSymbol('x', n, 1), MatrixSymbol('b', m, 1)
    >>> print(check_derivative((b - A*x).T*(b - A*x), x, -2*A.T*(b - A*x)))
    right: denominator matrix, denominator vec, denominator row-major
    >>> S = MatrixSymbol('S', n, n)
    >>> print(check_derivative(x.T*S*x, x, 2*S*x))        # doctest: +ELLIPSIS
    wrong in every layout and form; ...; right if S is symmetric

    Parameters
    ==========

    expr : the function: a scalar or matrix expression
    X : the variable: a MatrixSymbol, its transpose, or a Symbol
    claimed : the derivative in question, a matrix, scalar or array expression
    structure : of X, as for ``matrix_derivative``; symbols carry their own
    points : how many random points
    seed : for other points

    Raises
    ======

    ShapeError : an expression is ill-shaped

    See Also
    ========

    sympy_matlayout.matrix_derivative, sympy_matlayout.convert_layout
    """
    variable = Variable.of(X, structure)
    function, claim = read_function(expr), _claim(claimed)
    if variable.structure is not None and shape(function):
        raise FormError("a derivative by a structured matrix is checked for scalars, and the "
                        "function is a matrix; check trace(C.T*F) with a constant C instead")
    sizes = _sizes((function, claim, variable.symbol))
    with mp.workdps(DIGITS):
        tests = [_Point(function, variable, claim, example_values(
            [function, claim, variable.symbol], sizes, seed + k)) for k in range(points)]
        places = [p for p in tests[0].wanted if all(t.agrees(p) for t in tests)]
        error, entry, nearest = tests[0].deviation()
        remarks = () if places else tuple(_remarks(tests, variable))
    return DerivativeCheck(claim, tuple(places), error, entry, nearest, remarks, sizes)


def _claim(claimed: Any) -> Basic:
    """The claim as it is; arrays too."""
    is_array = not isinstance(claimed, (Expr, int)) and not is_matrix(claimed)
    return claimed if is_array else read(sympified(claimed))


def _sizes(exprs: Sequence[Basic]) -> dict[Symbol, int]:
    """Different numbers for the symbols in the shapes of matrices, larger than indices in use."""
    parts = {a for e in exprs for a in preorder_traversal(e)}
    symbols = {s for a in parts if isinstance(a, MatrixSymbol)
               for size in shape(a) for s in size.free_symbols}
    indices = [int(k) for a in parts if isinstance(a, INDEXED)
               for index in a.args[1:] for k in preorder_traversal(index) if k.is_Integer]
    return dict(zip(sorted(symbols, key=str), count(max([2, *(k + 1 for k in indices)]))))


class _Point:
    """The claim and the derivative in every arrangement, at one point."""

    def __init__(self, function: Basic, variable: Variable, claim: Basic, values: Values):
        self.function, self.variable, self.claim = function, variable, claim
        if variable.structure is None:
            self.values = values
            self.wanted = _in_every_layout(
                Partials(function, variable.symbol, values, variable.transposed))
        else:
            self.values, self.wanted = _by_free_entries(function, variable, values)
        self.found = self.value(claim)

    def value(self, claim: Basic) -> Value:
        return evaluate(claim, self.values)

    def agrees(self, place: Place, found: Value | None = None) -> bool:
        return near(self.found if found is None else found, self.wanted[place], TOLERANCE)

    def where_symmetric(self, A: Basic) -> _Point:
        """The point with the symmetric part of a constant in its place."""
        values = {**self.values, A: (self.values[A] + self.values[A].T)/2}
        return _Point(self.function, self.variable, self.claim, values)

    def deviation(self) -> tuple[Any, tuple[int, ...] | None, Place | None]:
        """The largest deviation from the nearest arrangement of the claim's shape."""
        best: tuple[Any, Any, Any] = (None, None, None)
        for place, wanted in self.wanted.items():
            if _shape(wanted) == _shape(self.found):
                true, claimed = _entries(wanted), _entries(self.found)
                largest = max(map(abs, true.values())) or mpf(1)
                where = max(true, key=lambda k: abs(claimed[k] - true[k]))  # noqa: B023
                error = abs(claimed[where] - true[where])/largest
                if best[0] is None or error < best[0]:
                    best = (error, where, place)
        return best


def _in_every_layout(partials: Partials) -> dict[Place, Value]:
    found = {(layout, form): partials.arranged(layout, form)
             for layout in LAYOUTS for form in partials.forms if form not in ARRAYS}
    if partials.by and not partials.of_scalar:  # elsewhere arrays are matrices
        found |= {("any layout", form): partials.arranged("numerator", form) for form in ARRAYS}
    return found


def _by_free_entries(function: Basic, variable: Variable,
                     values: Values) -> tuple[Values, dict[Place, Value]]:
    """The point made structured, and the derivative by the basis vec X = Δθ."""
    symbol = variable.symbol
    basis = evaluate(variable.structure.basis(shape(symbol)[0]), values)
    rows = values[symbol].rows
    gram = (basis.T*basis)**-1
    start = basis*gram*basis.T*mpmath.matrix(
        [values[symbol][i, j] for j in range(rows) for i in range(rows)])

    def matrix(vec: mpmath.matrix) -> mpmath.matrix:
        return mpmath.matrix([[vec[i + rows*j] for j in range(rows)] for i in range(rows)])

    values = {**values, symbol: matrix(start)}
    step = mpf(10)**(-(DIGITS//3))
    slopes = []
    for k in range(basis.cols):
        up, down = (evaluate(function, {**values, symbol: matrix(start + h*basis[:, k])})
                    for h in (step, -step))
        slopes.append((up - down)/(2*step))
    g = mpmath.matrix(slopes)
    turned = {"projection": matrix(basis*(gram*g)), "entries": matrix(basis*g)}
    found: dict[Place, Value] = {}
    for convention in CONVENTIONS:
        G = turned[convention]
        found["denominator", f"matrix, {convention}"] = G.T if variable.transposed else G
        found["numerator", f"matrix, {convention}"] = G if variable.transposed else G.T
    found["denominator", "vech"], found["numerator", "vech"] = g, g.T
    return values, found


def _shape(value: Value) -> tuple[int, ...]:
    if isinstance(value, mpmath.matrix):
        return () if value.rows == value.cols == 1 else (value.rows, value.cols)
    return value.shape if isinstance(value, NumericArray) else ()


def _entries(value: Value) -> dict[tuple[int, ...], mpf]:
    if isinstance(value, mpmath.matrix):
        return {(i, j): value[i, j] for i in range(value.rows) for j in range(value.cols)}
    return dict(sorted(value.items())) if isinstance(value, NumericArray) else {(0, 0): value}


# --- what would make it right -----------------------------------------------------------


def _remarks(points: list[_Point], variable: Variable) -> Iterator[str]:
    """The usual slips, as far as one of them explains the deviation."""
    alike = [p for p, w in points[0].wanted.items() if _shape(w) == _shape(points[0].found)]
    factor = next((f for p in alike if (f := _factor(points, p)) is not None), None)
    if factor is not None:
        yield "the sign is wrong" if factor == -1 else f"right up to the factor {factor}"
    if not alike or not is_matrix(points[0].claim):
        return
    for A in _square_constants(points[0], variable):
        turned = points[0].claim.xreplace({A: c.transpose(A)})
        if _holds(points, lambda p, e=turned: p.value(e)):
            yield f"right with {A}.T in place of {A}"
        elif _holds(points, lambda p, e=turned: p.found + p.value(e)):
            yield f"the term with {A}.T in place of {A} is missing"
        elif _holds([p.where_symmetric(A) for p in points], lambda p: p.found):
            yield f"right if {A} is symmetric"
    if same_size(*shape(points[0].claim)) and _holds(points, lambda p: p.found + p.found.T):
        yield "its transpose is missing as a second term"


def _square_constants(point: _Point, variable: Variable) -> list[Basic]:
    return sorted((a for a in point.claim.atoms(MatrixSymbol)
                   if same_size(*shape(a)) and a != variable.symbol and not facts_about(a)),
                  key=str)


def _holds(points: list[_Point], value: Callable[[_Point], Value]) -> bool:
    return any(all(p.agrees(place, value(p)) for p in points) for place in points[0].wanted)


def _factor(points: list[_Point], place: Place) -> Expr | None:
    """The number the claim has too much, if it is one."""
    ratios = []
    for p in points:
        true, claimed = _entries(p.wanted[place]), _entries(p.found)
        ratios += [claimed[k]/true[k] for k in true if abs(true[k]) > TOLERANCE]
        if any(abs(claimed[k]) > TOLERANCE for k in true if abs(true[k]) <= TOLERANCE):
            return None
    if not ratios or ratios[0] == 0 or any(abs(r - ratios[0]) > TOLERANCE for r in ratios):
        return None
    simple = Rational(str(mpmath.nstr(ratios[0].real, 20))).limit_denominator(1000)
    return simple if abs(mpf(simple.p)/simple.q - ratios[0]) < mpf(10)**-18 else None
