"""
The values of a graph of operations.

An operation has a kind, the operations it is of, and a shape: ``()`` for a number,
``(rows, columns)`` for a matrix, more sizes for entries over several indices.  A size is an
``int`` where it is known and an expression where it isn't.  1×1 matrices are numbers here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Integer, expand, sympify

from ..nodes.traversal import postorder

__all__ = ["VIEWS", "Operation", "Shape", "Size", "flags", "in_order", "is_column", "is_number",
           "is_ones", "rank", "scaled_parts", "times", "untransposed"]

Size = Any
Shape = tuple[Size, ...]


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


def flags(value: Operation) -> tuple[int, bool]:
    """In which order it was made, without its scalar, and whether it is a transpose."""
    _, value = scaled_parts(value)
    return (value.args[0].place, True) if value.kind == "transpose" else (value.place, False)


def rank(value: Operation) -> tuple:
    """The order of summands and factors: by how they are made, products first."""
    _, core = scaled_parts(value)
    return (untransposed(core).kind in ("argument", "number"), *flags(value))


def in_order(roots: Sequence[Operation]) -> Iterator[Operation]:
    """Each operation once, after those that it is of, the first before the others."""
    return postorder(reversed(roots), lambda value: reversed(value.args))


def times(a: Size, b: Size) -> Size:
    """The product of two sizes."""
    if isinstance(a, int) and isinstance(b, int):
        return a*b
    found = expand(sympify(a)*sympify(b))
    return int(found) if isinstance(found, Integer) else found
