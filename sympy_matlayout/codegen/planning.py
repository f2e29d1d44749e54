"""
Which products, solutions and sums are computed, and in which order: the choice by cost.

A product of several matrices is a choice: where the brackets are, whether a sum in it is formed
or multiplied out, whether an inverse, a diagonal matrix or a Kronecker product is formed or
applied (see ``chain``).

What is computed anyway costs nothing a second time.  The result is a graph of operations that
the targets have names for: ``matmul``, ``dot``, ``solve``, ``factorized``, …
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sympy import sympify

from ..core import limits
from .chain import Chain
from .contraction import contracted, holds_kronecker
from .costs import CALL, PASS, area, area_of, estimate
from .definite import Definiteness, has_no_negatives
from .needs import needed_values
from .operation_graph import Graph
from .operations import (
    Operation,
    in_order,
    is_column,
    is_number,
    is_ones,
    scaled_parts,
    times,
    untransposed,
)
from .powers import rational_power
from .shared_exponentials import (
    by_one_exponential,
    logistic_slope,
    softmax_by_exponentials,
)
from .sums import half_of_sum, outer_parts, twin_of, with_weights_joined

__all__ = ["Plan"]

STACKED = 1 << 11  # entries from which one product replaces a sum of outer products
SQUARED = 32  # columns from which half of the entries of Y' diag(d) Y is less work


class Plan:
    """What is computed for some results."""

    def __init__(self, graph: Graph, roots: Sequence[Operation],
                 is_positive: Callable[[Operation], bool] = lambda _: False,
                 tries_cholesky: bool = False, contracts: bool = True):
        self.graph = graph
        self.contracts = contracts  # arrays of more than two axes
        self.tries_cholesky = tries_cholesky  # of any symmetric matrix, LU where it fails
        self.definiteness = Definiteness(graph, is_positive)
        self.planned: dict[Operation, Operation] = {}
        self._costs: dict[Operation, float] = {}
        self.applied_costs: dict[tuple[Operation, float], float] = {}
        self.distributing = 0  # sums within sums that are being multiplied out
        order = list(in_order(roots))
        self.uses = Counter(a for value in order for a in value.args)
        self.uses.update(roots)
        self.needed = needed_values(roots, order)
        for value in order:
            self.cost(value)
            holds_kronecker(graph, value)
        for value in order:
            if value in self.needed:
                self.of(value)
        self.roots = [self.of(root) for root in roots]

    def of(self, value: Operation) -> Operation:
        """The value as it is computed."""
        if value not in self.planned:
            self.planned[value] = self._plan(value)
            self.planned.setdefault(self.planned[value], self.planned[value])
        return self.planned[value]

    def _plan(self, value: Operation) -> Operation:
        if self.contracts and len(value.shape) == 2 and scaled_parts(value)[1].kind in (
                "product", "add", "mul", "transpose") and holds_kronecker(self.graph, value):
            if (half := half_of_sum(self.graph, value)) is not None:
                return self.graph.make("add", self.of(half), self.graph.transposed_view(
                    self.of(half)), shape=value.shape)
            found = contracted(self.graph, value, self.of)
            if found is not None:
                return found
        special = getattr(self, f"_plan_{value.kind}", None)
        if special is not None:
            return special(value)
        return self._as_it_is(value)

    def _as_it_is(self, value: Operation) -> Operation:
        args = [self.of(a) for a in value.args]
        if args == list(value.args):
            return value
        return self.graph.make(value.kind, *args, data=value.data, shape=value.shape)

    def _plan_transpose(self, value: Operation) -> Operation:
        g, inner = self.graph, value.args[0]
        if inner.kind == "product" and inner not in self.planned and inner not in self.needed:
            return self._chain(g.turned(inner.args))
        return g.transposed_view(self.of(inner))

    def _plan_product(self, value: Operation) -> Operation:
        return self._chain(value.args)

    def _plan_inverse(self, value: Operation) -> Operation:
        return self.graph.make("inverse_of", self._factorized(value.args[0]), shape=value.shape)

    def _plan_determinant(self, value: Operation) -> Operation:
        return self.graph.make(value.kind + "_of", self._factorized(value.args[0]))

    _plan_log_determinant = _plan_log_abs_determinant = _plan_determinant

    def _plan_diagonal_of(self, value: Operation) -> Operation:
        if value.args[0].kind == "product" and value.args[0] not in self.needed:
            return self._diagonal(value.args[0])
        return self._as_it_is(value)

    def _plan_add(self, value: Operation) -> Operation:
        """A sum; of what stands on the diagonal alone only the diagonal is added."""
        g = self.graph
        diagonal = [t for t in value.args if scaled_parts(t)[1].kind in ("identity", "diagonal")]
        rest = [t for t in value.args if t not in diagonal]
        if not diagonal or len(value.shape) != 2 or not any(t.shape == value.shape for t in rest):
            return self._of_terms(value, self._with_weights_joined(value.args))
        on_diagonal = [g.mul(*filter(None, [scaled_parts(t)[0]]), g.diagonal_of(
            scaled_parts(t)[1])) for t in diagonal]
        entries = g.add(*on_diagonal)
        if entries.kind == "expand":
            entries = entries.args[0]
        scalar, core = scaled_parts(entries)
        if scalar is not None and core.kind == "expand":
            entries = g.mul(scalar, core.args[0])
        full = self._of_terms(value, self._with_weights_joined(rest))
        return g.make("add_diagonal", full, self.of(entries), shape=value.shape)

    def _with_weights_joined(self, terms: Sequence[Operation]) -> Sequence[Operation]:
        if len(terms) < 2 or area(terms[0]) < STACKED:
            return terms
        return with_weights_joined(self.graph, terms, lambda v: self.uses[v] > 1)

    def _of_terms(self, value: Operation, terms: Sequence[Operation]) -> Operation:
        planned = [self.of(t) for t in terms]
        return self._added(planned, value.shape, {
            p for t, p in zip(terms, planned, strict=True) if self.uses[t] > 1})

    def _added(self, terms: list[Operation], shape: tuple, kept: Iterable[Operation] = ()
               ) -> Operation:
        """A sum, in which products of a column and a row are one product of thin matrices."""
        g = self.graph
        outer = [(t, parts) for t in terms if t not in kept and (parts := outer_parts(g, t))]
        if len(outer) > 1 and area_of(*shape) >= STACKED:
            lefts, rights = [], []
            for _, (scalar, left, right) in outer:
                lefts.append(left if scalar is None else g.make(
                    "mul", scalar, left, shape=left.shape))
                rights.append(g.transposed_view(right))
            left, right = (g.make("beside", *parts, shape=(size, len(parts)))
                           for parts, size in ((lefts, shape[0]), (rights, shape[1])))
            joined = g.make("matmul", left, g.transposed_view(right), shape=shape)
            apart = {t for t, _ in outer}
            terms = [*(t for t in terms if t not in apart), joined]
        return terms[0] if len(terms) == 1 else g.make("add", *terms, shape=shape)

    def _plan_mul(self, value: Operation) -> Operation:
        """A product of entries; a scalar is multiplied where there are the fewest."""
        g = self.graph
        scalar, core = scaled_parts(value)
        inner = untransposed(core)
        if scalar is not None and inner.kind == "product" and inner not in self.needed \
                and not {inner, g.transpose(inner)} & self.planned.keys():
            return self._scaled_chain(scalar, g.opened(core))
        if scalar is not None and core.kind == "add" and self.uses[core] == 1:
            total = self.of(core)
            if total.kind == "matmul" and total.args[0].kind == "beside":  # of outer products
                columns, rows = total.args
                thin = g.make("mul", self.of(scalar), columns, shape=columns.shape)
                return g.make("matmul", thin, rows, shape=value.shape)
        shared = self._shared_factor(value)
        if shared is not None:
            return g.make("mul", *map(self.of, shared), shape=value.shape)
        factors = logistic_slope(g, value.args, self.of)
        return factors[0] if len(factors) == 1 else g.make("mul", *factors, shape=value.shape)

    def _shared_factor(self, value: Operation) -> tuple[Operation, Operation] | None:
        """(x∘y)∘y of x∘y², where x∘y is computed anyway."""
        for x, square in (value.args, value.args[::-1]) if len(value.args) == 2 else ():
            if square.kind == "power" and is_number(square.args[1], 2):
                y = square.args[0]
                once = self.graph.known("mul", x, y) or self.graph.known("mul", y, x)
                if once is not None and once in self.needed:
                    return once, y
        return None

    def _scaled_chain(self, scalar: Operation, factors: Sequence[Operation]) -> Operation:
        """A multiple of a product, the scalar at its smallest factor or at the result."""
        g = self.graph
        rows, cols = factors[0].shape[0], factors[-1].shape[1]
        sizes = [area(f) for f in factors]
        small = min(range(len(factors)), key=lambda k: sizes[k])
        scalar = self.of(scalar)
        result = estimate(rows)*estimate(cols)
        shared = self.is_done(factors[small]) or factors[small].kind == "argument"
        kind = factors[small].kind
        if result <= sizes[small] or kind in ("inverse", "kronecker", "commutation", "diagonal") \
                or not shared and kind not in ("add", "call", "mul", "power", "transpose"):
            return g.make("mul", scalar, self._chain(factors), shape=(rows, cols))
        thin = g.make("mul", scalar, self.of(factors[small]), shape=factors[small].shape)
        self.planned[thin] = thin
        return self._chain([*factors[:small], thin, *factors[small + 1:]])

    def _plan_power(self, value: Operation) -> Operation:
        """Powers as what is fast: squares, roots, quotients."""
        g = self.graph
        base, exponent = map(self.of, value.args)
        if is_number(exponent) and exponent.data.is_Rational:
            return rational_power(g, base, exponent.data)
        return g.make("power", base, exponent, shape=value.shape)

    # --- systems of equations --------------------------------------------------------------

    def _factorized(self, value: Operation) -> Operation:
        """The factorisation of a matrix, one for all that needs it."""
        g = self.graph
        cholesky = self.definiteness.is_positive(value) or (
            self.tries_cholesky and g.is_symmetric(value))
        kind = "cholesky" if cholesky else "lu"
        return g.make("factorized", self.of(value), data=kind, shape=value.shape)

    # --- products --------------------------------------------------------------------------

    def is_done(self, value: Operation) -> bool:
        base = untransposed(value)
        return base in self.planned or base in self.needed or not base.args

    def cost(self, value: Operation) -> float:
        """Of forming a value, over what is computed anyway."""
        base = untransposed(value)
        if self.is_done(base) and base.kind not in ("identity", "commutation"):
            return 0
        if base not in self._costs:
            self._costs[base] = self._cost(base)
        return self._costs[base]

    def _cost(self, value: Operation) -> float:
        inside = sum(self.cost(a) for a in value.args if a.shape)
        if value.kind == "product":
            few = len(value.args) <= limits.WEIGHED_FACTORS
            return Chain(self, value.args).cost if few else inside
        if value.kind == "add":
            return inside + CALL + PASS*area(value)*len(value.args)
        if value.kind == "inverse":
            n = estimate(value.shape[0])
            return 4/3*n**3 + CALL
        return inside + CALL + PASS*area(value)

    def _chain(self, factors: Sequence[Operation]) -> Operation:
        half = self._half_of_square(factors)
        if half is not None:
            return self.graph.make("matmul", self.graph.transposed_view(half), half,
                                   shape=(half.shape[1], half.shape[1]))
        chain = Chain(self, factors)
        split = self._multiplied_out(chain) if len(factors) <= limits.WEIGHED_FACTORS else None
        if split is None:
            return chain.built()
        shape = factors[0].shape[0], factors[-1].shape[1]
        found: list[Operation] = []
        for k, term in enumerate(split):
            twin = twin_of(self.graph, term, split[:k])
            found.append(self._multiple(term) if twin is None else
                         self.graph.transposed_view(found[twin]))
        return self._added(found, shape)

    def _half_of_square(self, factors: Sequence[Operation]) -> Operation | None:
        """√d∘Y of Y' diag(d) Y, d ≥ 0, of which BLAS computes one triangle only."""
        g, middle = self.graph, len(factors)//2
        if len(factors) % 2 == 0 or factors[middle].kind != "diagonal" \
                or estimate(factors[0].shape[0]) < SQUARED \
                or list(factors) != g.turned(factors) \
                or not has_no_negatives(factors[middle].args[0]):
            return None
        rest = factors[middle + 1:]
        Y = self.of(rest[0]) if len(rest) == 1 else self._chain(rest)
        root = self.of(g.power(factors[middle].args[0], g.number(sympify("1/2"))))
        return g.make("mul", root, Y, shape=Y.shape)

    def _multiple(self, term: tuple[Operation | None, list[Operation]]) -> Operation:
        scalar, factors = term
        g = self.graph
        found = self.of(factors[0]) if len(factors) == 1 else self._chain(factors)
        return found if scalar is None else g.make(
            "mul", self.of(scalar), found, shape=found.shape)

    def _multiplied_out(self, chain: Chain) -> list[tuple[Operation | None, list]] | None:
        """The terms of a product over a sum of a few in it, if these together cost less."""
        rows, cols = chain.sizes[0], chain.sizes[-1]
        best: tuple[float, Any] = (chain.cost, None)
        for k, factor in enumerate(chain.factors):
            base = untransposed(factor)
            if base.kind != "add" or 1 in base.shape or self.is_done(base):
                continue
            summands = self._summands(base)
            if len(summands) > limits.MULTIPLIED_SUMMANDS \
                    or any(core.shape != base.shape for _, core in summands):
                continue
            terms = []
            for scalar, core in summands:
                inner = self.graph.opened(_turned_if(
                    self.graph, core, factor.kind == "transpose"))
                terms.append((scalar, [*chain.factors[:k], *inner, *chain.factors[k + 1:]]))
            if any(len(factors) > limits.WEIGHED_FACTORS for _, factors in terms):
                continue
            cost = CALL + PASS*rows*cols*len(terms) + sum(
                Chain(self, term[1]).cost for k, term in enumerate(terms)
                if twin_of(self.graph, term, terms[:k]) is None)
            if cost < best[0]:
                best = cost, terms
        return best[1]

    def _summands(self, total: Operation) -> list[tuple[Operation | None, Operation]]:
        """The scalars and matrices of a sum, multiples of sums in it taken apart."""
        found: list[tuple[Operation | None, Operation]] = []
        for scalar, core in map(scaled_parts, total.args):
            if core.kind != "add" or self.is_done(core) or core.shape != total.shape:
                found.append((scalar, core))
                continue
            for own, inner in self._summands(core):
                both = filter(None, (scalar, own))
                found.append((self.graph.mul(*both) if scalar or own else None, inner))
        return found

    def _plan_trace(self, value: Operation) -> Operation:
        """tr(P Q) is a sum over entries: the cheapest cut of the cycle of factors into two."""
        g = self.graph
        if len(value.args) == 1:
            return g.make("trace", self.of(value.args[0]))
        k = len(value.args)
        turns = range(k) if k <= limits.WEIGHED_FACTORS else range(1)
        best: tuple[float, Any] | None = None
        for turn in turns:
            factors = [*value.args[turn:], *value.args[:turn]]
            chain = Chain(self, factors)
            for cut in range(1, k):
                cost = chain.interval(cut, k)
                if g.turned(factors[:cut]) != factors[cut:]:
                    cost += chain.interval(0, cut)
                cost += PASS*area_of(factors[0].shape[0], factors[cut].shape[0])
                if best is None or cost < best[0]:
                    best = cost, (chain, cut)
        assert best is not None
        chain, cut = best[1]
        left, right = chain.build(0, cut), chain.build(cut, k)
        return self._dot(g.transposed_view(left), right)

    def _diagonal(self, product: Operation) -> Operation:
        """diag(P Q) are sums over rows of P∘Q': the cheapest cut into two."""
        g, factors = self.graph, product.args
        chain = Chain(self, factors)
        cuts = range(1, len(factors))
        halves = {cut: (g.product(*factors[:cut]), g.product(*factors[cut:])) for cut in cuts}
        entries = {cut: g.mul(left, g.transpose(right)) for cut, (left, right) in halves.items()}
        best = min(cuts, key=lambda cut: 0 if entries[cut] in self.planned else (
            chain.interval(0, cut) + chain.interval(cut, len(factors))
            + PASS*area(halves[cut][0])))
        return self.of(g.sum_along(entries[best], 1))

    def _plan_softmax(self, value: Operation) -> Operation:
        """log Σ eˣ and eˣ/Σ eˣ, which share their exponentials where both are computed."""
        g, (x,), axis = self.graph, value.args, value.data
        of = self.of(x)
        other = "softmax" if value.kind == "log_sum_exp" else "log_sum_exp"
        if not self._is_computed(other, x, axis):
            return g.make(value.kind, of, data=axis, shape=value.shape)
        return softmax_by_exponentials(g, value, of)

    _plan_log_sum_exp = _plan_softmax

    def _plan_call(self, value: Operation) -> Operation:
        found = by_one_exponential(self.graph, value, self.needed.__contains__, self.of)
        return self._as_it_is(value) if found is None else found

    def _is_computed(self, kind: str, x: Operation, axis: Any) -> bool:
        return self.graph.known(kind, x, data=axis) is not None

    def _dot(self, left: Operation, right: Operation) -> Operation:
        """The sum of the products of entries."""
        g = self.graph
        if left.kind == right.kind == "transpose":
            left, right = left.args[0], right.args[0]
        for one, other in ((left, right), (right, left)):
            if is_ones(one):
                inner = untransposed(other)
                if inner.kind == "sum":
                    inner = inner.args[0]
                return g.make("sum", inner, data=None)
        return g.make("dot" if left.shape else "mul", left, right)

    def apply(self, factor: Operation, thin: Operation) -> Operation:
        """The product of a matrix with something that is computed, the matrix not formed."""
        g = self.graph
        shape = factor.shape[0], thin.shape[1]
        turned, base = factor.kind == "transpose", untransposed(factor)
        if base.kind == "inverse":
            factorized = self._factorized(base.args[0])
            turned = turned and factorized.data == "lu"
            return g.make("solve", factorized, thin, data=turned, shape=shape)
        if base.kind == "diagonal":
            return g.make("mul", self.of(base.args[0]), thin, shape=shape)
        if base.kind == "identity":
            return thin
        if base.kind == "commutation":
            m, n = base.data[::-1] if turned else base.data
            return g.make("permuted", thin, data=(m, n), shape=shape)
        if base.kind == "kronecker":
            left, right = (self.of(_turned_if(g, f, turned)) for f in base.args)
            if is_column(thin):
                return self._kronecker_times_column(left, right, thin)
            return g.make("kronecker_times", left, right, thin, shape=shape)
        if base.kind == "add" and not self.is_done(base):
            self.distributing += 1
            terms = [self._term_times(_turned_if(g, t, turned), factor.shape, thin)
                     for t in base.args]
            self.distributing -= 1
            return g.make("add", *terms, shape=shape)
        if is_ones(base):
            return _summed(g, thin, 0)
        return self.product(self.of(factor), thin)

    def _kronecker_times_column(self, left: Operation, right: Operation,
                                thin: Operation) -> Operation:
        """(A ⊗ B) vec(X) = vec(B X A')"""
        g = self.graph
        shape = right.shape[1], left.shape[1]
        X = thin.args[0] if thin.kind == "vec" and thin.args[0].shape == shape else g.make(
            "unvec", thin, data=shape, shape=shape)
        self.planned.setdefault(X, X)
        found = self._chain([right, X, g.transposed_view(left)])
        return g.make("vec", found, shape=(times(left.shape[0], right.shape[0]), 1))

    def _term_times(self, term: Operation, shape: tuple, thin: Operation) -> Operation:
        """A term of a sum, which may be the same along an axis, times something."""
        g = self.graph
        if term.shape != shape:
            scalars, parts = g.expanded_factors(g.expand(term, shape))
            found = self._chain([*parts, thin])
            return g.make("mul", *map(self.of, scalars), found, shape=found.shape) \
                if scalars else found
        scalar, core = scaled_parts(term)
        if untransposed(core).kind == "product" and not self.is_done(core):
            found = self._chain([*g.opened(core), thin])
        else:
            found = self.apply(core, thin)
        return found if scalar is None else g.make("mul", self.of(scalar), found,
                                                   shape=found.shape)

    def product(self, left: Operation, right: Operation) -> Operation:
        """The product of two values that are computed."""
        g = self.graph
        shape = left.shape[0], right.shape[1]
        if shape[0] == 1 != shape[1]:  # a row is the transpose of a column
            return g.transposed_view(self.product(*map(g.transposed_view, (right, left))))
        if is_ones(left):
            return _repeated_rows(g, _summed(g, right, 0), shape)
        if is_ones(right):
            return _repeated_rows(g, _summed(g, left, 1), shape)
        turned = g.known("matmul", g.transposed_view(right), g.transposed_view(left))
        if turned is not None and turned in self.planned:
            return g.transposed_view(turned)
        found = g.make("matmul", left, right, shape=shape)
        self.planned.setdefault(found, found)
        return found


def _turned_if(g: Graph, value: Operation, turned: bool) -> Operation:
    return g.transpose(value) if turned else value


def _summed(g: Graph, value: Operation, axis: int) -> Operation:
    """The sums along an axis of what is computed."""
    if value.kind == "transpose":
        return g.transposed_view(_summed(g, value.args[0], 1 - axis))
    kept = (1, value.shape[1]) if axis == 0 else (value.shape[0], 1)
    return value if value.shape == kept else g.make("sum", value, data=axis, shape=kept)


def _repeated_rows(g: Graph, value: Operation, shape: tuple) -> Operation:
    return value if value.shape == shape else g.make("expand", value, shape=shape)
