"""Whether a derivative that somebody claims is right, and in which layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import mpmath
from mpmath import mp, mpf
from sympy import Derivative, Expr, Float, Rational, Subs, Symbol, exp, prod
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import MatrixSymbol
from sympy.tensor.array import ImmutableDenseNDimArray, NDimArray

from .algebra import constructors as c
from .algebra.canonical_form import built
from .algebra.traversal import operands
from .errors import (
    DerivativeNotImplementedError,
    FormError,
    MatlayoutError,
    ShapeError,
    reporting_bugs,
)
from .expressions.shape import is_array, is_matrix, same_size, shape
from .expressions.structured import facts_about
from .facts import known_symbols
from .layout import FORMS, Layout
from .numeric import NumericArray, Partials, evaluate
from .numeric.definition import central_difference
from .numeric.evaluation import Value, Values, matrix_of, vec
from .numeric.points import example_points, steady_value
from .reading.read import read, read_function, sympified
from .variable import Variable

__all__ = ["DerivativeCheck", "check_derivative"]

DIGITS = 80
TOLERANCE = mpf(10)**-24  # of the largest entry
NO_VALUE = "the claim has no finite value where the function has one"
LAYOUTS = ("denominator", "numerator")
ARRAYS = ("array", "autodiff")  # the same in every layout
MOST_PLACES = 30  # where a transpose is tried

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
    elsewhere : those it is right in, but that were not meant
    error : the largest deviation from the arrangement that comes nearest, relative to
        the largest entry; None for a shape that no arrangement has
    entry : where, counted from zero
    nearest : that arrangement
    remarks : what would make a wrong claim right
    sizes : the numbers put for symbolic sizes
    """

    claimed: Basic
    arrangements: tuple[Place, ...]
    elsewhere: tuple[Place, ...]
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
        if self.elsewhere:
            return "not as it was meant; right: " + ", ".join(map(" ".join, self.elsewhere))
        if self.remarks and self.remarks[0] == NO_VALUE:
            return f"wrong: {NO_VALUE}"
        if self.nearest is None:
            found = "wrong: no layout or form has this shape"
        else:
            found = (f"wrong in every layout and form; next to {' '.join(self.nearest)} it is off "
                     f"by {mpmath.nstr(self.error, 3)} of the largest entry, at {self.entry}")
        return "; ".join([found, *self.remarks])


@reporting_bugs
def check_derivative(expr: Any, X: Any, claimed: Any, *, layout: Layout | str | None = None,
                     form: str | None = None, structure: Any = None, assumptions: Any = True,
                     points: int = 3, seed: int = 0) -> DerivativeCheck:
    r"""
    Whether a claimed derivative is right, by numbers from the definition.

    Explanation
    ===========

    The function's partial derivatives are taken by central differences with eighty digits
    at several random points, and arranged in every layout and form; the claim is evaluated
    at the same points.  None of this library's rules is used.  Symbolic sizes and exponents
    are different numbers at each point, so that neither a transpose in the wrong place nor
    what holds for 2x2 matrices only can pass.  Entries have both signs, as far as
    assumptions and the domain of the function let them; square matrices have good inverses.
    Undefined functions of scalars are some that have values.

    Of a wrong claim it says how far off it is and where, and whether one of the usual slips
    would explain it: a factor, a sign, a transposed constant, a missing symmetric term, a
    constant taken for symmetric.

    By a structured `X` the derivative by the free entries is taken, and the claim compared
    with it in every convention and in the form ``"vech"``.

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
    layout, form : what the claim is meant to be; by default any will do
    structure : of X, as for ``matrix_derivative``; symbols carry their own
    assumptions : facts about symbols, such as ``Q.symmetric(A) & Q.orthogonal(U)``
    points : how many random points
    seed : for other points

    Raises
    ======

    ShapeError : an expression is ill-shaped

    See Also
    ========

    sympy_matlayout.matrix_derivative, sympy_matlayout.convert_layout
    """
    if form is not None and form not in FORMS:
        raise FormError(f"unknown form {form!r}; the forms are {', '.join(map(repr, FORMS))}")
    if layout is not None:
        layout = Layout.of(layout)
    if points < 1:
        raise MatlayoutError(f"at least one point is needed, got points={points}")
    known = known_symbols(assumptions)
    variable = Variable.of(X.xreplace(known) if isinstance(X, Basic) else X, structure)
    function = _with_known_functions(read_function(expr).xreplace(known))
    claim = _with_known_functions(_claim(claimed).xreplace(known))
    with mp.workdps(DIGITS):
        tests = [_Point(function, variable, claim, values) for values in example_points(
            function, [variable.symbol, claim], points, seed)]
        found = [p for p in tests[0].wanted if all(t.agrees(p) for t in tests)]
        places = [p for p in found if _is_meant(p, layout, form, tests[0])]
        elsewhere = [p for p in found if p not in places]
        worst = max(tests, key=lambda t: t.deviation()[0] or mpf(0))
        error, entry, nearest = worst.deviation()
        remarks = () if found else tuple(_remarks(tests, variable))
    sizes = {s: v for s, v in worst.values.items() if isinstance(s, Symbol) and isinstance(v, int)}
    return DerivativeCheck(claim, tuple(places), tuple(elsewhere), error, entry, nearest, remarks,
                           sizes)


