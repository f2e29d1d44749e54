"""
The form a textbook would print: the shorter of two ways to write an expression.

One multiplies everything out but the sums that were written as they are, collects
what is equal and takes common factors out again; equal expressions get one form
that way.  The other keeps products of sums as they are and does the same to the
parts.  Expressions too large for that are rebuilt node by node, at a cost linear
in their graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import md5
from itertools import groupby, pairwise
from typing import Any, NamedTuple, cast

from sympy import Add, Basic, Expr, Mul, S, Trace
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    HadamardProduct,
    MatAdd,
    MatMul,
    Transpose,
)
from sympy.matrices.expressions.diagonal import DiagonalOf

from ..core import limits
from ..core.caches import cached
from ..core.shapes import is_matrix, is_one, is_scalar_shape, shape
from ..nodes.traversal import operands, postorder
from . import constructors as c
from .blocks import with_blocks
from .construction import built, over
from .cost import nodes, operations
from .elementwise import short_elementwise, with_rows_summed
from .explicit import with_explicit_matrices
from .exponentials import with_softmax
from .factoring import factored, taken_out
from .middle import with_middle_taken_out
from .monomial import order, oriented
from .normal_form import normal_form
from .numbers import place_in_sum, scaled, with_numbers_placed
from .scalar_factors import primitive_sum
from .scalar_sums import merged_scalar, one_trace, simplified_scalar, with_scalars_placed
from .segments import has_pairs
from .words import is_word
from .written_sums import Sums, marked, multiplied_terms, opened, sums_in, unmarked

__all__ = ["canonical_form", "canonical_forms", "factored_as_written", "in_order", "shortest"]


def canonical_form(expr: Basic, written: Iterable[Basic] = ()) -> Basic:
    """The expression in the form a textbook would print."""
    return canonical_forms([expr], written)[0]


def canonical_forms(exprs: Sequence[Basic], written: Iterable[Basic] = ()) -> list[Basic]:
    """
    Several expressions; what they share is worked on once.

    Sums in the expressions that they were ``written`` with, or were derived from, stay sums.
    """
    sums = sums_in(written)
    sizes: dict[Basic, Size] = {}
    marks: dict[Basic, bytes] = {}
    forms: dict[Basic, Basic] = {}
    _measure(exprs, sizes)
    for node in postorder(exprs, lambda e: () if sizes[e].is_small else operands(e)):
        if not sizes[node].is_small:
            _measure([found := _rebuilt(node, forms, sizes, marks)], sizes)
        else:
            found = node
        forms[node] = _with_sums_kept(found, sums) if sizes[found].is_small else found
    return with_explicit_matrices(with_blocks(with_softmax([forms[expr] for expr in exprs])))


def _with_sums_kept(expr: Basic, sums: Sums) -> Basic:
    return unmarked(shortest(marked(expr, sums, shortest))) if sums else shortest(expr)


def _rebuilt(node: Basic, forms: dict[Basic, Basic], sizes: dict[Basic, Size],
             marks: dict[Basic, bytes]) -> Basic:
    """A large node over the forms of its arguments."""
    args = [forms.get(a, a) for a in node.args]
    if not isinstance(node, MatAdd):
        return built(node, args)
    _measure(args, sizes)
    # sums in sums may be shared, and stay so
    nested = any(isinstance(a, MatAdd) and not sizes[a].is_small for a in args)
    found = c.new(MatAdd, *args) if nested else c.add(*args)
    if not isinstance(found, MatAdd):
        return found
    return c.new(MatAdd, *sorted(found.args, key=lambda a: _mark(a, marks)))


def _measure(exprs: Sequence[Basic], sizes: dict[Basic, Size]) -> None:
    for node in postorder(exprs, lambda e: () if e in sizes else operands(e)):
        if node not in sizes:
            sizes[node] = Size.of(node, [sizes[a] for a in operands(node)])


class Size(NamedTuple):
    """The nodes and levels of an expression's tree."""

    nodes: int
    levels: int
    is_small: bool

    @classmethod
    def of(cls, node: Basic, inside: Sequence[Size]) -> Size:
        count = 1 + sum(a.nodes for a in inside)
        levels = 1 + max((a.levels for a in inside), default=0)
        terms = isinstance(node, (MatAdd, Add)) and all(
            a.nodes <= limits.WHOLE_TERM_NODES for a in inside)
        return cls(count, levels, levels <= limits.WHOLE_LEVELS and (
            terms or count <= limits.WHOLE_NODES))


def _mark(expr: Basic, marks: dict[Basic, bytes]) -> bytes:
    """A short text for a large expression to be sorted by, the same in every process."""
    if expr not in marks:
        for node in postorder([expr], lambda e: () if e in marks else e.args):
            if node not in marks:
                inside = b"".join(marks[a] for a in node.args) or str(node).encode()
                marks[node] = md5(type(node).__name__.encode() + inside).digest()
    return marks[expr]


