"""
Sums, products, powers, transposes.

References: Magnus & Neudecker, Matrix Differential Calculus, 8.2-8.4; document
003, table of differentials.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import Integer, S, log
from sympy.matrices.expressions import (
    Identity,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from ..core.bound_symbols import bound_symbol
from ..core.errors import VariableError
from ..core.shapes import is_matrix, shape
from ..linear_maps.composition import PowerSum, compose, identity, total
from ..linear_maps.implicit_maps import Frechet, Sylvester
from ..linear_maps.law import Law
from ..linear_maps.maps import LinearMap, Sandwich, ScalarTimes, Transposition
from ..nodes.functions_of_argument import of_argument
from ..nodes.node import ConstantMatrix
from ..simplify import constructors as c
from .table import Edges, Varies, cited, local_differentials

CONSTANT_FACTORS = Law("constant factors", "d(AXB) = A·dX·B, d(cX) = c·dX", "M&N 8.2")


@local_differentials.register(MatAdd)
@cited("sum rule", "M&N 8.2; document 003")
def matrix_sum(node: Any, varies: Varies) -> Edges:
    """d(X + Y) = dX + dY"""
    for term in node.args:
        yield term, identity(shape(node))


@local_differentials.register(MatMul)
@cited("product rule", "M&N 8.2; document 003",
       where=lambda node, children: CONSTANT_FACTORS if len(children) == 1 else None)
def matrix_product(node: Any, varies: Varies) -> Edges:
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
@cited("power rule", "M&N 8.2, 8.4; Higham 2008, 3.2, 6.1")
def matrix_power(node: Any, varies: Varies) -> Edges:
    """dXᵏ = Σ Xⁱ dX Xᵏ⁻¹⁻ⁱ, i = 0 … k−1, and dX⁻ᵏ = −Σ X⁻ⁱ dX Xⁱ⁻ᵏ⁻¹, i = 1 … k"""
    base, exponent = node.args
    if varies(exponent):
        yield exponent, ScalarTimes(c.multiply(_logarithm(base), node))
    if not exponent.is_Integer:
        yield base, _differential_of_power(base, exponent)
        return
    for term in _whole_power(base, int(exponent)):
        yield base, term


def _whole_power(base: Any, k: int) -> Iterator[Sandwich]:
    if k > 0:
        for i in range(k):
            yield Sandwich(c.power(base, Integer(i)), c.power(base, Integer(k - 1 - i)))
    else:
        for i in range(1, -k + 1):
            yield Sandwich(c.scale(S.NegativeOne, c.power(base, Integer(-i))),
                           c.power(base, Integer(k + i - 1)))


def _differential_of_power(base: Any, exponent: Any) -> LinearMap:
    """Of a whole power the sum, of k/2 that of the square root S: S dS + dS S = dX (Higham 6.1)"""
    if exponent.is_integer:
        return PowerSum(base, exponent)
    if (2*exponent).is_Integer:
        root, whole = c.power(base, S.Half), int(exponent)  # Xᵖ = Xʲ S, or Xʲ S⁻¹
        half = S.One if exponent > 0 else S.NegativeOne
        of_root = compose(total(_whole_power(root, int(half))), Sylvester(root, root))
        terms = [compose(Sandwich(c.power(base, S(whole)), Identity(shape(base)[0])), of_root)]
        terms.extend(Sandwich(term.left, c.multiply(term.right, c.power(root, half)))
                     for term in _whole_power(base, whole) if whole)
        return total(terms)
    z = bound_symbol("z")
    return Frechet(of_argument(z**exponent, z), base)


def _logarithm(matrix: Any) -> Any:
    z = bound_symbol("z")
    return c.primary_function(of_argument(log(z), z), matrix)


@local_differentials.register(Transpose)
@cited("transpose rule", "M&N 8.2; document 003")
def transpose(node: Any, varies: Varies) -> Edges:
    """dXᵀ = (dX)ᵀ"""
    yield node.args[0], Transposition(shape(node.args[0]))


@local_differentials.register(MatrixSymbol)
@local_differentials.register(Identity)
@local_differentials.register(OneMatrix)
@local_differentials.register(ZeroMatrix)
@local_differentials.register(ConstantMatrix)
def matrix_symbol(node: Any, varies: Varies) -> Edges:
    # what varies without being or holding the variable: its size does
    raise VariableError(f"the variable is a size of the matrix {getattr(node, 'name', node)}, "
                        f"{' by '.join(map(str, shape(node)))}; "
                        "there is no derivative by a number of rows or columns")
