"""The graph of an expression: each distinct subexpression once, with its local maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sympy import Lambda, S, ZeroMatrix, conjugate, re
from sympy.core.basic import Basic
from sympy.core.symbol import Symbol

from ..core.bound_symbols import argument_symbol
from ..core.errors import VariableError
from ..core.shapes import shape
from ..nodes.conjugates import ConjugateSymbol
from ..nodes.differential_symbols import Differential
from ..nodes.realness import holds_complex, is_complex
from ..simplify import constructors as c
from .composition import compose, identity, sum_values, total
from .maps import LinearMap

_Z = argument_symbol(frozenset(), real=False)
REAL_PART = Lambda((_Z,), re(_Z))
Edge = tuple[Basic, LinearMap]
Rule = Callable[[Basic, Callable[[Basic], bool]], Iterable[Edge]]


class Graph:
    """
    An expression as a graph of local linear maps.

    ``order`` lists the nodes that depend on a variable, arguments before the
    nodes that use them; ``edges[node]`` holds the pairs of argument and map.
    Each of the read-offs is one pass over it, so its cost is linear in the
    number of nodes.

    ``definitions`` gives intermediate variables, ``{u: b - A*x}``: the map
    from d(b - A*x) to du is the identity, and the symbol `u` stands for its
    value wherever the maps of other nodes need it.
    """

    def __init__(self, root: Basic, variables: Iterable[Basic], rule: Rule,
                 definitions: Mapping[Basic, Basic] | None = None):
        self.root = root
        self.variables = dict.fromkeys(variables)  # an ordered set
        self.definitions = definitions or {}
        self._varies: dict[Basic, bool] = dict.fromkeys(self.variables, True)
        self.edges: dict[Basic, list[Edge]] = {}
        self.order: list[Basic] = []
        if self.varies(root):
            self._build(rule)

    def varies(self, expr: Basic) -> bool:
        """Whether the expression depends on a variable."""
        known = self._varies
        stack = [expr]
        while stack:
            node = stack[-1]
            if node in known:
                stack.pop()
                continue
            args = self._arguments(node)
            pending = [a for a in args if a not in known]
            if pending:
                stack.extend(pending)
            else:
                known[stack.pop()] = any(known[a] for a in args) and self._is_free_in(node)
        return known[expr]

    def nodes(self) -> Iterable[Basic]:
        """Every distinct expression in the function and in the definitions it uses."""
        return self._varies

    def _arguments(self, node: Basic) -> tuple[Basic, ...]:
        if node in self.definitions:
            return (self.definitions[node],)
        # dX is a direction of its own, whatever becomes of X; d(X**2) depends on X
        is_direction = isinstance(node, Differential) and node.is_of_variable
        # Z* is a leaf of its own beside Z
        is_leaf = isinstance(node, (Symbol, ConjugateSymbol)) or isinstance(
            node, conjugate) and isinstance(node.args[0], (Symbol, Differential))
        return () if is_direction or is_leaf else node.args

    def _is_free_in(self, node: Any) -> bool:
        """Sums and lambdas bind symbols; what is bound in them is not the variable."""
        if not getattr(node, "bound_symbols", None):
            return True
        free = node.free_symbols
        varying = [v for v in (*self.variables, *self.definitions) if v in free and self.varies(v)]
        for v in varying:
            if v in node.bound_symbols:
                raise VariableError(f"{v} is a variable and also bound in {node}; "
                                    "give the bound symbol another name")
        return bool(varying)

    def _build(self, rule: Rule) -> None:
        stack = [self.root]
        done = set()
        while stack:
            node = stack[-1]
            if node in done:
                stack.pop()
                continue
            if node not in self.edges:
                self.edges[node] = [
                    (child, m) for child, m in self._local(node, rule) if self.varies(child)]
            pending = [child for child, _ in self.edges[node] if child not in done]
            if pending:
                stack.extend(pending)
            else:
                done.add(stack.pop())
                self.order.append(node)

    def _local(self, node: Basic, rule: Rule) -> Iterable[Edge]:
        if node in self.variables:
            return ()
        if node in self.definitions:
            return ((self.definitions[node], identity(shape(node))),)
        return rule(node, self.varies)

    # --- the read-offs -------------------------------------------------------------------

    def gradients(self) -> list[Basic]:
        """The gradient of a scalar root by each variable, in one reverse sweep."""
        incoming: dict[Basic, list[Basic]] = {self.root: [S.One]}
        for node in reversed(self.order):
            if node in self.variables or node not in incoming:
                continue
            G = sum_values(incoming.pop(node))
            for child, m in self.edges[node]:
                incoming.setdefault(child, []).append(m.adjoint(G))
        mirrored = {v for v, terms in incoming.items() if len(terms) > 1 and shape(v)
                    and not is_complex(v)} if holds_complex(self.root) else set()
        return [zero(shape(v)) if v not in incoming else
                sum_values(_pairs_joined(incoming[v]) if v in mirrored else incoming[v])
                for v in self.variables]

    def tangent(self, directions: dict[Basic, Basic]) -> Basic:
        """The differential of the root for given differentials of the variables."""
        tangents = dict(directions)
        for node in self.order:
            if node not in directions:
                terms = [m.apply(tangents[child]) for child, m in self.edges[node]]
                tangents[node] = sum_values(terms) if terms else zero(shape(node))
        return tangents.get(self.root, zero(shape(self.root)))

    def linear_map(self, variable: Basic) -> LinearMap | None:
        """The differential of the root as one map of the variable's; None if it is zero."""
        maps: dict[Basic, LinearMap] = {variable: identity(shape(variable))}
        for node in self.order:
            terms = [compose(m, maps[child]) for child, m in self.edges[node] if child in maps]
            if terms:
                maps[node] = total(terms)
        return maps.get(self.root)


def _pairs_joined(terms: list[Basic]) -> list[Basic]:
    """The terms that come to a real matrix, pairs U + U* as 2 re U."""
    left, found = list(terms), []
    while left:
        term = left.pop(0)
        if is_complex(term) and (mirrored := c.conjugate(term)) in left:
            left.remove(mirrored)
            term = c.scale(S(2), c.elementwise(REAL_PART, term))
        found.append(term)
    return found


def zero(of_shape: tuple[Any, ...]) -> Basic:
    """The zero of a shape: a scalar, or a zero matrix."""
    return ZeroMatrix(*of_shape) if of_shape else S.Zero
