"""
Sums, products, powers, transposes.

References: Magnus & Neudecker, Matrix Differential Calculus, 8.2-8.4; document
003, table of differentials.
"""

from sympy import Integer, S, Tuple, preorder_traversal
from sympy.matrices.expressions import Identity, MatAdd, MatMul, MatPow, MatrixSymbol, Transpose

from ..canonical import constructors as c
from ..engine.law import Law
from ..engine.maps import (
    PowerSum,
    Sandwich,
    ScalarTimes,
    Summation,
    Transposition,
    compose,
    identity,
)
from ..errors import DerivativeNotImplementedError, VariableError
from ..expressions.bound_symbols import index_symbol
from ..expressions.matrix_sum import MatrixSum
from ..expressions.shape import is_matrix, shape
from .table import cited, local_differentials


@local_differentials.register(MatAdd)
@cited("sum rule", "M&N 8.2; document 003")
def _(node, varies):
    """d(X + Y) = dX + dY"""
    for term in node.args:
        yield term, identity(shape(node))


@local_differentials.register(MatMul)
@cited("product rule", "M&N 8.2; document 003",
       linear=Law("constant factors", "d(AXB) = A·dX·B, d(cX) = c·dX", "M&N 8.2"))
def _(node, varies):
    """d(XY) = dX·Y + X·dY, and d(cX) = dc·X + c·dX for a scalar c"""
    scalars = [a for a in node.args if not is_matrix(a)]
    matrices = [a for a in node.args if is_matrix(a)]
    for k, factor in enumerate(scalars):
        if varies(factor):
            yield factor, ScalarTimes(c.multiply(*scalars[:k], *scalars[k + 1:], *matrices))
    for k, factor in enumerate(matrices):
        if varies(factor):
            rows, cols = shape(factor)
            left = c.multiply(*scalars, *matrices[:k], Identity(rows))
            yield factor, Sandwich(left, c.multiply(Identity(cols), *matrices[k + 1:]))


@local_differentials.register(MatPow)
@cited("power rule", "M&N 8.2, 8.4")
def _(node, varies):
    """dXᵏ = Σ Xⁱ dX Xᵏ⁻¹⁻ⁱ, i = 0 … k−1, and dX⁻ᵏ = −Σ X⁻ⁱ dX Xⁱ⁻ᵏ⁻¹, i = 1 … k"""
    base, exponent = node.args
    if varies(exponent):
        raise VariableError(
            f"the exponent of ({base})**({exponent}) depends on the variable; "
            "this needs the logarithm of a matrix, which is not covered")
    if not exponent.is_Integer:
        yield base, PowerSum(base, exponent)
        return
    k = int(exponent)
    if k > 0:
        for i in range(k):
            yield base, Sandwich(c.power(base, Integer(i)), c.power(base, Integer(k - 1 - i)))
    else:
        for i in range(1, -k + 1):
            yield base, Sandwich(c.scale(S.NegativeOne, c.power(base, Integer(-i))),
                                 c.power(base, Integer(k + i - 1)))


@local_differentials.register(Transpose)
@cited("transpose rule", "M&N 8.2; document 003")
def _(node, varies):
    """dXᵀ = (dX)ᵀ"""
    yield node.args[0], Transposition(shape(node.args[0]))


@local_differentials.register(MatrixSum)
@cited("sum rule", "M&N 8.2")
def _(node, varies):
    """d ΣMᵢ = Σ dMᵢ"""
    index, *ends = node.limits
    if any(map(varies, ends)):
        raise DerivativeNotImplementedError(f"the limits of a sum depend on the variable: {node}")
    inside = {s for part in preorder_traversal(node.body)
              for s in getattr(part, "bound_symbols", ())}
    own = index_symbol(inside | node.free_symbols)
    body = node.body.xreplace({index: own})
    for child, term in _outside(body, identity(shape(node)), own, varies):
        yield child, Summation(term, Tuple(own, *ends))


def _outside(node, to_root, index, varies):
    """The maps from what doesn't hold the index."""
    for child, m in local_differentials(node, varies):
        if varies(child):
            m = compose(to_root, m)
            if index in child.free_symbols:
                yield from _outside(child, m, index, varies)
            else:
                yield child, m


@local_differentials.register(MatrixSymbol)
def _(node, varies):
    # a symbol that varies without being the variable: its size does
    raise VariableError(f"the variable is a size of the matrix {node.name}, "
                        f"{' by '.join(map(str, shape(node)))}; "
                        "there is no derivative by a number of rows or columns")