def _is_meant(place: Place, layout: Layout | None, form: str | None, point: _Point) -> bool:
    name, kind = place[0], place[1].split(",")[0]
    if form not in (None, "auto", kind):
        return False
    if layout is Layout.MIXED:
        layout = Layout.DENOMINATOR if point.of_scalar else Layout.NUMERATOR
    return layout is None or name in ("any layout", layout.value)


def _claim(claimed: Any) -> Basic:
    """The claim as it is; arrays too."""
    if isinstance(claimed, (list, tuple)) or hasattr(claimed, "tolist") and not isinstance(
            claimed, (Basic, MatrixBase)):
        claimed = ImmutableDenseNDimArray(claimed)
    if isinstance(claimed, NDimArray) and len(claimed.shape) == 2:
        claimed = claimed.tomatrix()
    if isinstance(claimed, str) or not isinstance(claimed, (Basic, MatrixBase, int, float)):
        raise ShapeError(f"a claim is a scalar, matrix or array expression, not {claimed!r}")
    return claimed if is_array(claimed) else read(sympified(claimed))


def _with_known_functions(expr: Basic) -> Basic:
    """Undefined functions of scalars replaced by some that have values."""
    for k, f in enumerate(sorted({a.func for a in expr.atoms(AppliedUndef)}, key=str)):
        def known(*args, f=f, k=k):
            if any(map(is_matrix, args)):
                raise DerivativeNotImplementedError(
                    f"{f} of a matrix has no value; put a known function in its place")
            return exp(sum((i + 2)*a for i, a in enumerate(args))/(k + 9)) + (k + 1)*prod(args)**2
        expr = expr.replace(f, known)
    return expr.doit() if expr.has(Derivative, Subs) else expr


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
        try:
            self.found = self.value(claim)
        except (ArithmeticError, ValueError):  # a pole, a singular matrix
            self.found = mp.nan
        entries, error = steady_value(function, self.values) or ([mpf(1)], mpf(0))
        self.of_scalar = len(entries) == 1
        self.noise = _rounding_of_differences(entries, error) + 1000*(
            steady_value(claim, self.values) or ([], mpf(0)))[1]

    def value(self, claim: Basic) -> Value:
        return evaluate(claim, self.values)

    def agrees(self, place: Place, found: Value | None = None) -> bool:
        """Up to rounding, in proportion to the largest entry."""
        wanted, found = self.wanted[place], self.found if found is None else found
        if _shape(wanted) != _shape(found):
            return False
        true, claimed = _entries(wanted), _entries(found)
        bound = self.tolerance*max(map(abs, true.values())) + self.noise
        return all(abs(claimed[k] - true[k]) <= bound for k in true)

    @property
    def tolerance(self) -> mpf:
        """Floats are taken for numbers rounded to their fifteen digits."""
        has_floats = self.function.atoms(Float) or self.claim.atoms(Float)
        return mpf(10)**-12 if has_floats else TOLERANCE

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
                if best[0] is None or error < best[0] or not mp.isfinite(error):
                    best = (error, where, place)
        return best


