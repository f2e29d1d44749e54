"""The table of local differentials, open to users."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import singledispatch
from typing import Any, TypeVar

from sympy.core.basic import Basic

from ..core.errors import DerivativeNotImplementedError
from ..linear_maps.law import Law
from ..linear_maps.maps import LinearMap

Varies = Callable[[Basic], bool]
Edges = Iterable[tuple[Basic, LinearMap]]  # arguments, and maps from their differentials


@singledispatch
def local_differentials(node: Basic, varies: Varies) -> Edges:
    r"""
    The local differential of one node: for each argument, the map d(argument) ↦ d(node).

    Explanation
    ===========

    A ``functools.singledispatch`` table by the node's class.  A rule is called
    with the node and a predicate ``varies`` that says of an expression whether
    it depends on the variables at hand; it yields pairs ``(argument, map)``, and
    the differential of the node is the sum of the maps of the arguments'
    differentials.  Pairs whose argument doesn't vary are ignored.  An argument
    need not be one of ``node.args``: a rule that rewrites yields the rewritten
    expression with the identity map.

    Examples
    ========

    An operation of one's own, the symmetric part of a square matrix:

    >>> from sympy import MatrixExpr, MatrixSymbol, Rational, Trace
    >>> from sympy_matlayout import gradient, local_differentials
    >>> from sympy_matlayout.linear_maps.maps import Scaling, Transposition
    >>> class SymmetricPart(MatrixExpr):
    ...     shape = property(lambda self: self.args[0].shape)
    >>> @local_differentials.register(SymmetricPart)
    ... def symmetric_part(node, varies):
    ...     Y, = node.args
    ...     yield Y, Scaling(Rational(1, 2), Y.shape)
    ...     yield Y.T, Scaling(Rational(1, 2), Y.shape)
    >>> A, X = MatrixSymbol('A', 3, 3), MatrixSymbol('X', 3, 3)
    >>> gradient(Trace(A.T*SymmetricPart(X)), X)
    (A + A.T)/2

    Parameters
    ==========

    node : the expression to differentiate, well-formed
    varies : tells whether an expression depends on the variables

    See Also
    ========

    sympy_matlayout.linear_maps.maps

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, chapter 8
    .. [2] M. B. Giles, Collected matrix derivative results for forward and
           reverse mode algorithmic differentiation, 2008
    """
    name = type(node).__name__
    raise DerivativeNotImplementedError(
        f"no rule differentiates {name}, met in\n    {node}\n"
        "Register the map from the differential of each argument to that of the node:\n"
        f"    from sympy_matlayout import local_differentials\n"
        f"    @local_differentials.register({name})\n"
        "    def rule(node, varies):\n"
        "        yield node.args[0], ...  # a LinearMap from sympy_matlayout.linear_maps.maps")


Rule = TypeVar("Rule", bound=Callable[..., Any])


def cited(name: str, source: str = "", *,
          where: Callable[[Basic, Sequence[Basic]], Law | None] | None = None,
          ) -> Callable[[Rule], Rule]:
    """
    The rule under its textbook name; the first line of its docstring states it.

    ``where`` may give special cases a name of their own: of a node and the
    children that vary it returns a law, or None.
    """
    def with_law(rule: Rule) -> Rule:
        statement = (rule.__doc__ or "").strip().partition("\n")[0]
        laws[rule] = Law(name, statement, source), where
        return rule
    return with_law


# of each rule, its law, and what gives special cases one of their own
laws: dict[Callable[..., Any], tuple[Law, Callable[..., Law | None] | None]] = {}


def law_of(node: Basic, children: Sequence[Basic]) -> Law:
    """The law that leads from a node to its children; a user's rule goes by the node's name."""
    rule = local_differentials.dispatch(type(node))
    if rule not in laws:
        return Law(f"rule for {type(node).__name__}")
    law, where = laws[rule]
    return where and where(node, children) or law
