"""Shapes, each computed once.

SymPy's ``.shape`` walks the tree at every call; inside a sweep this makes the
cost quadratic.  ``shape`` remembers what it has seen, so a tree that is built
bottom up costs one step a node.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from sympy import Add, Expr, S, expand
from sympy.core.basic import Basic
from sympy.core.sympify import SympifyError, _sympify
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    HadamardPower,
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.tensor.array import NDimArray
from sympy.tensor.array.expressions.array_expressions import _ArrayExpr, _CodegenArrayAbstract

from . import limits
from .caches import cached
from .errors import ShapeError

Shape = tuple[Expr, ...]
SCALAR: Shape = ()


def is_matrix(expr: Basic) -> bool:
    """Whether ``expr`` is matrix-valued, 1x1 included."""
    return isinstance(expr, (MatrixExpr, MatrixBase))


def is_array(expr: Basic) -> bool:
    """Whether ``expr`` is one of SymPy's arrays, which are expressions since 1.15."""
    return isinstance(expr, (NDimArray, _ArrayExpr, _CodegenArrayAbstract))


@cached(limits.CACHED_NODES)
def shape(expr: Any) -> Shape:
    """``(rows, columns)`` of a matrix expression, ``()`` of a scalar one."""
    if not is_matrix(expr):
        return SCALAR
    if isinstance(expr, MatMul):
        factors = [a for a in expr.args if is_matrix(a)]
        return shape(factors[0])[0], shape(factors[-1])[1]
    if isinstance(expr, Transpose):
        return shape(expr.args[0])[::-1]
    if isinstance(expr, (MatAdd, HadamardProduct, MatPow)):
        return shape(expr.args[0])
    if isinstance(expr, HadamardPower):
        base, exponent = expr.args
        return shape(base) or shape(exponent)
    if isinstance(expr, ElementwiseApplyFunction):
        return shape(expr.args[1])
    if isinstance(expr, KroneckerProduct):
        rows = cols = S.One
        for factor in expr.args:
            r, c = shape(factor)
            rows, cols = rows * r, cols * c
        return rows, cols
    return tuple(map(_sympify, expr.shape))  # explicit matrices give Python ints


def strictly(given: object) -> Basic:
    """
    What was given as SymPy's; SympifyError for text, and for containers, which may hold text.

    SymPy evaluates the text in a dictionary even where it is asked to be strict.
    """
    if isinstance(given, (str, bytes, Mapping, AbstractSet, list, tuple)) \
            and not isinstance(given, Basic):
        raise SympifyError(given)
    return _sympify(given)


def as_size(value: object) -> Expr:
    """A size as SymPy checks it: a whole number >= 0, or a symbol that may be one."""
    try:
        size = strictly(value)
    except SympifyError:
        size = None
    if not isinstance(size, Expr) or is_matrix(size) or is_array(size) or size is S.NaN \
            or size.is_integer is False or size.is_negative or size.is_finite is False \
            or not size.is_commutative:
        raise ShapeError("a size must be a non-negative integer or a symbol for one, "
                         f"got {value!r}")
    return size


@cached(limits.CACHED_FORMS)
def same_size(a: Expr, b: Expr) -> bool:
    """Whether two sizes are equal for all values of their symbols."""
    return a == b or expand(Add(a, -b)) == 0


def same_shape(a: Shape, b: Shape) -> bool:
    return len(a) == len(b) and all(map(same_size, a, b))


def is_one(size: Any) -> bool:
    return size is S.One or isinstance(size, int) and size == 1


def is_scalar_shape(s: Shape) -> bool:
    """Scalars and 1x1 matrices; the library treats both as scalars."""
    return not s or (is_one(s[0]) and is_one(s[1]))


def is_vector_shape(s: Shape) -> bool:
    return len(s) == 2 and (is_one(s[0]) or is_one(s[1]))


def show(s: Sequence[Any]) -> str:
    """A shape for an error message."""
    return "×".join(map(str, s)) if s else "scalar"
