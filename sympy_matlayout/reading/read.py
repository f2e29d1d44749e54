"""
Rebuild an expression so that the rules can rely on it.

After ``read`` every shape is consistent, every 1x1 matrix in a scalar's place
is a ``Trace``, index notation is matrix notation where it can be, and equal
subexpressions are one object.  What is ill-shaped is refused here, with
symbolic sizes too, since SymPy hardly checks those.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from sympy import (
    Abs,
    Add,
    Adjoint,
    Derivative,
    Determinant,
    Expr,
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
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.matrices import ImmutableDenseMatrix, MatrixBase
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    DiagMatrix,
    DotProduct,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    MatrixSlice,
    MatrixSymbol,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import (
    DerivativeNotImplementedError,
    ShapeError,
    ValueMissingError,
)
from ..core.given import as_scalar_or_matrix
from ..core.shapes import (
    Shape,
    is_matrix,
    is_scalar_shape,
    is_vector_shape,
    same_shape,
    same_size,
    shape,
    show,
)
from ..nodes.constants import MatrixUnit, SympysUnit
from ..nodes.differential_symbols import Differential
from ..nodes.matrix_sum import MatrixSum
from ..nodes.norm import Norm
from ..nodes.realness import OF_COMPLEX, complex_symbols
from ..nodes.undefined_functions import DerivativeAtPoint, FunctionValue
from ..nodes.vec import Unvec, Vec
from ..nodes.vech import Unvech, Vech
from ..simplify import constructors as c
from ..simplify.rank import is_singular
from .index_notation import ascending, from_index_notation, with_own_indices


def read(expr: Basic, *, closed: bool = True) -> Basic:
    """
    The expression, well-formed; raises ShapeError where it can't be.

    ``closed=False`` is for what stands inside a sum or function and may hold
    its index: index notation is turned into matrices from the outermost sum.
    """
    done: dict[int, Basic] = {}
    alike: dict[Basic, Basic] = {}
    stack = [expr]
    while stack:
        node = stack[-1]
        if id(node) in done:
            stack.pop()
            continue
        binds = bool(getattr(node, "bound_symbols", ()))
        children = _children(node)
        pending = [] if binds else [a for a in children if id(a) not in done]
        if pending:
            stack.extend(pending)
            continue
        built = rebuild(node, [read(a, closed=False) if binds else done[id(a)] for a in children])
        if closed and isinstance(built, (Sum, FunctionMatrix)):
            built = from_index_notation(built)
        if built is S.NaN or built is S.ComplexInfinity:
            raise ValueMissingError(f"the expression holds {built}, which is no value"
                                    + (f": {node}" if built is not node else ""))
        done[id(node)] = alike.setdefault(built, built)
        stack.pop()
    return done[id(expr)]


def read_function(expr: Any) -> Basic:
    """The function as a well-formed expression; a 1x1 matrix as a scalar."""
    expr = read(sympified(expr))
    _require_finite(expr, [expr])
    if is_matrix(expr) and is_scalar_shape(shape(expr)):
        return c.trace(expr)
    return expr


def in_shape(value: Basic, wanted: Shape) -> Basic:
    """What was read, a scalar as a 1x1 matrix again where that is the shape wanted."""
    if wanted and is_scalar_shape(wanted) and not is_matrix(value):
        return c.scale(value, c.Identity(1))
    return value


def sympified(expr: Any) -> Basic:
    """What a user gave, as an expression."""
    return as_scalar_or_matrix(expr, "the expression")


def _children(node: Basic) -> Sequence[Basic]:
    if isinstance(node, (MatrixSymbol, Differential)):
        return ()
    if isinstance(node, BlockMatrix) and not isinstance(node, BlockDiagMatrix):
        return tuple(node.blocks)
    if isinstance(node, MatrixBase):
        return tuple(node)
    return node.args


@singledispatch
def rebuild(node: Basic, args: Sequence[Basic]) -> Basic:
    """The node over its arguments as read; the default serves scalars and unknown classes."""
    if isinstance(node, Expr) and not is_matrix(node):
        args = [_as_scalar_in(node, a) for a in args]
    return _over(node, args)


def _over(node: Basic, args: Sequence[Basic]) -> Basic:
    if len(args) == len(node.args) and all(a is b for a, b in zip(args, node.args, strict=True)):
        return node
    return c.evaluated(node, args)


def _as_scalar_in(node: Basic, arg: Basic) -> Basic:
    if not is_matrix(arg):
        return arg
    if is_scalar_shape(shape(arg)):
        return c.trace(arg)
    name = type(node).__name__
    raise DerivativeNotImplementedError(
        f"{name} of a {show(shape(arg))} matrix is not covered: {node}. "
        f"For the function of every entry write M.applyfunc({name}); "
        "functions of a matrix as a whole, such as the matrix exponential, have no rule here")


def _require(condition: bool, node: Basic, reason: str) -> None:
    if not condition:
        raise ShapeError(f"{reason}: {node}")


def _require_same(node: Basic, matrices: Sequence[Basic], what: str) -> None:
    first = shape(matrices[0])
    for other in matrices[1:]:
        _require(same_shape(first, shape(other)), node,
                 f"{what} of matrices of shapes {show(first)} and {show(shape(other))}")


def _require_square(node: Basic, matrix: Basic, what: str) -> None:
    size = shape(matrix)
    hint = ""
    if isinstance(node, MatPow) and is_vector_shape(size):
        hint = ("; SymPy merges (x.T*x)*x into x.T*x**2, "
                "write Trace(x.T*x)*x to keep the scalar apart")
    _require(same_size(*size), node, f"{what} of a {show(size)} matrix, which is not square{hint}")


# --- scalars ----------------------------------------------------------------------------


@rebuild.register(Tuple)
def _tuple(node, args):
    return _over(node, args)


@rebuild.register(AppliedUndef)
def _undefined(node, args):
    # f(X) keeps its matrices: it is a scalar function of them
    node = _over(node, [c.as_scalar(a) if is_scalar_shape(shape(a)) else a for a in args])
    return node if node.is_commutative else FunctionValue(node)


@rebuild.register(FunctionValue)
def _function_value(node, args):
    return args[0] if args[0].is_commutative else FunctionValue(args[0])  # read f(X) is one


@rebuild.register(Derivative)
@rebuild.register(Subs)
def _left_undone(node, args):
    inner = [a.args[0] if isinstance(a, FunctionValue) else a for a in args]
    if all(a is b for a, b in zip(inner, args, strict=True)):
        return rebuild.dispatch(object)(node, args)
    return FunctionValue(_over(node, inner))  # f(X) in it is a function, the whole a value


@rebuild.register(DerivativeAtPoint)
def _derivative_at_point(node, args):
    return _over(node, [*node.args[:2], args[2]])  # f(Y) in it is a function, not a value


def _require_finite(node: Basic, args: Sequence[Basic]) -> None:
    """oo is a limit of sums and integrals, and no number to calculate with."""
    for a in args:
        if a is S.Infinity or a is S.NegativeInfinity:
            raise ValueMissingError(f"{a} is no number to calculate with: {node}")


@rebuild.register(Add)
def _add(node, args):
    _require_finite(node, args)
    matrices = [a for a in args if is_matrix(a)]
    if matrices and not all(is_scalar_shape(shape(m)) for m in matrices):
        _require(len(matrices) == len(args), node,
                 f"sum of a scalar and a {show(shape(matrices[0]))} matrix")
        return _matadd(node, args)
    return _over(node, [c.as_scalar(a) for a in args])


@rebuild.register(Mul)
def _mul(node, args):
    _require_finite(node, args)
    if any(is_matrix(a) and not is_scalar_shape(shape(a)) for a in args):
        return _matmul(node, args)
    return _over(node, [c.as_scalar(a) for a in args])


@rebuild.register(Pow)
def _pow(node, args):
    _require_finite(node, args)
    base, exponent = args
    if is_matrix(base) and not is_scalar_shape(shape(base)):
        return _matpow(node, args)
    return _over(node, [c.as_scalar(base), _as_scalar_in(node, exponent)])


@rebuild.register(conjugate)
def _conjugate(node, args):
    return conjugated(args[0], node)


@singledispatch
def conjugated(expr: Basic, node: Basic) -> Basic:
    """The complex conjugate; of all that isn't declared to be complex, itself."""
    if not complex_symbols(expr):
        _require_real(expr)
        return expr
    raise DerivativeNotImplementedError(
        f"the conjugate of {type(expr).__name__} with {_names(complex_symbols(expr))}, which "
        f"{_are(complex_symbols(expr))} declared complex, is not covered: {node}")


