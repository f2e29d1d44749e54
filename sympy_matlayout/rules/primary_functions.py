"""
Functions of a matrix as a whole, and Sylvester's equation.

References: N. J. Higham, Functions of Matrices, SIAM 2008, chapter 3; N. J. Higham,
S. D. Relton, Higher order Fréchet derivatives of matrix functions (2014).
"""

from __future__ import annotations

from typing import Any

from sympy import Lambda, S

from ..core.errors import DerivativeNotImplementedError
from ..linear_maps.composition import compose
from ..linear_maps.implicit_maps import Frechet, Sylvester
from ..linear_maps.maps import Sandwich, ScalarTimes
from ..nodes.frechet_derivatives import DividedDifferences, FrechetDerivative, FrechetMatrix
from ..nodes.generalized_inverses import SylvesterSolution
from ..nodes.primary_functions import PrimaryFunction
from ..simplify import constructors as c
from .scalars import partials
from .table import Edges, Varies, cited, local_differentials


@local_differentials.register(PrimaryFunction)
@cited("function of a matrix", "Higham 2008, 3.1")
def primary_function(node: Any, varies: Varies) -> Edges:
    """df(X) = L_f(X, dX); a scalar t inside f adds dt·(∂f/∂t)(X)"""
    f, X = node.args
    yield X, Frechet(f, X)
    for scalar, partial in _parameters(f, varies):
        yield scalar, ScalarTimes(c.primary_function(partial, X))


@local_differentials.register(FrechetDerivative)
@cited("Fréchet derivative of higher order", "Higham & Relton 2014")
def frechet_derivative(node: Any, varies: Varies) -> Edges:
    """dL(X, E) = L(X, dE) + L²(X, E, dX)"""
    f, X, directions = node.function, node.matrix, node.directions
    if varies(X):
        yield X, Frechet(f, X, directions)
    for k, E in enumerate(directions):
        if varies(E):
            yield E, Frechet(f, X, directions[:k] + directions[k + 1:])
    for scalar, partial in _parameters(f, varies):
        yield scalar, ScalarTimes(c.frechet_derivative(partial, X, *directions))


def _parameters(f: Any, varies: Varies) -> list[tuple[Any, Lambda]]:
    """The scalars that vary inside a function, each with the partial derivative by it."""
    if not varies(f):
        return []
    (z,) = f.signature
    return [(scalar, Lambda((z,), partial))
            for scalar, partial in partials(f.expr, varies, frozenset({z}))]


@local_differentials.register(FrechetMatrix)
@cited("Fréchet derivative of higher order", "Higham & Relton 2014")
def frechet_matrix(node: Any, varies: Varies) -> Edges:
    """dK(X) = K(X, dX), along a scalar"""
    raise DerivativeNotImplementedError(
        f"the derivative of the Kronecker form {node} is not covered; differentiate "
        "FrechetDerivative along a direction instead, or take the Hessian of a scalar")


@local_differentials.register(DividedDifferences)
@cited("divided differences")
def divided_differences(node: Any, varies: Varies) -> Edges:
    raise DerivativeNotImplementedError(
        f"the derivative of the divided differences {node} is not covered; differentiate "
        "FrechetDerivative, and rewrite it afterwards")


@local_differentials.register(SylvesterSolution)
@cited("Sylvester's equation", "Giles 2008, 2.3.2")
def sylvester_solution(node: Any, varies: Varies) -> Edges:
    """AX + XB = C: A dX + dX B = dC - dA X - X dB"""
    A, B, C = node.args
    solution = Sylvester(A, B)
    minus = c.scale(S.NegativeOne, node)
    m, n = solution.domain
    if varies(C):
        yield C, solution
    if varies(A):
        yield A, compose(solution, Sandwich(c.Identity(m), minus))
    if varies(B):
        yield B, compose(solution, Sandwich(minus, c.Identity(n)))
