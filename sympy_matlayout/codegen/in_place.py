"""
Large arrays written into ones that are no longer needed.

Memory for a new large array costs more than computing its entries: it is handed out by the
system page by page, and given back at the end of the call.  So each entrywise operation
and product on large arrays is a statement of its own here, and its result goes into an
operand that is used for the last time, or into an array of its shape that nothing needs any
more.
"""

from __future__ import annotations

from collections import Counter

from ..core import limits
from .operations import VIEWS, Operation, is_number
from .program import NEGATED, Code, Writer
from .targets.numpy_target import NumPyTarget

__all__ = ["InPlaceWriter"]

LARGE = 1 << 12  # entries
ALIASES = ("factorized", "diagonal_of", "expand")  # which may share memory with their operand
# results whose entries are of another type than those of the arguments, or may be
OTHER_TYPES = ("opaque", "compare", "range", "stack")


class InPlaceWriter(Writer):
    """Writes operations one after the other, and reuses the arrays that they leave behind."""

    target: NumPyTarget

    def prepare(self) -> None:
        if len(self.order) <= limits.REORDERED_OPERATIONS:
            self.order = _with_little_memory(self.order, self.roots)
        position = {value: k for k, value in enumerate(self.order)}
        self.last: dict[Operation, int] = {}  # where each array or a view of it is used last
        for value in self.order:
            if not self._is_deferred(value):  # a function of the user's may give its argument back
                at = len(self.order) if value.kind == "opaque" else position[value]
                for a in value.args:
                    self.last[self._base(a)] = max(at, self.last.get(self._base(a), -1))
        for root in self.roots:
            self.last[self._base(root)] = len(self.order)
        self.position = position
        self.free: dict[tuple, list[str]] = {}
        self.owned: dict[Operation, str] = {}  # arrays made here, and their names
        self.clean: set[Operation] = set()

    def _is_deferred(self, value: Operation) -> bool:
        """Whether this is written where it is used: a view, or what is subtracted."""
        return value.kind in VIEWS or value in self.subtracted and (
            self.uses[value] == 1 or value.args[-1].kind == "argument")

    def _base(self, value: Operation) -> Operation:
        """The array that a view is of, or that a factorisation may be of without a copy."""
        while value.args and (self._is_deferred(value) or value.kind in ALIASES):
            value = value.args[-1]
        return value

    def write(self, value: Operation) -> None:
        typed = value.args[1:] if value.kind == "where" else value.args
        if value.kind not in OTHER_TYPES and all(a in self.clean for a in typed):
            self.clean.add(value)
        bases = {self._base(a) for a in value.args if a.shape}
        is_large = _is_large(value)
        if self._is_deferred(value) or not is_large and not any(map(_is_large, bases)):
            super().write(value)
            return
        lines = self._into(value) if is_large and value in self.clean else None
        if lines is None:
            self._named(value)
        else:
            self.found.lines += lines
        self._release(value, bases)

    def _named(self, value: Operation) -> None:
        """A statement that allocates its result."""
        if value.kind in ("add_diagonal", "scattered"):
            first = value.args[0]
            while first.kind in VIEWS:
                first = first.args[0]
            if first in self.owned and self.last[first] <= self.position[value]:
                self.owned.pop(first)
                self.fresh.add(value.args[0])
        uses, self.uses[value] = self.uses[value], 2
        before = len(self.found.lines)
        super().write(value)
        self.uses[value] = uses
        name = self.codes[value].text
        if len(self.found.lines) == before and not name.isidentifier() and value.args:
            name = self.name(value)
            self.found.lines.append(f"{name} = {self.codes[value].text}")
            self.codes[value] = Code(name)
            self.heights[value] = 0
        if value in self.clean and name.isidentifier() and value.kind not in (
                "argument", "expand", "diagonal_of", "factorized"):
            self.owned[value] = name

    def _release(self, value: Operation, bases: set[Operation]) -> None:
        for base in sorted(bases, key=lambda b: b.place):
            if base in self.owned and self.last[base] <= self.position[value]:
                name = self.owned.pop(base)
                if name not in self.owned.values():
                    self.free.setdefault(base.shape, []).append(name)

    # --- one operation ---------------------------------------------------------------------

    def _into(self, value: Operation) -> list[str] | None:
        """Lines that compute an array into one that there is, None where there is none."""
        write = getattr(self, f"_write_{value.kind}", None)
        if write is None:
            return None
        codes = [self.codes[a] for a in value.args]
        if value.kind == "matmul":
            name = self._left_behind(value)
        else:
            name = self._dying(value) or self._left_behind(value)
        made = name is None
        outer = value.kind == "matmul" and value.args[0].shape[-1] == 1
        if made and len(value.args) < 3 and not self._takes_steps(value) and not outer:
            return None
        name = name or self.name(value)
        lines = write(value, codes, name, None if made else name)
        if lines is None:
            if not made:
                self.free.setdefault(value.shape, []).append(name)
            return None
        self.codes[value] = Code(name)
        self.heights[value] = 0
        self.owned[value] = name
        return lines

    def _takes_steps(self, value: Operation) -> bool:
        """Whether there is an intermediate result, as in -(a*b)."""
        return any(c.level == NEGATED for c in (self.codes[a] for a in value.args))

    def _dying(self, value: Operation) -> str | None:
        """An operand of the same shape that is used here for the last time."""
        bases = [self._base(a) for a in value.args if a.shape]
        for a in value.args:
            a = a.args[-1] if a in self.subtracted else a
            if a in self.owned and a.shape == value.shape and bases.count(a) == 1 \
                    and self.last[a] <= self.position[value]:
                return self.owned.pop(a)
        return None

    def _left_behind(self, value: Operation) -> str | None:
        free = self.free.get(value.shape)
        return free.pop() if free else None

    def _ufunc(self, name: str, args: list[str], to: str, out: str | None) -> str:
        inside = ", ".join(args)
        if out is None:
            return f"{to} = {self.target.array}.{name}({inside})"
        return f"{self.target.array}.{name}({inside}, out={out})"

    def _write_matmul(self, value: Operation, codes: list[Code], to: str,
                      out: str | None) -> list[str]:
        if value.args[0].shape[-1] == 1 and len(value.shape) == 2:  # NumPy's own is slow here
            return [self._ufunc("multiply", [c.text for c in codes], to, out)]
        return [self._ufunc("matmul", [c.text for c in codes], to, out)]

    def _write_call(self, value: Operation, codes: list[Code], to: str,
                    out: str | None) -> list[str] | None:
        name = self.target.ufuncs.get(value.data)
        return [self._ufunc(name, [c.text for c in codes], to, out)] if name else None

    def _write_power(self, value: Operation, codes: list[Code], to: str,
                     out: str | None) -> list[str]:
        base, exponent = codes
        if is_number(value.args[1], 2):
            return [self._ufunc("multiply", [base.text, base.text], to, out)]
        if is_number(value.args[1], -1):
            return [self._ufunc("divide", ["1", base.text], to, out)]
        return [self._ufunc("power", [base.text, exponent.text], to, out)]

    def _write_add(self, value: Operation, codes: list[Code], to: str,
                   out: str | None) -> list[str] | None:
        terms = [self.target.signed(a, c) for a, c in zip(value.args, codes, strict=True)]
        # first what is of the full shape, and what is to be overwritten
        order = sorted(range(len(terms)), key=lambda k: (
            terms[k][1].text != to, value.args[k].shape != value.shape))
        if out is None and not _is_whole([value.args[k] for k in order[:2]], value):
            return None
        (first_minus, first), (second_minus, second), *rest = (terms[k] for k in order)
        if first_minus and not second_minus:
            lines = [self._ufunc("subtract", [second.text, first.text], to, out)]
        else:
            name = "subtract" if second_minus and not first_minus else "add"
            lines = [self._ufunc(name, [first.text, second.text], to, out)]
            if first_minus and second_minus:
                lines.append(f"{to} *= -1")
        return lines + [f"{to} {'-=' if negative else '+='} {code.text}" for negative, code in rest]

    def _write_mul(self, value: Operation, codes: list[Code], to: str,
                   out: str | None) -> list[str] | None:
        pairs = list(zip(value.args, codes, strict=True))
        arrays = [(a, c) for a, c in pairs if a.shape]
        thin = [(a, c) for a, c in pairs if not a.shape]
        if len(arrays) == 1 and len(thin) == 1 and is_number(thin[0][0], -1):
            return [self._ufunc("negative", [arrays[0][1].text], to, out)]
        arrays.sort(key=lambda p: (_is_quotient(*p), p[1].text != to, p[0].shape != value.shape))
        factors = [*arrays, *thin]
        if _is_quotient(*factors[0]) or len(factors) < 2 \
                or out is None and not _is_whole([a for a, _ in factors[:2]], value):
            return None
        parts = [(_is_quotient(a, c), c.text[2:] if _is_quotient(a, c) else c.text)
                 for a, c in factors]
        lines = [self._ufunc("divide" if parts[1][0] else "multiply",
                             [parts[0][1], parts[1][1]], to, out)]
        return lines + [f"{to} {'/=' if under else '*='} {text}" for under, text in parts[2:]]


