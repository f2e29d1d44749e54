"""The part of a graph that is numbers and operations on entries, in their stable form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr, S, sympify

from .operations import (
    Operation,
    Shape,
    Size,
    flags,
    is_number,
    rank,
)

__all__ = ["EntrywiseGraph"]

# x ↦ f(-x) = -f(x)
ODD = {"sin", "tan", "sinh", "tanh", "asinh", "atan", "erf", "sign"}
# x ↦ f(-x) = f(x)
EVEN = {"Abs", "cos", "cosh"}


# real, whatever they are of
REAL = {"Abs", "arg", "im", "re"}


class EntrywiseGraph(ABC):
    """Numbers, arguments, and what is computed entry by entry."""

    def __init__(self, complex_numbers: bool = False) -> None:
        self.complex_numbers = complex_numbers  # for which some functions have other stable forms
        self._known: dict[tuple, Operation] = {}

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
        if turned is not None and (all(flags(v)[1] for v in values if v.shape)
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
        kept = sorted(((t, f) for t, f in parts.items() if f != 0), key=lambda p: rank(p[0]))
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
        if len(arrays) > 1 and all(len(f.shape) == 2 and flags(f)[1] for f in arrays):
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
        scalars = sorted(by_shape.pop((), []), key=rank)
        groups = [self._grouped(sorted(g, key=rank)) for g in by_shape.values()]
        groups.sort(key=lambda g: (sum(size != 1 for size in g.shape), rank(g)))
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

    def softmax(self, value: Operation, axis: int | None) -> Operation:
        return self.make("softmax", value, data=axis, shape=value.shape)

    def log_sum_exp(self, value: Operation, axis: int | None) -> Operation:
        if not value.shape:
            return value
        kept = () if axis is None else tuple(
            1 if k == axis else s for k, s in enumerate(value.shape))
        return self.make("log_sum_exp", value, data=axis, shape=kept)

    @abstractmethod
    def transpose(self, value: Operation) -> Operation:
        """The transpose of a matrix, outside of what is entry by entry."""
