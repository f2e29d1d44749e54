"""Maps that are no products: derivatives of matrix functions, solutions of Sylvester's equation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity

from ..core.shapes import Shape, shape
from ..simplify import constructors as c
from .law import Law
from .maps import LinearMap

__all__ = ["Frechet", "Sylvester"]


@dataclass(frozen=True)
class Frechet(LinearMap):
    """dY ↦ L_f(X, E…, dY), the derivative of f or of its derivatives along the E."""

    trace_law = Law("adjoint of the Fréchet derivative", "tr(G'L(X, Y)) = tr(L(X', G)'Y)",
                    "Higham 2008, 3.2")
    vec_law = Law("Kronecker form", "vec L(X, Y) = K(X) vec Y", "Higham 2008, 3.2")

    function: Any
    point: Basic
    directions: tuple[Basic, ...] = ()

    @property
    def domain(self) -> Shape:
        return shape(self.point)

    @property
    def codomain(self) -> Shape:
        return self.domain

    def apply(self, dY: Any, /) -> Any:
        return c.frechet_derivative(self.function, self.point, *self.directions, dY)

    def adjoint(self, G: Any, /) -> Any:
        turned = map(c.transpose, self.directions)
        return c.frechet_derivative(self.function, c.transpose(self.point), *turned, G)

    def matrix(self) -> Any:
        return c.frechet_matrix(self.function, self.point, *self.directions)


@dataclass(frozen=True)
class Sylvester(LinearMap):
    """dY ↦ the X with left·X + X·right = dY."""

    trace_law = Law("adjoint of a Sylvester equation",
                    "AX + XB = Y, A'Z + ZB' = G: tr(G'X) = tr(Z'Y)", "Giles 2008, 2.3.2")
    vec_law = Law("Sylvester's equation", "vec X = (I⊗A + B'⊗I)⁻¹ vec Y", "Higham 2008, B.14")

    left: Basic
    right: Basic

    @property
    def domain(self) -> Shape:
        return shape(self.left)[0], shape(self.right)[0]

    @property
    def codomain(self) -> Shape:
        return self.domain

    def apply(self, dY: Any, /) -> Any:
        return c.sylvester_solution(self.left, self.right, dY)

    def adjoint(self, G: Any, /) -> Any:
        return c.sylvester_solution(c.transpose(self.left), c.transpose(self.right), G)

    def matrix(self) -> Any:
        m, n = self.domain
        return c.inverse(c.add(c.kronecker(Identity(n), self.left),
                               c.kronecker(c.transpose(self.right), Identity(m))))