@conjugated.register(Symbol)
def conjugated_symbol(expr, node):
    return conjugate(expr) if complex_symbols(expr) else expr


@conjugated.register(Add)
@conjugated.register(Mul)
@conjugated.register(MatAdd)
@conjugated.register(MatMul)
@conjugated.register(Transpose)
@conjugated.register(Trace)
def conjugated_parts(expr, node):
    return rebuild(expr, [conjugated(a, node) for a in expr.args])


def _names(symbols: set) -> str:
    return ", ".join(sorted(map(str, symbols)))


def _are(symbols: set) -> str:
    return "is" if len(symbols) == 1 else "are"


@rebuild.register(Abs)
@rebuild.register(sign)
@rebuild.register(arg)
@rebuild.register(re)
@rebuild.register(im)
def _of_complex(node, args):
    if not complex_symbols(node):
        _require_real(node)
    return _over(node, [_as_scalar_in(node, a) for a in args])


def _require_real(node: Basic) -> None:
    if node.has(S.ImaginaryUnit):
        raise DerivativeNotImplementedError(
            f"everything is real here, and {node} depends on what is not")


def _require_no_complex_symbols(node: Basic) -> None:
    if held := complex_symbols(node):
        raise DerivativeNotImplementedError(
            f"{type(node).__name__} is covered for real arguments only, and {_names(held)} "
            f"{_are(held)} declared complex: {node}")


