"""The part of a graph that is transposes, diagonal matrices and products."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from .entrywise_graph import EntrywiseGraph
from .operations import (
    Operation,
    Size,
    flags,
    is_column,
    is_number,
    is_ones,
    scaled_parts,
)

__all__ = ["ProductGraph"]


class ProductGraph(EntrywiseGraph):
    """Transposes, diagonal matrices and products: signs, scalars and transposes outside."""

    def __init__(self, complex_numbers: bool = False) -> None:
        super().__init__(complex_numbers)
        self._turned: dict[Operation, Operation] = {}

    def transpose(self, value: Operation) -> Operation:
        if value not in self._turned:
            self._turned[value] = self._transposed(value)
        return self._turned[value]

    def _transposed(self, value: Operation) -> Operation:
        if value.kind == "transpose":
            return value.args[0]
        if not value.shape or value.kind in ("diagonal", "identity"):
            return value
        if value.kind == "expand":
            inner = self.transpose(value.args[0]) if value.args[0].shape else value.args[0]
            return self.expand(inner, value.shape[::-1])
        if value.kind == "product":
            return self.product(*self.turned(value.args))
        scalar, core = scaled_parts(value)
        if scalar is not None:
            return self.mul(scalar, self.transpose(core))
        if value.kind == "inverse" and self.transpose(value.args[0]) is value.args[0]:
            return value
        if value.kind == "add" and all(self._is_symmetric(a) for a in value.args):
            return value
        if value.kind == "add" and len(value.args) == 2:  # M + M'
            a, b = value.args
            if self.transpose(a) is b:
                return value
        return self.make("transpose", value, shape=value.shape[::-1])

    def transposed_view(self, value: Operation) -> Operation:
        """The transpose of a value as it is computed: nothing is rearranged."""
        if value.kind in ("transpose", "expand") or not value.shape:
            return self.transpose(value)
        return self.make("transpose", value, shape=value.shape[::-1])

    def turned(self, factors: Sequence[Operation]) -> list[Operation]:
        """The factors of the transpose of a product."""
        return [self.transpose(f) for f in reversed(factors)]

    def opened(self, value: Operation) -> list[Operation]:
        """The factors of a product, none of an identity, else the value itself."""
        if value.kind == "identity":
            return []
        if value.kind == "product":
            return list(value.args)
        if value.kind == "transpose" and value.args[0].kind == "product":
            return self.turned(value.args[0].args)
        return [value]

    def _is_symmetric(self, value: Operation) -> bool:
        """Whether a term of a sum is its own transpose."""
        _, core = scaled_parts(value)
        return not core.shape or core.shape[0] == core.shape[1] and core.kind in (
            "product", "diagonal", "identity", "add", "inverse", "mul") \
            and self.transpose(core) is core

    def is_symmetric(self, value: Operation) -> bool:
        return len(value.shape) == 2 and value.shape[0] == value.shape[1] \
            and self.transpose(value) is value

    def diagonal(self, column: Operation) -> Operation:
        """The diagonal matrix of a column."""
        n = column.shape[0] if column.shape else 1
        if n == 1:
            return column
        if column.kind == "expand" and is_number(column.args[0], 1):
            return self.identity(n)
        scalar, core = scaled_parts(column)
        if scalar is not None:
            return self.mul(scalar, self.diagonal(core))
        return self.make("diagonal", column, shape=(n, n))

    def diagonal_of(self, matrix: Operation) -> Operation:
        """The column of the entries on the diagonal."""
        if not matrix.shape:
            return matrix
        n = matrix.shape[0]
        if matrix.kind == "diagonal":
            return matrix.args[0]
        if matrix.kind == "identity":
            return self.ones((n, 1))
        if matrix.kind == "transpose":
            return self.diagonal_of(matrix.args[0])
        scalar, core = scaled_parts(matrix)
        if scalar is not None:
            return self.mul(scalar, self.diagonal_of(core))
        if matrix.kind == "expand":
            inner = matrix.args[0]
            if not inner.shape:
                return self.expand(inner, (n, 1))
            return inner if is_column(inner) else self.transpose(inner)
        if matrix.kind == "add":
            return self.add(*map(self.diagonal_of_term(n), matrix.args))
        if matrix.kind == "product" and len(matrix.args) == 2:
            return self.sum_along(self.mul(matrix.args[0], self.transpose(matrix.args[1])), 1)
        return self.make("diagonal_of", matrix, shape=(n, 1))

    def diagonal_of_term(self, n: Size) -> Any:
        return lambda term: self.diagonal_of(self.expand(term, (n, n)))

    def product(self, *factors: Operation) -> Operation:
        """
        A product of matrices: what is scalar in front, else one flat list of factors.

        Between two places where the inner size is 1 stands a scalar, a row times … a column.
        """
        scalars, flat = self._flat(factors)
        flat = [f for f in flat if f.kind != "identity"] or flat[:1]
        if not flat:
            return self.mul(*scalars)
        rows, cols = flat[0].shape[0], flat[-1].shape[1]
        if any(is_number(f.args[0], 0) for f in flat if f.kind == "expand"):
            return self.mul(*scalars, self.zeros((rows, cols)))
        inner, flat = self._without_scalars(flat)
        scalars += inner
        if not flat:
            return self.mul(*scalars)
        flat = self._with_diagonals(flat)
        found = self._of_flat(flat)
        return self.mul(*scalars, found) if scalars else found

    def _flat(self, factors: Iterable[Operation]) -> tuple[list[Operation], list[Operation]]:
        scalars: list[Operation] = []
        flat: list[Operation] = []
        for factor in factors:
            scalar, core = scaled_parts(factor)
            if scalar is not None:
                scalars.append(scalar)
            if not core.shape:
                scalars.append(core)
            elif core.kind == "product":
                flat.extend(core.args)
            elif core.kind == "expand":
                inner, parts = self.expanded_factors(core)
                scalars += inner
                flat += parts
            elif core.kind in ("mul", "transpose") and (
                    parts := self.scaled_rows(core)) is not None:
                flat.extend(parts)
            else:
                flat.append(core)
        return scalars, flat

    def expanded_factors(self, value: Operation) -> tuple[list[Operation], list[Operation]]:
        """x 1' and 1 x' as their two factors, and the scalars in x."""
        inner, (rows, cols) = value.args[0], value.shape
        if not inner.shape:
            if is_number(inner, 0):
                return [], [value]
            scalars = [] if is_number(inner, 1) else [inner]
            if 1 in value.shape:
                return scalars, [self.ones(value.shape)]
            return scalars, [self.ones((rows, 1)), self.ones((1, cols))]
        scalar, core = scaled_parts(inner)
        factors = [core, self.ones((1, cols))] if is_column(core) else [
            self.ones((rows, 1)), core]
        return [] if scalar is None else [scalar], factors

    def scaled_rows(self, value: Operation) -> list[Operation] | None:
        """v∘M for a column v is diag(v) M, and for a row M diag(v)."""
        if value.kind == "transpose":
            inner = self.scaled_rows(value.args[0])
            return inner and self.turned(inner)
        if value.kind != "mul" or len(value.args) != 2 or 1 in value.shape:
            return None
        thin, full = value.args
        if full.shape != value.shape:
            return None
        if is_column(thin) and thin.shape[0] == value.shape[0]:
            return [self.diagonal(thin), *(full.args if full.kind == "product" else [full])]
        if thin.shape == (1, value.shape[1]):
            return [*(full.args if full.kind == "product" else [full]),
                    self.diagonal(self.transpose(thin))]
        return None

    def _without_scalars(self, flat: list[Operation]
                         ) -> tuple[list[Operation], list[Operation]]:
        scalars = []
        kept: list[Operation] = []
        since: list[int] = [0] if flat[0].shape[0] == 1 else []
        for factor in flat:
            kept.append(factor)
            if factor.shape[1] == 1:
                if since:
                    start = since.pop()
                    scalars.append(self.trace_of_product(kept[start:]))
                    del kept[start:]
                since.append(len(kept))
        return scalars, kept

    def _with_diagonals(self, flat: list[Operation]) -> list[Operation]:
        """Neighbours that are diagonal, or a column beside a diagonal, are one."""
        kept: list[Operation] = []
        for factor in flat:
            kept.append(factor)
            while len(kept) > 1 and "diagonal" in (kept[-1].kind, kept[-2].kind):
                left, right = kept[-2:]
                if left.kind == right.kind:
                    merged = self.diagonal(self.mul(left.args[0], right.args[0]))
                elif left.kind == "diagonal" and is_column(right):
                    merged = self.mul(left.args[0], right)
                elif right.kind == "diagonal" and left.shape[0] == 1:
                    merged = self.mul(left, self.transpose(right.args[0]))
                else:
                    break
                if scaled_parts(merged)[0] is not None:
                    break
                kept[-2:] = [merged]
        return kept

    def _of_flat(self, flat: list[Operation]) -> Operation:
        if len(flat) == 1:
            return flat[0]
        shape = flat[0].shape[0], flat[-1].shape[1]
        if is_column(flat[0]) and is_ones(flat[0]):  # 1 x' and x 1' are x, along one axis
            return self.expand(self._of_flat(flat[1:]), shape)
        if flat[-1].shape[0] == 1 and is_ones(flat[-1]):
            return self.expand(self._of_flat(flat[:-1]), shape)
        if len(flat) == 2:
            left, right = flat
            if is_ones(right) and right.shape[1] == 1:
                return self.sum_along(left, 1)
            if is_ones(left) and left.shape[0] == 1:
                return self.sum_along(right, 0)
            if left.kind == "diagonal" and right.kind != "diagonal":
                return self.mul(left.args[0], right)
            if right.kind == "diagonal" and left.kind != "diagonal":
                return self.mul(left, self.transpose(right.args[0]))
        turned = self.turned(flat)
        better = shape[0] == 1 != shape[1] if 1 in shape else (
            self.known("product", *flat) is None and (
                self.known("product", *turned) is not None
                or all(flags(f)[1] for f in flat)))
        if better:
            return self.make("transpose", self.make("product", *turned, shape=shape[::-1]),
                             shape=shape)
        return self.make("product", *flat, shape=shape)

    @abstractmethod
    def sum_along(self, value: Operation, axis: int) -> Operation:
        """The sums along an axis."""

    @abstractmethod
    def trace_of_product(self, factors: Sequence[Operation]) -> Operation:
        """A product of a row, matrices and a column as a number."""

    @abstractmethod
    def total(self, value: Operation) -> Operation:
        """The sum of all entries."""
