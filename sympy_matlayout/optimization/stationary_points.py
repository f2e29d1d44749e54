"""Where gradients are zero: estimators, optimal gains and projections in closed form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Add, Ne, S, Symbol, sqrt
from sympy.matrices.expressions import Identity, MatAdd, MatrixSymbol

from ..core.errors import ArgumentError, NoClosedFormError, ShapeError, reporting_bugs
from ..core.shapes import is_matrix, shape, show
from ..derivatives.derivative import arranged
from ..derivatives.problem import Problem
from ..layouts.layout import Layout
from ..linear_maps.graph import zero
from ..nodes.norm import Norm
from ..nodes.printable import all_printable
from ..nodes.singular_values import PolarFactor
from ..nodes.spectra import Eigenvalue, Eigenvector, Eigenvectors
from ..printing.printers import latex
from ..reading.read import read, read_function
from ..simplify import constructors as c
from ..simplify.normal_form import normal_form
from ..simplify.symmetry import is_symmetric
from ..structures.variable import Variable
from .definiteness import Sign, definiteness
from .matrix_equations import Solved, needed_again, solutions
from .verification import require_solution

__all__ = ["StationaryPoint", "stationary_points"]

KINDS: dict[frozenset[Sign], str] = {
    frozenset({"positive"}): "minimum", frozenset({"negative"}): "maximum",
    frozenset({"positive", "negative"}): "saddle"}


class StationaryPoint(Mapping[Any, Any]):
    """
    Values of the variables where the gradient is zero; a mapping from variable to value.

    ``conditions`` is what has to hold for it, as predicates of SymPy; ``kind`` what the
    Hessian says, ``"minimum"``, ``"maximum"``, ``"saddle"``, or None where its form doesn't
    show it; ``multipliers`` the values of Lagrange's multipliers, by constraint.
    """

    def __init__(self, values: Mapping[Any, Any], conditions: tuple[Any, ...], kind: str | None,
                 multipliers: Mapping[Any, Any]):
        self.values_by_variable = dict(values)
        self.conditions, self.kind, self.multipliers = conditions, kind, dict(multipliers)

    def __getitem__(self, variable: Any) -> Any:
        return self.values_by_variable[variable]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values_by_variable)

    def __len__(self) -> int:
        return len(self.values_by_variable)

    def __repr__(self) -> str:
        parts = [", ".join(f"{v} = {value}" for v, value in self.items())]
        if self.kind:
            parts.append(f"a {self.kind}")
        if self.conditions:
            parts.append("if " + " and ".join(map(_in_words, self.conditions)))
        return ", ".join(parts)

    def _repr_latex_(self) -> str:
        return "$\\displaystyle " + r",\quad ".join(
            f"{latex(v)} = {latex(value)}" for v, value in self.items()) + "$"


def _in_words(condition: Any) -> str:
    if isinstance(condition, Ne):
        return f"{condition.args[0]} is not {condition.args[1]}"
    name = type(condition).__name__
    if name == "AppliedPredicate":
        return f"{condition.arguments[0]} is {condition.function.name.replace('_', ' ')}"
    return str(condition)


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
    first and the last are given.

    With ``subject_to={g: 0}`` Lagrange's multipliers come in; with the constraint
    `W^TW = I` a quadratic function of `W` leads to eigenvectors and a linear one to the
    polar factor.

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
        squared, and its multiplier that of the square

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
    constraints = _constraints(subject_to)
    special = _orthonormal(f, variables, constraints, structure, assumptions)
    if special is not None:
        return special
    multipliers = [_multiplier(g, k, len(constraints)) for k, g in enumerate(constraints)]
    lagrangian = read_function(f)
    if shape(lagrangian):
        raise ShapeError(f"stationary points are of scalars, and this is {show(shape(lagrangian))}")
    for g, by in zip(constraints, multipliers, strict=True):
        lagrangian += c.inner(by, g) if is_matrix(g) else by*g
    problem = Problem.read(lagrangian, (*variables, *multipliers), None, structure, assumptions)
    search = _Search(problem, len(variables))
    points = search.points()
    return tuple(_point(problem, p, variables, constraints) for p in points)


def _constraints(subject_to: Mapping[Any, Any] | None) -> list[Any]:
    found = []
    for g, value in (subject_to or {}).items():
        g, value = read_function(g), read_function(value)
        if isinstance(g, Norm):  # a length, whose square has the simpler derivative
            g, value = g**2, value**2
        g = g if shape(g) else _with_traces(g)
        if value == 0 or getattr(value, "is_ZeroMatrix", False):
            found.append(g)
        elif shape(g):
            found.append(read(c.add(g, c.scale(S.NegativeOne, value))))
        else:
            found.append(g - value)
    return found


def _multiplier(g: Any, k: int, count: int) -> Any:
    name = "lambda" + (str(k + 1) if count > 1 else "")
    return MatrixSymbol(name, *shape(g)) if is_matrix(g) else Symbol(name, real=True)


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
        self.residuals = {v: problem.shortened(v.along_structure(found[v.symbol]))[0]
                          for v in problem.variables}
        for v, residual in self.residuals.items():
            if not (residual.free_symbols & {u.symbol for u in problem.variables}):
                shown = problem.in_given_symbols(residual)
                zero_ = residual == 0 or getattr(residual, "is_ZeroMatrix", False)
                raise NoClosedFormError(f"the derivative by {v.symbol} is {shown}, which " + (
                    "is zero everywhere" if zero_ else "doesn't become zero: there is no "
                    "stationary point"))

    def points(self) -> list[_Found]:
        found = self._solved(dict(self.residuals))
        for point in found:
            require_solution(list(self.residuals.values()), dict(point.values))
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
            also = s.also if isinstance(s, _SolvedWithMultiplier) else {}
            for symbol in also:  # the multiplier is an eigenvalue, its constraint has to hold
                (v,) = (v for v in rest if v.symbol == symbol)
                if rest.pop(v) != 0:
                    raise NoClosedFormError(f"an eigenvector of length one is no solution of the "
                                            f"constraint of {symbol}")
            curvature = s.sign if isinstance(s, _SolvedWithMultiplier) else self._curvature(
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
        return self.problem.shortened(read(expr.xreplace({symbol: value})))[0]

    def _first(self, residuals: dict[Variable, Any]) -> tuple[Variable, list[Solved]]:
        """The variable whose value holds the fewest others, and that value."""
        unknown = {v.symbol for v in residuals}
        best: tuple[int, Variable, list[Solved]] | None = None
        refused: NoClosedFormError | None = None
        for variable, residual in residuals.items():
            if variable.symbol not in residual.free_symbols:
                continue
            try:
                solved = self._eigen(variable, residual, unknown) or solutions(
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

    def _eigen(self, variable: Variable, residual: Any, unknown: set[Any]) -> list[Any] | None:
        """Ax = s(x)Bx of a symmetric A: the first and the last eigenvector."""
        x = variable.symbol
        if not is_matrix(x) or shape(x)[1] != 1 or variable.structure is not None:
            return None
        factor, core = c.split_scalar(residual)
        pencil = _pencil(normal_form(core), x, unknown)
        if pencil is None:
            return None
        a, A, b, B = pencil
        second = () if isinstance(B, Identity) else (B,)
        n = shape(x)[0]
        found = []
        for place, extreme in ((S.Zero, "minimum"), (n - 1, "maximum")):
            multiplier = {s: v for s in unknown & b.free_symbols if s != x
                          for v in _solve(a*Eigenvalue(A, place, *second) + b, s)}
            ascending = self._is_ascending(x, a, b, factor, multiplier)
            kind = None if ascending is None else extreme if ascending else {
                "minimum": "maximum", "maximum": "minimum"}[extreme]
            sign = {"minimum": "positive", "maximum": "negative", None: None}[kind]
            found.append(_SolvedWithMultiplier(Eigenvector(A, place, *second), (), multiplier,
                                               sign))
        return found

    def _is_ascending(self, x: Any, a: Any, b: Any, factor: Any, multiplier: Mapping[Any, Any]
                      ) -> bool | None:
        """Whether the function grows with the eigenvalue, if that can be told."""
        if multiplier:  # f is quadratic, its gradient a multiple of Ax
            sign = definiteness(a*factor)
        else:
            function: Any = self.problem.function
            varying = function.as_independent(x, as_Add=True)[1]
            ratio = self.problem.shortened(_with_traces(varying/(-b/a)))[0]
            sign = definiteness(ratio) if x not in ratio.free_symbols else None
        return {"positive": True, "negative": False}.get(str(sign))

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


def _with_traces(expr: Any) -> Any:
    """Lengths as roots of traces, which cancel against those of quotients."""
    return expr.xreplace({a: sqrt(c.inner(a.args[0], a.args[0])) for a in expr.atoms(Norm)
                          if len(a.args) == 1 or a.args[1] in (2, "fro")})


@dataclass(frozen=True)
class _SolvedWithMultiplier(Solved):
    """An eigenvector, with the multiplier that is its eigenvalue."""

    also: Mapping[Any, Any] = field(default_factory=dict)
    sign: Sign = None


def _solve(equation: Any, symbol: Any) -> list[Any]:
    slope = equation.diff(symbol)
    if symbol in slope.free_symbols or slope == 0:
        return []
    return [-(equation - slope*symbol).expand()/slope]


def _pencil(core: Any, x: Any, unknown: set[Any]) -> tuple[Any, ...] | None:
    """a, A, b, B of aAx + bBx, where b/a varies with what is unknown and B is definite."""
    groups: list[tuple[Any, Any]] = []  # coefficients that are not numbers times each other
    for term in core.args if isinstance(core, MatAdd) else (core,):
        factor, product = c.split_scalar(term)
        factors = c.factors_of(product)
        if factors[-1] != x or any(x in a.free_symbols for a in factors[:-1]):
            return None
        matrix = c.multiply(*factors[:-1]) if len(factors) > 1 else Identity(shape(x)[0])
        for k, (base, total) in enumerate(groups):
            ratio = (factor/base).cancel()
            if not unknown & ratio.free_symbols:
                groups[k] = base, c.add(total, c.scale(ratio, matrix))
                break
        else:
            groups.append((factor, matrix))
    if len(groups) != 2:
        return None
    (a, A), (b, B) = sorted(groups, key=lambda g: bool(unknown & g[0].free_symbols))
    if unknown & a.free_symbols:
        return None
    (p, A), (q, B) = (c.split_scalar(normal_form(M)) for M in (A, B))
    if definiteness(B) != "positive" or not (is_symmetric(A) and is_symmetric(B)):
        return None
    return a*p, A, b*q, B


def _point(problem: Problem, found: _Found, variables: Any, constraints: list[Any]
           ) -> StationaryPoint:
    values = dict(zip(found.values, problem.written(*found.values.values()), strict=True))
    by_name = {problem.renamed(symbol): value for symbol, value in values.items()}
    count = len(variables)
    kind = _kind(problem, found, {v.symbol for v in problem.variables[:count]}, bool(constraints))
    conditions = tuple(_printable(problem.renamed(a)) for a in found.conditions)
    own = [problem.renamed(v.symbol) for v in problem.variables]
    return StationaryPoint(
        {v: by_name[s] for v, s in zip(variables, own[:count], strict=True)}, conditions, kind,
        {g: by_name[s] for g, s in zip(constraints, own[count:], strict=True)})


def _printable(condition: Any) -> Any:
    if isinstance(condition, Ne):
        return Ne(all_printable([condition.args[0]])[0], condition.args[1])
    return condition.function(*all_printable(list(condition.arguments)))


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
        differential = problem.graph([Variable(v.symbol)], inside).linear_map(v.symbol)
        probe = MatrixSymbol("D", *shape(v.symbol)) if v.shape else S.One
        if differential is not None and symbols & problem.shortened(
                differential.apply(probe))[0].free_symbols:
            return False
    return True


# --- W'W = I -----------------------------------------------------------------------------


def _orthonormal(f: Any, variables: Any, constraints: list[Any], structure: Any, assumptions: Any
                 ) -> tuple[StationaryPoint, ...] | None:
    """Eigenvectors of tr(W'AW), and the polar factor of tr(A'W)."""
    if len(variables) != 1 or len(constraints) != 1 or not is_matrix(variables[0]):
        return None
    (W,), (g,) = variables, constraints
    if not is_matrix(g) or 1 in shape(W):
        return None
    n, k = shape(W)
    gram = c.add(c.multiply(c.transpose(W), W), c.scale(S.NegativeOne, Identity(k)))
    if normal_form(c.add(g, c.scale(S.NegativeOne, gram))) != zero((k, k)):
        return None
    problem = Problem.read(f, (W,), None, structure, assumptions)
    W = problem.variables[0].symbol
    (slope,) = problem.graph().gradients()
    quadratic, linear = [], []
    for term in _terms_of(normal_form(problem.shortened(slope)[0])):
        factor, product = c.split_scalar(term)
        factors = c.factors_of(product)
        if W not in term.free_symbols:
            linear.append(term)
        elif factors[-1] == W and not any(W in a.free_symbols for a in (factor, *factors[:-1])):
            quadratic.append(c.scale(factor, c.multiply(*factors[:-1])) if len(factors) > 1
                             else c.scale(factor, Identity(n)))
        else:
            raise NoClosedFormError(f"with {variables[0]}'{variables[0]} = I a closed form is known"
                                    " of functions that are quadratic or linear in it; this has "
                                    f"the gradient {problem.in_given_symbols(slope)}")
    A = normal_form(c.add(*quadratic)) if quadratic else zero((n, n))
    if linear and (n == k or isinstance(c.split_scalar(A)[1], Identity)
                   or isinstance(A, type(zero((n, n))))):
        # of a square W, tr(W'AW) is the trace of A
        polar = c.scale(S.One, PolarFactor(c.add(*linear)))
        found = [(c.scale(S.NegativeOne, polar), "minimum"), (polar, "maximum")]
    elif not linear and is_symmetric(A):
        (A,) = problem.shortened(A)
        V = Eigenvectors(A)
        rows = (S.Zero, n, S.One)
        found = [(c.matrix_slice(V, rows, (S.Zero, k, S.One)), "minimum"),
                 (c.matrix_slice(V, rows, (n - k, n, S.One)), "maximum")]
    else:
        raise NoClosedFormError("with an orthonormal matrix a closed form is known of functions "
                                "that are quadratic or linear in it, and this is both")
    return tuple(StationaryPoint({variables[0]: problem.written(value)[0]}, (), kind, {})
                 for value, kind in found)


def _terms_of(total: Any) -> tuple[Any, ...]:
    return total.args if isinstance(total, MatAdd) else (total,)