def _rounding_of_differences(entries: list[Value], error: Any) -> Any:
    """How far off the difference quotients of a function with these values may be."""
    size = max(map(abs, entries))
    if size == 0 or mpf(10)**(-DIGITS - 10) < size < mpf(10)**(20 - DIGITS):
        size = mpf(1)  # what is left where terms cancel
    return 1000*max(error, size*mpf(10)**-DIGITS)*mpf(10)**(DIGITS//3)


def _in_every_layout(partials: Partials) -> dict[Place, Value]:
    found = {(layout, form): partials.arranged(layout, form)
             for layout in LAYOUTS for form in partials.forms if form not in ARRAYS}
    if partials.by and not partials.of_scalar:  # elsewhere arrays are matrices
        found |= {("any layout", form): partials.arranged("numerator", form) for form in ARRAYS}
    return found


def _by_free_entries(function: Basic, variable: Variable,
                     values: Values) -> tuple[Values, dict[Place, Value]]:
    """The point made structured, and the derivative by the θ of the basis vec X = Δθ."""
    symbol, turned = variable.symbol, variable.transposed
    basis = evaluate(variable.structure.basis(shape(symbol)[0]), values)
    pinv = (basis.T*basis)**-1*basis.T
    given, size = values[symbol], values[symbol].rows

    def at(theta: mpmath.matrix) -> Values:
        entries = basis*theta
        X = matrix_of(size, size, lambda i, j: entries[i + size*j])
        return {**values, symbol: X.T if turned else X}

    start = pinv*vec(given.T if turned else given)
    F = evaluate(function, at(start))
    of = (F.rows, F.cols) if isinstance(F, mpmath.matrix) else ()
    J = mpmath.matrix(len(vec(F)), basis.cols)
    for k in range(basis.cols):
        move = mpmath.matrix(basis.cols, 1)
        move[k] = 1
        J[:, k] = central_difference(lambda h, move=move: evaluate(function, at(start + h*move)))
    found: dict[Place, Value] = {("denominator", "vech"): J.T, ("numerator", "vech"): J}
    for convention, onto in (("projection", pinv), ("entries", basis.T)):
        partials = Partials.of_jacobian(J*onto, of, (size, size))
        found |= {(layout, f"{form}, {convention}"): value
                  for (layout, form), value in _in_every_layout(partials).items()}
    return at(start), found


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
    if not all(mp.isfinite(v) for p in points for v in _entries(p.found).values()):
        yield NO_VALUE
        return
    if points[0].claim == 0 and all(abs(v) <= p.noise for p in points
                                    for w in p.wanted.values() for v in _entries(w).values()):
        yield f"the zero of another shape is right, ZeroMatrix{variable.shape} for one"
        return
    alike = [p for p, w in points[0].wanted.items() if _shape(w) == _shape(points[0].found)]
    factor = next((f for p in alike if (f := _factor(points, p)) is not None), None)
    if factor is not None:
        yield "the sign is wrong" if factor == -1 else f"right up to the factor {factor}"
    if not alike or not is_matrix(points[0].claim):
        return
    found = list(_about_constants(points, variable))
    yield from found
    if same_size(*shape(points[0].claim)) and _holds(points, lambda p: p.found + p.found.T):
        yield "its transpose is missing as a second term"
    if factor is None and not any("in place of" in remark for remark in found):
        yield from islice(_with_one_transpose(points), 1)


def _about_constants(points: list[_Point], variable: Variable) -> Iterator[str]:
    for A in _square_constants(points[0], variable):
        turned = points[0].claim.xreplace({A: c.transpose(A)})
        if _holds(points, lambda p, e=turned: p.value(e)):
            yield f"right with {A}.T in place of {A}"
        elif _holds(points, lambda p, e=turned: p.found + p.value(e)):
            yield f"the term with {A}.T in place of {A} is missing"
        elif _holds([p.where_symmetric(A) for p in points], lambda p: p.found):
            yield f"right if {A} is symmetric"


def _with_one_transpose(points: list[_Point]) -> Iterator[str]:
    for turned in islice(_turned_once(points[0].claim), MOST_PLACES):
        if _holds(points, lambda p, e=turned: p.value(e)):
            yield f"a transpose is missing or too many, right is {turned}"


def _turned_once(expr: Basic) -> Iterator[Basic]:
    """The expression with one square symbol transposed, for each place where one stands."""
    if isinstance(expr, MatrixSymbol) and same_size(*shape(expr)) and not facts_about(expr):
        yield c.transpose(expr)
    inside = operands(expr)
    for k, arg in enumerate(expr.args):
        if arg in inside:
            for turned in _turned_once(arg):
                yield built(expr, [*expr.args[:k], turned, *expr.args[k + 1:]])


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
    if abs(ratios[0] - 1) < mpf(10)**-18:
        return None  # the deviation is in the digits after these
    simple = Rational(str(mpmath.nstr(ratios[0].real, 20))).limit_denominator(1000)
    return simple if abs(mpf(simple.p)/simple.q - ratios[0]) < mpf(10)**-18 else None
