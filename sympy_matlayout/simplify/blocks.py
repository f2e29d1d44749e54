"""
Selections as people write them: what takes rows is a slice, what puts rows among zeros a block.

``S*X`` is ``X[rows, :]``; ``S.T*A + T.T*B``, where S and T select neighbouring rows, is the
block matrix of A over B.  While an expression is simplified they are products like others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sympy import Expr, S
from sympy.core.basic import Basic
from sympy.matrices import ImmutableDenseMatrix
from sympy.matrices.expressions import BlockMatrix, Identity, MatAdd, MatMul, Transpose, ZeroMatrix

from ..core.shapes import is_matrix, shape
from ..nodes.constants import SelectionMatrix
from ..nodes.traversal import operands, postorder
from . import constructors as c
from .construction import over

__all__ = ["with_blocks"]


def with_blocks(exprs: Sequence[Basic]) -> list[Basic]:
    """The expressions with slices and block matrices in the place of selections of neighbours."""
    if not any(map(_is_selection, postorder(exprs, operands))):
        return list(exprs)
    exprs = _distributed(exprs)
    forms: dict[Basic, Basic] = {}
    for node in postorder(exprs, operands):
        if isinstance(node, MatAdd):
            forms[node] = c.add(*_joined([_Padded.of(forms[term]) for term in node.args]))
        elif not _selected(node):
            found = over(node, {a: a if _selected(a) and isinstance(node, MatMul)
                                else _in_blocks(forms[a]) for a in operands(node)})
            forms[node] = _with_slices(found) if isinstance(found, MatMul) else found
        else:
            forms[node] = node
    return [_in_blocks(forms[expr]) for expr in exprs]


def _distributed(exprs: Sequence[Basic]) -> list[Basic]:
    """Selections that were taken out of a sum of such in front of each of its terms again."""
    forms: dict[Basic, Basic] = {}
    for node in postorder(exprs, operands):
        found = over(node, {a: forms[a] for a in operands(node)})
        factors = found.args if isinstance(found, MatMul) else ()
        if len(factors) == 2 and isinstance(factors[0], MatAdd) and _selected(factors[1], False):
            found = c.add(*(c.multiply(term, factors[1]) for term in factors[0].args))
        elif len(factors) == 2 and isinstance(factors[1], MatAdd) and _selected(factors[0], True):
            found = c.add(*(c.multiply(factors[0], term) for term in factors[1].args))
        forms[node] = found
    return [forms[expr] for expr in exprs]


def _is_selection(matrix: Basic) -> bool:
    """Whether a matrix selects neighbouring rows."""
    return isinstance(matrix, SelectionMatrix) and matrix.args[3] == 1


def _selected(factor: Basic, turned: bool | None = None) -> SelectionMatrix | None:
    """The selection that a factor is or, turned, is the transpose of."""
    is_turned = isinstance(factor, Transpose)
    found: Any = factor.args[0] if is_turned else factor
    return found if turned in (None, is_turned) and _is_selection(found) else None


def _in_blocks(node: Basic) -> Basic:
    """A selection, or a product that begins or ends in one, as a block matrix."""
    if _selected(node) or isinstance(node, MatMul) and any(map(_selected, node.args)):
        return next(_joined([_Padded.of(node)]))
    return node


def _with_slices(product: MatMul) -> Basic:
    """Each selection that has a neighbour to take rows or columns out of."""
    scalars = [a for a in product.args if not is_matrix(a)]
    found: list[Any] = []
    for factor in filter(is_matrix, product.args):
        before = found[-1] if found else None
        if before is not None and (rows := _selected(before, turned=False)):
            found[-1] = _slice(factor, rows, columns=False)
        elif before is not None and (cols := _selected(factor, turned=True)):
            found[-1] = _slice(before, cols, columns=True)
        else:
            found.append(factor)
    return c.multiply(*scalars, *found)


def _slice(matrix: Basic, selection: SelectionMatrix, columns: bool) -> Basic:
    number, _, start, _ = selection.args
    ranges = [(S.Zero, size, S.One) for size in shape(matrix)]
    ranges[columns] = (start, start + number, S.One)
    return c.matrix_slice(matrix, *ranges)


class _Padded(NamedTuple):
    """A block among zeros; a place is its first row or column, or nothing where it spans all."""

    block: Basic
    row: Expr | None
    col: Expr | None
    size: tuple[Any, Any]

    @classmethod
    def of(cls, term: Basic) -> _Padded:
        scalar, core = c.split_scalar(term)
        factors = list(c.factors_of(core))
        row = col = None
        if rows := _selected(factors[0], turned=True):
            row, factors[0] = rows.args[2], Identity(rows.args[0])
        if cols := _selected(factors[-1], turned=False):
            col, factors[-1] = cols.args[2], Identity(cols.args[0])
        return cls(c.multiply(scalar, *factors), row, col, shape(term))

    @property
    def is_padded(self) -> bool:
        return self.row is not None or self.col is not None

    def with_selections(self) -> Basic:
        (m, n), (rows, cols) = self.size, shape(self.block)
        left = [] if self.row is None else [c.transpose(c.selection(rows, m, self.row, S.One))]
        right = [] if self.col is None else [c.selection(cols, n, self.col, S.One)]
        return c.multiply(*left, self.block, *right)


def _joined(terms: Sequence[_Padded]) -> Iterator[Basic]:
    """The terms, those among zeros in as few block matrices as can be."""
    yield from (t.block for t in terms if not t.is_padded)
    left = [t for t in terms if t.is_padded]
    while left:
        together, others = left[:1], []
        for term in left[1:]:
            (others if _block_matrix([*together, term]) is None else together).append(term)
        yield _block_matrix(together) or together[0].with_selections()
        left = others


def _block_matrix(terms: Sequence[_Padded]) -> Basic | None:
    """The sum of the terms as one block matrix, where their places don't overlap."""
    rows = _spans({(t.row, shape(t.block)[0]) for t in terms}, terms[0].size[0])
    cols = _spans({(t.col, shape(t.block)[1]) for t in terms}, terms[0].size[1])
    if rows is None or cols is None:
        return None
    blocks: dict[tuple, Basic] = {}
    for t in terms:
        place = t.row, t.col
        blocks[place] = c.add(blocks[place], t.block) if place in blocks else t.block
    scalars = {c.split_scalar(b)[0] for b in blocks.values()}
    front = scalars.pop() if len(scalars) == 1 else S.One
    table = [[_block(blocks.get((row, col)), front, height, width) for col, width in cols]
             for row, height in rows]
    return c.scale(front, c.new(BlockMatrix, ImmutableDenseMatrix(table, evaluate=False)))


def _block(block: Basic | None, front: Any, height: Any, width: Any) -> Basic:
    if block is None:
        return ZeroMatrix(height, width)
    return c.split_scalar(block)[1] if front != 1 else block


def _spans(blocks: Iterable[tuple[Any, Any]], size: Any) -> list[tuple[Any, Any]] | None:
    """
    Starts and sizes in order, and nothing as the start of zeros between them.

    That the first begins at zero or later, and the last ends within the size, is what their
    being there says.
    """
    found: list[tuple[Any, Any]] = []
    at, left = S.Zero, dict(blocks)
    if None in left:
        return [(None, size)] if len(left) == 1 else None
    while left:
        first = [s for s in left if all((t - s).is_nonnegative for t in left)]
        if len(first) != 1 or found and not (first[0] - at).is_nonnegative:
            return None
        found += [(None, first[0] - at), (first[0], left[first[0]])]
        at = first[0] + left.pop(first[0])
    return [(start, extent) for start, extent in [*found, (None, size - at)] if extent != 0]
