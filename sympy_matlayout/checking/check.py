"""Whether a derivative that somebody claims is right, and in which layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import index
from typing import Any

import mpmath
from mpmath import mp
from sympy import Symbol
from sympy.core.basic import Basic

from ..core import limits
from ..core.errors import (
    ArgumentError,
    DerivativeNotImplementedError,
    SingularError,
    ValueMissingError,
    reporting_bugs,
)
from ..core.shapes import shape
from ..layouts.layout import Layout, check_form
from ..nodes.conjugates import with_adjoints
from ..nodes.realness import is_complex
from ..nodes.structured import KnownMatrixSymbol, facts_about
from ..numeric.account import NoValue
from ..numeric.points import example_points
from ..numeric.types import Values
from ..printing.printers import latex
from ..reading.read import read_function, sympified
from ..structures.facts import known_symbols
from ..structures.variable import Variable, refuse_strangers
from .arrangements import ARRAYS, GRADIENT, Place, Slopes, at_structure, forms_for
from .claims import read_claim, refuse_namesakes, with_known_functions
from .comparison import DIGITS, Comparison
from .slips import NO_VALUE, slips

__all__ = ["DerivativeCheck", "check_derivative"]


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
    entry : where, counted from zero; None where it shows in a sum of entries only
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
            where = "along a direction in which all entries move" if self.entry is None \
                else f"at {self.entry}"
            found = (f"wrong in every layout and form; next to {' '.join(self.nearest)} it is off "
                     f"by {mpmath.nstr(self.error, 3)} of the largest entry, {where}")
        return "; ".join([found, *self.remarks])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        """What a notebook shows: the verdict in words, and what it is about."""
        verdict, colon, rest = str(self).partition(": ") if self else str(self).partition("; ")
        return f"$\\displaystyle {latex(self.claimed)}$ is **{verdict}**{colon}{rest}"


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
    The function is real at the points, in all its parts, if it is so anywhere, and there are
    points on both sides of its kinks.  Undefined functions of scalars are some that have values.
    By large matrices some partial derivatives are taken, and the slopes in directions in which
    all entries move.

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
    ArgumentError : a claim or argument is none, or sizes are too large to try them with numbers
    DerivativeNotImplementedError : there is no point where the function is real, or a part has
        no value

    See Also
    ========

    sympy_matlayout.matrix_derivative, sympy_matlayout.convert_layout
    """
    points, seed = _whole("points", points, range(1, limits.POINTS + 1)), _whole("seed", seed)
    layout = None if layout is None else Layout.of(layout)
    known: dict[Any, Any] = dict(known_symbols(assumptions, sympified(expr)))
    places = _places_of_complex(known, X)
    known |= {Z: general for Z, (general, _) in places.items()}
    variable = Variable.of(X.xreplace(known) if isinstance(X, Basic) else X, structure)
    if variable.base != variable.structured_symbol and is_complex(variable.structured_symbol):
        known = {Z: variable.structured_symbol if k == variable.base else k
                 for Z, k in {variable.base: variable.base, **known}.items()}
        variable = variable.over(variable.structured_symbol)
    refuse_strangers(structure, [variable])
    function = read_function(sympified(expr).xreplace(known))
    forms = forms_for(function, variable, form)
    if form is not None and form != "auto":
        check_form(form, (*forms, *ARRAYS), f"the derivative of {expr} by {X}")
    try:
        claim = read_claim(claimed, known)
    except (SingularError, ValueMissingError) as error:  # what is always singular, nan
        return DerivativeCheck(claimed, (), (), None, None, None, (NO_VALUE, str(error)), {})
    function, claim = with_known_functions(function, claim)
    refuse_namesakes(variable.base, function, claim)
    with mp.workdps(DIGITS):
        at = dict(places.values())
        values = [{**v, **{general: v[special] for general, special in at.items()}}
                  for v in example_points(function.xreplace(at), [
                      variable.base.xreplace(at), claim.xreplace(at)], points, seed)]
        if _has_gradient(function, variable, values[0]):
            forms = (*forms, GRADIENT)
    tests = [test for v in values if (test := Comparison.at(
        function, variable, claim, v, forms, seed)).has_slopes]
    if not tests:
        raise DerivativeNotImplementedError(
            f"{function} has values at {len(values)} random points, and none next to them")
    places = list(tests[0].wanted)
    found = [p for p in places if all(t.is_close(p) for t in tests)]
    decisive = tests
    if not found:
        answers = {p: [t.agrees(p) for t in tests] for p in places}
        found = [p for p in places if True in answers[p] and False not in answers[p]]
        decisive = [t for k, t in enumerate(tests) if any(
            answers[p][k] is False for p in places)] if not found else tests
        if not found and not decisive:
            raise DerivativeNotImplementedError(
                f"the difference quotients of {function} don't settle, so that this claim can't "
                "be checked by numbers")
    meant = [p for p in found if _is_meant(p, layout, form, function)]
    return _verdict(claim, decisive, meant, [p for p in found if p not in meant], variable)


def _has_gradient(function: Basic, variable: Variable, values: Values) -> bool:
    """Whether the function is real, of a complex variable."""
    if not variable.is_complex:
        return False
    try:
        return Slopes(function, variable, at_structure(variable, values), 0).are_of_real
    except NoValue:
        return False


def _places_of_complex(known: Mapping[Any, Any], X: Any) -> dict[Any, tuple[Any, Any]]:
    """
    A complex variable that facts are known of: the symbol to differentiate by, and that with them.

    Facts say where the derivative is taken, and the conjugate of the one is no transpose.
    """
    held = X.free_symbols if isinstance(X, Basic) else set()
    own = {Z: {"complex", *facts_about(Z)} for Z in known}  # a Hermitian one's go with it
    return {Z: (KnownMatrixSymbol(Z.name, *shape(Z), facts=own[Z]), k)
            for Z, k in known.items() if Z in held and "complex" in k.facts and k.facts > own[Z]}


def _verdict(claim: Basic, tests: list[Comparison], meant: list[Place], elsewhere: list[Place],
             variable: Variable) -> DerivativeCheck:
    near = (meant + elsewhere)[:1] or [
        place for place in tests[0].wanted if all(t.has_shape(place) for t in tests)]
    with mp.workdps(DIGITS):
        errors = [(t, place := t.nearest(near), *t.error(place)) for t in tests if near]
        worst, nearest, error, entry = max(errors, key=lambda e: e[2], default=(
            tests[0], None, None, None))
        remarks = () if meant or elsewhere else tuple(slips(tests, variable))
    sizes = {s: v for s, v in worst.values.items() if isinstance(s, Symbol) and isinstance(v, int)}
    (claim,) = with_adjoints([claim])
    return DerivativeCheck(claim, tuple(meant), tuple(elsewhere), error, entry, nearest, remarks,
                           sizes)


def _whole(name: str, given: Any, within: range | None = None) -> int:
    """A whole number within bounds."""
    bounds = "" if within is None else f" from {within[0]} to {within[-1]}"
    try:
        found = None if isinstance(given, bool) else index(given)
    except TypeError:
        found = None
    if found is None or within is not None and found not in within:
        raise ArgumentError(f"{name} is a whole number{bounds}, got {given!r}")
    return found


def _is_meant(place: Place, layout: Layout | None, form: str | None, function: Basic) -> bool:
    name, kind = place[0], place[1].split(",")[0]
    if form not in (None, "auto", kind):
        return False
    if layout is Layout.MIXED:
        layout = Layout.NUMERATOR if shape(function) else Layout.DENOMINATOR
    return layout is None or name in ("any layout", layout.value)
