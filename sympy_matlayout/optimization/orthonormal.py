"""Stationary points of quadratic and of linear functions of a W with WᴴW = I."""

from __future__ import annotations

from typing import Any

from sympy import Q, S
from sympy.matrices.expressions import Identity

from ..core.errors import FactsError, NoClosedFormError
from ..core.shapes import is_matrix, shape, show
from ..derivatives.derivative import ascent
from ..derivatives.problem import Problem, require_real_by_complex
from ..linear_maps.graph import zero
from ..nodes.realness import is_complex
from ..nodes.singular_values import PolarFactor
from ..nodes.spectra import Eigenvectors
from ..simplify import constructors as c
from ..simplify.normal_form import normal_form
from ..simplify.rank import rank_bounds
from ..simplify.symmetry import is_hermitian
from .matrix_equations import terms_of
from .stationary_point import StationaryPoint, printable
from .verification import require_solution

__all__ = ["orthonormal_points"]


def orthonormal_points(f: Any, variables: Any, constraints: list[Any], structure: Any,
                       assumptions: Any) -> tuple[StationaryPoint, ...] | None:
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
    for term in terms_of(normal_form(problem.shortened(slope)[0])):
        factor, product = c.split_scalar(term)
        *left, last = c.factors_of(product) or (product,)
        factors = (*left, last)
        if W not in term.free_symbols:
            linear.append(term)
        elif factors[0] == W and not any(W in a.free_symbols for a in (factor, *factors[1:])):
            continue  # of tr(WCWᴴ), which is the trace of C
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
    condition = printable(problem.renamed(Q.invertible(c.multiply(c.adjoint(core), core))))
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
