"""
Trace, determinant, inverse.

References: Magnus & Neudecker 8.3-8.4; Matrix Cookbook 2.1, 2.2, 2.5; document
003, table of differentials.
"""

from typing import Any, cast

from sympy import Determinant, S, Trace
from sympy.matrices.expressions import Identity, Inverse, MatPow

from ..core.shapes import shape
from ..linear_maps.law import Law
from ..linear_maps.maps import InnerProduct, Sandwich
from ..simplify import constructors as c
from .table import Edges, Varies, cited, local_differentials

POWER = Law("trace of a power", "d tr Xᵏ = k tr(Xᵏ⁻¹ dX)", "M&N 8.2, 1.10")


@local_differentials.register(Trace)
@cited("trace rule", "M&N 8.2; document 003",
       where=lambda node, children: POWER if children[0] != node.args[0] else None)
def trace(node: Any, varies: Varies) -> Edges:
    """d tr X = tr dX"""
    matrix = node.args[0]
    if isinstance(matrix, MatPow) and not varies(matrix.args[1]):
        base, k = cast(Any, matrix.args)
        yield base, InnerProduct(c.scale(k, c.power(c.transpose(base), k - 1)))
        return
    yield matrix, InnerProduct(Identity(shape(matrix)[0]))


@local_differentials.register(Determinant)
@cited("determinant rule", "M&N 8.3; document 003")
def determinant(node: Any, varies: Varies) -> Edges:
    """d|X| = |X| tr(X⁻¹dX), for X invertible"""
    matrix = node.args[0]
    if isinstance(matrix, MatPow) and not varies(matrix.args[1]):
        base, k = matrix.args  # |X|ᵏ
        yield base, InnerProduct(c.scale(k*node, c.inverse(c.transpose(base))))
        return
    yield matrix, InnerProduct(c.scale(node, c.inverse(c.transpose(matrix))))


@local_differentials.register(Inverse)
@cited("inverse rule", "M&N 8.4; document 003")
def inverse(node: Any, varies: Varies) -> Edges:
    """dX⁻¹ = −X⁻¹ dX X⁻¹"""
    yield node.args[0], Sandwich(c.scale(S.NegativeOne, node), node)
