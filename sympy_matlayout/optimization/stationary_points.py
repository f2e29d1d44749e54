"""Where gradients are zero: estimators, optimal gains and projections in closed form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Q, S, Symbol, conjugate
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol

from ..core.errors import (
    ArgumentError,
    FactsError,
    NoClosedFormError,
    ShapeError,
    ValueMissingError,
    VariableError,
    reporting_bugs,
)
from ..core.shapes import is_matrix, shape, show
from ..derivatives.derivative import arranged, ascent
from ..derivatives.problem import Problem, require_real_by_complex
from ..layouts.layout import Layout
from ..linear_maps.graph import zero
from ..nodes.conjugates import ComplexMatrixSymbol, ConjugateSymbol
from ..nodes.norm import Norm
from ..nodes.realness import is_complex
from ..nodes.structured import facts_about
from ..reading.read import read, read_function
from ..simplify import constructors as c
from ..simplify.symmetry import is_real_valued
from ..structures.facts import known_symbols
from ..structures.variable import Variable
from .conditions import Solved, needed_again
from .definiteness import Sign, definiteness
from .eigenproblems import Eigensolution, eigensolutions, with_traces
from .matrix_equations import solutions
from .orthonormal import orthonormal_points
from .stationary_point import StationaryPoint, printable, renamed
from .verification import require_solution

__all__ = ["StationaryPoint", "stationary_points"]

KINDS: dict[frozenset[Sign], str] = {
    frozenset({"positive"}): "minimum", frozenset({"negative"}): "maximum",
    frozenset({"positive", "negative"}): "saddle"}


@reporting_bugs
def stationary_points(f: Any, *variables: Any, structure: Any = None, assumptions: Any = True,
                      subject_to: Mapping[Any, Any] | None = None) -> tuple[StationaryPoint, ...]:
    r"""
    Where the gradient of a scalar is zero, in closed form with symbolic sizes.

    Explanation
    ===========

    Each variable is solved for from its own equation, `\partial f/\partial X = 0`, one
    after the other, and put into the others: least squares with and without weights, ridge
    and intercept, maximum likelihood of Gaussians, optimal gains.  Equations are those of
    ``solve_matrix_equation``; a quotient `x^TAx/x^TBx` leads to eigenvectors, of which the
    first and the last are given, and of `A = uu^T` the one that is not orthogonal to `u`.

    With ``subject_to={g: 0}`` Lagrange's multipliers come in; with the constraint
    `W^TW = I`, or `W^HW = I` of a complex `W`, a quadratic function of `W` leads to
    eigenvectors and a linear one to the polar factor.

    What the Hessian says is told where its form shows it: by blocks, each that of what is
    left when the variables before are solved for (Schur's complements).

    Every point is put into the equations with numbers before it is given.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import Norm, stationary_points
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X, w, y = MatrixSymbol('X', m, n), MatrixSymbol('w', n, 1), MatrixSymbol('y', m, 1)
    >>> stationary_points(Norm(X*w - y)**2, w)
    (w = (X.T*X)**(-1)*X.T*y, a minimum, if X.T*X is invertible,)
    >>> (point,) = stationary_points(Norm(w)**2, w, subject_to={X*w: y})
    >>> point[w]
    X.T*(X*X.T)**(-1)*y

    Parameters
    ==========

    f : a scalar or 1x1 expression
    variables : one or more MatrixSymbols or Symbols
    structure, assumptions : as for ``gradient``
    subject_to : constraints, ``{g: value}`` with scalar or matrix expressions; a length is
        squared, and its multiplier that of the square; a complex constraint has a complex
        multiplier, `f + 2\,\mathrm{Re}(\lambda^* g)`

    Returns
    =======

    A tuple of :class:`StationaryPoint`, mappings from variable to value.

    Raises
    ======

    NoClosedFormError : no closed form was found; the message says how far it came

    See Also
    ========

    sympy_matlayout.solve_matrix_equation, sympy_matlayout.gradient, sympy_matlayout.hessian

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., chapters 7, 13-17
    """
    if len(variables) == 1 and isinstance(variables[0], (list, tuple)):
        variables = tuple(variables[0])
    if not variables:
        raise ArgumentError("no variable: stationary_points(f, X)")
    said = _said_to_be_complex(assumptions, f, subject_to)
    if said:
        points = stationary_points(
            renamed(f, said), *(renamed(v, said) for v in variables),
            structure=structure, assumptions=renamed(assumptions, said),
            subject_to=subject_to and {renamed(g, said): renamed(value, said)
                                       for g, value in subject_to.items()})
        back = {k: a for a, k in said.items()}
        return tuple(p.renamed(back) for p in points)
    constraints = _constraints(subject_to)
    special = orthonormal_points(f, variables, constraints, structure, assumptions)
    if special is not None:
        return special
    lagrangian = read_function(f)
    taken = {str(s) for e in (lagrangian, *constraints, *variables) for s in e.free_symbols}
    multipliers = _multipliers(constraints, taken)
    if shape(lagrangian):
        raise ShapeError(f"stationary points are of scalars, and this is {show(shape(lagrangian))}")
    for g, by in zip(constraints, multipliers, strict=True):
        lagrangian += _times_multiplier(by, g)
    if isinstance(structure, str):  # of the unknowns, and not of the multipliers
        structure = {v: structure for v in variables if is_matrix(v)}
    problem = Problem.read(lagrangian, (*variables, *multipliers), None, structure, assumptions)
    _require_no_constraints_by_facts(problem)
    require_real_by_complex(problem)
    search = _Search(problem, len(variables))
    points = search.points()
    return tuple(_point(problem, p, variables, constraints) for p in points)


def _require_no_constraints_by_facts(problem: Problem) -> None:
    """What is known of an unknown would be a constraint."""
    for v in problem.variables:
        facts = facts_about(problem.places[v.symbol]) if v.symbol in problem.places else set()
        if v.symbol.is_integer:
            raise VariableError(f"{v.symbol} is a whole number, and no variable of a derivative")
        for fact in sorted(facts - {"invertible", "full rank", "complex"}):
            if v.structure is None or fact not in ("symmetric", "positive definite"):
                raise FactsError(f"{v.symbol} is unknown, and that it is {fact} is a constraint: "
                                 "use structure= or subject_to=")


def _constraints(subject_to: Mapping[Any, Any] | None) -> list[Any]:
    if not isinstance(subject_to, (Mapping, type(None))):
        raise ArgumentError(f"subject_to={subject_to}: a dictionary {{g: value}}, g = value being "
                            "the constraint")
    found = []
    for g, value in (subject_to or {}).items():
        if shape(read_function(g)) != shape(read_function(value)) and read_function(value) != 0:
            raise ShapeError(f"the constraint {g} = {value} is of different shapes")
        g, value = read_function(g), read_function(value)
        if isinstance(g, Norm):  # a length, whose square has the simpler derivative
            g, value = g**2, value**2
        g = g if shape(g) else with_traces(g)
        if value == 0 or getattr(value, "is_ZeroMatrix", False):
            found.append(g)
        elif shape(g):
            found.append(read(c.add(g, c.scale(S.NegativeOne, value))))
        else:
            found.append(g - value)
    return found


def _multipliers(constraints: list[Any], taken: set[str]) -> list[Any]:
    """Symbols under names that nothing else has."""
    names = (f"lambda{k or ''}" for k in itertools.count())
    free = (name for name in names if name not in taken)
    found: list[Any] = []
    for g in constraints:
        name, is_real = next(free), not is_complex(g) or is_real_valued(g)
        if is_matrix(g):
            found.append((MatrixSymbol if is_real else ComplexMatrixSymbol)(name, *shape(g)))
        else:
            found.append(Symbol(name, real=True) if is_real else Symbol(name, complex=True))
    return found


def _times_multiplier(by: Any, g: Any) -> Any:
    """λg, and of a complex constraint 2 Re(λ*g)."""
    if not is_complex(by):
        return c.inner(by, g) if is_matrix(g) else by*g
    if not is_matrix(g):
        return conjugate(by)*g + by*c.conjugate(g)
    return c.inner(c.conjugate(by), g) + c.inner(by, c.conjugate(g))


def _said_to_be_complex(assumptions: Any, *given: Any) -> dict[Any, Any]:
    """The plain symbols that assumptions make complex, each with one that is so by itself."""
    parts = [e for g in given for e in (
        (*g.keys(), *g.values()) if isinstance(g, Mapping) else (g,))]
    exprs = [e for e in parts if isinstance(e, Basic)]
    return {a: ComplexMatrixSymbol(a.name, *shape(a))
            for a, k in known_symbols(assumptions, *exprs).items()
            if is_complex(k) and not is_complex(a)}


@dataclass(frozen=True)
class _Found:
    """Values of the variables that are solved for, conditions, and the signs of the Hessians."""

    values: Mapping[Any, Any]
    conditions: tuple[Any, ...] = ()
    # of each variable, in the order of elimination, the second derivative or what is known of it
    curvatures: tuple[tuple[Any, Any], ...] = ()


class _Search:
    """Equations, one for each variable, of which one after the other is solved."""

    def __init__(self, problem: Problem, count: int):
        self.problem, self.count = problem, count
        graph = problem.graph()
        found = dict(zip(graph.variables, graph.gradients(), strict=True))
        # by a complex Z it is ∂f/∂Z*, as the gradient is
        self.residuals = {v: problem.shortened(ascent(v, found, "wirtinger"))[0]
                          for v in problem.variables}
        for v, residual in self.residuals.items():
            if not (residual.free_symbols & {u.symbol for u in problem.variables}):
                shown = problem.in_given_symbols(residual)
                zero_ = residual == 0 or getattr(residual, "is_ZeroMatrix", False)
                raise NoClosedFormError(f"the derivative by {v.symbol} is {shown}, which " + (
                    "is zero everywhere" if zero_ else "doesn't become zero: there is no "
                    "stationary point"))

    def points(self) -> list[_Found]:
        try:
            found = self._solved(dict(self.residuals))
        except ValueMissingError as error:
            raise NoClosedFormError(f"no closed form was found: there {error}") from None
        for point in found:
            require_solution(list(self.residuals.values()), dict(point.values),
                             self.problem.variables[:self.count], point.conditions)
        return found

    def _solved(self, residuals: dict[Variable, Any]) -> list[_Found]:
        """Points of some equations, the simplest of which is solved first."""
        if not residuals:
            return [_Found({})]
        variable, solved = self._first(residuals)
        points = []
        for s in solved:
            rest = {v: self._put_in(r, variable.symbol, s.value)
                    for v, r in residuals.items() if v is not variable}
            also = s.also if isinstance(s, Eigensolution) else {}
            for symbol in also:  # the multiplier is an eigenvalue, its constraint has to hold
                (v,) = (v for v in rest if v.symbol == symbol)
                del rest[v]
                x, g = variable.symbol, residuals[v]
                s = s.scaled(x, g, -self._put_in(g, x, zero(shape(x))))  # type: ignore[union-attr]
            curvature = s.sign if isinstance(s, Eigensolution) else self._curvature(
                variable, residuals[variable], s)
            for point in self._solved(rest):
                value = s.value
                for symbol, known in point.values.items():
                    value = self._put_in(value, symbol, known)
                conditions = [a for old in s.conditions
                              for a in self._conditions(old, point.values)]
                bent = curvature
                if not isinstance(bent, (str, type(None))):
                    for symbol, known in point.values.items():
                        bent = self._put_in(bent, symbol, known)
                points.append(_Found({variable.symbol: value, **also, **point.values},
                                     tuple(dict.fromkeys([*conditions, *point.conditions])),
                                     ((variable.symbol, bent), *point.curvatures)))
        return points

    def _conditions(self, condition: Any, values: Mapping[Any, Any]) -> Iterator[Any]:
        """A condition once all values are known."""
        if not condition.free_symbols & set(values):
            yield condition
            return
        about = condition.arguments[0] if hasattr(condition, "arguments") else condition.args[0]
        for symbol, value in values.items():
            about = self._put_in(about, symbol, value)
        yield from needed_again(condition, about)

    def _put_in(self, expr: Any, symbol: Any, value: Any) -> Any:
        if symbol not in expr.free_symbols:
            return expr
        values = {symbol: value}
        mirrored = c.conjugate(symbol)
        if isinstance(mirrored, (ConjugateSymbol, conjugate)):
            values[mirrored] = c.conjugate(value)
        return self.problem.shortened(read(expr.xreplace(values)))[0]

    def _first(self, residuals: dict[Variable, Any]) -> tuple[Variable, Sequence[Solved]]:
        """The variable whose value holds the fewest others, and that value."""
        unknown = {v.symbol for v in residuals}
        best: tuple[int, Variable, Sequence[Solved]] | None = None
        refused: NoClosedFormError | None = None
        for variable, residual in residuals.items():
            if variable.symbol not in residual.free_symbols:
                continue
            try:
                solved = eigensolutions(
                    self.problem, variable, residual, unknown) or solutions(
                    self.problem, residual, variable)
            except NoClosedFormError as error:
                refused = refused or error
                continue
            others = len(unknown & {s for a in solved for s in a.value.free_symbols})
            if best is None or others < best[0]:
                best = others, variable, solved
            if best[0] == 0:
                break
        if best is None:
            raise refused or NoClosedFormError(
                "no closed form was found: no equation is left for "
                + ", ".join(str(v.symbol) for v in residuals))
        return best[1], best[2]

    def _curvature(self, variable: Variable, residual: Any, solved: Solved) -> Any:
        """The second derivative by one variable, at its value."""
        if not variable.shape:
            graph = self.problem.graph([variable], residual)
            J = graph.tangent({variable.symbol: S.One})
        else:
            form = "vech" if variable.structure is not None else "vec"
            plain = Variable(variable.symbol)
            graph = self.problem.graph([plain], residual)
            J = arranged(graph, plain, Layout.NUMERATOR, "vec") if graph.linear_map(
                plain.symbol) is not None else zero(shape(c.vec(residual))*2)
            if form == "vech":
                basis = variable.structure.basis(variable.shape[0])  # type: ignore[union-attr]
                J = c.multiply(c.transpose(basis), J, basis)
        return self._put_in(self.problem.shortened(J)[0], variable.symbol, solved.value)


def _point(problem: Problem, found: _Found, variables: Any, constraints: list[Any]
           ) -> StationaryPoint:
    values = dict(zip(found.values, problem.written(*found.values.values()), strict=True))
    by_name = {problem.renamed(symbol): value for symbol, value in values.items()}
    count = len(variables)
    kind = _kind(problem, found, {v.symbol for v in problem.variables[:count]}, bool(constraints))
    conditions = tuple(printable(problem.renamed(a)) for a in (
        *found.conditions, *_definite(problem, found.values)))
    own = [problem.renamed(v.symbol) for v in problem.variables]
    return StationaryPoint(
        {v: by_name[s] for v, s in zip(variables, own[:count], strict=True)}, conditions, kind,
        {g: by_name[s] for g, s in zip(constraints, own[count:], strict=True)})


def _definite(problem: Problem, values: Mapping[Any, Any]) -> Iterator[Any]:
    """That values are positive definite, of unknowns that are said to be."""
    for symbol, place in problem.places.items():
        value = values.get(symbol)
        if value is not None and "positive definite" in facts_about(place) \
                and definiteness(value) != "positive":
            yield Q.positive_definite(value)


def _kind(problem: Problem, found: _Found, own: set[Any], constrained: bool) -> str | None:
    """
    What the signs of the blocks say, or a form that shows that the function is convex.

    Where the Lagrangian has a minimum in the variables, with the multipliers as they are,
    the function has one under its constraints.
    """
    if not constrained and _is_convex(problem):
        return "minimum"
    order = [symbol in own for symbol, _ in found.curvatures]
    if order != sorted(order, reverse=True):
        return None  # a multiplier came first: the blocks after it are not the Lagrangian's
    known = [a.arguments[0] if hasattr(a, "arguments") else a.args[0] for a in found.conditions]
    signs = frozenset(J if isinstance(J, (str, type(None))) else definiteness(J, known)
                      for symbol, J in found.curvatures if symbol in own)
    kind = KINDS.get(signs)
    return None if constrained and kind == "saddle" else kind


def _is_convex(problem: Problem) -> bool:
    """A sum of squared lengths of what is linear in all variables together."""
    function: Any = problem.function
    return all(_is_squared_length(problem, term) for term in Add.make_args(function)
               if term.free_symbols & {v.symbol for v in problem.variables})


def _is_squared_length(problem: Problem, term: Any) -> bool:
    factor, rest = term.as_independent(*[v.symbol for v in problem.variables], as_Add=False)
    if definiteness(factor) not in ("positive", "nonnegative") or not (
            rest.is_Pow and rest.exp == 2 and isinstance(rest.base, Norm)):
        return False
    inside = rest.base.args[0]
    symbols = {v.symbol for v in problem.variables}
    for v in problem.variables:
        graph = problem.graph([Variable(v.symbol)], inside)
        probe = MatrixSymbol("D", *shape(v.symbol)) if v.shape else S.One
        for symbol in graph.variables:
            differential = graph.linear_map(symbol)
            if differential is not None and symbols & problem.shortened(
                    differential.apply(probe))[0].free_symbols:
                return False
    return True


