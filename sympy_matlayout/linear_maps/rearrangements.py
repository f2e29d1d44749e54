"""
Maps that put entries into other places: diagonals, Kronecker products, vec and vech, slices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Expr, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, KroneckerProduct, ZeroMatrix

from ..core.shapes import Shape, same_shape, same_size, shape
from ..nodes.constants import DiagonalEmbedding
from ..nodes.vech import DuplicationMatrix, EliminationMatrix, triangle
from ..simplify import constructors as c
from .law import Law
from .maps import LinearMap


@dataclass(frozen=True)
class DiagonalIn(LinearMap):
    """dy ↦ diag(dy), column to square matrix."""

    trace_law = Law("diagonal in a trace", "tr(G' diag y) = (diagonal of G)'y", "M&N 2.4")
    vec_law = Law("vec of a diagonal matrix", "vec diag y = Ψ y", "Magnus 1988, 7")

    size: Expr

    @property
    def domain(self) -> Shape:
        return self.size, S.One

    @property
    def codomain(self) -> Shape:
        return self.size, self.size

    def apply(self, dY: Any, /) -> Any:
        return c.diag(dY)

    def adjoint(self, G: Any, /) -> Any:
        return c.diagonal_of(G)

    def matrix(self) -> Any:
        return DiagonalEmbedding(self.size)


@dataclass(frozen=True)
class DiagonalOut(LinearMap):
    """dY ↦ the column of the diagonal of dY, square."""

    trace_law = Law("diagonal in a trace", "g'(diagonal of Y) = tr(diag(g) Y)", "M&N 2.4")
    vec_law = Law("diagonal of a matrix", "the diagonal of Y is Ψ' vec Y", "Magnus 1988, 7")

    size: Expr

    @property
    def domain(self) -> Shape:
        return self.size, self.size

    @property
    def codomain(self) -> Shape:
        return self.size, S.One

    def apply(self, dY: Any, /) -> Any:
        return c.diagonal_of(dY)

    def adjoint(self, G: Any, /) -> Any:
        return c.diag(G)

    def matrix(self) -> Any:
        return c.transpose(DiagonalEmbedding(self.size))


def _kronecker_parts(G: Basic, left: Shape, right: Shape) -> tuple[Basic, Basic] | None:
    """``C, D`` of these shapes with ``G = C⊗D``, where G is visibly such a product."""
    scalar, core = c.split_scalar(G)
    if isinstance(core, Identity) and same_size(*left) and same_size(*right):
        return c.scale(scalar, Identity(left[0])), Identity(right[0])
    if isinstance(core, KroneckerProduct) and len(core.args) == 2 \
            and same_shape(shape(core.args[0]), left) and same_shape(shape(core.args[1]), right):
        return c.scale(scalar, core.args[0]), core.args[1]
    return None


@dataclass(frozen=True)
class KroneckerLeft(LinearMap):
    r"""
    dY ↦ factor⊗dY.

    With the factor `A` of shape `m \times n` and `dY` of shape `p \times q`,
    `\mathrm{vec}(A\otimes Y) = (I_n\otimes K_{qm}\otimes I_p)(\mathrm{vec}A\otimes I_{pq})
    \mathrm{vec}Y` (M&N, Theorem 3.10), and the adjoint is
    `\sum_{ij} a_{ij} G_{ij}` over the `p \times q` blocks of `G`, in closed form
    `(\mathrm{vec}(A)^T\otimes I_p)(I_n\otimes G)(\mathrm{vec}(I_n)\otimes I_q)`.
    """

    trace_law = Law("Kronecker product in a trace", "tr(G'(A⊗Y)) = Σ aᵢⱼ tr(Gᵢⱼ'Y)", "M&N 2.2")
    vec_law = Law("vec of a Kronecker product", "vec(A⊗Y) = (I⊗K⊗I)(vec A⊗I) vec Y",
                  "M&N Theorem 3.10")

    factor: Basic
    domain: Shape

    @property
    def codomain(self) -> Shape:
        m, n = shape(self.factor)
        return m*self.domain[0], n*self.domain[1]

    def apply(self, dY: Any, /) -> Any:
        return c.kronecker(self.factor, dY)

    def adjoint(self, G: Any, /) -> Any:
        (_, n), (p, q) = shape(self.factor), self.domain
        parts = _kronecker_parts(G, shape(self.factor), self.domain)
        if parts:
            return c.scale(c.inner(self.factor, parts[0]), parts[1])
        return c.multiply(
            c.kronecker(c.transpose(c.vec(self.factor)), Identity(p)),
            c.kronecker(Identity(n), G),
            c.kronecker(c.vec(Identity(n)), Identity(q)))

    def matrix(self) -> Any:
        (m, n), (p, q) = shape(self.factor), self.domain
        return c.multiply(
            c.kronecker(Identity(n), c.commutation(q, m), Identity(p)),
            c.kronecker(c.vec(self.factor), Identity(p*q)))


@dataclass(frozen=True)
class KroneckerRight(LinearMap):
    r"""
    dY ↦ dY⊗factor.

    With `dY` of shape `m \times n` and the factor `B` of shape `p \times q`,
    `\mathrm{vec}(Y\otimes B) = (I_n\otimes K_{qm}\otimes I_p)(I_{mn}\otimes\mathrm{vec}B)
    \mathrm{vec}Y`, and the adjoint has the entries `\mathrm{tr}(B^T G_{ij})`,
    `(I_m\otimes\mathrm{vec}(B^T)^T)(G\otimes I_q)(I_n\otimes\mathrm{vec}I_q)`.
    """

    trace_law = Law("Kronecker product in a trace", "tr(G'(Y⊗B)) = Σ yᵢⱼ tr(Gᵢⱼ'B)", "M&N 2.2")
    vec_law = Law("vec of a Kronecker product", "vec(Y⊗B) = (I⊗K⊗I)(I⊗vec B) vec Y",
                  "M&N Theorem 3.10")

    factor: Basic
    domain: Shape

    @property
    def codomain(self) -> Shape:
        p, q = shape(self.factor)
        return self.domain[0]*p, self.domain[1]*q

    def apply(self, dY: Any, /) -> Any:
        return c.kronecker(dY, self.factor)

    def adjoint(self, G: Any, /) -> Any:
        (m, n), (_, q) = self.domain, shape(self.factor)
        parts = _kronecker_parts(G, self.domain, shape(self.factor))
        if parts:
            return c.scale(c.inner(self.factor, parts[1]), parts[0])
        return c.multiply(
            c.kronecker(Identity(m), c.transpose(c.vec(c.transpose(self.factor)))),
            c.kronecker(G, Identity(q)),
            c.kronecker(Identity(n), c.vec(Identity(q))))

    def matrix(self) -> Any:
        (m, n), (p, q) = self.domain, shape(self.factor)
        return c.multiply(
            c.kronecker(Identity(n), c.commutation(q, m), Identity(p)),
            c.kronecker(Identity(m*n), c.vec(self.factor)))


@dataclass(frozen=True)
class Vectorization(LinearMap):
    """dY ↦ vec(dY)."""

    trace_law = Law("trace as vec", "vec(G)' vec Y = tr(G'Y)", "M&N 2.4")
    vec_law = Law("definition of vec", "", "M&N 2.4")

    domain: Shape

    @property
    def codomain(self) -> Shape:
        return self.domain[0]*self.domain[1], S.One

    def apply(self, dY: Any, /) -> Any:
        return c.vec(dY)

    def adjoint(self, G: Any, /) -> Any:
        return c.unvec(G, *self.domain)

    def matrix(self) -> Any:
        return Identity(self.codomain[0])


@dataclass(frozen=True)
class Unvectorization(LinearMap):
    """dy ↦ the matrix whose vec is dy."""

    trace_law = Law("trace as vec", "tr(G'Y) = vec(G)' vec Y", "M&N 2.4")
    vec_law = Law("definition of vec", "", "M&N 2.4")

    codomain: Shape

    @property
    def domain(self) -> Shape:
        return self.codomain[0]*self.codomain[1], S.One

    def apply(self, dY: Any, /) -> Any:
        return c.unvec(dY, *self.codomain)

    def adjoint(self, G: Any, /) -> Any:
        return c.vec(G)

    def matrix(self) -> Any:
        return Identity(self.domain[0])


@dataclass(frozen=True)
class HalfVectorization(LinearMap):
    """dY ↦ vech(dY)."""

    trace_law = Law("trace as vech", "g' vech Y = g'L vec Y", "M&N 3.8")
    vec_law = Law("definition of L", "vech Y = L vec Y", "M&N 3.8")

    size: Expr

    @property
    def domain(self) -> Shape:
        return self.size, self.size

    @property
    def codomain(self) -> Shape:
        return triangle(self.size), S.One

    def apply(self, dY: Any, /) -> Any:
        return c.vech(dY)

    def adjoint(self, G: Any, /) -> Any:
        return c.unvec(c.multiply(c.transpose(self.matrix()), G), *self.domain)

    def matrix(self) -> Any:
        return EliminationMatrix(self.size)


@dataclass(frozen=True)
class HalfUnvectorization(LinearMap):
    """dy ↦ the symmetric matrix whose vech is dy."""

    trace_law = Law("trace as vech", "tr(G' unvech y) = vec(G)'D y", "M&N 3.8")
    vec_law = Law("definition of D", "vec unvech y = D y", "M&N 3.8")

    size: Expr

    @property
    def domain(self) -> Shape:
        return triangle(self.size), S.One

    @property
    def codomain(self) -> Shape:
        return self.size, self.size

    def apply(self, dY: Any, /) -> Any:
        return c.unvech(dY, self.size)

    def adjoint(self, G: Any, /) -> Any:
        return c.multiply(c.transpose(self.matrix()), c.vec(G))

    def matrix(self) -> Any:
        return DuplicationMatrix(self.size)


@dataclass(frozen=True)
class Slicing(LinearMap):
    """dY ↦ dY[rows, columns]; the ranges are (start, stop, step)."""

    trace_law = Law("slice in a trace", "tr(G'(SYT')) = tr((S'GT)'Y)", "M&N 1.10")
    vec_law = Law("vec of a slice", "vec(SYT') = (T⊗S) vec Y", "M&N 2.4")

    rows: tuple[Expr, Expr, Expr]
    cols: tuple[Expr, Expr, Expr]
    domain: Shape

    @property
    def codomain(self) -> Shape:
        return shape(self.apply(ZeroMatrix(*self.domain)))

    def _selections(self) -> tuple[Basic, Basic]:
        (m, n), (rows, cols) = self.domain, self.codomain
        return (c.selection(rows, m, self.rows[0], self.rows[2]),
                c.transpose(c.selection(cols, n, self.cols[0], self.cols[2])))

    def apply(self, dY: Any, /) -> Any:
        return c.matrix_slice(dY, self.rows, self.cols)

    def adjoint(self, G: Any, /) -> Any:
        left, right = self._selections()
        return c.multiply(c.transpose(left), G, c.transpose(right))

    def matrix(self) -> Any:
        left, right = self._selections()
        return c.kronecker(c.transpose(right), left)
