"""Where gradients are zero: estimators, optimal gains and projections in closed form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sympy import Add, Ge, Lt, Ne, Q, S, Symbol, conjugate, sqrt
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, MatAdd, MatrixSymbol

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
from ..nodes.conjugates import ComplexMatrixSymbol, ConjugateSymbol, presented, with_adjoints
from ..nodes.norm import MaxEntry, Norm
from ..nodes.printable import all_printable
from ..nodes.realness import is_complex
from ..nodes.singular_values import PolarFactor
from ..nodes.spectra import Eigenvalue, Eigenvector, Eigenvectors
from ..nodes.structured import facts_about
from ..printing.printers import latex
from ..reading.read import read, read_function
from ..simplify import constructors as c
from ..simplify.normal_form import normal_form
from ..simplify.rank import rank_bounds
from ..simplify.symmetry import is_hermitian, is_real_valued
from ..structures.facts import known_symbols
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

    def renamed(self, names: Mapping[Any, Any]) -> StationaryPoint:
        """With other symbols in the place of some."""
        return StationaryPoint(
            {_renamed(v, names): presented(_renamed(value, names)) for v, value in self.items()},
            tuple(_printable(_renamed(a, names)) for a in self.conditions), self.kind,
            {_renamed(g, names): _renamed(value, names) for g, value in self.multipliers.items()})

    def _repr_latex_(self) -> str:
        return "$\\displaystyle " + r",\quad ".join(
            f"{latex(v)} = {latex(value)}" for v, value in self.items()) + "$"


def _in_words(condition: Any) -> str:
    name = type(condition).__name__
    if name == "AppliedPredicate":
        return f"{condition.arguments[0]} is {condition.function.name.replace('_', ' ')}"
    if isinstance(condition, Ne):
        return f"{condition.args[0]} is not {condition.args[1]}"
    if isinstance(condition, Lt) and isinstance(condition.args[0], MaxEntry):
        return f"all entries of {-condition.args[0].args[0]} are positive"
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
            _renamed(f, said), *(_renamed(v, said) for v in variables),
            structure=structure, assumptions=_renamed(assumptions, said),
            subject_to=subject_to and {_renamed(g, said): _renamed(value, said)
                                       for g, value in subject_to.items()})
        back = {k: a for a, k in said.items()}
        return tuple(p.renamed(back) for p in points)
    constraints = _constraints(subject_to)
    special = _orthonormal(f, variables, constraints, structure, assumptions)
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
        g = g if shape(g) else _with_traces(g)
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


def _renamed(expr: Any, names: Mapping[Any, Any]) -> Any:
    if isinstance(expr, (list, tuple)):
        return type(expr)(_renamed(e, names) for e in expr)
    return expr.xreplace(dict(names)) if isinstance(expr, Basic) else expr


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
            also = s.also if isinstance(s, _SolvedWithMultiplier) else {}
            for symbol in also:  # the multiplier is an eigenvalue, its constraint has to hold
                (v,) = (v for v in rest if v.symbol == symbol)
                del rest[v]
                s = self._scaled(s, variable.symbol, residuals[v])
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

    def _scaled(self, solved: Any, x: Any, constraint: Any) -> Any:
        """The eigenvector as long as a constraint x'Bx = r asks for; v'Bv is 1."""
        *_, B = solved.value.args if len(solved.value.args) == 3 else (Identity(shape(x)[0]),)
        radius = -self._put_in(constraint, x, zero(shape(x)))
        form = c.as_scalar(c.multiply(c.adjoint(x), B, x))
        if normal_form(constraint - form + radius) != 0:
            raise NoClosedFormError(f"the constraint {constraint} = 0 does not say how long an "
                                    "eigenvector is")
        if radius == 1:
            return solved
        needed = () if definiteness(radius) in ("positive", "nonnegative") else (Ge(radius, 0),)
        return replace(solved, value=c.scale(sqrt(radius), solved.value),
                       conditions=(*solved.conditions, *needed))

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
        """Ax = s(x)Bx of a symmetric or Hermitian A: the first and the last eigenvector."""
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
    return expr.xreplace({a: sqrt(c.inner(c.conjugate(a.args[0]), a.args[0]))
                          for a in expr.atoms(Norm)
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
    if definiteness(B) != "positive" or not (is_hermitian(A) and is_hermitian(B)):
        return None
    return a*p, A, b*q, B


def _point(problem: Problem, found: _Found, variables: Any, constraints: list[Any]
           ) -> StationaryPoint:
    values = dict(zip(found.values, problem.written(*found.values.values()), strict=True))
    by_name = {problem.renamed(symbol): value for symbol, value in values.items()}
    count = len(variables)
    kind = _kind(problem, found, {v.symbol for v in problem.variables[:count]}, bool(constraints))
    conditions = tuple(_printable(problem.renamed(a)) for a in (
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


def _printable(condition: Any) -> Any:
    (condition,) = with_adjoints([condition])
    if not hasattr(condition, "arguments"):
        return condition.func(*all_printable(list(condition.args)))
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
        graph = problem.graph([Variable(v.symbol)], inside)
        probe = MatrixSymbol("D", *shape(v.symbol)) if v.shape else S.One
        for symbol in graph.variables:
            differential = graph.linear_map(symbol)
            if differential is not None and symbols & problem.shortened(
                    differential.apply(probe))[0].free_symbols:
                return False
    return True


# --- WᴴW = I -----------------------------------------------------------------------------


def _orthonormal(f: Any, variables: Any, constraints: list[Any], structure: Any, assumptions: Any
                 ) -> tuple[StationaryPoint, ...] | None:
    """Eigenvectors of tr(WᴴAW), and the polar factor of re tr(AᴴW)."""
    if len(variables) != 1 or len(constraints) != 1 or not is_matrix(variables[0]):
        return None
    (W,), (g,) = variables, constraints
    if not is_matrix(g) or 1 in shape(W):
        return None
    n, k = shape(W)
    written = f"{W}.H*{W} = I" if is_complex(W) else f"{W}'{W} = I"
    if (k - n).is_positive:
        raise NoClosedFormError(f"{written} has no solution: {W} is {show(shape(W))}")
    gram = c.add(c.multiply(c.adjoint(W), W), c.scale(S.NegativeOne, Identity(k)))
    if normal_form(c.add(g, c.scale(S.NegativeOne, gram))) != zero((k, k)):
        return None
    problem = Problem.read(f, (W,), None, structure, assumptions)
    if problem.variables[0].structure is not None or problem.variables[0].symbol in problem.places:
        raise FactsError(f"{W} with a structure and {written} is not covered")
    require_real_by_complex(problem)
    A, M = _quadratic_and_linear(problem, written)
    is_constant = n == k or isinstance(c.split_scalar(A)[1], Identity) or A == zero((n, n))
    if M != zero((n, k)) and is_constant:  # of a square W, tr(W'AW) is the trace of A
        return _polar(problem, W, M, gram)
    if M != zero((n, k)) or not is_hermitian(A):
        raise NoClosedFormError("with an orthonormal matrix a closed form is known of functions "
                                "that are quadratic or linear in it, and this is both")
    if is_constant:
        raise NoClosedFormError(f"the function is constant where {written}")
    V, rows = Eigenvectors(problem.shortened(A)[0]), (S.Zero, n, S.One)
    return tuple(
        StationaryPoint({W: problem.written(c.matrix_slice(V, rows, (first, last, S.One)))[0]},
                        (), kind, {})
        for first, last, kind in ((S.Zero, k, "minimum"), (n - k, n, "maximum")))


def _quadratic_and_linear(problem: Problem, constraint: str) -> tuple[Any, Any]:
    """A and M of the gradient AW + M."""
    W = problem.variables[0].symbol
    n, k = shape(W)
    graph = problem.graph()
    slope = ascent(problem.variables[0],
                   dict(zip(graph.variables, graph.gradients(), strict=True)), "projection")
    quadratic, linear = [], []
    for term in _terms_of(normal_form(problem.shortened(slope)[0])):
        factor, product = c.split_scalar(term)
        *left, last = c.factors_of(product) or (product,)
        if W not in term.free_symbols:
            linear.append(term)
        elif last == W and not any(W in a.free_symbols for a in (factor, *left)):
            quadratic.append(c.scale(factor, c.multiply(*left) if left else Identity(n)))
        else:
            raise NoClosedFormError(f"with {constraint} a closed form is known of functions that "
                                    "are quadratic or linear in it; this has the gradient "
                                    f"{problem.in_given_symbols(slope)}")
    return normal_form(c.add(*quadratic, shape=(n, n))), c.add(*linear, shape=(n, k))


def _polar(problem: Problem, W: Any, M: Any, gram: Any) -> tuple[StationaryPoint, ...]:
    """Of re tr(MᴴW)."""
    if _never_of_full_rank(M):
        raise NoClosedFormError(f"the polar factor of {problem.in_given_symbols(M)}, which has not "
                                "full rank")
    (M,) = problem.shortened(M)
    polar = PolarFactor(M)
    _, core = c.split_scalar(M)
    condition = _printable(problem.renamed(Q.invertible(c.multiply(c.adjoint(core), core))))
    found = [(c.scale(S.NegativeOne, polar), "minimum"), (polar, "maximum")]
    for value, _ in found:
        require_solution([gram], {problem.variables[0].symbol: value})
    return tuple(StationaryPoint({W: problem.written(value)[0]}, (condition,), kind, {})
                 for value, kind in found)


def _never_of_full_rank(matrix: Any) -> bool:
    """Of x y', for one."""
    cols = shape(matrix)[1]
    bounds = rank_bounds(matrix)
    return any((bound - cols).is_negative or bound == 1 != cols for bound in bounds)


def _terms_of(total: Any) -> tuple[Any, ...]:
    return total.args if isinstance(total, MatAdd) else (total,)

