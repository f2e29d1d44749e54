"""What a rule gives for one node, and what is wrong with that: shapes, then numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

import mpmath
from mpmath import mp, mpf
from sympy import Float, Mul, S, Symbol
from sympy.core.basic import Basic
from sympy.matrices import ShapeError as SympyShapeError
from sympy.matrices.expressions import MatrixSymbol

from ..core.shapes import Shape, is_scalar_shape, same_shape, shape, show
from ..linear_maps.graph import Graph
from ..linear_maps.maps import LinearMap
from ..numeric.account import NoValue
from ..numeric.definition import central_difference, rounding_of_differences
from ..numeric.evaluation import Value, Values, evaluate, vec
from ..numeric.examples import example_value
from ..numeric.linear_algebra import matrix_of
from ..numeric.points import example_points
from ..numeric.types import NumericMatrix, NumericScalar
from ..reading.read import read
from .table import local_differentials

__all__ = ["Edge", "Fault", "Known", "Trial"]

DIGITS = 80
TOLERANCE = mpf(10)**-24  # of the largest number compared
ROUNDED = mpf(10)**-12    # where Floats have fifteen digits
VANISHING = mpf(10)**-10  # what twice the digits leave of a rounding error
ROUNDINGS = 1000          # what a value may have of them, each of one unit in its last digit
DENOMINATORS = 12         # of the factors that are recognised

Known = Callable[[Basic], Basic]


class Fault(Exception):
    """The first thing that is wrong with a rule, in a sentence."""


@dataclass(frozen=True, eq=False)
class Edge:
    """An argument and its map, and what the map gives for symbols dY and G."""

    argument: Basic
    map: LinearMap
    dY: Basic
    G: Basic
    value: Basic
    adjoint: Basic
    matrix: Basic

    @property
    def expressions(self) -> tuple[Basic, ...]:
        return self.argument, self.dY, self.G, self.value, self.adjoint, self.matrix


class Trial:
    """
    A rule on one node.

    ``edges`` holds for each variable, and then for all together, what the rule gives when it
    is told that these vary.  ``shown`` has those whose differential was large enough at some
    point to be seen beside the node's value.  ``known`` puts what has a value in the place of
    what has none.
    """

    def __init__(self, node: Basic, variables: Sequence[Basic], known: Known):
        self.node, self.known = node, known
        groups = [*((v,) for v in variables), tuple(variables)]
        self.edges = {group: self._edges(group) for group in groups}
        self.shown: set[Sequence[Basic]] = set()
        held = {a for edge in self._all() for e in edge.expressions for a in e.atoms(Float)}
        self.tolerance = ROUNDED if held or node.atoms(Float) else TOLERANCE

    def _all(self) -> Iterator[Edge]:
        for edges in self.edges.values():
            yield from edges

    def _edges(self, variables: Sequence[Basic]) -> list[Edge]:
        # the predicate that rules get when derivatives are taken
        varies = Graph(self.node, variables, lambda node, varies: ()).varies
        found: Any = local_differentials(self.node, varies)
        if not isinstance(found, Iterable):
            raise Fault(f"it returns {found!r}, and not pairs of an argument and its map")
        pairs = list(found)
        for pair in pairs:
            _require_pair(self.node, pair)
        return [_edge(self.node, *pair) for pair in pairs if varies(pair[0])]

    def points(self, wanted: int, seed: int) -> list[Values]:
        """Random points, with values for the dY and G as well."""
        others = [e for edge in self._all() for e in edge.expressions]
        with mp.workdps(DIGITS):
            return example_points(self.known(self.node), list(map(self.known, others)), wanted,
                                  seed)

    def check_at(self, values: Values, chance: Random) -> None:
        """Compare the maps with each other and with the definition at a point."""
        try:
            with mp.workdps(DIGITS):
                for edge in self._all():
                    self._check_adjoint(edge, values)
                    self._check_matrix(edge, values)
                for variables, edges in self.edges.items():
                    self._check_sum(variables, edges, values, chance)
        except NoValue as reason:
            raise Fault("a map has no value at a point where the node has one: "
                        f"{reason}") from None

    def _value(self, expr: Basic, values: Values) -> Value:
        return evaluate(self.known(expr), values)

    def _check_adjoint(self, edge: Edge, values: Values) -> None:
        def sides():
            value, G, dY, adjoint = (vec(self._value(e, values)) for e in (
                edge.value, edge.G, edge.dY, edge.adjoint))
            return _inner(G, value), _inner(adjoint, dY)

        if not self._agree(found := sides(), sides):
            left, right = map(_shown, found)
            raise Fault(f"adjoint is not the adjoint of apply, in the map of {edge.argument}: "
                        f"⟨G, apply(dY)⟩ = {left}, and ⟨adjoint(G), dY⟩ = {right}")

    def _check_matrix(self, edge: Edge, values: Values) -> None:
        def sides():
            J = self._value(edge.matrix, values)
            return vec(self._value(edge.value, values)), _as_matrix(J)*vec(values[edge.dY])

        if not self._agree(sides(), sides):
            raise Fault(f"matrix is not the matrix of apply, in the map of {edge.argument}: "
                        "vec(apply(dY)) is not matrix()*vec(dY)")

    def _check_sum(self, variables: Sequence[Basic], edges: Sequence[Edge], values: Values,
                   chance: Random) -> None:
        """Compare the sum of the maps with differences along a random direction."""
        direction = {v: example_value(v, values, chance, (1, "all")) for v in variables}
        slope = partial(self._slope, values=values, direction=direction)

        def sides():
            wanted = slope(self.node)
            found = mpmath.matrix(wanted.rows, 1)
            for edge in edges:
                dY = _unvec(slope(edge.argument), values[edge.dY])
                found += vec(self._value(edge.value, {**values, edge.dY: dY}))
            return found, wanted

        found, wanted = sides()
        # what rounding the node's value does to a difference quotient
        noise = ROUNDINGS*rounding_of_differences()*_largest(self._value(self.node, values))
        if self._agree((found, wanted), sides, noise):
            if _largest(wanted) > noise or not _largest(found):  # where it is zero it shows
                self.shown.add(variables)
            return
        by = " and ".join(map(str, variables))
        if not edges:
            raise Fault(f"it gives nothing for {by}, on which the node depends")
        raise Fault(f"the maps don't add up to the derivative by {by}: "
                    + _difference(found, wanted, self.tolerance, shape(self.node)))

    def _slope(self, expr: Basic, values: Values, direction: Values) -> NumericMatrix:
        """vec of the derivative along a direction, from the definition."""
        def at(h: NumericScalar) -> Value:
            moved = {v: values[v] + h*along for v, along in direction.items()}
            return self._value(expr, {**values, **moved})
        return central_difference(at)

    def _agree(self, found: tuple[Any, Any], sides: Callable[[], tuple[Any, Any]],
               noise: Any = 0) -> bool:
        """Whether two sides agree up to noise and to what vanishes with twice the digits."""
        left, right = found
        gap = _largest(left - right)
        if gap <= max(self.tolerance*_largest(right), noise):
            return True
        with mp.workdps(2*DIGITS):
            left, right = sides()
            return _largest(left - right) <= VANISHING*gap


# --- what a rule gives ------------------------------------------------------------------


def _require_pair(node: Basic, pair: Any) -> None:
    """An argument and a map that leads from its shape to the node's."""
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[0], Basic)
            and isinstance(pair[1], LinearMap)):
        raise Fault(f"it gives {pair!r}, which is no pair of an argument and a LinearMap")
    argument, linear = pair
    if argument == node:
        raise Fault("it gives the node itself as an argument, so that differentiation never ends")
    for end, of in (("domain", argument), ("codomain", node)):
        size = _sizes(getattr(linear, end))
        if not same_shape(size, shape(of)):
            raise Fault(f"the {end} of the map of {argument} is {show(size)}, and {of} is "
                        f"{show(shape(of))}")