# --- what is small ----------------------------------------------------------------------


@cached(limits.CACHED_TERMS)
def shortest(expr: Basic) -> Any:
    """The form multiplied out and factored, or where that is longer the one that keeps products."""
    if not operands(expr) or expr.is_Atom or is_word(expr) and not _has_inverses_to_join(expr):
        return expr
    found = _shorter(expr)
    # vecs and Kronecker products may cancel late, and leave something to take out
    return _settled(found, _shorter) if has_pairs(expr) else found


def _shorter(expr: Basic) -> Basic:
    if is_matrix(expr) and is_scalar_shape(shape(expr)):
        found = _one_by_one(shortest(c.trace(expr)))
        return found if operations(found) <= operations(expr) else in_order(expr)
    if multiplied_terms(expr) > limits.MULTIPLIED_TERMS or _is_far_shorter_as_written(expr):
        found = _settled(_kept(expr), _kept)
        return in_order(expr) if operations(expr) < operations(found) else found
    expanded = _expanded(expr)
    if is_matrix(expr) and operations(expanded) <= operations(expr) and not _has_sums_in_front(
            normal_form(expr)):
        return short_elementwise(expanded)
    best = _settled(_kept(expr), _kept)
    found = min(expanded, best, short_elementwise(best), key=operations)  # the first of equals
    return in_order(expr) if operations(expr) < operations(found) else found


def _is_far_shorter_as_written(expr: Basic) -> bool:
    """Whether multiplied out it is so long that taking factors out won't lead back."""
    return is_matrix(expr) and operations(
        normal_form(expr)) > limits.MULTIPLIED_LENGTH*operations(expr)


def _has_sums_in_front(matrix: Basic) -> bool:
    """Whether a term is a sum of scalars times a matrix, which may be sorted by either."""
    terms = matrix.args if isinstance(matrix, MatAdd) else ()
    return any(isinstance(f, Add) for t in terms for f in Mul.make_args(c.split_scalar(t)[0]))


def _settled(expr: Basic, step: Callable[[Basic], Basic]) -> Basic:
    """Where a step leads if it is repeated; of several it goes round in, the first in order."""
    seen = [expr]
    while (expr := step(expr)) not in seen and len(seen) < limits.ROUNDS:
        seen.append(expr)
    if len(circle := seen[seen.index(expr):] if expr in seen else seen[-1:]) == 1:
        return circle[0]
    return min(circle, key=lambda e: (operations(e), nodes(e), order(e)))


def _expanded(expr: Basic) -> Basic:
    found = opened(normal_form(expr))
    if is_matrix(found):
        whole = _with_letters(taken_out(_with_short_scalars(found)))
        return with_scalars_placed(with_numbers_placed(whole))
    return _kept(found) if found.args else found


def _with_short_scalars(matrix: Basic) -> Basic:
    """The scalars before each term in factors, which other terms can share."""
    if isinstance(matrix, MatAdd):
        return c.add(*map(_with_short_scalars, matrix.args))
    scalar, core = c.split_scalar(matrix)
    number, primitive = primitive_sum(scalar)  # multiples of one sum in one form
    return c.scale(number*merged_scalar(primitive), core)


def _with_letters(matrix: Basic) -> Basic:
    """The factors of products in canonical form themselves."""
    if isinstance(matrix, MatAdd):
        return short_elementwise(c.add(*map(_with_letters, matrix.args)))
    if isinstance(matrix, MatMul):
        scalar, core = c.split_scalar(matrix)
        scalar = _kept(scalar) if isinstance(scalar, Trace) else shortest(scalar)
        return scaled(scalar, *_with_inverses_joined(
            c.multiply(*map(_with_letters, c.factors_of(core)))))
    return _over_arguments(matrix)


def _with_inverses_joined(product: Basic) -> Iterator[Basic]:
    """The factors, ``B**-2*A**-1`` among them as ``(A*B**2)**-1``."""
    for is_inverse, run in groupby(c.factors_of(product), key=_is_inverted):
        run = list(run)
        if is_inverse and len(run) > 1:
            yield c.inverse(c.multiply(*map(c.inverse, reversed(run))))
        else:
            yield from run


def _has_inverses_to_join(word: Basic) -> bool:
    inverses = map(_is_inverted, word.args) if isinstance(word, MatMul) else ()
    return any(a and b for a, b in pairwise(inverses))


def _is_inverted(factor: Any) -> bool:
    exponent = c.base_and_exponent(factor)[1] if is_matrix(factor) else S.One
    return bool(exponent.is_Integer and exponent.is_negative)


