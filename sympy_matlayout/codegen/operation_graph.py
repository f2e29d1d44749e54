"""
The graph that is compiled: every value once, in whatever order or transposition it was written.

The constructors of ``Graph`` bring what is the same to one form.  Numbers and scalars stand
in front of everything else, signs in front of sums, transposes outside: ``transpose(A) @
transpose(B)`` is the transpose of ``B @ A``, and so is a product whose transpose, or a trace
whose rotation, was met before.  What is constant along an axis, as ``x 1'``,
has one entry there and is told its shape by ``expand``: arrays of that shape are not formed.
"""

from __future__ import annotations

from collections.abc import Sequence

from .operations import (
    Operation,
    Shape,
    Size,
    is_column,
    is_number,
    scaled_parts,
    times,
)
from .scaled_graph import ScaledGraph

__all__ = ["Graph"]


class Graph(ScaledGraph):
    """The operations of some results, made by constructors that simplify."""

    def __init__(self, complex_numbers: bool = False) -> None:
        super().__init__(complex_numbers)
        self.with_kronecker: dict[Operation, bool] = {}  # what was asked of products and sums

    def trace_of_product(self, factors: Sequence[Operation]) -> Operation:
        """tr(A B …), the same value for all rotations, and for the transposes in reverse."""
        scalars, flat = self._flat(factors)
        flat = [f for f in flat if f.kind != "identity"]
        if not flat:
            n = factors[0].shape[0] if factors[0].shape else 1
            return self.mul(*scalars, self.size(n))
        if any(is_number(f.args[0], 0) for f in flat if f.kind == "expand"):
            return self.number(0)
        flat = self._cut_at_a_number(flat)
        found = self._least_rotation(flat) if len(flat) > 1 else self._trace_of_one(flat[0])
        return self.mul(*scalars, found) if scalars else found

    def _cut_at_a_number(self, flat: list[Operation]) -> list[Operation]:
        """Begin at an inner size of 1, where there is one, with a row."""
        for k, factor in enumerate(flat):
            if factor.shape[0] == 1:
                return flat[k:] + flat[:k]
        return flat

    def _trace_of_one(self, value: Operation) -> Operation:
        if not value.shape:
            return value
        n = value.shape[0]
        if value.kind == "transpose":
            return self._trace_of_one(value.args[0])
        if value.kind == "diagonal":
            return self.total(value.args[0])
        if value.kind == "expand":
            return self.total(self.diagonal_of(value))
        if value.kind == "product":
            return self.trace_of_product(value.args)
        if value.kind == "mul":
            scalar, core = scaled_parts(value)
            if scalar is not None:
                return self.mul(scalar, self._trace_of_one(core))
        return self.make("trace", value) if n != 1 else self.scalar(value)

    def _least_rotation(self, flat: list[Operation]) -> Operation:
        turned = self.turned(flat)
        starts = [cycle[k:] + cycle[:k] for cycle in (flat, turned) for k in range(len(flat))]
        if any(f.shape[0] == 1 for f in flat):
            starts = [s for s in starts if s[0].shape[0] == 1]
        best = next((s for s in starts if self.known("trace", *s) is not None), starts[0])
        if len(best) == 2 and any(f.kind == "expand" for f in best):
            (other,) = [f for f in best if f.kind != "expand"] or [best[1]]
            if all(f.kind == "expand" for f in best):
                other = self.transpose(best[0])
            return self.total(other)
        return self.make("trace", *best)

    def trace(self, value: Operation) -> Operation:
        return self.trace_of_product([value]) if value.shape else value

    def total(self, value: Operation) -> Operation:
        """The sum of all entries."""
        if not value.shape:
            return value
        if value.kind == "transpose":
            return self.total(value.args[0])
        if value.kind == "expand":
            inner = value.args[0]
            counts = [self.size(s) for k, s in enumerate(value.shape)
                      if not inner.shape or inner.shape[k] != s]
            return self.mul(*counts, self.total(inner))
        scalar, core = scaled_parts(value)
        if scalar is not None:
            return self.mul(scalar, self.total(core))
        if len(value.shape) == 2:
            found = self._total_of_matrix(value)
            if found is not None:
                return found
        if value.kind == "sum" and value.data is not None:
            return self.total(value.args[0])
        return self.make("sum", value, data=None)

    def _total_of_matrix(self, value: Operation) -> Operation | None:
        """The sum of the entries of a product of matrices or entries, as a trace."""
        rows, cols = value.shape
        if value.kind == "product":
            return self.product(self.ones((1, rows)), value, self.ones((cols, 1)))
        if value.kind == "mul" and len(value.args) == 2:
            a, b = value.args
            if a.shape == b.shape:
                return self.trace_of_product([self.transpose(a), b])
            if b.shape != value.shape:  # a column and a row
                return self.mul(self.total(a), self.total(b))
            if is_column(a):
                return self.product(self.transpose(a), b, self.ones((cols, 1)))
            return self.product(self.ones((1, rows)), b, self.transpose(a))
        if value.kind == "power" and is_number(value.args[1], 2):
            return self.trace_of_product([self.transpose(value.args[0]), value.args[0]])
        return None

    def sum_along(self, value: Operation, axis: int) -> Operation:
        """The sums along an axis, which keeps size 1; the last axis of more than two goes."""
        shape = value.shape
        if len(shape) == 2:
            if shape[1 - axis] == 1:
                return self.total(value)
            if shape[axis] == 1:
                return value
            if value.kind == "transpose":
                return self.transpose(self.sum_along(value.args[0], 1 - axis))
            if value.kind == "expand":
                inner = value.args[0]
                kept = (1, shape[1]) if axis == 0 else (shape[0], 1)
                if inner.shape and inner.shape[axis] != 1:
                    return self.expand(self.sum_along(inner, axis), kept)
                return self.mul(self.size(shape[axis]), self.expand(inner, kept))
            scalar, core = scaled_parts(value)
            if scalar is not None:
                return self.mul(scalar, self.sum_along(core, axis))
        kept = tuple(1 if k == axis else s for k, s in enumerate(shape))
        return self.make("sum", value, data=axis, shape=kept)

    def summed_axes(self, value: Operation, sizes: Sequence[Size], kept: int) -> Operation:
        """The sum over the axes after the first, which go; an axis of equal entries counts."""
        if not value.shape:
            return self.mul(*map(self.size, sizes[kept:]), value)
        if len(sizes) == 2 and kept == 0:
            return self.total(self.expand(value, tuple(sizes)))
        counts = [self.size(n) for n, s in zip(sizes[kept:], value.shape[kept:], strict=True)
                  if s == 1 != n]
        axes = tuple(k for k in range(kept, len(sizes)))
        found = self.make("sum_axes", value, data=axes, shape=value.shape[:kept])
        return self.mul(*counts, found)

    def inverse(self, value: Operation) -> Operation:
        if not value.shape:
            return self.power(value, self.number(-1))
        scalar, core = scaled_parts(value)
        if scalar is not None:
            return self.mul(self.power(scalar, self.number(-1)), self.inverse(core))
        if value.kind == "identity":
            return value
        if value.kind == "diagonal":
            return self.diagonal(self.power(value.args[0], self.number(-1)))
        if value.kind == "inverse":
            return value.args[0]
        if value.kind == "transpose":
            return self.transpose(self.inverse(value.args[0]))
        if value.kind == "product" and all(f.shape[0] == f.shape[1] for f in value.args):
            return self.product(*map(self.inverse, reversed(value.args)))
        return self.make("inverse", value, shape=value.shape)

    def determinant(self, value: Operation) -> Operation:
        if not value.shape:
            return value
        scalar, core = scaled_parts(value)
        if scalar is not None:
            n = self.size(value.shape[0])
            return self.mul(self.power(scalar, n), self.determinant(core))
        if value.kind in ("transpose", "inverse"):
            found = self.determinant(value.args[0])
            return found if value.kind == "transpose" else self.power(found, self.number(-1))
        if value.kind == "identity":
            return self.number(1)
        return self.make("determinant", value)

    def matrix_power(self, base: Operation, exponent: int) -> Operation:
        if not base.shape:
            return self.power(base, self.number(exponent))
        if exponent == 0:
            return self.identity(base.shape[0])
        if exponent < 0:
            return self.matrix_power(self.inverse(base), -exponent)
        if exponent == 1:
            return base
        if base.kind == "diagonal":
            return self.diagonal(self.power(base.args[0], self.number(exponent)))
        half = self.matrix_power(base, exponent//2)
        square = self.named_product(half, half)
        return self.named_product(base, square) if exponent % 2 else square

    def named_product(self, left: Operation, right: Operation) -> Operation:
        """A product of two factors that keeps them as they are, to use them again."""
        if left.kind == "product" or right.kind == "product":
            shape = left.shape[0], right.shape[1]
            return self.make("matmul", left, right, shape=shape)
        return self.product(left, right)

    def kronecker(self, left: Operation, right: Operation) -> Operation:
        if not left.shape or not right.shape:
            return self.mul(left, right)
        scalars = []
        cores = []
        for value in (left, right):
            scalar, core = scaled_parts(value)
            scalars += [] if scalar is None else [scalar]
            cores.append(core)
        a, b = cores
        rows, cols = (times(a.shape[k], b.shape[k]) for k in (0, 1))
        if a.kind == b.kind == "transpose":
            found = self.transpose(self.kronecker(a.args[0], b.args[0]))
        elif a.kind == b.kind == "identity":
            found = self.identity(rows)
        else:
            found = self.make("kronecker", a, b, shape=(rows, cols))
        return self.mul(*scalars, found) if scalars else found

    def reshape(self, value: Operation, shape: Shape) -> Operation:
        """The entries, row by row, in another shape."""
        while value.kind == "reshape":
            value = value.args[0]
        if 1 in value.shape and shape == value.shape[::-1]:
            return self.transpose(value)
        return value if value.shape == shape else self.make(
            "reshape", value, data=shape, shape=shape)

    def vec(self, value: Operation) -> Operation:
        """The columns, one below the other."""
        if not value.shape or is_column(value):
            return value
        scalar, core = scaled_parts(value)
        if scalar is not None:
            return self.mul(scalar, self.vec(core))
        m, n = value.shape
        if m == 1:
            return self.transpose(value)
        return self.make("vec", value, shape=(times(m, n), 1))

    def unvec(self, value: Operation, m: Size, n: Size) -> Operation:
        if not value.shape or n == 1:
            return value
        if m == 1:
            return self.transpose(value)
        if value.kind == "vec" and value.args[0].shape == (m, n):
            return value.args[0]
        return self.make("unvec", value, data=(m, n), shape=(m, n))
