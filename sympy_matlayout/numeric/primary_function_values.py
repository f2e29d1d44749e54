"""Values of functions of matrices and of their derivatives along directions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, permutations, product
from typing import Any

from mpmath import mp, mpf
from sympy import log

from ..core.registry import declares
from ..nodes.frechet_derivatives import DividedDifferences, FrechetDerivative, FrechetMatrix
from ..nodes.functions_of_argument import KINKED, slope_of
from ..nodes.primary_functions import PrimaryFunction
from .account import NotReal, NoValue, is_real
from .evaluation import Evaluation, vec
from .linear_algebra import GUARD, eigenbasis, matrix_of, rounding
from .linear_algebra import product as times
from .spectral_values import CLOSE, SPECTRUM, almost_real
from .types import NumericMatrix, NumericScalar

__all__: list[str] = []


@declares("value", PrimaryFunction)
def value_of_primary_function(node: Any, at: Evaluation) -> NumericMatrix:
    X = at.value(node.matrix)
    at.account.spend(SPECTRUM*X.rows**3, node)
    return at.noted(node, _along(node.function, X, (), at), X)


@declares("value", FrechetDerivative)
def value_of_frechet_derivative(node: Any, at: Evaluation) -> NumericMatrix:
    X, directions = at.value(node.matrix), list(map(at.value, node.directions))
    at.account.spend(SPECTRUM*X.rows**(2 + len(directions)), node)
    return at.noted(node, _along(node.function, X, directions, at), X, *directions)


@declares("value", FrechetMatrix)
def value_of_frechet_matrix(node: Any, at: Evaluation) -> NumericMatrix:
    X, directions = at.value(node.matrix), list(map(at.value, node.directions))
    n = X.rows
    at.account.spend(SPECTRUM*n**(4 + len(directions)), node)
    columns = []
    for j, i in product(range(n), range(n)):
        unit = matrix_of(n, n, lambda r, s, i=i, j=j: mpf((r, s) == (i, j)))
        columns.append(vec(_along(node.function, X, [*directions, unit], at)))
    found = matrix_of(n*n, n*n, lambda r, s: columns[s][r])
    return at.noted(node, found, X, *directions)


@declares("value", DividedDifferences)
def value_of_divided_differences(node: Any, at: Evaluation) -> NumericMatrix:
    x = list(at.value(node.matrix))
    with mp.workdps(CLOSE*mp.dps + GUARD):
        table = _Differences(node.function, x, at)
        found = at.build(node, lambda i, j: table.at((i, j)))
    return +found


def _along(f: Any, X: NumericMatrix, directions: Sequence[NumericMatrix],
           at: Evaluation) -> NumericMatrix:
    """f(X), or its derivative along the directions."""
    digits = mp.dps
    with mp.workdps((CLOSE*digits if directions else digits) + GUARD):
        basis = eigenbasis(X)
        found = None if basis is None else _in_basis(f, X, basis, directions, at)
    if found is None:
        with mp.workdps(8*digits):
            basis = eigenbasis(_moved(X, mpf(10)**(-2*digits)), worst=mpf(10)**(4*digits))
            if basis is None:
                raise NoValue("a matrix without a basis of eigenvectors")
            found = _in_basis(f, X, basis, directions, at)
    return +found


def _moved(X: NumericMatrix, step: NumericScalar) -> NumericMatrix:
    step *= 1 + mp.mnorm(X, 1)
    return X + matrix_of(X.rows, X.cols, lambda i, j: step*mpf(3 + 2*i + 5*j + i*j*j)/7)


def _in_basis(f: Any, X: NumericMatrix, basis: tuple, directions: Sequence[NumericMatrix],
              at: Evaluation) -> NumericMatrix:
    """The same, of the eigenvalues, the eigenvectors and their inverse."""
    values, V, back = basis
    if f.expr.has(*KINKED) and not all(map(almost_real, values)):
        raise NotReal(f"{f.expr} of a matrix with complex eigenvalues")
    if isinstance(f.expr, log) and min(map(abs, values)) <= max(map(abs, values))*rounding():
        raise NoValue("the logarithm of a singular matrix")
    table = _Differences(f, [mp.re(v) if almost_real(v) else v for v in values], at)
    inner = [times(times(back, E), V) for E in directions]
    n, k = X.rows, len(directions)

    def entry(i: int, j: int) -> NumericScalar:
        if not k:
            return table.at((i,)) if i == j else mpf(0)
        total = mpf(0)
        for middle in product(range(n), repeat=k - 1):
            path = (i, *middle, j)
            total += table.at(path)*mp.fsum(
                mp.fprod(E[r, s] for E, (r, s) in zip(order, pairwise(path), strict=True))
                for order in permutations(inner))
        return total

    found = times(times(V, matrix_of(n, n, entry)), back)
    real = all(map(is_real, X)) and all(is_real(e) for E in directions for e in E)
    return found.apply(mp.re) if real and table.is_real else found


class _Differences:
    """The divided differences of a function at some points, f[xᵢ, xⱼ, …]."""

    def __init__(self, f: Any, points: Sequence[NumericScalar], at: Evaluation):
        self.f, self.points, self._at = f, points, at
        self.known: dict[tuple[int, ...], NumericScalar] = {}
        self.slopes: dict[int, Any] = {}
        scale = max(map(abs, points), default=mpf(1)) or mpf(1)
        self.close = scale*mpf(10)**(-(mp.dps - GUARD)//(2*CLOSE))

    @property
    def is_real(self) -> bool:
        """Whether f is real where it is taken at real points."""
        return all(is_real(self.at((k,))) for k, x in enumerate(self.points) if is_real(x))

    def at(self, places: tuple[int, ...]) -> NumericScalar:
        places = tuple(sorted(places))
        if places not in self.known:
            self.known[places] = self._found(places)
        return self.known[places]

    def _found(self, places: tuple[int, ...]) -> NumericScalar:
        first, last = max(((i, j) for i in places for j in places), key=lambda pair: abs(
            self.points[pair[0]] - self.points[pair[1]]))
        gap = self.points[last] - self.points[first]
        if abs(gap) <= self.close:  # all the same
            order = len(places) - 1
            point = mp.fsum(self.points[k] for k in places)/len(places)
            return self._derivative(order, point)/mp.factorial(order)
        without = [list(places), list(places)]
        without[0].remove(first)
        without[1].remove(last)
        return (self.at(tuple(without[0])) - self.at(tuple(without[1])))/gap

    def _derivative(self, order: int, point: NumericScalar) -> NumericScalar:
        if order not in self.slopes:
            self.slopes[order] = slope_of(self.f, order) if order else self.f
        f: Any = self.slopes[order]
        return self._at.within({f.variables[0]: point}).number(f.expr)
