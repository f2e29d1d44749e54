"""The values of arrays, as numbers by their index."""

from __future__ import annotations

from itertools import product as indices
from typing import Any

from mpmath import mp, mpf
from sympy.tensor.array import NDimArray
from sympy.tensor.array.expressions.array_expressions import (
    ArrayAdd,
    ArrayContraction,
    ArrayDiagonal,
    ArrayTensorProduct,
    PermuteDims,
    Reshape,
    ZeroArray,
)

from ..core.registry import declares
from .evaluation import Evaluation, NumericArray
from .types import NumericScalar, Sizes, Value


@declares("value", NDimArray)
def value_of_explicit_array(node: NDimArray, at: Evaluation) -> Value:
    if not node.shape:
        return at.number(node[()])
    return at.build_array(node, tuple(map(int, node.shape)),
                          lambda *index: at.number(node[index]))


@declares("value", ZeroArray)
def value_of_zero_array(node: ZeroArray, at: Evaluation) -> NumericArray:
    return at.build_array(node, tuple(map(at.size, node.shape)), lambda *index: mpf(0))


@declares("value", ArrayAdd)
def value_of_arrays_added(node: ArrayAdd, at: Evaluation) -> NumericArray:
    terms = [at.array(a) for a in node.args]
    return at.build_array(node, terms[0].shape, lambda *index: mp.fsum(t[index] for t in terms))


@declares("value", ArrayTensorProduct)
def value_of_tensor_product(node: ArrayTensorProduct, at: Evaluation) -> NumericArray:
    factors = [at.array(a) for a in node.args]

    def entry(*index: int) -> NumericScalar:
        found, start = mpf(1), 0
        for f in factors:
            found *= f[index[start:start + len(f.shape)]]
            start += len(f.shape)
        return found
    return at.build_array(node, sum((f.shape for f in factors), ()), entry)


@declares("value", PermuteDims)
def value_of_permuted_axes(node: Any, at: Evaluation) -> NumericArray:
    source, axes = at.array(node.expr), node.permutation.array_form

    def entry(*index: int) -> NumericScalar:
        place = [0]*len(axes)
        for k, axis in enumerate(axes):
            place[axis] = index[k]
        return source[tuple(place)]
    return at.build_array(node, tuple(source.shape[a] for a in axes), entry)


@declares("value", ArrayContraction)
def value_of_contraction(node: ArrayContraction, at: Evaluation) -> NumericArray:
    sizes, kept, entry = _joined(at.array(node.expr), node.contraction_indices)
    return at.build_array(node, kept, lambda *index: mp.fsum(
        entry(index, joint) for joint in indices(*map(range, sizes))))


@declares("value", ArrayDiagonal)
def value_of_array_diagonal(node: ArrayDiagonal, at: Evaluation) -> NumericArray:
    sizes, kept, entry = _joined(at.array(node.expr), node.diagonal_indices)
    return at.build_array(node, kept + sizes,
                          lambda *index: entry(index[:len(kept)], index[len(kept):]))


def _joined(source: NumericArray, groups: Any) -> tuple[Sizes, Sizes, Any]:
    """With one index for the axes of a group: the groups' sizes, the others', the entries."""
    joined = [tuple(map(int, group)) for group in groups]
    gone = {axis for group in joined for axis in group}
    rest = [axis for axis in range(len(source.shape)) if axis not in gone]

    def entry(index: Sizes, joint: Sizes) -> NumericScalar:
        place = dict(zip(rest, index, strict=True))
        for group, k in zip(joined, joint, strict=True):
            place.update(dict.fromkeys(group, k))
        return source[tuple(place[axis] for axis in range(len(source.shape)))]

    sizes = tuple(source.shape[group[0]] for group in joined)
    return sizes, tuple(source.shape[axis] for axis in rest), entry


@declares("value", Reshape)
def value_of_reshaped(node: Reshape, at: Evaluation) -> NumericArray:
    source = at.array(node.expr)
    flat = iter([source[i] for i in indices(*map(range, source.shape))])
    return at.build_array(node, tuple(map(at.size, node.shape)), lambda *index: next(flat))
