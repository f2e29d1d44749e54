r"""
The linear maps that local differentials are made of.

Each knows three things: ``apply(dY)``, its value; ``adjoint(G)``, the map
`A^*` with `\langle G, A(dY)\rangle = \langle A^*(G), dY\rangle` in the inner
product `\langle A, B\rangle = \mathrm{tr}(A^T B)`; and ``matrix()``, the
matrix `J` with `\mathrm{vec}(A(dY)) = J\,\mathrm{vec}(dY)`, vec column-major.
``domain`` and ``codomain`` are shapes, ``()`` for a scalar.

``compose`` and ``total`` keep combinations short, so that the map of a whole
expression stays a sum of terms like ``L*dX*R``.

References: Magnus & Neudecker, Matrix Differential Calculus, chapters 2, 3 and 9.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from sympy import Add, Expr, Mul, Pow, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity

from ..core.shapes import SCALAR, Shape, shape
from ..simplify import constructors as c
from .law import Law


class LinearMap(ABC):
    """A linear map between spaces of matrices (or scalars)."""

    domain: Shape
    codomain: Shape
    # what turns tr(G' A(dY)) into tr(A*(G)' dY), and vec(A(dY)) into J vec(dY)
    trace_law: ClassVar[Law] = Law("adjoint map", "tr(G'A(Y)) = tr(A*(G)'Y)")
    vec_law: ClassVar[Law] = Law("matrix of a map", "vec A(Y) = J vec Y")

    @abstractmethod
    def apply(self, dY: Basic, /) -> Basic:
        """The value at ``dY``."""

    @abstractmethod
    def adjoint(self, G: Basic, /) -> Basic:
        """The adjoint's value at ``G``."""

    @abstractmethod
    def matrix(self) -> Basic:
        """The matrix by column-major vec."""


def cancelled(scalar: Any) -> Any:
    """2‖r‖ (dr/(2‖r‖) + …) as dr + …: term by term where what is before a sum cancels in each."""
    if isinstance(scalar, Add):
        return Add(*map(cancelled, scalar.args))
    for dy in scalar.args if isinstance(scalar, Mul) else ():
        bases = {f.as_base_exp()[0] for f in scalar.args if f != dy}
        if isinstance(dy, Add) and all(_is_divided(term, bases) for term in dy.args):
            others = Mul(*(f for f in scalar.args if f != dy))
            return Add(*(others*term for term in dy.args))
    return scalar


def _is_divided(term: Expr, bases: set[Expr]) -> bool:
    """Whether one of these stands below in a product."""
    powers = [f for f in Mul.make_args(term) if isinstance(f, Pow)]
    return any(f.base in bases and f.exp.is_Rational and bool(f.exp < 0) for f in powers)


@dataclass(frozen=True)
class Scaling(LinearMap):
    """dY ↦ factor·dY, of scalars or of matrices."""

    trace_law = Law("linearity", "tr(cX) = c tr X", "M&N 1.10")
    vec_law = Law("linearity", "vec(cX) = c vec X", "M&N 2.4")

    factor: Expr
    domain: Shape = SCALAR

    @property
    def codomain(self) -> Shape:
        return self.domain

    def apply(self, dY: Any, /) -> Any:
        return c.scale(self.factor, dY) if self.domain else cancelled(self.factor*dY)

    adjoint = apply

    def matrix(self) -> Any:
        size = S.One
        for n in self.domain:
            size *= n
        return c.scale(self.factor, Identity(size))


@dataclass(frozen=True)
class Sandwich(LinearMap):
    """dY ↦ left·dY·right."""

    trace_law = Law("cyclic property", "tr(G'LYR) = tr(RG'LY)", "M&N 1.10; document 003")
    vec_law = Law("vec of a product", "vec(LYR) = (R'⊗L) vec Y", "M&N 2.4")

    left: Basic
    right: Basic

    @property
    def domain(self) -> Shape:
        return shape(self.left)[1], shape(self.right)[0]

    @property
    def codomain(self) -> Shape:
        return shape(self.left)[0], shape(self.right)[1]

    def apply(self, dY: Any, /) -> Any:
        return c.multiply(self.left, dY, self.right)

    def adjoint(self, G: Any, /) -> Any:
        return c.multiply(c.transpose(self.left), G, c.transpose(self.right))

    def matrix(self) -> Any:
        return c.kronecker(c.transpose(self.right), self.left)


@dataclass(frozen=True)
class Transposition(LinearMap):
    """dY ↦ dYᵀ."""

    trace_law = Law("trace of a transpose", "tr(G'Y') = tr(GY)", "M&N 1.10; document 003")
    vec_law = Law("vec of a transpose", "vec Y' = K vec Y", "M&N 3.7")

    domain: Shape

    @property
    def codomain(self) -> Shape:
        return self.domain[::-1]

    def apply(self, dY: Any, /) -> Any:
        return c.transpose(dY)

    adjoint = apply

    def matrix(self) -> Any:
        return c.commutation(*self.domain)


@dataclass(frozen=True)
class HadamardBy(LinearMap):
    """dY ↦ factor∘dY."""

    trace_law = Law("Hadamard product in a trace", "tr(G'(B∘Y)) = tr((G∘B)'Y)",
                    "M&N 3.6; document 003")
    vec_law = Law("vec of a Hadamard product", "vec(B∘Y) = diag(vec B) vec Y", "M&N 3.6")

    factor: Basic

    @property
    def domain(self) -> Shape:
        return shape(self.factor)

    @property
    def codomain(self) -> Shape:
        return self.domain

    def apply(self, dY: Any, /) -> Any:
        return c.hadamard(self.factor, dY)

    adjoint = apply

    def matrix(self) -> Any:
        return c.diag(c.vec(self.factor))


@dataclass(frozen=True)
class InnerProduct(LinearMap):
    """dY ↦ tr(gradientᵀ dY), matrix to scalar."""

    trace_law = Law("trace form", "a scalar times tr(G'Y)", "M&N 1.10")
    vec_law = Law("trace as vec", "tr(G'Y) = vec(G)' vec Y", "M&N 2.4")

    gradient: Basic
    codomain = SCALAR

    @property
    def domain(self) -> Shape:
        return shape(self.gradient)

    def apply(self, dY: Any, /) -> Any:
        return c.inner(self.gradient, dY)

    def adjoint(self, G: Any, /) -> Any:
        return c.scale(G, self.gradient)

    def matrix(self) -> Any:
        return c.transpose(c.vec(self.gradient))


@dataclass(frozen=True)
class ScalarTimes(LinearMap):
    """dy ↦ dy·matrix, scalar to matrix."""

    trace_law = Law("linearity", "tr(G'(yM)) = y tr(G'M)", "M&N 1.10")
    vec_law = Law("linearity", "vec(yM) = y vec M", "M&N 2.4")

    direction: Basic
    domain = SCALAR

    @property
    def codomain(self) -> Shape:
        return shape(self.direction)

    def apply(self, dY: Any, /) -> Any:
        return c.scale(dY, self.direction)

    def adjoint(self, G: Any, /) -> Any:
        return c.inner(self.direction, G)

    def matrix(self) -> Any:
        return c.vec(self.direction)
