"""
The node over its arguments as read, class by class, and what is refused there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

from sympy import (
    Expr,
)
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    MatPow,
)

from ..core.errors import (
    DerivativeNotImplementedError,
    ShapeError,
)
from ..core.shapes import (
    is_matrix,
    is_scalar_shape,
    is_vector_shape,
    same_shape,
    same_size,
    shape,
    show,
)
from ..simplify import constructors as c


@singledispatch
def rebuild(node: Basic, args: Sequence[Basic]) -> Basic:
    """The node over its arguments as read; the default serves scalars and unknown classes."""
    if isinstance(node, Expr) and not is_matrix(node):
        args = [as_scalar_in(node, a) for a in args]
    return over(node, args)


def over(node: Basic, args: Sequence[Basic]) -> Basic:
    if len(args) == len(node.args) and all(a is b for a, b in zip(args, node.args, strict=True)):
        return node
    return c.evaluated(node, args)


def as_scalar_in(node: Basic, arg: Basic) -> Basic:
    if not is_matrix(arg):
        return arg
    if is_scalar_shape(shape(arg)):
        return c.trace(arg)
    name = type(node).__name__
    whole = {"exp": "expm(M)", "log": "logm(M)"}.get(name, f"matrix_function({name}, M)")
    square = f", for that of the matrix as a whole {whole}" if same_size(*shape(arg)) else ""
    raise DerivativeNotImplementedError(
        f"{name} of a {show(shape(arg))} matrix is not covered: {node}. "
        f"For the function of every entry write M.applyfunc({name}){square}")


def require(condition: bool, node: Basic, reason: str) -> None:
    if not condition:
        raise ShapeError(f"{reason}: {node}")


def require_same(node: Basic, matrices: Sequence[Basic], what: str) -> None:
    first = shape(matrices[0])
    for other in matrices[1:]:
        if not same_shape(first, shape(other)):
            raise ShapeError(f"{what} of matrices of shapes {show(first)} and "
                             f"{show(shape(other))}: {node}")


def require_square(node: Basic, matrix: Basic, what: str) -> None:
    size = shape(matrix)
    hint = ""
    if isinstance(node, MatPow) and is_vector_shape(size):
        hint = ("; SymPy merges (x.T*x)*x into x.T*x**2, "
                "write Trace(x.T*x)*x to keep the scalar apart")
    require(same_size(*size), node, f"{what} of a {show(size)} matrix, which is not square{hint}")
