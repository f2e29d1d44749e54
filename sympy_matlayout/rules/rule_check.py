"""Whether a rule is right: its maps against each other, their sum against the definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import index
from random import Random
from typing import Any

from sympy import Symbol, preorder_traversal
from sympy.core.basic import Basic
from sympy.core.sorting import default_sort_key
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol

from ..core import limits
from ..core.errors import (
    ArgumentError,
    DerivativeNotImplementedError,
    VariableError,
    reporting_bugs,
)
from ..core.given import as_scalar_or_matrix
from ..core.registry import declared
from ..core.shapes import is_matrix, shape
from ..reading.read import read
from .rule_trial import Fault, Known, Trial
from .table import local_differentials

__all__ = ["RuleCheck", "check_rule"]


@dataclass(frozen=True)
class RuleCheck:
    """
    The verdict on a rule.

    ``bool`` of it says whether the rule is right, ``str`` says it in words.

    Attributes
    ==========

    node : the node the rule was tried on, as rules get it
    rule : the name of the rule
    fault : the first thing that is wrong, in a sentence; None if nothing is
    sizes : the numbers put for symbolic sizes where that showed
    """

    node: Basic
    rule: str
    fault: str | None
    sizes: Mapping[Symbol, int]

    @property
    def is_right(self) -> bool:
        return self.fault is None

    def __bool__(self) -> bool:
        return self.is_right

    def __str__(self) -> str:
        if self.is_right:
            return f"right: {self.rule}, on {self.node}"
        sizes = ", ".join(f"{s} = {number}" for s, number in self.sizes.items())
        where = f", at {sizes}" if sizes else ""
        return f"wrong: {self.rule}, on {self.node}{where}: {self.fault}"


@reporting_bugs
def check_rule(node: Any, *variables: Any, functions: Mapping[Any, Any] | None = None,
               points: int = 3, seed: int = 0) -> RuleCheck:
    r"""
    Whether the rule for a node's class is right, by numbers.

    Explanation
    ===========

    A rule gives for each argument of a node the linear map from the argument's differential to
    that of the node.  On one node, made of symbols, four things are checked:

    - shapes: each map leads from the shape of its argument to that of the node, and its value,
      its adjoint's and its matrix have the shapes that follow;
    - the adjoint: `\langle G, A(dY)\rangle = \langle A^*(G), dY\rangle`;
    - the matrix: `\mathrm{vec}(A(dY)) = J\,\mathrm{vec}(dY)`;
    - the sum of the maps: it is compared with differences of the node's values, taken with
      eighty digits, along random directions of each variable alone and of all together.
      The rule is told that these vary and no others.

    This is done at several random points, where symbolic sizes are different numbers and
    matrices are general.  What holds for square or symmetric matrices only is found out if the
    node lets them be others: give every size a symbol of its own.  Only the one rule is used;
    the arguments need none.

    Examples
    ========

    >>> from sympy import MatrixExpr, MatrixSymbol, Rational, Trace, symbols
    >>> from sympy_matlayout import check_rule, local_differentials
    >>> from sympy_matlayout.linear_maps.maps import Scaling
    >>> class SymmetricPart(MatrixExpr):
    ...     shape = property(lambda self: self.args[0].shape)
    ...     def _entry(self, i, j, **kwargs):
    ...         return (self.args[0][i, j] + self.args[0][j, i])/2
    >>> @local_differentials.register(SymmetricPart)
    ... def symmetric_part(node: Any, varies: Varies) -> Edges:
    ...     Y, = node.args
    ...     yield Y, Scaling(Rational(1, 2), Y.shape)
    ...     yield Y.T, Scaling(Rational(1, 2), Y.shape)
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, X, Y = MatrixSymbol('A', m, n), MatrixSymbol('X', n, m), MatrixSymbol('Y', n, n)
    >>> print(check_rule(SymmetricPart(Y)))
    right: symmetric_part, on SymmetricPart(Y)
    >>> bool(check_rule(A*X)), bool(check_rule(Trace(A*X)))
    (True, True)

    Of a wrong rule the first thing that is wrong is named:

    >>> @local_differentials.register(SymmetricPart)
    ... def twice_as_much(node: Any, varies: Varies) -> Edges:
    ...     Y, = node.args
    ...     yield Y, Scaling(1, Y.shape)
    ...     yield Y.T, Scaling(1, Y.shape)
    >>> check_rule(SymmetricPart(Y)).fault
    "the maps don't add up to the derivative by Y: right is 1/2 times their sum"

    Parameters
    ==========

    node : an expression of the class in question, its arguments symbols or made of symbols
    variables : the symbols that vary; by default all that are no sizes and no whole numbers
    functions : known functions to put for undefined ones where numbers are taken, ``{f: sin}``
    points : how many random points
    seed : for other points

    Returns
    =======

    RuleCheck : true if the rule is right; if not, its ``fault`` says why

    Raises
    ======

    ArgumentError : the node is no expression, or no rule is asked about it
    ShapeError : the node is ill-shaped
    VariableError : something that was given as a variable is none of the node
    DerivativeNotImplementedError : there is no rule, or the node has no value by numbers,
        or its values don't show its derivative

    See Also
    ========

    sympy_matlayout.local_differentials, sympy_matlayout.check_derivative

    References
    ==========

    .. [1] ChainRulesTestUtils.jl, ``test_frule`` and ``test_rrule``
    .. [2] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 5.4 and 9.2
    """
    points, seed = _whole("points", points, 1, limits.POINTS), _whole("seed", seed)
    node = read(as_scalar_or_matrix(node, "the node"))
    fault, sizes = None, {}
    try:
        trial = Trial(node, _variables(node, variables), _known(functions))
        _require_value(node)
        for values in trial.points(points, seed):
            sizes = {s: k for s, k in values.items() if isinstance(s, Symbol) and type(k) is int}
            trial.check_at(values, Random(seed))
        _require_shown(trial)
    except Fault as found:
        fault = str(found)
    rule = getattr(local_differentials.dispatch(type(node)), "__name__", "the rule")
    return RuleCheck(node, rule, fault, sizes if fault else {})


def _whole(name: str, given: Any, least: int | None = None, most: int | None = None) -> int:
    """A whole number within bounds."""
    try:
        found = None if isinstance(given, bool) else index(given)
    except TypeError:
        found = None
    if found is None or least is not None and most is not None and not least <= found <= most:
        bounds = "" if least is None else f" from {least} to {most}"
        raise ArgumentError(f"{name} is a whole number{bounds}, got {given!r}")
    return found


def _variables(node: Basic, wanted: Sequence[Any]) -> list[Basic]:
    """The symbols that vary, all that can by default."""
    able = _able_to_vary(node)
    if node in able:
        raise ArgumentError(f"{node} is a variable itself, about which no rule is asked")
    if not able:
        raise ArgumentError(f"{node} holds no symbol that could vary, so that no rule is asked")
    for v in wanted:
        if v not in able:
            raise VariableError(f"{v} is no variable of {node}; these are "
                                f"{', '.join(map(str, able))}")
    return list(dict.fromkeys(wanted)) or able


def _able_to_vary(node: Basic) -> list[Basic]:
    """The symbols that are no sizes and no whole numbers."""
    sizes = {s for part in preorder_traversal(node) if is_matrix(part)
             for size in shape(part) for s in size.free_symbols}
    return sorted((s for s in node.free_symbols - sizes if isinstance(s, MatrixSymbol)
                   or isinstance(s, Symbol) and not s.is_integer), key=default_sort_key)


def _known(functions: Any) -> Known:
    """What puts known functions in the place of undefined ones."""
    if functions is not None and not (isinstance(functions, Mapping) and all(
            map(callable, (*functions, *functions.values())))):
        raise ArgumentError(f"functions is a dictionary, {{f: sin}}, of functions, "
                            f"got {functions!r}")

    def known(expr: Basic) -> Basic:
        for f, g in (functions or {}).items():
            expr = expr.replace(f, g)
        return expr.doit() if functions else expr
    return known


def _require_shown(trial: Trial) -> None:
    """Refuse where no point has told anything, as of ``erf(x)`` for large x."""
    for variables in trial.edges.keys() - trial.shown:
        raise DerivativeNotImplementedError(
            f"the derivative of {trial.node} by {' and '.join(map(str, variables))} is too small "
            "beside its value at all points that were tried; give another seed, or more points")


def _require_value(node: Basic) -> None:
    """Refuse a class that has no entries, which SymPy's protocol tells when asked for one."""
    kind: Any = type(node)
    if is_matrix(node) and kind._entry is MatrixExpr._entry and not declared("value", kind):
        raise DerivativeNotImplementedError(
            f"{node} has no value by numbers to hold its rule against; give {kind.__name__} an "
            "_entry(self, i, j, **kwargs)")