@rebuild.register(Symbol)
def _scalar_symbol(node, args):
    if not node.is_commutative:
        raise DerivativeNotImplementedError(
            f"{node} is a non-commutative Symbol; for a matrix use a MatrixSymbol")
    return node


@rebuild.register(Trace)
def _trace(node, args):
    _require_square(node, args[0], "trace")
    return c.trace(args[0])


@rebuild.register(Determinant)
def _determinant(node, args):
    _require_square(node, args[0], "determinant")
    if is_singular(args[0]):
        return S.Zero
    return c.determinant(args[0])


@rebuild.register(DotProduct)
def _dot(node, args):
    for a in args:
        _require(is_vector_shape(shape(a)), node, f"dot product with a {show(shape(a))} matrix")
    left, right = map(c.vec, args)
    _require_same(node, [left, right], "dot product")
    return c.inner(left, right)


@rebuild.register(MatrixElement)
def _element(node, args):
    return c.entry(*args)


@rebuild.register(Sum)
def _sum(node, args):
    body, *limits = args
    if isinstance(body, ZeroMatrix) or body == 0:
        return body
    body, limits, sign = ascending(*with_own_indices(body, limits))
    if is_matrix(body) and not is_scalar_shape(shape(body)):
        for limit in limits:
            body = MatrixSum(body, limit)
        return c.scale(sign, body)
    return sign*_over(node, [c.as_scalar(body), *limits])


@rebuild.register(Product)
def _product(node, args):
    body, limits, sign = ascending(*with_own_indices(args[0], args[1:]))
    return _over(node, [c.as_scalar(body), *limits])**sign


@rebuild.register(Integral)
def _integral(node, args):
    body, *limits = args
    return _over(node, [c.as_scalar(body), *limits]) if body != 0 else S.Zero


@rebuild.register(Lambda)
def _lambda(node, args):
    if not args:  # Lambda(z, z) is a singleton of SymPy's
        return node
    signature, body = args
    if is_matrix(body):
        return node.func(*args)
    return node.func(signature, c.as_scalar(body))


# --- linear structure -------------------------------------------------------------------


@rebuild.register(MatAdd)
def _matadd(node, args):
    _require_same(node, args, "sum")
    return c.add(*args)


@rebuild.register(MatMul)
def _matmul(node, args):
    """
    The product, with 1x1 stretches that don't fit their neighbours as scalars.

    People write ``(x.T*A*x)*B`` for a scalar times a matrix, and SymPy lets it
    through where sizes are symbols.  The factors are cut where shapes don't
    fit; pieces that are 1x1 are scalars, the others must fit each other.
    """
    _require_finite(node, args)
    scalars: list[Basic] = []
    pieces: list[list[Basic]] = []
    for factor in args:
        for f in factor.args if isinstance(factor, MatMul) else [factor]:
            if not is_matrix(f):
                scalars.append(f)
            elif pieces and same_size(shape(pieces[-1][-1])[1], shape(f)[0]):
                pieces[-1].append(f)
            else:
                pieces.append([f])
    products = [c.multiply(*piece) for piece in pieces]
    if len(products) > 1:
        scalars += [c.trace(p) for p in products if is_scalar_shape(shape(p))]
        products = [p for p in products if not is_scalar_shape(shape(p))]
    for left, right in zip(products, products[1:], strict=False):
        hint = ("; SymPy turns Abs(x.T*y) into such products, write Abs(Trace(x.T*y))"
                if any(isinstance(a, Adjoint) for a in node.args) else "")
        _require(same_size(shape(left)[1], shape(right)[0]), node,
                 f"product of {show(shape(left))} and {show(shape(right))}{hint}")
    return c.multiply(*scalars, *products)


@rebuild.register(MatPow)
def _matpow(node, args):
    base, exponent = args
    _require_square(node, base, "power")
    if is_matrix(exponent):
        exponent = _as_scalar_in(node, exponent)
    if is_scalar_shape(shape(base)):
        return c.scale(c.trace(base)**exponent, c.power(base, S.Zero))
    return c.power(base, exponent)