def _sizes(given: Iterable[Any]) -> Shape:
    return tuple(map(S, given))


def _edge(node: Basic, argument: Basic, linear: LinearMap) -> Edge:
    domain, codomain = _sizes(linear.domain), _sizes(linear.codomain)
    dY, G = _fresh("dY", domain, node), _fresh("G", codomain, node)
    of_map = f"of the map of {argument}"
    return Edge(
        argument, linear, dY, G,
        _well_shaped(f"apply(dY) {of_map}", codomain, lambda: linear.apply(dY)),
        _well_shaped(f"adjoint(G) {of_map}", domain, lambda: linear.adjoint(G)),
        _well_shaped(f"matrix() {of_map}", (Mul(*codomain), Mul(*domain)), linear.matrix))


def _well_shaped(what: str, wanted: Shape, value: Callable[[], Basic]) -> Basic:
    """A value of a map, if it has the shape that it should have."""
    try:
        found = read(value())
    except SympyShapeError as error:
        raise Fault(f"{what} is ill-shaped: {error}") from None
    if not same_shape(shape(found), wanted) and not (
            is_scalar_shape(shape(found)) and is_scalar_shape(wanted)):
        raise Fault(f"{what} is {show(shape(found))}, and should be {show(wanted)}")
    return found


def _fresh(name: str, size: Shape, node: Basic) -> Basic:
    """A symbol under a name that the node doesn't hold."""
    taken = {getattr(s, "name", None) for s in node.free_symbols}
    while name in taken:
        name += "_"
    return MatrixSymbol(name, *size) if size else Symbol(name, real=True)


