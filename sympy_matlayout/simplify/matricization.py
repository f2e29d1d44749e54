"""
Array expressions as matrices, and matrices as array expressions.

SymPy writes a derivative with four axes as ``PermuteDims(ArrayTensorProduct(A,
B), ...)``.  It is a product of entries with four free indices, and so is
``(B'⊗A)K``; only which index stands where is to be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import singledispatch
from itertools import accumulate
from operator import mul
from typing import Any, cast

from sympy import Expr, Mul, S, Tuple, expand, permutedims
from sympy.core.basic import Basic
from sympy.matrices import ImmutableDenseMatrix
from sympy.matrices.expressions import DiagMatrix, Identity, OneMatrix, ZeroMatrix
from sympy.tensor.array import ImmutableDenseNDimArray, NDimArray
from sympy.tensor.array.expressions.array_expressions import (
    ArrayAdd,
    ArrayContraction,
    ArrayDiagonal,
    ArrayElementwiseApplyFunc,
    ArrayTensorProduct,
    OneArray,
    PermuteDims,
    Reshape,
    ZeroArray,
)

from ..core.bound_symbols import index_symbol
from ..core.errors import DerivativeNotImplementedError, ShapeError
from ..core.shapes import Shape, is_matrix, is_one, shape, show
from ..nodes.array_nodes import ArraySum, MatrixReshape
from ..nodes.matrix_sum import MatrixSum
from . import constructors as c
from .arrangement import arranged, one_by_one
from .contraction import NotMatrixNotation
from .factoring import factored
from .index_terms import Expansion, Term
from .monomial import Factor, Index, Monomial, delta
from .normal_form import normal_form
from .segments import aligned, segments_of
from .words import words

__all__ = ["array_shape", "matricized", "tensorized"]

Axis = tuple[Index, ...]  # slow to fast; none for a size of one
Axes = list[Axis]


def array_shape(array: Any) -> Shape:
    """The sizes of the axes of an array, a matrix or a scalar."""
    if is_matrix(array):
        return shape(array)
    return tuple(map(S, array.shape)) if hasattr(array, "shape") else ()


# --- from arrays to matrices ------------------------------------------------------------


def matricized(array: Any, rows: Sequence[int], cols: Sequence[int]) -> Basic:
    """
    The matrix whose rows and columns count through some axes of an array each.

    The axes are given from slow to fast; the remaining ones have size one.
    """
    size = tuple(expand(Mul(*(array_shape(array)[a] for a in axes))) for axes in (rows, cols))
    if isinstance(array, NDimArray):
        return _matricized_entries(array, rows, cols, size)
    if ArraySum is not None and isinstance(array, ArraySum):
        body, *inner, (index, lower, upper) = array.args
        i = index_symbol(array.free_symbols)  # as the sums of this library have it
        term = (array.func(body, *inner) if inner else body).xreplace({index: i})
        return c.matrix_sum(matricized(term, rows, cols), Tuple(i, lower, upper))
    expansion = Expansion(normal_form)
    summands = []
    for term, axes in _terms(array, expansion):
        ends = [tuple(i for a in side for i in axes[a]) for side in (rows, cols)]
        for monomial in expansion.finished([term], ends[0] + ends[1]):
            try:
                summands.append(arranged(monomial, *ends))
            except NotMatrixNotation:
                raise DerivativeNotImplementedError(
                    f"{array} has a part that is no Kronecker product, vec or diagonal matrix; "
                    "make its sizes numbers and convert array.as_explicit()") from None
    return factored(c.add(*summands, shape=size))


def _matricized_entries(array: NDimArray, rows: Sequence[int], cols: Sequence[int],
                        size: Shape) -> Basic:
    def entry(r: int, s: int) -> Expr:
        index = [0]*len(array.shape)
        for axes, place in ((rows, r), (cols, s)):
            for a in reversed(axes):
                place, index[a] = divmod(place, array.shape[a])
        return array[tuple(index)]
    return ImmutableDenseMatrix(int(size[0]), int(size[1]), entry)


@singledispatch
def _terms(array: Any, expansion: Expansion) -> list[tuple[Term, Axes]]:
    """An array as products of entries, with the indices along its axes."""
    if is_matrix(array):
        axes = [_own(expansion, size) for size in shape(array)]
        row, col = (axis[0] if axis else None for axis in axes)
        scalar, core = c.split_scalar(array)
        if isinstance(core, (DiagMatrix, Identity, OneMatrix, ZeroMatrix)):
            terms = expansion.terms(core, row, col)
        else:  # whole, as a product is one matrix here
            terms = expansion.letter(core, row, col, c.transpose(core))
        return [(t.times(Term(scalar, (), frozenset())), axes) for t in terms]
    if not hasattr(array, "shape"):
        return [(Term(array, (), frozenset()), [])]
    raise DerivativeNotImplementedError(
        f"{type(array).__name__} can't be written with matrices; what can are tensor products "
        "of matrices with permuted, contracted or diagonal axes")


@_terms.register(ZeroArray)
def _zero(array, expansion):
    return []


@_terms.register(OneArray)
def _ones(array, expansion):
    axes = [_own(expansion, size) for size in array.shape]
    return [(Term(S.One, (), frozenset(i for axis in axes for i in axis)), axes)]


def _own(expansion: Expansion, size: Expr) -> Axis:
    return () if is_one(size) else (expansion.index(size),)


@_terms.register(ArrayAdd)
def _sum(array, expansion):
    return [t for a in array.args for t in _terms(a, expansion)]


@_terms.register(ArrayTensorProduct)
def _tensor_product(array, expansion):
    found = [(Term(S.One, (), frozenset()), [])]
    for factor in array.args:
        # each product has indices of its own, or equal factors would share them
        found = [(t.times(u), [*axes, *more])
                 for t, axes in found for u, more in _terms(factor, expansion)]
    return found


@_terms.register(PermuteDims)
def _permuted(array, expansion):
    order = array.permutation.array_form
    return [(t, [axes[a] for a in order]) for t, axes in _terms(array.expr, expansion)]


@_terms.register(ArrayContraction)
def _contracted(array, expansion):
    return [(t, rest) for t, rest, _ in _joined(array.expr, array.contraction_indices, expansion)]


@_terms.register(ArrayDiagonal)
def _diagonal(array, expansion):
    return [(t, rest + kept)
            for t, rest, kept in _joined(array.expr, array.diagonal_indices, expansion)]


def _joined(array, groups, expansion) -> list[tuple[Term, Axes, Axes]]:
    """Axes of each group made equal: the term, the other axes, and one of each group."""
    taken = {int(a) for group in groups for a in group}
    found = []
    for term, axes in _terms(array, expansion):
        for first, *others in groups:
            links = [delta(i, j) for a in others
                     for i, j in zip(axes[int(first)], axes[int(a)], strict=True)]
            term = term.times(Term.of(*links))
        found.append((term, [axis for k, axis in enumerate(axes) if k not in taken],
                      [axes[int(group[0])] for group in groups]))
    return found


@_terms.register(ArrayElementwiseApplyFunc)
def _elementwise(array, expansion):
    if not is_matrix(array.expr):
        return _terms.dispatch(object)(array, expansion)
    return _terms(c.elementwise(array.function, array.expr), expansion)


@_terms.register(Reshape)
def _reshaped(array, expansion):
    before, after = array_shape(array.expr), array_shape(array)
    if expand(Mul(*before) - Mul(*after)) != 0:  # also of a zero, which has no terms to refuse
        raise ShapeError(f"{array} makes {show(after)} entries of {show(before)}")
    if is_matrix(array.expr):
        return _cut(array, expansion)
    found = []
    for term, axes in _terms(array.expr, expansion):
        flat = [(expansion.sizes[i], i) for axis in axes for i in axis]
        groups = _grouped(flat, array.shape)
        if groups is None:
            raise DerivativeNotImplementedError(
                f"{array} cuts through an axis; only whole axes can be put together")
        found.append((term, [tuple(i for _, i in group) for group in groups]))
    return found


def _grouped(sized: Sequence[tuple], wanted: Iterable[Expr]) -> list[list[tuple]] | None:
    """Items with sizes cut where the products of the sizes are those wanted."""
    ends = [expand(p) for p in accumulate((item[0] for item in sized), mul)]
    groups, start, size = [], 0, S.One
    for new in wanted:
        size = expand(size*new)
        stop = start
        if not is_one(new):
            if size not in ends[start:]:
                return None
            stop = ends.index(size, start) + 1
        groups.append(list(sized[start:stop]))
        start = stop
    return groups


def _cut(array: Reshape, expansion: Expansion) -> list[tuple[Term, Axes]]:
    """A matrix whose rows and columns are cut into several axes."""
    matrix, sizes = array.expr, [size for size in array.shape if not is_one(size)]
    sides = _grouped([(size,) for size in sizes], shape(matrix))
    if sides is None:
        raise DerivativeNotImplementedError(f"{array} runs over the ends of the matrix's rows")
    sides = [tuple(size for size, in side) for side in sides]
    found = []
    for scalar, word in words(matrix, normal_form):
        ends = [expansion.indices(side) for side in sides]
        flat = iter(ends[0] + ends[1])
        axes = [() if is_one(size) else (next(flat),) for size in array.shape]
        segments = aligned(list(map(segments_of, word)), *sides)
        if segments is not None:
            found += [(t.times(Term(scalar, (), frozenset())), axes)
                      for t in expansion.word(segments, *ends)]
        else:
            whole = MatrixReshape(c.multiply(*word), array.shape)
            factor = Factor(whole, ends[0] + ends[1])
            found.append((Term(scalar, (factor,), frozenset(factor.indices)), axes))
    return found


# --- from matrices to arrays ------------------------------------------------------------


def tensorized(matrix: Any, rows: Sequence[tuple[Expr, int]],
               cols: Sequence[tuple[Expr, int]]) -> Basic:
    """
    The array a matrix comes from by counting through some axes each.

    Both sides are given as pairs of a size and the number of its axis, from
    slow to fast.
    """
    sizes = {axis: size for size, axis in (*rows, *cols)}
    if isinstance(matrix, ImmutableDenseMatrix):
        flat = ImmutableDenseNDimArray(
            list(cast(Any, matrix)), [int(size) for size, _ in (*rows, *cols)])
        return _permuted_entries(flat, [axis for _, axis in (*rows, *cols)])
    wide = [[(size, axis) for size, axis in side if not is_one(size)] for side in (rows, cols)]
    if matrix.is_ZeroMatrix:
        return ZeroArray(*(sizes[a] for a in range(len(sizes))))
    summands = []
    for scalar, word in words(matrix, normal_form):
        expansion = Expansion(normal_form)
        segments = aligned(list(map(segments_of, word)),
                           *(tuple(size for size, _ in side) for side in wide))
        try:
            if segments is None:
                raise NotMatrixNotation(word)
            ends = [expansion.indices([size for size, _ in side]) for side in wide]
            axis_of = {i: axis for end, side in zip(ends, wide, strict=True)
                       for i, (_, axis) in zip(end, side, strict=True)}
            monomials = expansion.finished(expansion.word(segments, *ends), ends[0] + ends[1])
            summands += [_tensor_product_of(m, scalar, axis_of, sizes) for m in monomials]
        except NotMatrixNotation:
            summands.append(_reshaped_whole(scalar, word, rows, cols))
    return summands[0] if len(summands) == 1 else ArrayAdd(*summands)


def _reshaped_whole(scalar: Expr, word: Sequence[Basic], rows: Sequence[tuple[Expr, int]],
                    cols: Sequence[tuple[Expr, int]]) -> Basic:
    """What SymPy's nodes can't say, as a matrix cut into axes; a sum with these in order."""
    numbered = {axis: size for size, axis in (*rows, *cols)}
    first, last = sorted(sorted(axis for _, axis in side) for side in (rows, cols))
    if len(word) == 1 and isinstance(word[0], MatrixSum):
        body, limit = word[0].args
        inner = tensorized(body, rows, cols)
        if not inner.has(MatrixReshape):
            whole = c.scale(scalar, c.matrix_sum(matricized(inner, first, last), limit))
            return MatrixReshape(whole, [numbered[axis] for axis in (*first, *last)])
    flat = MatrixReshape(c.scale(scalar, c.multiply(*word)), [size for size, _ in (*rows, *cols)])
    return _permute(flat, [axis for _, axis in (*rows, *cols)])


def _permuted_entries(flat: NDimArray, axes: list[int]) -> Any:
    return permutedims(flat, [axes.index(a) for a in range(len(axes))])


def _permute(array: Basic, axes: list[int]) -> Basic:
    """The array with each axis at the place given for it."""
    order = [axes.index(a) for a in range(len(axes))]
    return array if order == sorted(order) else PermuteDims(array, order)


def _tensor_product_of(monomial: Monomial, scalar: Expr, axis_of: dict[Index, int],
                       sizes: dict[int, Expr]) -> Basic:
    """
    A product of matrices and columns in SymPy's nodes, as SymPy writes derivatives.

    Each matrix has the first of its axes first, and they stand in the order of these.  Two
    columns make a matrix, with a one for an axis of size one.
    """
    coefficient, parts = one_by_one(monomial)
    placed, columns = [], []
    for free, matrix in parts:
        axes = tuple(axis_of[i] for i in free)
        if len(axes) == 1:
            columns.append((axes[0], matrix))
        else:
            placed.append((axes, matrix) if axes[0] < axes[1] else
                          (axes[::-1], c.transpose(matrix)))
    columns += [(axis, Identity(1)) for axis in sizes if axis not in axis_of.values()]
    columns.sort(key=lambda found: found[0])
    for (a, left), (b, right) in zip(columns[::2], columns[1::2], strict=False):
        placed.append(((a, b), c.multiply(left, c.transpose(right))))
    placed += [((axis, None), column) for axis, column in columns[len(columns)//2*2:]
               if axis in axis_of.values()]
    placed.sort(key=lambda found: found[0][0])
    axes = [axis for ends, _ in placed for axis in ends]
    first, *others = (matrix for _, matrix in placed)
    product = ArrayTensorProduct(c.scale(scalar*coefficient, first), *others)
    return _with_axes(product, axes, sizes)


def _with_axes(array: Basic, axes: list[int | None], sizes: dict[int, Expr]) -> Basic:
    """The array with its axes in order, of those alike the diagonal; those of size one fit in."""
    places = {axis: [k for k, a in enumerate(axes) if a == axis] for axis in sorted(sizes)}
    shared = {axis: at for axis, at in places.items() if len(at) > 1}
    if shared:
        array = ArrayDiagonal(array, *shared.values())
        axes = [axis for axis in axes if axis not in shared] + list(shared)
    at_hand = sorted(axes, key=lambda axis: len(sizes) if axis is None else axis)
    array = _permute(array, [at_hand.index(axis) for axis in axes])
    wanted = sorted(sizes)
    return array if at_hand == wanted else Reshape(array, tuple(sizes[a] for a in wanted))