@rebuild.register(Transpose)
def _transpose(node, args):
    return c.transpose(args[0])


@rebuild.register(Adjoint)
def _adjoint(node, args):
    return c.transpose(conjugated(args[0], node))


# --- elementwise ------------------------------------------------------------------------


@rebuild.register(HadamardProduct)
def _hadamard(node, args):
    _require_same(node, [a for a in args if is_matrix(a)], "Hadamard product")
    return c.hadamard(*args)


@rebuild.register(HadamardPower)
def _hadamard_power(node, args):
    if all(map(is_matrix, args)):
        _require_same(node, args, "Hadamard power")
    return c.hadamard_power(*args)


@rebuild.register(ElementwiseApplyFunction)
def _elementwise(node, args):
    if node.function.has(*OF_COMPLEX):
        _require_no_complex_symbols(node)
    return c.elementwise(*args)


# --- structure --------------------------------------------------------------------------


@rebuild.register(KroneckerProduct)
def _kronecker(node, args):
    return c.kronecker(*args)


@rebuild.register(DiagMatrix)
def _diag_matrix(node, args):
    _require(is_vector_shape(shape(args[0])), node,
             f"DiagMatrix of a {show(shape(args[0]))} matrix, which is no vector")
    return c.diag(c.vec(args[0]))


@rebuild.register(DiagonalOf)
def _diagonal_of(node, args):
    matrix = args[0]
    length, _ = node.func(matrix).shape
    _require(length is not None, node,
             f"the diagonal of a {show(shape(matrix))} matrix has an unknown length; "
             "make it square or slice it first")
    whole = (S.Zero, length, S.One)
    return c.diagonal_of(c.matrix_slice(matrix, whole, whole))


@rebuild.register(MatrixSlice)
def _slice(node, args):
    parent, rows, cols = args
    return c.matrix_slice(parent, tuple(rows), tuple(cols))


@rebuild.register(BlockDiagMatrix)
def _block_diag(node, args):
    if all(isinstance(a, ZeroMatrix) for a in args):
        return ZeroMatrix(*shape(node))
    return _over(node, args)


@rebuild.register(BlockMatrix)
def _block(node, args):
    rows, cols = node.blockshape
    table = [args[i*cols:(i + 1)*cols] for i in range(rows)]
    for row in table:
        _require(all(same_size(shape(b)[0], shape(row[0])[0]) for b in row), node,
                 "blocks of one row with different numbers of rows")
    for column in zip(*table, strict=True):
        _require(all(same_size(shape(b)[1], shape(column[0])[1]) for b in column), node,
                 "blocks of one column with different numbers of columns")
    if all(isinstance(a, ZeroMatrix) for a in args):
        return ZeroMatrix(*shape(node))
    if all(a is b for a, b in zip(args, node.blocks, strict=True)):
        return node
    return c.new(BlockMatrix, ImmutableDenseMatrix(table, evaluate=False))


@rebuild.register(MatrixBase)
def _explicit(node, args):
    entries = [_as_scalar_in(node, a) for a in args]
    return ImmutableDenseMatrix(node.rows, node.cols, entries)


@rebuild.register(MatrixSymbol)
@rebuild.register(Differential)
def _symbol(node, args):
    return node


@rebuild.register(MatrixExpr)
def _other_matrix(node, args):
    return _over(node, args)


@rebuild.register(SympysUnit or MatrixUnit)
def _matrix_unit(node, args):
    return node if isinstance(node, MatrixUnit) else MatrixUnit(*args)


@rebuild.register(MatrixSum)
def _matrix_sum(node, args):
    body, (limit,), sign = ascending(args[0], [args[1]])
    return c.scale(sign, c.matrix_sum(body, limit))


@rebuild.register(Norm)
def _norm(node, args):
    _require_real(node)
    _require_no_complex_symbols(node)
    matrix = args[0]
    if isinstance(matrix, ZeroMatrix):
        return S.Zero
    if is_scalar_shape(shape(matrix)):
        return Abs(c.trace(matrix))
    return node if matrix is node.matrix else Norm(matrix, *args[1:])


@rebuild.register(Vec)
def _vec(node, args):
    return c.vec(args[0])


@rebuild.register(Vech)
def _vech(node, args):
    _require_square(node, args[0], "vech")
    return c.vech(args[0])


@rebuild.register(Unvech)
def _unvech(node, args):
    return c.unvech(*args)


@rebuild.register(Unvec)
def _unvec(node, args):
    return c.unvec(*args)
