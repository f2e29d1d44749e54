"""
Which products, solutions and sums are computed, and in which order: the choice by cost.

A product of several matrices is a choice: where the brackets are, whether a sum in it is formed
or multiplied out, whether an inverse, a diagonal matrix or a Kronecker product is formed or
applied.  All of these are weighed together, interval by interval of the factors, as for the
generalised matrix chain of

* H. Barthels, M. Copik, P. Bientinesi, The Generalized Matrix Chain Algorithm, CGO 2018;
* F. López, L. Karlsson, P. Bientinesi, Code Generation for Generalized Matrix Chains with
  Symbolic Sizes, 2025.

What is computed anyway costs nothing a second time.  The result is a graph of operations that
the targets have names for: ``matmul``, ``dot``, ``solve``, ``factorized``, …
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sympy import Basic, Integer, sympify

from ..core import limits
from ..core.caches import cached
from .contraction import contracted, holds_kronecker
from .operations import (
    Graph,
    Operation,
    Size,
    in_order,
    is_column,
    is_number,
    is_ones,
    scaled_parts,
    times,
    untransposed,
)

__all__ = ["Plan"]

# what may be a factor without being formed
LOOSE = {"add", "product", "transpose", "inverse", "diagonal", "identity", "kronecker",
         "commutation", "expand"}

# in floating-point operations of a large product of matrices
CALL = 4000  # of one function on small arrays
PASS = 6  # for each entry of an array read or written once
THIN = 3  # times as much for a product with a vector, which waits for memory
ASSUMED = 100  # rows or columns, where the sizes aren't known
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
        self.is_declared_positive = is_positive
        self._planned: dict[Operation, Operation] = {}
        self._costs: dict[Operation, float] = {}
        self._applied_costs: dict[tuple[Operation, float], float] = {}
        self.needed: set[Operation] = set()
        self._distributing = 0  # sums within sums that are being multiplied out
        order = list(in_order(roots))
        self.uses = Counter(a for value in order for a in value.args)
        self.uses.update(roots)
        self._see(roots, _deep_sums(order))
        for value in order:
            self.cost(value)
            holds_kronecker(graph, value)
        for value in order:
            if value in self.needed:
                self.of(value)
        self.roots = [self.of(root) for root in roots]

    # --- what is computed anyway -----------------------------------------------------------

    def _see(self, roots: Sequence[Operation], formed: set[Operation]) -> None:
        """Values that something other than a product is made of, or that can't be applied."""
        stack = [(root, True) for root in roots]
        seen: set[tuple[Operation, bool]] = set()
        while stack:
            value, is_needed = stack.pop()
            if value.kind == "transpose":
                stack.append((value.args[0], is_needed))
                continue
            is_needed = is_needed or value in formed or not _is_loose(value)
            if (value, is_needed) in seen:
                continue
            seen.add((value, is_needed))
            if is_needed:
                self.needed.add(value)
            loose = _is_chain(value) or value.kind == "diagonal_of" or (
                not is_needed and value.kind in ("add", "mul", "kronecker"))
            stack.extend((a, not loose or not a.shape or value.kind == "inverse")
                         for a in value.args)

    def of(self, value: Operation) -> Operation:
        """The value as it is computed."""
        if value not in self._planned:
            self._planned[value] = self._plan(value)
            self._planned.setdefault(self._planned[value], self._planned[value])
        return self._planned[value]

    def _plan(self, value: Operation) -> Operation:
        if self.contracts and len(value.shape) == 2 and scaled_parts(value)[1].kind in (
                "product", "add", "mul", "transpose") and holds_kronecker(self.graph, value):
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
        if inner.kind == "product" and inner not in self._planned and inner not in self.needed:
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
            return self._of_terms(value, value.args)
        on_diagonal = [g.mul(*filter(None, [scaled_parts(t)[0]]), g.diagonal_of(
            scaled_parts(t)[1])) for t in diagonal]
        entries = g.add(*on_diagonal)
        if entries.kind == "expand":
            entries = entries.args[0]
        scalar, core = scaled_parts(entries)
        if scalar is not None and core.kind == "expand":
            entries = g.mul(scalar, core.args[0])
        full = self._of_terms(value, rest)
        return g.make("add_diagonal", full, self.of(entries), shape=value.shape)

    def _of_terms(self, value: Operation, terms: Sequence[Operation]) -> Operation:
        planned = [self.of(t) for t in terms]
        return self._added(planned, value.shape, {
            p for t, p in zip(terms, planned, strict=True) if self.uses[t] > 1})

    def _added(self, terms: list[Operation], shape: tuple, kept: Iterable[Operation] = ()
               ) -> Operation:
        """A sum, in which products of a column and a row are one product of thin matrices."""
        g = self.graph
        outer = [t for t in terms if t not in kept and _outer_parts(t) is not None]
        if len(outer) > 1 and _area_of(*shape) >= STACKED:
            lefts, rights = [], []
            for scalar, left, right in map(_outer_parts, outer):  # type: ignore[misc]
                lefts.append(left if scalar is None else g.make(
                    "mul", scalar, left, shape=left.shape))
                rights.append(g.transposed_view(right))
            left, right = (g.make("beside", *parts, shape=(size, len(parts)))
                           for parts, size in ((lefts, shape[0]), (rights, shape[1])))
            joined = g.make("matmul", left, g.transposed_view(right), shape=shape)
            terms = [t for t in terms if t not in outer] + [joined]
        return terms[0] if len(terms) == 1 else g.make("add", *terms, shape=shape)

    def _plan_mul(self, value: Operation) -> Operation:
        """A product of entries; a scalar is multiplied where there are the fewest."""
        g = self.graph
        scalar, core = scaled_parts(value)
        inner = untransposed(core)
        if scalar is not None and inner.kind == "product" and inner not in self.needed \
                and not {inner, g.transpose(inner)} & self._planned.keys():
            return self._scaled_chain(scalar, _opened(g, core))
        shared = self._shared_factor(value)
        if shared is not None:
            return g.make("mul", *map(self.of, shared), shape=value.shape)
        return g.make("mul", *(self.of(a) for a in value.args), shape=value.shape)

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
        sizes = [_area(f) for f in factors]
        small = min(range(len(factors)), key=lambda k: sizes[k])
        scalar = self.of(scalar)
        result = estimate(rows)*estimate(cols)
        shared = self._is_done(factors[small]) or factors[small].kind == "argument"
        kind = factors[small].kind
        if result <= sizes[small] or kind in ("inverse", "kronecker", "commutation", "diagonal") \
                or not shared and kind not in ("add", "call", "mul", "power", "transpose"):
            return g.make("mul", scalar, self._chain(factors), shape=(rows, cols))
        thin = g.make("mul", scalar, self.of(factors[small]), shape=factors[small].shape)
        self._planned[thin] = thin
        return self._chain([*factors[:small], thin, *factors[small + 1:]])

    def _plan_power(self, value: Operation) -> Operation:
        """Powers as what is fast: squares, roots, quotients."""
        g = self.graph
        base, exponent = map(self.of, value.args)
        if is_number(exponent) and exponent.data.is_Rational:
            return self._rational_power(base, exponent.data)
        return g.make("power", base, exponent, shape=value.shape)

    def _rational_power(self, base: Operation, exponent: Any) -> Operation:
        g = self.graph
        if exponent < 0:
            below = self._rational_power(base, -exponent)
            return g.make("power", below, g.number(-1), shape=base.shape)
        whole, part = divmod(exponent, 1)
        if part not in (0, sympify("1/2")) or whole > 16:
            return g.make("power", base, g.number(exponent), shape=base.shape)
        factors = [self._whole_power(base, int(whole))] if whole else []
        if part:
            factors.append(g.make("call", base, data="sqrt", shape=base.shape))
        return factors[0] if len(factors) == 1 else g.make("mul", *factors, shape=base.shape)

    def _whole_power(self, base: Operation, exponent: int) -> Operation:
        g = self.graph
        if exponent == 1:
            return base
        half = self._whole_power(base, exponent//2)
        square = g.make("power", half, g.number(2), shape=base.shape)
        return square if exponent % 2 == 0 else g.make("mul", base, square, shape=base.shape)

    # --- systems of equations --------------------------------------------------------------

    def _factorized(self, value: Operation) -> Operation:
        """The factorisation of a matrix, one for all that needs it."""
        g = self.graph
        cholesky = self.is_positive(value) or self.tries_cholesky and self.graph.is_symmetric(value)
        kind = "cholesky" if cholesky else "lu"
        return g.make("factorized", self.of(value), data=kind, shape=value.shape)

    def is_positive(self, value: Operation) -> bool:
        """Whether a matrix that has an inverse is known to be positive definite."""
        if self.is_declared_positive(value):
            return True
        scalar, core = scaled_parts(value)
        if scalar is not None:
            return is_number(scalar) and bool(scalar.data.is_positive) and self.is_positive(core)
        if value.kind == "add":
            return all(self._is_nonnegative(t) for t in value.args)
        return self._is_nonnegative(value)

    def _is_nonnegative(self, term: Operation) -> bool:
        scalar, core = scaled_parts(term)
        if scalar is not None and not _has_no_negatives(scalar):
            return False
        if self.is_declared_positive(core):
            return True
        if core.kind == "identity":
            return True
        if core.kind == "diagonal":
            return _has_no_negatives(core.args[0])
        if core.kind == "inverse":
            return self.is_positive(core.args[0])
        if core.kind == "product":
            factors = core.args
            turned = self.graph.turned(factors)
            middle = len(factors)//2
            return list(factors) == turned and (len(factors) % 2 == 0 or self._is_nonnegative(
                factors[middle]))
        return False

    # --- products --------------------------------------------------------------------------

    def _is_done(self, value: Operation) -> bool:
        base = untransposed(value)
        return base in self._planned or base in self.needed or not base.args

    def cost(self, value: Operation) -> float:
        """Of forming a value, over what is computed anyway."""
        base = untransposed(value)
        if self._is_done(base) and base.kind not in ("identity", "commutation"):
            return 0
        if base not in self._costs:
            self._costs[base] = self._cost(base)
        return self._costs[base]

    def _cost(self, value: Operation) -> float:
        inside = sum(self.cost(a) for a in value.args if a.shape)
        if value.kind == "product":
            few = len(value.args) <= limits.WEIGHED_FACTORS
            return _Chain(self, value.args).cost if few else inside
        if value.kind == "add":
            return inside + CALL + PASS*_area(value)*len(value.args)
        if value.kind == "inverse":
            n = estimate(value.shape[0])
            return 4/3*n**3 + CALL
        return inside + CALL + PASS*_area(value)

    def _chain(self, factors: Sequence[Operation]) -> Operation:
        half = self._half_of_square(factors)
        if half is not None:
            return self.graph.make("matmul", self.graph.transposed_view(half), half,
                                   shape=(half.shape[1], half.shape[1]))
        chain = _Chain(self, factors)
        split = self._multiplied_out(chain) if len(factors) <= limits.WEIGHED_FACTORS else None
        if split is None:
            return chain.built()
        shape = factors[0].shape[0], factors[-1].shape[1]
        return self._added(list(map(self._multiple, split)), shape)

    def _half_of_square(self, factors: Sequence[Operation]) -> Operation | None:
        """√d∘Y of Y' diag(d) Y, d ≥ 0, of which BLAS computes one triangle only."""
        g, middle = self.graph, len(factors)//2
        if len(factors) % 2 == 0 or factors[middle].kind != "diagonal" \
                or estimate(factors[0].shape[0]) < SQUARED \
                or list(factors) != g.turned(factors) \
                or not _has_no_negatives(factors[middle].args[0]):
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

    def _multiplied_out(self, chain: _Chain) -> list[tuple[Operation | None, list]] | None:
        """The terms of a product over a sum of two in it, if these together cost less."""
        rows, cols = chain.sizes[0], chain.sizes[-1]
        best: tuple[float, Any] = (chain.cost, None)
        for k, factor in enumerate(chain.factors):
            base = untransposed(factor)
            if base.kind != "add" or 1 in base.shape or self._is_done(base) \
                    or len(base.args) != 2 \
                    or any(t.shape != base.shape for t in base.args):
                continue
            turned = factor.kind == "transpose"
            terms = []
            for term in base.args:
                scalar, core = scaled_parts(_turned_if(self.graph, term, turned))
                inner = _opened(self.graph, core)
                terms.append((scalar, [*chain.factors[:k], *inner, *chain.factors[k + 1:]]))
            if any(len(factors) > limits.WEIGHED_FACTORS for _, factors in terms):
                continue
            cost = CALL + PASS*rows*cols*len(terms) + sum(
                _Chain(self, factors).cost for _, factors in terms)
            if cost < best[0]:
                best = cost, terms
        return best[1]

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
            chain = _Chain(self, factors)
            for cut in range(1, k):
                cost = chain.interval(cut, k)
                if g.turned(factors[:cut]) != factors[cut:]:
                    cost += chain.interval(0, cut)
                cost += PASS*_area_of(factors[0].shape[0], factors[cut].shape[0])
                if best is None or cost < best[0]:
                    best = cost, (chain, cut)
        assert best is not None
        chain, cut = best[1]
        left, right = chain.build(0, cut), chain.build(cut, k)
        return self._dot(g.transposed_view(left), right)

    def _diagonal(self, product: Operation) -> Operation:
        """diag(P Q) are sums over rows of P∘Q': the cheapest cut into two."""
        g, factors = self.graph, product.args
        chain = _Chain(self, factors)
        cuts = range(1, len(factors))
        halves = {cut: (g.product(*factors[:cut]), g.product(*factors[cut:])) for cut in cuts}
        entries = {cut: g.mul(left, g.transpose(right)) for cut, (left, right) in halves.items()}
        best = min(cuts, key=lambda cut: 0 if entries[cut] in self._planned else (
            chain.interval(0, cut) + chain.interval(cut, len(factors))
            + PASS*_area(halves[cut][0])))
        return self.of(g.sum_along(entries[best], 1))

    def _plan_softmax(self, value: Operation) -> Operation:
        """log Σ eˣ and eˣ/Σ eˣ, which share their exponentials where both are computed."""
        g, (x,), axis = self.graph, value.args, value.data
        of = self.of(x)
        other = "softmax" if value.kind == "log_sum_exp" else "log_sum_exp"
        if not self._is_computed(other, x, axis):
            return g.make(value.kind, of, data=axis, shape=value.shape)
        kept = () if axis is None else tuple(
            1 if k == axis else s for k, s in enumerate(x.shape))
        top = g.make("max", of, data=axis, shape=kept)
        e = g.make("call", g.make("add", of, g.make("mul", g.number(-1), top, shape=kept),
                                  shape=x.shape), data="exp", shape=x.shape)
        total = g.make("sum", e, data=axis, shape=kept)
        if value.kind == "softmax":
            return g.make("mul", e, g.make("power", total, g.number(-1), shape=kept),
                          shape=x.shape)
        return g.make("add", top, g.make("call", total, data="log", shape=kept), shape=kept)

    _plan_log_sum_exp = _plan_softmax

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
        if not left.shape:
            return g.make("mul", left, right)
        return g.make("dot", left, right)

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
        if base.kind == "add" and not self._is_done(base):
            self._distributing += 1
            terms = [self._term_times(_turned_if(g, t, turned), factor.shape, thin)
                     for t in base.args]
            self._distributing -= 1
            return g.make("add", *terms, shape=shape)
        if is_ones(base):
            return _summed(g, thin, 0)
        return self._times(self.of(factor), thin)

    def _kronecker_times_column(self, left: Operation, right: Operation,
                                thin: Operation) -> Operation:
        """(A ⊗ B) vec(X) = vec(B X A')"""
        g = self.graph
        shape = right.shape[1], left.shape[1]
        X = thin.args[0] if thin.kind == "vec" and thin.args[0].shape == shape else g.make(
            "unvec", thin, data=shape, shape=shape)
        self._planned.setdefault(X, X)
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
        if untransposed(core).kind == "product" and not self._is_done(core):
            found = self._chain([*_opened(g, core), thin])
        else:
            found = self.apply(core, thin)
        return found if scalar is None else g.make("mul", self.of(scalar), found,
                                                   shape=found.shape)

    def _times(self, left: Operation, right: Operation) -> Operation:
        """The product of two values that are computed."""
        g = self.graph
        shape = left.shape[0], right.shape[1]
        if shape[0] == 1 != shape[1]:  # a row is the transpose of a column
            return g.transposed_view(self._times(g.transposed_view(right), g.transposed_view(left)))
        if is_ones(left):
            return _repeated_rows(g, _summed(g, right, 0), shape)
        if is_ones(right):
            return _repeated_rows(g, _summed(g, left, 1), shape)
        turned = g.known("matmul", g.transposed_view(right), g.transposed_view(left))
        if turned is not None and turned in self._planned:
            return g.transposed_view(turned)
        found = g.make("matmul", left, right, shape=shape)
        self._planned.setdefault(found, found)
        return found


class _Chain:
    """The ways to compute a product, and the cheapest of each interval of its factors."""

    def __init__(self, plan: Plan, factors: Sequence[Operation]):
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
                part = _Chain(plan, factors[:limits.WEIGHED_FACTORS]).built()
                factors[:limits.WEIGHED_FACTORS] = [part]
            else:
                part = _Chain(plan, factors[-limits.WEIGHED_FACTORS:]).built()
                factors[-limits.WEIGHED_FACTORS:] = [part]
            plan._planned.setdefault(part, part)
        return _Chain(plan, factors).built()

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
            cost = self.interval(i, s) + self.interval(s, j) + _product_cost(
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
            if found is not None and (found in self.plan._planned or found in self.plan.needed
                                      and self.factors != part):
                return g.transpose(found) if turned else found
        return None

    def applies(self, k: int) -> bool:
        factor = self.factors[k]
        base = untransposed(factor)
        if base.kind in ("diagonal", "identity", "commutation", "inverse"):
            return True
        if base.kind == "kronecker":
            return not self.plan._is_done(base)
        return base.kind == "add" and 1 not in base.shape and not self.plan._is_done(base) \
            and self.plan._distributing < limits.SUMS_WITHIN

    def _apply_cost(self, factor: Operation, thin: float) -> float:
        base = untransposed(factor)
        rows, cols = (estimate(s) for s in factor.shape)
        if base.kind in ("diagonal", "identity", "commutation"):
            return CALL + PASS*rows*thin*(base.kind != "identity")
        if base.kind == "inverse" and self.plan._is_done(base):
            # formed or not, a solution is more accurate, and of one column it is as quick
            return CALL if thin == 1 else float("inf")
        if base.kind == "inverse":
            return 2*CALL + 2*rows*rows*thin*(THIN if thin == 1 else 1.5)
        if base.kind == "kronecker":
            (ma, na), (mb, nb) = (map(estimate, f.shape) for f in base.args)
            return 2*CALL + sum(self.plan.cost(f) for f in base.args) + 2*thin*(
                na*nb*min(ma, mb) + ma*mb*max(na, nb)) + PASS*thin*(rows + cols)
        found = self.plan._applied_costs.get((base, thin))
        if found is None:
            found = self._apply_sum_cost(base, rows, cols, thin)
            self.plan._applied_costs[base, thin] = found
        return found

    def _apply_sum_cost(self, base: Operation, rows: float, cols: float, thin: float) -> float:
        """Of a sum multiplied out over what it is applied to."""
        total = 0.0
        for term in base.args:
            core = untransposed(scaled_parts(term)[1])
            if term.shape != base.shape:
                total += CALL + PASS*cols*thin
            elif core.kind == "product" and not self.plan._is_done(core):
                total += self._thin_cost(core, thin)
            elif core.kind in ("inverse", "diagonal", "identity", "kronecker", "commutation"):
                total += self._apply_cost(core, thin)
            else:
                total += self.plan.cost(core) + _product_cost(rows, cols, thin)
            total += CALL + PASS*rows*thin
        return total

    def _thin_cost(self, product: Operation, thin: float) -> float:
        """Of a product applied factor by factor, or formed and then applied."""
        stepwise = sum(_product_cost(estimate(f.shape[0]), estimate(f.shape[1]), thin)
                       + self.plan.cost(f) for f in product.args)
        rows, cols = map(estimate, product.shape)
        return min(stepwise, self.plan.cost(product) + _product_cost(rows, cols, thin))

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
            found = plan._times(self.build(i, choice), self.build(choice, j))
        made = g.known("product", *self.factors[i:j])
        if made is not None:
            plan._planned.setdefault(made, found)
        return found


def _outer_parts(value: Operation) -> tuple[Operation | None, Operation, Operation] | None:
    """The scalar, the column and the row that a planned term is the product of."""
    scalar, core = scaled_parts(value)
    if core.kind != "matmul" or len(core.shape) != 2 or core.args[0].shape[1] != 1:
        return None
    return scalar, core.args[0], core.args[1]


def _turned_if(g: Graph, value: Operation, turned: bool) -> Operation:
    return g.transpose(value) if turned else value


def _opened(g: Graph, value: Operation) -> list[Operation]:
    """The factors of a product, none of an identity, else the value itself."""
    if value.kind == "identity":
        return []
    if value.kind == "product":
        return list(value.args)
    if value.kind == "transpose" and value.args[0].kind == "product":
        return g.turned(value.args[0].args)
    return [value]


def _is_loose(value: Operation) -> bool:
    """Whether a factor of a product need not be formed."""
    return value.kind in LOOSE or value.kind == "mul" and scaled_parts(value)[0] is not None


def _deep_sums(order: Iterable[Operation]) -> set[Operation]:
    """The sums of a graph that is too deep to try what is cheaper, each within the next."""
    height: dict[Operation, int] = {}
    for value in order:
        height[value] = 1 + max((height[a] for a in value.args), default=0)
    return {v for v, h in height.items() if v.kind == "add" and h > limits.WEIGHED_LEVELS}


def _is_chain(value: Operation) -> bool:
    return value.kind == "product" or value.kind == "trace" and len(value.args) > 1


def _has_no_negatives(value: Operation) -> bool:
    """Whether every entry is known to be at least zero."""
    if value.kind == "number":
        return bool(value.data.is_positive)
    if value.kind in ("argument", "size"):
        return isinstance(value.data, Basic) and bool(getattr(value.data, "is_positive", False))
    if value.kind == "call":
        return value.data in ("exp", "Sigmoid", "Softplus", "cosh", "Abs")
    if value.kind in ("mul", "add", "expand"):
        return all(map(_has_no_negatives, value.args))
    if value.kind == "power":
        exponent = value.args[1]
        return is_number(exponent) and bool(exponent.data.is_even) or _has_no_negatives(
            value.args[0])
    return value.kind == "softmax"


def _summed(g: Graph, value: Operation, axis: int) -> Operation:
    """The sums along an axis of what is computed."""
    if value.kind == "transpose":
        return g.transposed_view(_summed(g, value.args[0], 1 - axis))
    kept = (1, value.shape[1]) if axis == 0 else (value.shape[0], 1)
    if value.shape == kept:
        return value
    return g.make("sum", value, data=axis, shape=kept)


def _repeated_rows(g: Graph, value: Operation, shape: tuple) -> Operation:
    return value if value.shape == shape else g.make("expand", value, shape=shape)


def _product_cost(m: float, n: float, p: float) -> float:
    flops = 2*m*n*p
    return CALL + flops*(THIN if 1 in (m, n, p) else 1)


def _area(value: Operation) -> float:
    found = 1.0
    for size in value.shape:
        found *= estimate(size)
    return found


def _area_of(rows: Size, cols: Size) -> float:
    return estimate(rows)*estimate(cols)


def estimate(size: Size) -> float:
    """A number for a size that isn't known."""
    if isinstance(size, (int, float)):
        return size
    return _estimated(size)


@cached(limits.CACHED_FORMS)
def _estimated(size: Any) -> float:
    size = sympify(size)
    if not size.free_symbols:
        return float(size)
    return max(1.0, float(abs(size.xreplace(dict.fromkeys(size.free_symbols,
                                                          Integer(ASSUMED))))))
