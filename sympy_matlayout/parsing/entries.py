"""Entries, slices and sums over an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Dummy, S, Sum

from ..nodes.matrix_sum import MatrixSum
from ..simplify import constructors as c
from .meaning import Index, Meaning, operation
from .sizes import SCALAR, Conflict, Form, Value
from .syntax import Node, Place, walk

__all__ = ["taken"]


# --- sums over an index ------------------------------------------------------------------


@operation("sum")
def _sum_over(meaning: Meaning, node: Node) -> Value:
    """From 0 or 1 on, or over all that the index counts where there are no limits."""
    body, *ends = node.args
    name, size, k = node.value, meaning.sizes.fresh(), Dummy(node.value, integer=True)
    low, high = map(meaning.count, ends) if ends else (S.One, size)
    outer = meaning.indices.get(name)
    index = meaning.indices[name] = Index(k, low)
    form, build = meaning.of(body)
    del meaning.indices[name]
    if outer is not None:
        meaning.indices[name] = outer
    if not ends and not any(offset == 0 for _, offset, _ in index.uses):
        raise Conflict(f"the sum over {name} has no limits, and nothing in it is counted by "
                       f"{name}", node.place)
    _fit(meaning, name, index, high)
    return Value(form, lambda: (Sum if form.is_scalar else MatrixSum)(
        build(), (k, S.Zero, meaning.sizes.named(high) - low)))


def _fit(meaning: Meaning, name: str, index: Index, high: Any) -> None:
    """What x_i and x_{i+1} are entries of is as long as the last of them asks for."""
    longest: dict[Any, tuple[Any, Place]] = {}
    for size, offset, place in index.uses:
        if (index.first + offset).is_negative or index.first + offset == 0 != index.first:
            raise Conflict(f"{name} begins at {index.first}, and places are counted from one",
                           place)
        known = meaning.sizes.value(size)
        if known not in longest or offset > longest[known][0]:
            longest[known] = offset, place
    for size, (offset, place) in longest.items():
        before = meaning.sizes.multiplied(size)
        offset += index.first == 0  # x_0 is the first entry where a sum begins with it
        if not meaning.sizes.same(size, high + offset) \
                and not (before - high - offset).is_nonnegative:
            raise Conflict(f"{name} counts to {meaning.sizes.named(high + offset)} here, of "
                           f"{meaning.sizes.named(size)}", place)


@operation("entry")
def _entry(meaning: Meaning, node: Node) -> Value:
    """x_i, X_{ij}, counted from one; x_i of a matrix x is the column that its i-th row holds."""
    base, *places = node.args
    form, build = meaning.of(base)
    if form.is_scalar:
        raise Conflict("an index of a scalar", node.place)
    if len(places) == 1 and form.is_vector:
        size = form.cols if form.rows == 1 else form.rows
        at = _place(meaning, places[0], size)
        return Value(SCALAR, _one_of(form, build, at))
    if len(places) == 1 and places[0].head == "number" and len(places[0].value) == 2:
        places = [Node("number", places[0].place, value=digit) for digit in places[0].value]
    if len(places) == 1:
        if base.head != "name" or not base.value[:1].islower():
            raise Conflict("one index of a matrix: a family of matrices is not covered, and a row "
                           "is X_{i,:}, a column X_{:,i}", node.place)
        places = [places[0], Node("colon", node.place)]
        row, build_row = _of_two(meaning, form, build, places)
        return Value(Form(row.cols, S.One), lambda: c.transpose(build_row()))
    if len(places) != 2:
        raise Conflict("a matrix has two indices", node.place)
    return _of_two(meaning, form, build, places)


def _of_two(meaning: Meaning, form: Form, build: Callable[[], Any], places: Sequence[Node]
            ) -> Value:
    sizes = form.rows, form.cols
    spans, numbers = [], []
    for place, size in zip(places, sizes, strict=True):
        if place.head == "colon":
            numbers.append(size)
            spans.append(_all_of(meaning, size))
        else:
            numbers.append(S.One)
            spans.append(_alone(_place(meaning, place, size)))
    if numbers == [1, 1]:
        return Value(SCALAR, lambda: c.entry(build(), spans[0]()[0], spans[1]()[0]))
    return Value(Form(*numbers), lambda: c.matrix_slice(build(), spans[0](), spans[1]()))


def _place(meaning: Meaning, node: Node, size: Any) -> Callable[[], Any]:
    """The place from zero of an index that is counted from one."""
    for name in walk(node):
        index = meaning.indices.get(name.value) if name.head == "name" else None
        if index is not None:
            offset = _offset(node)
            if offset is None:
                raise Conflict(f"a place that depends on {name.value} is {name.value}, "
                               f"{name.value}+1 or the like", node.place)
            index.uses.append((size, offset, node.place))
            return lambda: index.k + offset + (index.first - 1 if index.first != 0 else 0)
    at = meaning.count(node)
    if (at - 1).is_negative:
        raise Conflict("places are counted from one here", node.place)
    _require_within(meaning, node, at - 1, size)
    return lambda: at - 1


def _require_within(meaning: Meaning, node: Node, at: Any, size: Any) -> None:
    known = meaning.sizes.value(size)
    if (at - known).is_nonnegative:
        raise Conflict("there is no such place: there "
                       + (f"are {known}" if known != 1 else "is one"), node.place)


def _offset(node: Node) -> Any:
    """1 of i + 1."""
    if node.head == "name":
        return S.Zero
    if node.head in ("add", "sub") and node.args[0].head == "name" \
            and node.args[1].head == "number" and node.args[1].value.isdigit():
        return S(int(node.args[1].value))*(1 if node.head == "add" else -1)
    return None


def _one_of(form: Form, build: Callable[[], Any], at: Callable[[], Any]) -> Callable[[], Any]:
    if form.rows == 1 and not form.flat:
        return lambda: c.entry(build(), S.Zero, at())
    return lambda: c.entry(build(), at(), S.Zero)


def _all_of(meaning: Meaning, size: Any) -> Callable[[], tuple[Any, Any, Any]]:
    return lambda: (S.Zero, meaning.sizes.named(size), S.One)


def _alone(at: Callable[[], Any]) -> Callable[[], tuple[Any, Any, Any]]:
    return lambda: (at(), at() + 1, S.One)


# --- entries and slices in code ----------------------------------------------------------


@operation("index")
def _index(meaning: Meaning, node: Node) -> Value:
    """x[0], X[1:3, :], counted from zero."""
    base, *places = node.args
    size = meaning.size_named(node)
    if size is not None:
        return Value(SCALAR, lambda: meaning.sizes.named(size))
    if base.head == "call" and base.value[0] == "slogdet":
        if len(places) != 1 or places[0].value != "1":
            raise Conflict("of slogdet only [1], the logarithm, is covered", node.place)
        return meaning.of(Node("call", base.place, base.args, ("logdet", base.value[1])))
    return taken(meaning, node, meaning.of(base), places, first=0)


def taken(meaning: Meaning, node: Node, of: Value, places: Sequence[Node], first: int) -> Value:
    """Entries and slices of what NumPy counts from zero and MATLAB from one."""
    form, build = of
    if form.is_scalar:
        raise Conflict("an index of a scalar", node.place)
    if len(places) == 1 and places[0].head == "colon" and first:  # X(:)
        length = meaning.sizes.product(form.cols, form.rows)
        return Value(Form(length, S.One), lambda: c.vec(build()))
    if form.flat and len(places) == 2:
        return _with_new_axis(node, of, places)
    if len(places) == 1:
        if form.is_matrix and first:
            raise Conflict("a matrix has two indices, X(i, j)", node.place)
        row = form.rows == 1 and not form.flat
        colon = Node("colon", node.place)
        if first:
            places = [colon, places[0]] if row else [places[0], colon]
        else:
            places = [places[0], colon]  # X[0] is a row in NumPy
    if len(places) != 2:
        raise Conflict("a matrix has two indices", node.place)
    (m, rows, one_row), (n, cols, one_col) = (
        _span(meaning, p, size, first) for p, size in zip(places, (form.rows, form.cols),
                                                          strict=True))
    if m == 1 and n == 1 and (one_row or form.rows == 1) and (one_col or form.cols == 1):
        return Value(SCALAR, lambda: c.entry(build(), rows()[0], cols()[0]))

    def slice_() -> Any:
        return c.matrix_slice(build(), rows(), cols())

    if first or not (one_row or one_col):
        return Value(Form(m, n, form.flat), slice_)
    if one_row:
        return Value(Form(n, S.One, True), lambda: c.transpose(slice_()))
    return Value(Form(m, S.One, True), slice_)


def _span(meaning: Meaning, node: Node, size: Any, first: int
          ) -> tuple[Any, Callable[[], tuple[Any, Any, Any]], bool]:
    """How many are taken, which, and whether by a place alone."""
    if node.head == "colon":
        return size, _all_of(meaning, size), False
    if node.head == "range":
        return _part(meaning, node, size, first)
    if node.head == "neg" and not first:
        back = meaning.count(node.args[0])
        if back == 0 or (back - meaning.sizes.value(size)).is_positive:
            raise Conflict("there is no such place", node.place)
        return S.One, _alone(lambda: meaning.sizes.named(size) - back), True
    meaning.ends.append(size)
    at = meaning.count(node) - first
    meaning.ends.pop()
    if at.is_negative:
        raise Conflict("places are counted from one here" if first else "no such place",
                       node.place)
    _require_within(meaning, node, at, size)
    return S.One, _alone(lambda: meaning.sizes.named(at)), True


def _part(meaning: Meaning, node: Node, size: Any, first: int
          ) -> tuple[Any, Callable[[], tuple[Any, Any, Any]], bool]:
    has_start, has_stop = node.value or (True, True)
    ends = list(node.args)
    meaning.ends.append(size)
    start = _from_either_end(meaning, ends.pop(0), size) - first if has_start else S.Zero
    stop = _from_either_end(meaning, ends.pop(0), size) if has_stop else size
    meaning.ends.pop()
    number = meaning.sizes.value(stop - start)
    if number.is_positive is False or start.is_negative or (
            stop - meaning.sizes.value(size)).is_positive:
        raise Conflict("an empty slice, or one beyond the first or last place", node.place)
    return (number, lambda: (meaning.sizes.named(start), meaning.sizes.named(stop), S.One), False)


def _from_either_end(meaning: Meaning, node: Node, size: Any) -> Any:
    """-1 of NumPy is counted from the end."""
    if node.head == "neg" and meaning.language == "numpy":
        return size - meaning.count(node.args[0])
    return meaning.count(node)


def _with_new_axis(node: Node, of: Value, places: Sequence[Node]) -> Value:
    """x[:, None] is a column, x[None, :] a row."""
    names = [p.value if p.head in ("name", "function") else p.head for p in places]
    if names in (["colon", "None"], ["colon", "newaxis"]):
        return Value(Form(of.form.rows, S.One), of.build)
    if names in (["None", "colon"], ["newaxis", "colon"]):
        return Value(Form(S.One, of.form.rows), lambda: c.transpose(of.build()))
    raise Conflict("an array of one axis has one index", node.place)
