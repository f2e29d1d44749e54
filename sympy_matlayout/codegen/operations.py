"""
The graph that is compiled: every value once, in whatever order or transposition it was written.

An operation has a kind, the operations it is of, and a shape: ``()`` for a number,
``(rows, columns)`` for a matrix, more sizes for entries over several indices.  A size is an
``int`` where it is known and an expression where it isn't.  1×1 matrices are numbers here.

The constructors of ``Graph`` bring what is the same to one form.  Numbers and scalars stand
in front of everything else, signs in front of sums, transposes outside: ``transpose(A) @
transpose(B)`` is the transpose of ``B @ A``, and so is a product whose transpose, or a trace
whose rotation, was met before.  What is constant along an axis, as ``x 1'``,
has one entry there and is told its shape by ``expand``: arrays of that shape are not formed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer, S, expand, sympify

from ..nodes.traversal import postorder

__all__ = ["VIEWS", "Graph", "Operation", "in_order", "is_column", "is_number", "is_ones",
           "scaled_parts", "times", "untransposed"]

Size = Any
Shape = tuple[Size, ...]

# x ↦ f(-x) = -f(x)
ODD = {"sin", "tan", "sinh", "tanh", "asinh", "atan", "erf", "sign"}
# x ↦ f(-x) = f(x)
EVEN = {"Abs", "cos", "cosh"}


# real, whatever they are of
REAL = {"Abs", "arg", "im", "re"}

# what shares its entries with what it is of
VIEWS = ("transpose", "vec", "unvec", "reshape", "slice", "axes")


@dataclass(frozen=True, eq=False)
class Operation:
    """A value that is computed: what is done, of which values, and its shape."""

    kind: str
    args: tuple[Operation, ...]
    data: Any
    shape: Shape
    place: int  # in the order of their making, which is the same at every run

    def __repr__(self) -> str:
        inside = ", ".join(map(repr, self.args))
        told = "" if self.data is None else f"[{self.data}]"
        return f"{self.kind}{told}({inside})" if inside else f"{self.kind}{told}"


def is_number(value: Operation, number: Any = None) -> bool:
    """Whether this is a number that is known, or this number."""
    return value.kind == "number" and (number is None or value.data == number)


def is_column(value: Operation) -> bool:
    return len(value.shape) == 2 and value.shape[1] == 1


def is_ones(value: Operation) -> bool:
    """Whether every entry is 1."""
    return value.kind == "expand" and is_number(value.args[0], 1)


def untransposed(value: Operation) -> Operation:
    """What a transpose is of, and anything else as it is."""
    return value.args[0] if value.kind == "transpose" else value


def scaled_parts(value: Operation) -> tuple[Operation | None, Operation]:
    """The scalar in front of a value that is none, and what it multiplies."""
    if value.kind == "mul" and value.shape and value.args[0].shape == ():
        return value.args[0], value.args[1]
    return None, value


def _flags(value: Operation) -> tuple[int, bool]:
    """In which order it was made, without its scalar, and whether it is a transpose."""
    _, value = scaled_parts(value)
    return (value.args[0].place, True) if value.kind == "transpose" else (value.place, False)


def _rank(value: Operation) -> tuple:
    """The order of summands and factors: by how they are made, products first."""
    _, core = scaled_parts(value)
    return (untransposed(core).kind in ("argument", "number"), *_flags(value))


def in_order(roots: Sequence[Operation]) -> Iterator[Operation]:
    """Each operation once, after those that it is of, the first before the others."""
    return postorder(reversed(roots), lambda value: reversed(value.args))


class Graph:
    """The operations of some results, made by constructors that simplify."""

    def __init__(self, complex_numbers: bool = False) -> None:
        self.complex_numbers = complex_numbers  # for which some functions have other stable forms
        self._known: dict[tuple, Operation] = {}
        self._turned: dict[Operation, Operation] = {}
        self.with_kronecker: dict[Operation, bool] = {}  # what was asked of products and sums

    def make(self, kind: str, *args: Operation, data: Any = None,
             shape: Shape = ()) -> Operation:
        """The operation of these values, the same one each time."""
        key = (kind, data, shape if not args or kind in ("expand", "opaque", "scattered") else None,
               *(a.place for a in args))
        if key not in self._known:
            self._known[key] = Operation(kind, args, data, shape, len(self._known))
        return self._known[key]

    def known(self, kind: str, *args: Operation, data: Any = None) -> Operation | None:
        """The operation of these values if it was made."""
        return self._known.get((kind, data, None, *(a.place for a in args)))

    # --- numbers and leaves --------------------------------------------------------------

    def number(self, value: Any) -> Operation:
        value = sympify(value)
        return self.make("number", data=value)

    def size(self, value: Size) -> Operation:
        """A size as a number to compute with."""
        value = sympify(value)
        return self.number(value) if value.is_number else self.make("size", data=value)

    def argument(self, symbol: Any, shape: Shape) -> Operation:
        return self.make("argument", data=symbol, shape=shape)

    def identity(self, n: Size) -> Operation:
        return self.number(1) if n == 1 else self.make("identity", data=n, shape=(n, n))

    def zeros(self, shape: Shape) -> Operation:
        return self.expand(self.number(0), shape)

    def ones(self, shape: Shape) -> Operation:
        return self.expand(self.number(1), shape)

    def expand(self, value: Operation, shape: Shape) -> Operation:
        """A value of this shape, whose entries are the same along the axes it lacks."""
        if value.kind == "expand":
            value = value.args[0]
        if all(size == 1 for size in shape) and len(shape) == 2:
            return self.scalar(value)
        if value.shape == shape:
            return value
        return self.make("expand", value, shape=shape)

    def scalar(self, value: Operation) -> Operation:
        """The entry of a 1×1 matrix."""
        return value if not value.shape else self.make("entry", value, data=(0, 0))

    # --- entry by entry ------------------------------------------------------------------

    def _common(self, values: Sequence[Operation]) -> Shape:
        found: Shape = ()
        for value in values:
            if not found:
                found = value.shape
            elif value.shape:
                found = tuple(b if a == 1 else a
                              for a, b in zip(found, value.shape, strict=True))
        return found

    def entrywise(self, kind: str, *values: Operation, data: Any = None) -> Operation:
        """An operation on entries; transposes and repeated entries are taken outside."""
        shape = self._common(values)
        values = tuple(v.args[0] if v.kind == "expand" else v for v in values)
        inner = self._common(values)
        turned = None
        if len(inner) == 2 and inner[0] != 1 != inner[1]:
            turned = [self.transpose(v) for v in values]
        elif len(inner) == 2 and inner[0] == 1 != inner[1]:  # rows are computed as columns
            return self._fitted(self.transpose(self.entrywise(kind, *(
                self.transpose(v) for v in values), data=data)), shape)
        if turned is not None and (all(_flags(v)[1] for v in values if v.shape)
                                   or self.known(kind, *values, data=data) is None
                                   and self.known(kind, *turned, data=data) is not None):
            found = self.transpose(self.make(kind, *turned, data=data, shape=inner[::-1]))
        else:
            found = self.make(kind, *values, data=data, shape=inner)
        return self._fitted(found, shape)

    def _fitted(self, value: Operation, shape: Shape) -> Operation:
        return value if value.shape == shape else self.expand(value, shape)

    def add(self, *terms: Operation) -> Operation:
        """A sum: equal terms together, the sign of the first in front."""
        shape = self._common(terms)
        number: Any = S.Zero
        parts: dict[Operation, Expr] = {}
        stack = list(reversed(terms))
        while stack:
            term = stack.pop()
            if term.kind == "expand":
                term = term.args[0]
            if is_number(term):
                number += term.data
                continue
            factor = S.One
            if term.kind == "mul" and is_number(term.args[0]):
                factor, term = term.args[0].data, self._without_number(term)
            if term.kind == "expand":
                stack.append(self.mul(self.number(factor), term.args[0]))
            elif term.kind == "add" and (factor == 1 and any(map(is_number, term.args))):
                stack.extend(reversed(term.args))
            else:
                parts[term] = parts.get(term, S.Zero) + factor
        kept = sorted(((t, f) for t, f in parts.items() if f != 0), key=lambda p: _rank(p[0]))
        if not kept:
            return self.expand(self.number(number), shape)
        common = kept[0][1]
        if number != 0 or any(abs(f) != abs(common) for _, f in kept):
            common = S.One if bool(common > 0) or bool(number > 0) else S.NegativeOne
        if len(kept) == 1 and number == 0:
            (term, factor), = kept
            return self.expand(self.mul(self.number(factor), term), shape)
        inner = [self.mul(self.number(f/common), t) for t, f in kept]
        if number != 0:
            inner.append(self.number(number/common))
        found = self.entrywise("add", *inner)
        return self.expand(self.mul(self.number(common), found), shape)

    def _without_number(self, product: Operation) -> Operation:
        rest = product.args[1:]
        return rest[0] if len(rest) == 1 else self.mul(*rest)

    def negative(self, value: Operation) -> Operation:
        return self.mul(self.number(-1), value)

    def mul(self, *factors: Operation) -> Operation:
        """A product entry by entry: numbers and scalars first, powers of one base together."""
        shape = self._common(factors)
        arrays = [f for f in factors if f.shape and f.kind != "expand"]
        if len(arrays) > 1 and all(len(f.shape) == 2 and _flags(f)[1] for f in arrays):
            return self.transpose(self.mul(*map(self.transpose, factors)))
        number, flat = self._flat_factors(factors)
        powers: dict[Operation, Operation] = {}
        exponents: dict[Shape, list[Operation]] = {}
        for factor in flat:
            if factor.kind == "call" and factor.data == "exp":
                exponents.setdefault(factor.shape, []).append(factor.args[0])
            else:
                base, exponent = factor, self.number(1)
                if factor.kind == "power":
                    base, exponent = factor.args
                powers[base] = self.add(powers[base], exponent) if base in powers else exponent
        if number == 0:
            return self.expand(self.number(0), shape)
        self._absorb_exponentials(powers, exponents)
        raised = [self.power(b, e) for b, e in powers.items()]
        raised += [self.call("exp", self.add(*of)) for of in exponents.values()]
        if not raised:
            return self.expand(self.number(number), shape)
        return self.expand(self._flat_mul(number, raised), shape)

    def _flat_factors(self, factors: Sequence[Operation]) -> tuple[Any, list[Operation]]:
        """The number and the factors in products within products, each with the axes it has."""
        number: Any = S.One
        found = []
        stack = list(reversed(factors))
        while stack:
            factor = stack.pop()
            if factor.kind == "expand":
                factor = factor.args[0]
            if is_number(factor):
                number *= factor.data
            elif factor.kind == "mul":
                stack.extend(reversed(factor.args))
            else:
                found.append(factor)
        return number, found

    def _absorb_exponentials(self, powers: dict[Operation, Operation],
                             exponents: dict[Shape, list[Operation]]) -> None:
        """eˣ σ(-x) is σ(x), which has a value where eˣ overflows."""
        for base, exponent in list(powers.items()):
            if base.kind != "call" or base.data != "Sigmoid" or not is_number(exponent, 1):
                continue
            of = exponents.get(base.shape, [])
            total = self.add(*of) if of else None
            if total is not None and total is self.negative(base.args[0]):
                del exponents[base.shape], powers[base]
                other = self.call("Sigmoid", total)
                powers[other] = self.add(powers[other], exponent) if other in powers else exponent

    def _flat_mul(self, number: Any, factors: list[Operation]) -> Operation:
        inside, flat = self._flat_factors(factors)
        number = number*inside
        by_shape: dict[Shape, list[Operation]] = {}
        for factor in flat:
            by_shape.setdefault(factor.shape, []).append(factor)
        scalars = sorted(by_shape.pop((), []), key=_rank)
        groups = [self._grouped(sorted(g, key=_rank)) for g in by_shape.values()]
        groups.sort(key=lambda g: (sum(size != 1 for size in g.shape), _rank(g)))
        numbers = [] if number == 1 else [self.number(number)]
        if not groups:
            if not scalars:
                return self.number(number)
            return self._grouped([*numbers, *scalars])
        core = self._grouped(groups)
        if not numbers and not scalars:
            return core
        front = self._grouped([*numbers, *scalars])
        return self.make("mul", front, core, shape=core.shape)

    def _grouped(self, factors: list[Operation]) -> Operation:
        return factors[0] if len(factors) == 1 else self.entrywise("mul", *factors)

    def power(self, base: Operation, exponent: Operation) -> Operation:
        """A power entry by entry."""
        if is_number(exponent, 1):
            return base
        if is_number(exponent, 0):
            return self.expand(self.number(1), base.shape)
        if base.kind == "expand":
            return self.expand(self.power(base.args[0], exponent), base.shape)
        if base.kind == "transpose" and not exponent.shape:
            return self.transpose(self.power(base.args[0], exponent))
        if is_number(base, 1):
            return self.expand(base, exponent.shape)
        if is_number(base) and is_number(exponent):
            return self.number(base.data**exponent.data)
        if is_number(base, S.Exp1):
            return self.call("exp", exponent)
        if is_number(exponent) and exponent.data.is_Integer:
            found = self._whole_power(base, exponent)
            if found is not None:
                return found
        if is_number(exponent, -1):
            stable = self._reciprocal(base)
            if stable is not None:
                return stable
        return self.entrywise("power", base, exponent)

    def _whole_power(self, base: Operation, exponent: Operation) -> Operation | None:
        """Of powers, of exponentials, and of what has a number in front."""
        if base.kind == "call" and base.data == "exp":
            return self.call("exp", self.mul(exponent, base.args[0]))
        if base.kind == "power" and is_number(base.args[1]):
            return self.power(base.args[0], self.mul(base.args[1], exponent))
        if base.kind == "mul" and is_number(base.args[0]):
            return self.mul(self.number(base.args[0].data**exponent.data),
                            self.power(self._without_number(base), exponent))
        return None

    def _reciprocal(self, base: Operation) -> Operation | None:
        """1/(eᵃ + eᵇ) is e⁻ᵃ σ(a - b): the logistic function does not overflow."""
        pair = self._two_exponentials(base)
        if pair is None:
            return None
        a, b = pair
        sigmoid = self.call("Sigmoid", self.add(a, self.negative(b)))
        return self.mul(self.call("exp", self.negative(a)), sigmoid)

    def _two_exponentials(self, value: Operation) -> tuple[Operation, Operation] | None:
        """a and b of eᵃ + eᵇ, where 1 is e⁰ and comes first."""
        if value.kind != "add" or len(value.args) != 2 or self.complex_numbers:
            return None
        found = []
        for term in value.args:
            if is_number(term, 1):
                found.insert(0, self.number(0))
            elif term.kind == "call" and term.data == "exp":
                found.append(term.args[0])
        return (found[0], found[1]) if len(found) == 2 else None

    def call(self, name: str, *values: Operation) -> Operation:
        """A function of entries by its name in SymPy, in its stable form."""
        if len(values) == 1:
            (value,) = values
            if value.kind == "expand":
                return self.expand(self.call(name, value.args[0]), value.shape)
            if value.kind == "transpose":
                return self.transpose(self.call(name, value.args[0]))
            if is_number(value) and hasattr(sympy, name):
                return self.number(getattr(sympy, name)(value.data))
            if name in (*ODD, *EVEN) and value.kind == "mul" and is_number(value.args[0]) \
                    and value.args[0].data.is_negative:
                found = self.call(name, self.negative(value))
                return found if name in EVEN else self.negative(found)
            stable = self._stable(name, value)
            if stable is not None:
                return stable
        return self.entrywise("call", *values, data=name)

    def conjugate(self, value: Operation) -> Operation:
        """The conjugate entry by entry, of numbers that are real themselves."""
        if value.kind == "call" and value.data == "conjugate":
            return value.args[0]
        if not self.complex_numbers or value.kind in ("identity", "size") or (
                value.kind == "call" and value.data in REAL):
            return value
        return self.call("conjugate", value)

    def real(self, value: Operation) -> Operation:
        """What is real but for rounding."""
        return self.call("re", value) if self.complex_numbers else value

    def _stable(self, name: str, value: Operation) -> Operation | None:
        if name == "exp" and is_number(value, 0):
            return self.number(1)
        if value.kind == "determinant" and name == "log":
            return self.make("log_determinant", *value.args)
        if name != "log" or self.complex_numbers:
            return None
        pair = self._two_exponentials(value)
        if pair is not None:
            a, b = pair
            return self.add(a, self.call("Softplus", self.add(b, self.negative(a))))
        if value.kind == "call":
            return self._logarithm_of_function(value)
        if value.kind == "softmax":
            return self.add(value.args[0], self.negative(
                self.log_sum_exp(value.args[0], value.data)))
        if value.kind == "sum" and value.args[0].kind == "call" and value.args[0].data == "exp":
            return self.log_sum_exp(value.args[0].args[0], value.data)
        if value.kind == "add" and any(is_number(a, 1) for a in value.args):
            rest = [a for a in value.args if not is_number(a, 1)]
            return self.entrywise("call", self.add(*rest), data="log1p")
        return None

    def _logarithm_of_function(self, value: Operation) -> Operation | None:
        (x, *_) = value.args
        if value.data == "exp":
            return x
        if value.data == "Sigmoid":
            return self.negative(self.call("Softplus", self.negative(x)))
        if value.data == "cosh":  # |x| + log(1 + e⁻²ˡˣˡ) - log 2
            size = self.call("Abs", x)
            rest = self.call("Softplus", self.mul(self.number(-2), size))
            return self.add(size, rest, self.number(-sympy.log(2)))
        if value.data == "Abs" and x.kind == "determinant":
            return self.make("log_abs_determinant", *x.args)
        return None

    # --- whole matrices ------------------------------------------------------------------

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
                or all(_flags(f)[1] for f in flat)))
        if better:
            return self.make("transpose", self.make("product", *turned, shape=shape[::-1]),
                             shape=shape)
        return self.make("product", *flat, shape=shape)

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

    def softmax(self, value: Operation, axis: int | None) -> Operation:
        return self.make("softmax", value, data=axis, shape=value.shape)

    def log_sum_exp(self, value: Operation, axis: int | None) -> Operation:
        if not value.shape:
            return value
        kept = () if axis is None else tuple(
            1 if k == axis else s for k, s in enumerate(value.shape))
        return self.make("log_sum_exp", value, data=axis, shape=kept)

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


def times(a: Size, b: Size) -> Size:
    """The product of two sizes."""
    if isinstance(a, int) and isinstance(b, int):
        return a*b
    found = expand(sympify(a)*sympify(b))
    return int(found) if isinstance(found, Integer) else found
