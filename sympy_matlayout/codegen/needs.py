"""What is computed in any case, whatever a product turns out to be made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core import limits
from .operations import Operation, scaled_parts

__all__ = ["needed_values"]

# what may be a factor without being formed
LOOSE = {"add", "product", "transpose", "inverse", "diagonal", "identity", "kronecker",
         "commutation", "expand"}


def needed_values(roots: Sequence[Operation], order: Sequence[Operation]) -> set[Operation]:
    """Values that something other than a product is made of, or that can't be applied."""
    formed = _deep_sums(order)
    needed: set[Operation] = set()
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
            needed.add(value)
        loose = _is_chain(value) or value.kind == "diagonal_of" or (
            not is_needed and value.kind in ("add", "mul", "kronecker"))
        stack.extend((a, not loose or not a.shape or value.kind == "inverse")
                     for a in value.args)
    return needed


def _is_loose(value: Operation) -> bool:
    """Whether a factor of a product need not be formed."""
    return value.kind in LOOSE or value.kind == "mul" and scaled_parts(value)[0] is not None


def _is_chain(value: Operation) -> bool:
    return value.kind == "product" or value.kind == "trace" and len(value.args) > 1


def _deep_sums(order: Iterable[Operation]) -> set[Operation]:
    """The sums of a graph that is too deep to try what is cheaper, each within the next."""
    height: dict[Operation, int] = {}
    for value in order:
        height[value] = 1 + max((height[a] for a in value.args), default=0)
    return {v for v, h in height.items() if v.kind == "add" and h > limits.WEIGHED_LEVELS}
