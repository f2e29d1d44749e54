"""
The product of several matrices: where the brackets are, what is applied and what is formed.

All ways are weighed together, interval by interval of the factors, as for the generalised
matrix chain of

* H. Barthels, M. Copik, P. Bientinesi, The Generalized Matrix Chain Algorithm, CGO 2018;
* F. López, L. Karlsson, P. Bientinesi, Code Generation for Generalized Matrix Chains with
  Symbolic Sizes, 2025.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..core import limits
from .costs import CALL, PASS, THIN, estimate, product_cost
from .operation_graph import Graph
from .operations import Operation, scaled_parts, untransposed

__all__ = ["Chain"]


class Planner(Protocol):
    """What a product asks of the plan that it is a part of."""

    graph: Graph
    planned: dict[Operation, Operation]
    needed: set[Operation]
    applied_costs: dict[tuple[Operation, float], float]
    distributing: int

    def of(self, value: Operation) -> Operation: ...
    def cost(self, value: Operation) -> float: ...
    def is_done(self, value: Operation) -> bool: ...
    def apply(self, factor: Operation, thin: Operation) -> Operation: ...
    def product(self, left: Operation, right: Operation) -> Operation: ...


class Chain:
    """The ways to compute a product, and the cheapest of each interval of its factors."""

    def __init__(self, plan: Planner, factors: Sequence[Operation]):
        self.plan = plan
        self.factors = list(factors)
        self.sizes = [estimate(f.shape[0]) for f in factors] + [estimate(factors[-1].shape[1])]
        self._best: dict[tuple[int, int], tuple[float, Any]] = {}

    @property
    def cost(self) -> float:
        return self.interval(0, len(self.factors))

    def built(self) -> Operation:
        if len(self.factors) > limits.WEIGHED_FACTORS:
            return self._built_in_parts()
        return self.build(0, len(self.factors))

    def _built_in_parts(self) -> Operation:
        """Of many factors a few at a time, from the thinner end."""
        plan, factors = self.plan, list(self.factors)
        while len(factors) > limits.WEIGHED_FACTORS:
            if self.sizes[0] < self.sizes[-1]:
                part = Chain(plan, factors[:limits.WEIGHED_FACTORS]).built()
                factors[:limits.WEIGHED_FACTORS] = [part]
            else:
                part = Chain(plan, factors[-limits.WEIGHED_FACTORS:]).built()
                factors[-limits.WEIGHED_FACTORS:] = [part]
            plan.planned.setdefault(part, part)
        return Chain(plan, factors).built()

    def interval(self, i: int, j: int) -> float:
        """The cost of the product of the factors from i up to j."""
        if (i, j) not in self._best:
            self._best[i, j] = self._weighed(i, j)
        return self._best[i, j][0]

    def _weighed(self, i: int, j: int) -> tuple[float, Any]:
        plan, sizes = self.plan, self.sizes
        if j == i + 1:
            return plan.cost(self.factors[i]), None
        known = self._known(i, j)
        if known is not None:
            return 0, known
        best = float("inf"), None
        for s in range(i + 1, j):
            cost = self.interval(i, s) + self.interval(s, j) + product_cost(
                sizes[i], sizes[s], sizes[j])
            if cost < best[0]:
                best = cost, s
        for first, rest, where in ((i, (i + 1, j), "left"), (j - 1, (i, j - 1), "right")):
            if self.applies(first):
                thin = sizes[j] if where == "left" else sizes[i]
                cost = self.interval(*rest) + self._apply_cost(self.factors[first], thin)
                if cost < best[0]:
                    best = cost, where
        return best

    def _known(self, i: int, j: int) -> Operation | None:
        """A part of the product that is computed anyway."""
        g = self.plan.graph
        part = self.factors[i:j]
        for factors, turned in ((part, False), (g.turned(part), True)):
            found = g.known("product", *factors)
            if found is not None and (found in self.plan.planned or found in self.plan.needed
                                      and self.factors != part):
                return g.transpose(found) if turned else found
        return None

    def applies(self, k: int) -> bool:
        factor = self.factors[k]
        base = untransposed(factor)
        if base.kind in ("diagonal", "identity", "commutation", "inverse"):
            return True
        if base.kind == "kronecker":
            return not self.plan.is_done(base)
        return base.kind == "add" and 1 not in base.shape and not self.plan.is_done(base) \
            and self.plan.distributing < limits.SUMS_WITHIN

    def _apply_cost(self, factor: Operation, thin: float) -> float:
        base = untransposed(factor)
        rows, cols = (estimate(s) for s in factor.shape)
        if base.kind in ("diagonal", "identity", "commutation"):
            return CALL + PASS*rows*thin*(base.kind != "identity")
        if base.kind == "inverse" and self.plan.is_done(base):
            # formed or not, a solution is more accurate, and of one column it is as quick
            return CALL if thin == 1 else float("inf")
        if base.kind == "inverse":
            return 2*CALL + 2*rows*rows*thin*(THIN if thin == 1 else 1.5)
        if base.kind == "kronecker":
            (ma, na), (mb, nb) = (map(estimate, f.shape) for f in base.args)
            return 2*CALL + sum(self.plan.cost(f) for f in base.args) + 2*thin*(
                na*nb*min(ma, mb) + ma*mb*max(na, nb)) + PASS*thin*(rows + cols)
        found = self.plan.applied_costs.get((base, thin))
        if found is None:
            found = self._apply_sum_cost(base, rows, cols, thin)
            self.plan.applied_costs[base, thin] = found
        return found

    def _apply_sum_cost(self, base: Operation, rows: float, cols: float, thin: float) -> float:
        """Of a sum multiplied out over what it is applied to."""
        total = 0.0
        for term in base.args:
            core = untransposed(scaled_parts(term)[1])
            if term.shape != base.shape:
                total += CALL + PASS*cols*thin
            elif core.kind == "product" and not self.plan.is_done(core):
                total += self._thin_cost(core, thin)
            elif core.kind in ("inverse", "diagonal", "identity", "kronecker", "commutation"):
                total += self._apply_cost(core, thin)
            else:
                total += self.plan.cost(core) + product_cost(rows, cols, thin)
            total += CALL + PASS*rows*thin
        return total

    def _thin_cost(self, product: Operation, thin: float) -> float:
        """Of a product applied factor by factor, or formed and then applied."""
        stepwise = sum(product_cost(estimate(f.shape[0]), estimate(f.shape[1]), thin)
                       + self.plan.cost(f) for f in product.args)
        rows, cols = map(estimate, product.shape)
        return min(stepwise, self.plan.cost(product) + product_cost(rows, cols, thin))

    def build(self, i: int, j: int) -> Operation:
        plan = self.plan
        self.interval(i, j)
        choice = self._best[i, j][1]
        if j == i + 1:
            return plan.of(self.factors[i])
        if isinstance(choice, Operation):
            return plan.of(choice)
        g = plan.graph
        if choice == "left":
            found = plan.apply(self.factors[i], self.build(i + 1, j))
        elif choice == "right":
            rest = g.transposed_view(self.build(i, j - 1))
            found = g.transposed_view(plan.apply(g.transpose(self.factors[j - 1]), rest))
        else:
            found = plan.product(self.build(i, choice), self.build(choice, j))
        made = g.known("product", *self.factors[i:j])
        if made is not None:
            plan.planned.setdefault(made, found)
        return found