def _is_whole(operands: list[Operation], value: Operation) -> bool:
    """Whether operands together have the shape of what they are operands of."""
    shapes = [a.shape for a in operands if a.shape]
    return tuple(max(sizes) for sizes in zip(*shapes, strict=True)) == value.shape


def _is_quotient(value: Operation, code: Code) -> bool:
    return value.kind == "power" and is_number(value.args[1], -1) and code.text.startswith("1/")


def _with_little_memory(order: list[Operation], roots: list[Operation]) -> list[Operation]:
    """The operations in an order in which that comes first which leaves the least in memory."""
    area = {v: _entries(v) if v.kind not in (*VIEWS, "argument") else 0 for v in order}
    users: dict[Operation, int] = Counter(a for v in order for a in v.args)
    users.update(Counter(roots))
    waiting = {v: len(set(v.args)) for v in order}
    above: dict[Operation, list[Operation]] = {}
    for v in order:
        for a in set(v.args):
            above.setdefault(a, []).append(v)
    place = {v: k for k, v in enumerate(order)}
    ready = [v for v in order if not v.args]
    found: list[Operation] = []

    def growth(v: Operation) -> tuple[int, int]:
        freed = sum(area[a] for a in set(v.args) if users[a] <= v.args.count(a))
        return area[v] - freed, place[v]

    while ready:
        best = min(ready, key=growth)
        ready.remove(best)
        found.append(best)
        users.subtract(best.args)
        for user in above.get(best, ()):
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    return found


def _entries(value: Operation) -> int:
    entries = 1
    for size in value.shape:
        entries *= size if isinstance(size, int) else 1
    return entries


def _is_large(value: Operation) -> bool:
    return _entries(value) >= LARGE
