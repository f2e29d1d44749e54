"""
Rebuild an expression so that the rules can rely on it.

After ``read`` every shape is consistent, every 1x1 matrix in a scalar's place
is a ``Trace``, index notation is matrix notation where it can be, and equal
subexpressions are one object.  What is ill-shaped is refused here, with
symbolic sizes too, since SymPy hardly checks those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sympy import (
    Dummy,
    Lambda,
    S,
    Sum,
)
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    FunctionMatrix,
    MatrixSymbol,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core.bound_symbols import argument_symbol
from ..core.errors import (
    ValueMissingError,
)
from ..core.given import as_scalar_or_matrix
from ..core.shapes import (
    Shape,
    is_matrix,
    is_scalar_shape,
    shape,
)
from ..nodes.differential_symbols import Differential
from ..nodes.realness import is_complex
from ..simplify import constructors as c
from ..simplify.exponentials import with_softmax
from . import matrix_nodes, scalar_nodes  # noqa: F401 - fill the table of rebuild
from .index_notation import from_index_notation
from .reals import require_finite
from .rebuilding import rebuild


def read(expr: Basic, *, closed: bool = True) -> Basic:
    """
    The expression, well-formed; raises ShapeError where it can't be.

    ``closed=False`` is for what stands inside a sum or function and may hold
    its index: index notation is turned into matrices from the outermost sum.
    """
    done: dict[int, Basic] = {}
    alike: dict[Basic, Basic] = {}
    below: dict[int, Sequence[Basic]] = {}
    stack = [expr]
    while stack:
        node = stack[-1]
        if id(node) in done:
            stack.pop()
            continue
        binds = bool(getattr(node, "bound_symbols", ()))
        if id(node) not in below:  # made once and kept, so that an id stays that of one object
            below[id(node)] = _children(node)
        children = below[id(node)]
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
    return with_softmax([done[id(expr)]])[0] if closed else done[id(expr)]


def read_function(expr: Any) -> Any:
    """The function as a well-formed expression; a 1x1 matrix as a scalar."""
    expr = read(sympified(expr))
    require_finite(expr, [expr])
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


def _children(node: Any) -> Sequence[Basic]:
    if isinstance(node, (MatrixSymbol, Differential)):
        return ()
    if isinstance(node, BlockMatrix) and not isinstance(node, BlockDiagMatrix):
        return tuple(cast(Any, node.blocks))
    if isinstance(node, MatrixBase):
        return tuple(cast(Any, node))
    if isinstance(node, ElementwiseApplyFunction) and is_complex(node.expr):
        return _of_complex_argument(node.function), node.expr
    return node.args


def _of_complex_argument(function: Any) -> Basic:
    """The function of a complex number, of which conjugates and absolute values are no real's."""
    (z,), body = function.signature, function.expr
    own = argument_symbol(body.atoms(Dummy) - {z}, real=False)
    return Lambda((own,), body.xreplace({z: own}))
