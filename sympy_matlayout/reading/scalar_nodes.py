"""Scalars as read: numbers and functions, traces, entries, sums over indices."""

from __future__ import annotations

from typing import Any

from sympy import (
    Abs,
    Add,
    Derivative,
    Determinant,
    Integral,
    Lambda,
    Mul,
    Pow,
    Product,
    S,
    Subs,
    Sum,
    Symbol,
    Trace,
    Tuple,
    arg,
    conjugate,
    im,
    re,
    sign,
)
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions import (
    DotProduct,
    MatAdd,
    MatMul,
    MatPow,
    ZeroMatrix,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import (
    DerivativeNotImplementedError,
)
from ..core.shapes import (
    is_matrix,
    is_scalar_shape,
    is_vector_shape,
    shape,
    show,
)
from ..nodes.matrix_sum import MatrixSum
from ..nodes.realness import is_complex
from ..nodes.undefined_functions import DerivativeAtPoint, FunctionValue
from ..simplify import constructors as c
from ..simplify.rank import is_singular
from ..simplify.symmetry import is_real_valued
from .index_notation import ascending, sum_of_rows, with_own_indices
from .reals import require_finite
from .rebuilding import as_scalar_in, over, rebuild, require, require_same, require_square


@rebuild.register(Tuple)
def read_tuple(node, args):
    return over(node, args)


@rebuild.register(AppliedUndef)
def read_undefined(node, args):
    # f(X) keeps its matrices: it is a scalar function of them
    node = over(node, [c.as_scalar(a) if is_scalar_shape(shape(a)) else a for a in args])
    return node if node.is_commutative else FunctionValue(node)


@rebuild.register(FunctionValue)
def read_function_value(node, args):
    return args[0] if args[0].is_commutative else FunctionValue(args[0])  # read f(X) is one


@rebuild.register(Derivative)
@rebuild.register(Subs)
def read_left_undone(node, args):
    inner = [a.args[0] if isinstance(a, FunctionValue) else a for a in args]
    if all(a is b for a, b in zip(inner, args, strict=True)):
        return rebuild.dispatch(object)(node, args)
    return FunctionValue(over(node, inner))  # f(X) in it is a function, the whole a value


@rebuild.register(DerivativeAtPoint)
def read_derivative_at_point(node, args):
    return over(node, [*node.args[:2], args[2]])  # f(Y) in it is a function, not a value


@rebuild.register(Add)
def read_add(node, args):
    require_finite(node, args)
    matrices = [a for a in args if is_matrix(a)]
    if matrices and not all(is_scalar_shape(shape(m)) for m in matrices):
        require(len(matrices) == len(args), node,
                 f"sum of a scalar and a {show(shape(matrices[0]))} matrix")
        return rebuild.dispatch(MatAdd)(node, args)
    return over(node, [c.as_scalar(a) for a in args])


@rebuild.register(Mul)
def read_mul(node, args):
    require_finite(node, args)
    if any(is_matrix(a) and not is_scalar_shape(shape(a)) for a in args):
        return rebuild.dispatch(MatMul)(node, args)
    return over(node, [c.as_scalar(a) for a in args])


@rebuild.register(Pow)
def read_pow(node, args):
    require_finite(node, args)
    base, exponent = args
    if is_matrix(base) and not is_scalar_shape(shape(base)):
        return rebuild.dispatch(MatPow)(node, args)
    return over(node, [c.as_scalar(base), as_scalar_in(node, exponent)])


@rebuild.register(conjugate)
def read_conjugate(node, args):
    return c.conjugate(as_scalar_in(node, args[0]))


@rebuild.register(Abs)
@rebuild.register(sign)
@rebuild.register(arg)
@rebuild.register(re)
@rebuild.register(im)
def read_of_complex(node, args):
    (value,) = (as_scalar_in(node, a) for a in args)
    if is_complex(value) and isinstance(node, (re, im)) and is_real_valued(value):
        return value if isinstance(node, re) else S.Zero
    return over(node, [value])


@rebuild.register(Symbol)
def read_scalar_symbol(node, args):
    if not node.is_commutative:
        raise DerivativeNotImplementedError(
            f"{node} is a non-commutative Symbol; for a matrix use a MatrixSymbol")
    return node


@rebuild.register(Trace)
def read_trace(node, args):
    require_square(node, args[0], "trace")
    return c.trace(args[0])


@rebuild.register(Determinant)
def read_determinant(node, args):
    require_square(node, args[0], "determinant")
    if is_singular(args[0]):
        return S.Zero
    return c.determinant(args[0])


@rebuild.register(DotProduct)
def read_dot(node, args):
    for a in args:
        require(is_vector_shape(shape(a)), node, f"dot product with a {show(shape(a))} matrix")
    left, right = map(c.vec, args)
    require_same(node, [left, right], "dot product")
    return c.inner(left, right)


@rebuild.register(MatrixElement)
def read_element(node, args):
    return c.entry(*args)


@rebuild.register(Sum)
def read_sum(node, args) -> Any:
    body, *limits = args
    if isinstance(body, ZeroMatrix) or body == 0:
        return body
    body, limits, sign = ascending(*with_own_indices(body, limits))
    if is_matrix(body) and not is_scalar_shape(shape(body)):
        for limit in limits:
            found = sum_of_rows(body, limit)
            body = MatrixSum(body, limit) if found is None else found
        return c.scale(sign, body)
    return sign*over(node, [c.as_scalar(body), *limits])


@rebuild.register(Product)
def read_product(node, args):
    body, limits, sign = ascending(*with_own_indices(args[0], args[1:]))
    return over(node, [c.as_scalar(body), *limits])**sign


@rebuild.register(Integral)
def read_integral(node, args):
    body, *limits = args
    return over(node, [c.as_scalar(body), *limits]) if body != 0 else S.Zero


@rebuild.register(Lambda)
def read_lambda(node, args):
    if not args:  # Lambda(z, z) is a singleton of SymPy's
        return node
    signature, body = args
    if is_matrix(body):
        return node.func(*args)
    return node.func(signature, c.as_scalar(body))
