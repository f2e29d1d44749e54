"""Stationary points that are eigenvectors: Ax = s(x)Bx of a Hermitian A and a definite B."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sympy import Add, Ge, Mul, S, Trace, sqrt
from sympy.matrices.expressions import Identity

from ..core.errors import NoClosedFormError
from ..core.shapes import is_matrix, shape
from ..derivatives.problem import Problem
from ..linear_maps.graph import zero
from ..nodes.norm import Norm
from ..nodes.spectra import Eigenvalue, Eigenvector
from ..simplify import constructors as c
from ..simplify.normal_form import normal_form
from ..simplify.symmetry import is_hermitian
from ..structures.variable import Variable
from .conditions import Solved, nonzero
from .definiteness import Sign, definiteness
from .matrix_equations import terms_of

__all__ = ["Eigensolution", "eigensolutions", "with_traces"]


@dataclass(frozen=True)
class Eigensolution(Solved):
    """An eigenvector v, its multiplier, B and vᴴBv, and the sign of the second derivative."""

    also: Mapping[Any, Any] = field(default_factory=dict)
    sign: Sign = None
    B: Any = None
    squared: Any = S.One

    def scaled(self, x: Any, constraint: Any, radius: Any) -> Eigensolution:
        """The vector as long as a constraint xᴴBx - radius asks for."""
        form = c.as_scalar(c.multiply(c.adjoint(x), self.B, x))
        if normal_form(constraint - form + radius) != 0:
            raise NoClosedFormError(f"the constraint {constraint} = 0 does not say how long an "
                                    "eigenvector is")
        if radius == self.squared:
            return self
        needed = [*nonzero(self.squared)]
        if definiteness(radius) not in ("positive", "nonnegative"):
            needed.append(Ge(radius, 0))
        return replace(self, value=c.scale(sqrt(radius)/sqrt(self.squared), self.value),
                       conditions=(*self.conditions, *needed))


def eigensolutions(problem: Problem, variable: Variable, residual: Any, unknown: set[Any]
                   ) -> list[Eigensolution] | None:
    """The first and the last eigenvector; B⁻¹u alone of A = uuᴴ, as in Fisher's discriminant."""
    x = variable.symbol
    if not is_matrix(x) or shape(x)[1] != 1 or variable.structure is not None:
        return None
    factor, core = c.split_scalar(residual)
    core = normal_form(core)
    if traces := [part for part in Mul.make_args(factor) if _row(part, x) is not None]:
        factor /= traces[0]
        core = c.add(*(c.scale(traces[0], term) for term in terms_of(core)))
    pencil = _pencil(core, x, unknown)
    if pencil is None:
        return None
    a, A, b, B = pencil
    found = []
    for vector, value, squared, extreme in _extremes(problem, A, B):
        multiplier = {s: v for s in unknown & b.free_symbols if s != x
                      for v in _solve(a*value + b, s)}
        ascending = _is_ascending(problem, x, a, b, factor, multiplier)
        sign = None if ascending is None else \
            "positive" if ascending == (extreme == "minimum") else "negative"
        found.append(Eigensolution(vector, (), multiplier, sign, B, squared))
    return found


def _extremes(problem: Problem, A: Any, B: Any) -> Iterator[tuple[Any, Any, Any, str]]:
    """Eigenvectors, their eigenvalues and vᴴBv, and what is extreme there of xᴴAx/xᴴBx."""
    u = _column(problem.shortened(A)[0])
    if u is not None:
        (vector,) = problem.shortened(c.multiply(c.inverse(B), u))
        squared = c.as_scalar(c.multiply(c.adjoint(u), vector))
        yield vector, squared, squared, "maximum"
        return
    second = () if isinstance(B, Identity) else (B,)
    for place, extreme in ((S.Zero, "minimum"), (shape(A)[0] - 1, "maximum")):
        yield Eigenvector(A, place, *second), Eigenvalue(A, place, *second), S.One, extreme


def _column(A: Any) -> Any:
    """The u of uuᴴ, or None."""
    factors = c.factors_of(A)
    for k in range(1, len(factors)):
        if shape(factors[k - 1])[1] == 1:
            u = c.multiply(*factors[:k])
            difference = c.add(c.multiply(*factors[k:]), c.scale(S.NegativeOne, c.adjoint(u)))
            return u if normal_form(difference) == zero(shape(difference)) else None
    return None


def _is_ascending(problem: Problem, x: Any, a: Any, b: Any, factor: Any,
                  multiplier: Mapping[Any, Any]) -> bool | None:
    """Whether the function grows with the eigenvalue, if that can be told."""
    if multiplier:  # f is quadratic, its gradient a multiple of Ax
        sign = definiteness(a*factor)
    else:
        function: Any = problem.function
        varying = function.as_independent(x, as_Add=True)[1]
        ratio = problem.shortened(with_traces(varying/(-b/a)))[0]
        sign = definiteness(ratio) if x not in ratio.free_symbols else None
    return {"positive": True, "negative": False}.get(str(sign))


def with_traces(expr: Any) -> Any:
    """Lengths as roots of traces, which cancel against those of quotients."""
    return expr.xreplace({a: sqrt(c.inner(c.conjugate(a.args[0]), a.args[0]))
                          for a in expr.atoms(Norm)
                          if len(a.args) == 1 or a.args[1] in (2, "fro")})


def _solve(equation: Any, symbol: Any) -> list[Any]:
    slope = equation.diff(symbol)
    if symbol in slope.free_symbols or slope == 0:
        return []
    return [-(equation - slope*symbol).expand()/slope]


def _pencil(core: Any, x: Any, unknown: set[Any]) -> tuple[Any, ...] | None:
    """a, A, b, B of aAx + bBx, where b/a varies with what is unknown and B is definite."""
    groups: list[tuple[Any, Any]] = []  # coefficients that are not numbers times each other
    for term in terms_of(core):
        found = _multiple(term, x)
        if found is None:
            return None
        factor, matrix = found
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


def _multiple(term: Any, x: Any) -> tuple[Any, Any] | None:
    """c and M of a term c Mx, also written as tr(rx) u."""
    factor, product = c.split_scalar(term)
    *before, last = c.factors_of(product)
    if last == x:
        held = any(x in a.free_symbols for a in before)
        matrix = c.multiply(*before) if before else Identity(shape(x)[0])
        return None if held else (factor, matrix)
    if x in product.free_symbols:
        return None
    for part in Mul.make_args(factor):
        if (row := _row(part, x)) is not None:
            return factor/part, c.multiply(product, row)
    return None


def _row(scalar: Any, x: Any) -> Any:
    """The r of tr(rx) and of sums of these, or None."""
    if isinstance(scalar, Add):
        rows = [_row(term, x) for term in scalar.args]
        return None if any(r is None for r in rows) else c.add(*rows)
    if isinstance(scalar, Mul) and scalar.args[0].is_number:
        number, trace = scalar.as_coeff_Mul()
        row = _row(trace, x)
        return None if row is None else c.scale(number, row)
    factors = c.factors_of(scalar.args[0]) if isinstance(scalar, Trace) else ()
    places = [k for k, a in enumerate(factors) if x in a.free_symbols]
    if len(places) != 1 or len(factors) == 1:
        return None
    (k,) = places
    others = c.multiply(*factors[k + 1:], *factors[:k])
    if factors[k] == x:
        return others
    return c.transpose(others) if factors[k] == c.transpose(x) else None
