"""
The part of a graph that keeps sums of exponentials from overflow.

A sum S = Σ cᵢ exp(aᵢ) is exp(s) R with s = max aᵢ and R = Σ cᵢ exp(aᵢ - s), where nothing
overflows.  So log S is s + log R, and of a quotient of such sums the exponents are subtracted
before anything is exponentiated.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from sympy import S

from .operations import Operation, Shape, is_number
from .product_graph import ProductGraph

__all__ = ["ScaledGraph"]

SUMS = ("add", "sum", "sum_axes")


class Scaled(NamedTuple):
    """exp(scale) times a value of ordinary size."""

    scale: Operation
    rest: Operation


class ScaledGraph(ProductGraph):
    """Logarithms and quotients of sums of exponentials."""

    def __init__(self, complex_numbers: bool = False) -> None:
        super().__init__(complex_numbers)
        self._scaled: dict[Operation, Scaled | None] = {}
        self._rests: set[Operation] = set()  # sums that are of ordinary size

    def add(self, *terms: Operation) -> Operation:
        """A sum; 1 - σ(x) is σ(-x), which is not zero where σ(x) rounds to one."""
        if len(terms) == 2 and not self.complex_numbers:
            for one, other in (terms, terms[::-1]):
                if is_number(one, 1) and other.kind == "mul" and is_number(other.args[0], -1) \
                        and len(other.args) == 2 and _is_sigmoid(other.args[1]):
                    return self.call("Sigmoid", self.negative(other.args[1].args[0]))
        return super().add(*terms)

    def power(self, base: Operation, exponent: Operation) -> Operation:
        """A power; of a sum below the bar its scale stands above."""
        if is_number(exponent) and exponent.data.is_negative and not (
                exponent.data == -1 and self._is_logistic(base)):
            scaled = self.scaled(base)
            if scaled is not None:
                below = super().power(scaled.rest, exponent)
                self._rests.add(below)
                return self.mul(self.call("exp", self.mul(exponent, scaled.scale)), below)
        return super().power(base, exponent)

    def mul(self, *factors: Operation) -> Operation:
        """A product; where sums are below the bar, those above give their scales as well."""
        if self.complex_numbers:
            return super().mul(*factors)
        number, flat = self._flat_factors(factors)
        if any(f in self._rests for f in flat):
            parts = [f if f.kind not in (*SUMS, "product", "trace") else self.scaled(f) or f
                     for f in flat]
            flat = [of for f in parts for of in (
                (self.call("exp", f.scale), f.rest) if isinstance(f, Scaled) else (f,))]
            return super().mul(self.number(number), *self._with_exponentials_joined(flat))
        if any(map(_is_sigmoid, flat)) and any(
                f.kind in SUMS and self._difference(f) is None and self.scaled(f) for f in flat):
            return self.mul(self.number(number), *map(self._as_quotient, flat))
        return super().mul(self.number(number), *self._with_tangents(flat)) \
            if any(map(_is_sigmoid, flat)) else super().mul(*factors)

    def _is_logistic(self, base: Operation) -> bool:
        """Whether one over a sum is the logistic function: of entries, or of 1 + exp(a)."""
        pair = self._two_exponentials(base)
        return pair is not None and (bool(base.shape) or is_number(pair[0], 0))

    def _as_quotient(self, factor: Operation) -> Operation:
        """σ(a) as exp(-max(-a, 0)) times what is between a half and one."""
        if not _is_sigmoid(factor):
            return factor
        (a,) = factor.args
        scale = self._largest([self.number(0), self.negative(a)])
        rest = self.call("Sigmoid", self.call("Abs", a))
        self._rests.add(rest)
        return super().mul(self.call("exp", self.negative(scale)), rest)

    def _with_exponentials_joined(self, factors: list[Operation]) -> list[Operation]:
        """The exponentials of numbers and rows within those of all entries, if there are such."""
        of = [f.args[0] for f in factors if _is_exponential(f)]
        if len({a.shape for a in of}) < 2 or self._common(of) not in {a.shape for a in of}:
            return factors
        return [*(f for f in factors if not _is_exponential(f)), self.call("exp", self.add(*of))]

    def _with_tangents(self, factors: list[Operation]) -> list[Operation]:
        """``(exp(p) - exp(q)) σ(p - q)`` is ``exp(p) tanh((p - q)/2)``"""
        found = list(factors)
        for sigmoid in filter(_is_sigmoid, factors):
            for total in factors:
                pair = self._difference(total)
                if pair is None or total not in found or sigmoid not in found:
                    continue
                number, p, q = pair
                of = sigmoid.args[0]
                for sign, first, second in ((1, p, q), (-1, q, p)):
                    if self.add(first, self.negative(second)) is of:
                        found.remove(total)
                        found.remove(sigmoid)
                        found += [self.number(sign*number), self.call("exp", first), self.call(
                            "tanh", self.mul(self.number(S.Half), of))]
                        break
        return found

    def _difference(self, total: Operation) -> tuple[int, Operation, Operation] | None:
        """The exponents p and q of ±(exp(p) - exp(q)), where 1 is exp(0), and the sign."""
        if total.kind != "add" or len(total.args) != 2:
            return None
        found = []
        for term in total.args:
            sign = 1
            if term.kind == "mul" and is_number(term.args[0], -1) and len(term.args) == 2:
                sign, term = -1, term.args[1]
            if is_number(term) and abs(term.data) == 1:
                found.append((sign*int(term.data), self.number(0)))
            elif _is_exponential(term):
                found.append((sign, term.args[0]))
        if len(found) != 2 or found[0][0] == found[1][0]:
            return None
        return found[0][0], found[0][1], found[1][1]

    def _stable(self, name: str, value: Operation) -> Operation | None:
        if name == "log" and value.kind == "add" and not self.complex_numbers:
            ones = [t for t in value.args if is_number(t, 1)]
            rest = self.add(*(t for t in value.args if t not in ones))
            if ones and self._is_positive_sum(rest):  # log(1 + S) = log(1 + exp(log S))
                return self.call("Softplus", self.call("log", rest))
        found = super()._stable(name, value)
        if found is not None or name != "log":
            return found
        scaled = self._apart(value) if value.kind == "mul" and any(
            map(_is_exponential, value.args)) else self.scaled(value)
        return None if scaled is None else self.add(scaled.scale, self.call("log", scaled.rest))

    def _is_positive_sum(self, value: Operation) -> bool:
        """Whether a value is a sum of multiples of exponentials by positive numbers."""
        if value.kind == "add":
            return all(map(self._is_positive_sum, value.args))
        if value.kind == "mul":
            return is_number(value.args[0]) and bool(value.args[0].data.is_positive) and all(
                map(self._is_positive_sum, value.args[1:]))
        if value.kind in ("sum", "sum_axes"):
            return self._is_positive_sum(value.args[0])
        return _is_exponential(value)

    # --- the scale of a value --------------------------------------------------------------

    def scaled(self, value: Operation) -> Scaled | None:
        """The largest exponent of a value apart, if there is one and there are sums."""
        if self.complex_numbers or not self._holds_sums(value):
            return None
        return self._apart(value)

    def _holds_sums(self, value: Operation) -> bool:
        return value.kind in (*SUMS, "product", "trace") or value.kind in (
            "mul", "transpose") and any(map(self._holds_sums, value.args))

    def _apart(self, value: Operation) -> Scaled | None:
        if value in self._rests:
            return None
        if value not in self._scaled:
            split = getattr(self, f"_apart_{value.kind}", None)
            self._scaled[value] = None if split is None else split(value)
        return self._scaled[value]

    def _apart_call(self, value: Operation) -> Scaled | None:
        return Scaled(value.args[0], self.number(1)) if _is_exponential(value) else None

    def _apart_transpose(self, value: Operation) -> Scaled | None:
        inner = self._apart(value.args[0])
        return None if inner is None else Scaled(*(
            self.transpose(part) if part.shape else part for part in inner))

    def _apart_power(self, value: Operation) -> Scaled | None:
        base, exponent = value.args
        inner = self._apart(base) if is_number(exponent) else None
        return None if inner is None else Scaled(
            self.mul(exponent, inner.scale), self.power(inner.rest, exponent))

    def _apart_mul(self, value: Operation) -> Scaled | None:
        parts = [(f, self._apart(f)) for f in value.args]
        scales = [found.scale for _, found in parts if found is not None]
        if not scales:
            return None
        rest = super().mul(*(f if found is None else found.rest for f, found in parts))
        return Scaled(self.add(*scales), rest)

    def _apart_add(self, value: Operation) -> Scaled | None:
        parts = [self._apart(term) or Scaled(self.number(0), term) for term in value.args]
        if all(p.rest is term for p, term in zip(parts, value.args, strict=True)):
            return None
        scale = self._largest([p.scale for p in parts])
        rest = self.add(*(self._times_exponential(p, scale) for p in parts))
        return self._settled(scale, rest)

    def _apart_sum(self, value: Operation) -> Scaled | None:
        inner = self._apart(value.args[0])
        if inner is None:
            return None
        scale, of = inner.scale, value.args[0]
        if scale.shape == of.shape and of.shape:
            scale = self.make("max", scale, data=value.data, shape=value.shape)
        elif scale.shape:
            return None
        rest = self._times_exponential(inner, scale)
        total = self.total(self.expand(rest, of.shape)) if value.data is None else \
            self.sum_along(self.expand(rest, of.shape), value.data)
        return self._settled(scale, total)

    def _apart_sum_axes(self, value: Operation) -> Scaled | None:
        (of,), axes = value.args, value.data
        inner = self._apart(of)
        if inner is None or inner.scale.shape and len(inner.scale.shape) != len(of.shape):
            return None
        scale = back = inner.scale
        if scale.shape:
            scale = self.make("max", scale, data=axes, shape=value.shape)
            back = self.reshape(scale, (*value.shape, *(1 for _ in axes)))
        rest = self._times_exponential(inner, back)
        return self._settled(scale, self.make("sum_axes", rest, data=axes, shape=value.shape))

    def _apart_product(self, value: Operation) -> Scaled | None:
        """A product with one factor of exponentials, by the largest of these."""
        parts = [(f, self._apart(f)) for f in value.args]
        scaled = [(f, found) for f, found in parts if found is not None]
        if len(scaled) != 1:
            return None
        (factor, inner), = scaled
        scale = self.make("max", inner.scale, data=None) if inner.scale.shape else inner.scale
        own = self.expand(self._times_exponential(inner, scale), factor.shape)
        factors = [own if f is factor else f for f in value.args]
        made = self.product(*factors) if value.kind == "product" else self.trace_of_product(factors)
        return self._settled(scale, made)

    _apart_trace = _apart_product

    def _settled(self, scale: Operation, rest: Operation) -> Scaled:
        """What is left is of ordinary size, whatever number stands before it."""
        stack = [rest]
        while stack:
            value = stack.pop()
            self._rests.add(value)
            if value.kind in ("mul", "expand", "transpose"):
                stack += value.args
        return Scaled(scale, rest)

    @abstractmethod
    def reshape(self, value: Operation, shape: Shape) -> Operation:
        """The entries, row by row, in another shape."""

    def _times_exponential(self, value: Scaled, scale: Operation) -> Operation:
        return super().mul(value.rest, self.call("exp", self.add(
            value.scale, self.negative(scale))))

    def _largest(self, scales: Sequence[Operation]) -> Operation:
        found, *others = sorted(dict.fromkeys(scales), key=lambda scale: scale.place)
        for scale in others:
            found = self.entrywise("call", found, scale, data="Max")
        return found


def _is_exponential(value: Operation) -> bool:
    return value.kind == "call" and value.data == "exp"


def _is_sigmoid(value: Operation) -> bool:
    return value.kind == "call" and value.data == "Sigmoid"