# --- numbers ----------------------------------------------------------------------------


def _as_matrix(value: Value) -> NumericMatrix:
    return value if isinstance(value, mpmath.matrix) else mpmath.matrix([[value]])


def _unvec(column: NumericMatrix, like: Value) -> Value:
    """The value of the shape of another whose vec is given."""
    if not isinstance(like, mpmath.matrix):
        return column[0]
    return matrix_of(like.rows, like.cols, lambda i, j: column[i + like.rows*j])


def _inner(left: NumericMatrix, right: NumericMatrix) -> Any:
    return mp.fdot(list(left), list(right))


def _largest(value: Value) -> Any:
    return max(map(abs, _as_matrix(value)))


def _shown(number: Any) -> str:
    return str(mpmath.nstr(number, 5))


def _difference(found: NumericMatrix, wanted: NumericMatrix, tolerance: Any, of: Shape) -> str:
    """How a differential differs from the right one: by a factor, or where most."""
    factor = _factor(found, wanted, tolerance)
    if factor == -1:
        return "the sign is wrong"
    if factor:
        return f"right is {factor} times their sum"
    at = max(range(wanted.rows), key=lambda k: abs(found[k] - wanted[k]))
    place = "" if is_scalar_shape(of) else f"entry {at} of its vec along a random direction is "
    return f"{place}{_shown(found[at])} instead of {_shown(wanted[at])}"


def _factor(found: NumericMatrix, wanted: NumericMatrix, tolerance: Any) -> Fraction | None:
    """The simple number that makes a differential right, if there is one."""
    k = max(range(found.rows), key=lambda k: abs(found[k]))
    ratio = wanted[k]/found[k] if found[k] else mpf(0)
    if isinstance(ratio, mpmath.mpc) or not ratio:
        return None
    factor = Fraction(str(mpmath.nstr(ratio, 30))).limit_denominator(DENOMINATORS)
    times = mpf(factor.numerator)/factor.denominator
    right = factor and _largest(times*found - wanted) <= tolerance*_largest(wanted)
    return factor if right else None
