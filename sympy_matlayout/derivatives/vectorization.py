"""vec of an expression as a matrix times the vec of its variables, and back."""

from __future__ import annotations

from typing import Any

from sympy import Trace
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatMul, MatPow, ZeroMatrix

from ..core.errors import NotLinearError, VariableError, reporting_bugs
from ..core.registry import simplified_product
from ..core.shapes import is_matrix, is_scalar_shape, shape
from ..linear_maps.graph import Graph
from ..nodes.conjugates import presented
from ..nodes.vec import Vec
from ..nodes.vech import Vech
from ..reading.read import read, sympified
from ..simplify import constructors as c
from ..simplify.factoring import factored
from ..structures.variable import Variable
from .problem import graph_of

__all__ = ["collect_vec", "expand_vec"]


@reporting_bugs
def expand_vec(expr: Any, *variables: Any) -> Basic:
    r"""
    Each vec and vech of something linear in the variables, by the vec of these.

    Explanation
    ===========

    `\mathrm{vec}(AXB) = (B^T\otimes A)\,\mathrm{vec}X`, `\mathrm{vec}X^T =
    K_{mn}\mathrm{vec}X`, `\mathrm{vech}X = L_n\mathrm{vec}X`,
    `\mathrm{vec}(X\circ A) = \mathrm{diag}(\mathrm{vec}A)\,\mathrm{vec}X` and
    so on: the matrix is the Jacobian.  What does not depend on the variables
    stays in a vec of its own.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import Vec, expand_vec
    >>> m, n, p, q = symbols('m n p q', integer=True, positive=True)
    >>> A, X, B = MatrixSymbol('A', p, m), MatrixSymbol('X', m, n), MatrixSymbol('B', n, q)
    >>> expand_vec(Vec(A*X*B), X)
    KroneckerProduct(B.T, A)*Vec(X)
    >>> expand_vec(Vec(A*X*B), A)
    KroneckerProduct(B.T*X.T, I)*Vec(A)

    Parameters
    ==========

    expr : a scalar or matrix expression with ``Vec`` and ``Vech`` in it
    variables : one or several MatrixSymbols

    Raises
    ======

    NotLinearError : a vec holds a variable otherwise than linearly

    See Also
    ========

    sympy_matlayout.collect_vec, sympy_matlayout.jacobian

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 2.4
    """
    chosen = [Variable.of(v) for v in variables]
    if not chosen or any(not v.shape for v in chosen):
        raise VariableError("expand_vec(expr, X, ...) needs the MatrixSymbols to expand by")
    graph = graph_of(read(sympified(expr)), chosen, {})
    chosen += [v.conjugate for v in chosen if v.conjugate is not None]
    chosen = list({v.base if v.conjugate is None else v.symbol: v
                   for v in reversed(chosen)}.values())[::-1]
    return presented(read(graph.root).replace(
        lambda e: isinstance(e, (Vec, Vech)) and graph.varies(e),
        lambda e: _expanded(e, chosen)))


def _expanded(column: Basic, variables: list[Variable]) -> Basic:
    graph = graph_of(column, variables, {})
    zeros = {v.symbol: ZeroMatrix(*shape(v.symbol)) for v in variables}
    terms = [read(column.xreplace(zeros)).doit(deep=False)]
    for v in variables:
        differential = graph.linear_map(v.symbol)
        if differential is None:
            continue
        J = factored(v.turn_map(differential).matrix())
        _require_constant(J, column, graph)
        terms.append(c.multiply(J, c.vec(v.turn(v.symbol))))
    return c.add(*terms, shape=shape(column))


def _require_constant(J: Basic, column: Basic, graph: Graph) -> None:
    held = sorted(str(v) for v in graph.variables if v in J.free_symbols)
    if held:
        raise NotLinearError(f"{column} is not linear in {', '.join(held)}: its Jacobian is {J}; "
                             "give the differential of what is inside")


@reporting_bugs
def collect_vec(expr: Any) -> Basic:
    r"""
    Products with vec, K and Kronecker products put together, wherever they stand.

    Explanation
    ===========

    `(B^T\otimes A)\,\mathrm{vec}X = \mathrm{vec}(AXB)`,
    `K_{mn}\mathrm{vec}X = \mathrm{vec}X^T`, `L_n\mathrm{vec}X = \mathrm{vech}X`,
    `\mathrm{vec}(A)^T\mathrm{vec}(B) = \mathrm{tr}(A^TB)`,
    `(A\otimes B)(C\otimes D) = AC\otimes BD`,
    `K(A\otimes B)K = B\otimes A`, and what the constant matrices are of one
    another: `LD = I`, `KD = D`, `D D^+ = N` and so on.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy.matrices.expressions import KroneckerProduct
    >>> from sympy_matlayout import Vec, collect_vec
    >>> m, n, p, q = symbols('m n p q', integer=True, positive=True)
    >>> A, X, B = MatrixSymbol('A', p, m), MatrixSymbol('X', m, n), MatrixSymbol('B', n, q)
    >>> collect_vec(2*KroneckerProduct(B.T, A)*Vec(X))
    2*Vec(A*X*B)
    >>> collect_vec(Vec(X).T*KroneckerProduct(B, A.T))
    Vec(A*X*B).T

    Parameters
    ==========

    expr : a scalar or matrix expression

    See Also
    ========

    sympy_matlayout.expand_vec
    """
    found = read(sympified(expr))
    found = found.replace(lambda e: isinstance(e, (MatMul, MatPow)) and is_matrix(e.args[-1]),
                          simplified_product)
    found = found.replace(Trace, lambda matrix: c.trace(matrix))
    return presented(c.trace(found) if is_matrix(found) and is_scalar_shape(shape(found))
                     else found)