@cached(limits.CACHED_FORMS)
def in_order(expr: Basic) -> Basic:
    """As it is, but for the order of summands and Hadamard factors, and traces turned one way."""
    if not operands(expr):
        return expr
    forms = {a: in_order(a) for a in operands(expr)}
    args = [forms.get(a, a) for a in expr.args]
    if isinstance(expr, (MatAdd, HadamardProduct)):
        key = place_in_sum if isinstance(expr, MatAdd) else order
        return c.new(type(expr), *sorted(args, key=key))
    if isinstance(expr, Transpose):
        return c.transpose(args[0])
    if isinstance(expr, Trace):
        as_it_is = c.new(Trace, *args)
        turned = min(oriented(as_it_is), as_it_is, key=operations)  # one of a skew matrix: its sign
        return turned.xreplace({t: c.new(Trace, in_order(t.args[0])) for t in turned.atoms(Trace)
                                if isinstance(t.args[0], MatAdd)})
    if isinstance(expr, BlockMatrix) or tuple(args) == expr.args:
        return expr
    if isinstance(expr, MatMul):
        number, core = c.split_scalar(c.multiply(*(a for a in args if is_matrix(a))))
        scalars: list[Any] = [a for a in args if not is_matrix(a)]
        return scaled(number*Mul(*scalars), core)
    return c.evaluated(expr, args)


def factored_as_written(expr: Basic) -> Basic:
    """Common factors taken out where they stand, from the inside outwards; nothing is opened."""
    forms: dict[Basic, Basic] = {}
    for node in postorder([expr], operands):
        found = over(node, forms)
        if isinstance(found, Transpose):
            found = c.transpose(found.args[0])
        if isinstance(found, (MatAdd, MatMul)):
            found = factored(found)
        elif isinstance(found, Add):
            found = simplified_scalar(found)
        forms[node] = found
    return forms[expr]


def _over_arguments(node: Any) -> Basic:
    """The node over canonical arguments, those of a Hadamard product in order."""
    parts = operands(node)
    if not parts:
        return node
    # a trace multiplied out may hold, with a sign, the same trace turned
    forms = {a: _kept(a) if isinstance(a, Trace) else shortest(a) for a in parts}
    if isinstance(node, BlockMatrix) and not isinstance(node, BlockDiagMatrix):
        return node.func(cast(Any, node.blocks).applyfunc(shortest))
    args = [forms.get(a, a) for a in node.args]
    if isinstance(node, HadamardProduct):
        args.sort(key=order)
    found = short_elementwise(with_middle_taken_out(built(node, args)))
    return with_rows_summed(found) if isinstance(found, DiagonalOf) else found


def _kept(expr: Basic) -> Any:
    if isinstance(expr, Trace):  # a 1x1 matrix is canonical as a scalar
        inside = _over_arguments(expr.args[0])
        if isinstance(inside, (MatMul, MatAdd)):
            inside = taken_out(_with_scalars_in_front(inside))
        found = c.trace(inside)
        number, rest = found.as_coeff_Mul()
        if isinstance(found, Add):
            return simplified_scalar(found)
        if isinstance(rest, Trace):
            return one_trace(number, c.new(MatMul, *_with_inverses_joined(rest.args[0]))
                             if isinstance(rest.args[0], MatMul) else rest.args[0])
        return found
    found = _over_arguments(expr)
    if isinstance(found, (MatMul, MatAdd)):
        return with_scalars_placed(factored(_with_scalars_in_front(found)))
    if isinstance(found, Transpose):
        turned = c.transpose(found.args[0])
        return found if turned == found else shortest(turned)
    return found if is_matrix(found) else simplified_scalar(found)


def _one_by_one(value: Expr) -> Basic:
    """A scalar as a 1x1 matrix, its 1x1 products without the trace."""
    if isinstance(value, Add):
        return c.add(*map(_one_by_one, value.args))
    factors = Mul.make_args(value)
    for k, factor in enumerate(factors):
        trace, exponent = factor.as_base_exp()
        if isinstance(trace, Trace) and is_scalar_shape(shape(trace.args[0])) \
                and exponent.is_Integer:
            return c.multiply(*factors[:k], *factors[k + 1:], c.power(trace.args[0], exponent))
    return c.scale(value, c.Identity(S.One))


def _with_scalars_in_front(matrix: Basic) -> Basic:
    """``x*y.T*z*w.T`` is ``tr(y.T*z)*x*w.T``"""
    if isinstance(matrix, MatAdd):
        return c.add(*map(_with_scalars_in_front, matrix.args))
    scalar, core = c.split_scalar(matrix)
    letters = c.factors_of(core)
    thin = [k for k, a in enumerate(letters) if k and is_one(shape(a)[0])]
    if not thin or len(thin) + is_one(shape(core)[0]) + is_one(shape(core)[1]) < 2:
        return matrix
    cuts = [0, *thin, len(letters)]
    words = [c.multiply(*letters[a:b]) for a, b in pairwise(cuts)]
    closed = [w for w in words if is_scalar_shape(shape(w))]
    opened = [w for w in words if not is_scalar_shape(shape(w))] or [c.Identity(S.One)]
    return c.multiply(scalar, *(shortest(c.trace(w)) for w in closed), *opened)
