"""The way from expressions to code: operations, the choice of what is computed, lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sympy.core.basic import Basic

from ..core.shapes import is_matrix
from . import entries  # noqa: F401 - declares the operations of what is given by entries
from .in_place import InPlaceWriter
from .lowering import Lowering
from .operations import Operation
from .planning import Plan
from .program import Program, Target, Writer
from .sizes import Sizes

__all__ = ["compiled", "flat", "nested", "sizes_read"]


def flat(exprs: Any) -> Iterator[Any]:
    """The expressions in lists within lists."""
    if isinstance(exprs, (list, tuple)):
        for e in exprs:
            yield from flat(e)
    else:
        yield exprs


def nested(exprs: Any, texts: Iterator[str]) -> str:
    """Texts in lists like those of the expressions."""
    if not isinstance(exprs, (list, tuple)):
        return next(texts)
    inside = ", ".join(nested(e, texts) for e in exprs)
    if isinstance(exprs, list):
        return f"[{inside}]"
    return f"({inside},)" if len(exprs) == 1 else f"({inside})"


def sizes_read(sizes: Sizes, names: Mapping[Basic, str], program: Program, target: Target
               ) -> list[str]:
    """Lines that read off the shapes what sizes stand alone there, those that are used."""
    used = program.words()
    return [target.size_of(names[s], names[sizes.arguments[k]], axis)
            for s, (k, axis, solved) in sizes.ways.items() if solved is None and names[s] in used]


def compiled(exprs: Sequence[Basic], arguments: Sequence[Basic], sizes: Mapping[Basic, int],
             target: Target, functions: Iterable[str], taken: Iterable[str],
             is_positive: Callable[[Operation], bool] = lambda _: False,
             tries_cholesky: bool = False,
             in_place: bool = False, contracts: bool = True) -> Program:
    """The program that computes some expressions."""
    lowering = Lowering(sizes, arguments, frozenset(functions), target.complex_numbers)
    roots = [lowering.of(e) for e in exprs]
    plan = Plan(lowering.graph, roots, is_positive, tries_cholesky, contracts)
    writer = (InPlaceWriter if in_place else Writer)(plan.roots, target, taken)
    return writer.written([is_matrix(e) for e in exprs])
