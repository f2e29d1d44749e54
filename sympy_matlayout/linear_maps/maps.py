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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from sympy import Add, Expr, S, Tuple
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, KroneckerProduct, ZeroMatrix

from ..core import limits
from ..core.bound_symbols import index_symbol
from ..core.errors import DerivativeNotImplementedError
from ..core.shapes import SCALAR, Shape, is_matrix, is_one, same_shape, same_size, shape
from ..nodes.constants import DiagonalEmbedding
from ..nodes.vech import DuplicationMatrix, EliminationMatrix, triangle
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
    def apply(self, dY: Basic) -> Basic:
        """The value at ``dY``."""

    @abstractmethod
    def adjoint(self, G: Basic) -> Basic:
        """The adjoint's value at ``G``."""

    @abstractmethod
    def matrix(self) -> Basic:
        """The matrix by column-major vec."""


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

    def apply(self, dY):
        return c.scale(self.factor, dY) if self.domain else self.factor*dY

    adjoint = apply

    def matrix(self):
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

    def apply(self, dY):
        return c.multiply(self.left, dY, self.right)

    def adjoint(self, G):
        return c.multiply(c.transpose(self.left), G, c.transpose(self.right))

    def matrix(self):
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

    def apply(self, dY):
        return c.transpose(dY)

    adjoint = apply

    def matrix(self):
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

    codomain = domain

    def apply(self, dY):
        return c.hadamard(self.factor, dY)

    adjoint = apply

    def matrix(self):
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

    def apply(self, dY):
        return c.inner(self.gradient, dY)

    def adjoint(self, G):
        return c.scale(G, self.gradient)

    def matrix(self):
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

    def apply(self, dY):
        return c.scale(dY, self.direction)

    def adjoint(self, G):
        return c.inner(self.direction, G)

    def matrix(self):
        return c.vec(self.direction)


@dataclass(frozen=True)
class PowerSum(LinearMap):
    """dY ↦ Σ_{i=0}^{k-1} Yⁱ dY Yᵏ⁻¹⁻ⁱ, the differential of Yᵏ for symbolic k."""

    trace_law = Law("cyclic property", "tr(G' Σ YⁱdY Yᵏ⁻¹⁻ⁱ) = tr(Σ Yᵏ⁻¹⁻ⁱG'Yⁱ dY)", "M&N 1.10")
    vec_law = Law("vec of a product", "vec(Σ YⁱdY Yᵏ⁻¹⁻ⁱ) = Σ (Y'ᵏ⁻¹⁻ⁱ⊗Yⁱ) vec dY", "M&N 2.4")

    base: Basic
    exponent: Expr

    @property
    def domain(self) -> Shape:
        return shape(self.base)

    codomain = domain

    def _summed(self, combine: Callable[[Basic, Basic], Basic], base: Basic,
                *others: Basic) -> Basic:
        """The sum of ``combine(baseⁱ, baseᵏ⁻¹⁻ⁱ)``, over an index not in use elsewhere."""
        k = self.exponent
        if k.is_integer is False:
            raise DerivativeNotImplementedError(
                f"the differential of ({self.base})**({k}) has no closed form for an exponent "
                "that is not an integer, unless it stands alone inside a trace; "
                "declare the exponent with integer=True if it is one")
        i = index_symbol({s for held in (base, k, *others) for s in held.free_symbols})
        return c.matrix_sum(combine(c.power(base, i), c.power(base, k - 1 - i)),
                            Tuple(i, 0, k - 1))

    def apply(self, dY):
        return self._summed(lambda left, right: c.multiply(left, dY, right), self.base, dY)

    def adjoint(self, G):
        return self._summed(lambda left, right: c.multiply(left, G, right),
                            c.transpose(self.base), G)

    def matrix(self):
        return self._summed(lambda left, right: c.kronecker(c.transpose(right), left), self.base)


@dataclass(frozen=True)
class Summation(LinearMap):
    """dY ↦ Σ term(dY) over an index that the term holds and dY does not."""

    trace_law = Law("cyclic property", "under the sum", "M&N 1.10")
    vec_law = Law("vec of a sum", "vec Σ Yᵢ = Σ vec Yᵢ", "M&N 2.4")

    term: LinearMap
    limits: Tuple

    @property
    def domain(self) -> Shape:
        return self.term.domain

    @property
    def codomain(self) -> Shape:
        return self.term.codomain

    def apply(self, dY):
        return c.matrix_sum(self.term.apply(dY), self.limits)

    def adjoint(self, G):
        return c.matrix_sum(self.term.adjoint(G), self.limits)

    def matrix(self):
        return c.matrix_sum(self.term.matrix(), self.limits)


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

    def apply(self, dY):
        return c.diag(dY)

    def adjoint(self, G):
        return c.diagonal_of(G)

    def matrix(self):
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

    def apply(self, dY):
        return c.diagonal_of(dY)

    def adjoint(self, G):
        return c.diag(G)

    def matrix(self):
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

    def apply(self, dY):
        return c.kronecker(self.factor, dY)

    def adjoint(self, G):
        (_, n), (p, q) = shape(self.factor), self.domain
        parts = _kronecker_parts(G, shape(self.factor), self.domain)
        if parts:
            return c.scale(c.inner(self.factor, parts[0]), parts[1])
        return c.multiply(
            c.kronecker(c.transpose(c.vec(self.factor)), Identity(p)),
            c.kronecker(Identity(n), G),
            c.kronecker(c.vec(Identity(n)), Identity(q)))

    def matrix(self):
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

    def apply(self, dY):
        return c.kronecker(dY, self.factor)

    def adjoint(self, G):
        (m, n), (_, q) = self.domain, shape(self.factor)
        parts = _kronecker_parts(G, self.domain, shape(self.factor))
        if parts:
            return c.scale(c.inner(self.factor, parts[1]), parts[0])
        return c.multiply(
            c.kronecker(Identity(m), c.transpose(c.vec(c.transpose(self.factor)))),
            c.kronecker(G, Identity(q)),
            c.kronecker(Identity(n), c.vec(Identity(q))))

    def matrix(self):
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

    def apply(self, dY):
        return c.vec(dY)

    def adjoint(self, G):
        return c.unvec(G, *self.domain)

    def matrix(self):
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

    def apply(self, dY):
        return c.unvec(dY, *self.codomain)

    def adjoint(self, G):
        return c.vec(G)

    def matrix(self):
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

    def apply(self, dY):
        return c.vech(dY)

    def adjoint(self, G):
        return c.unvec(c.multiply(c.transpose(self.matrix()), G), *self.domain)

    def matrix(self):
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

    def apply(self, dY):
        return c.unvech(dY, self.size)

    def adjoint(self, G):
        return c.multiply(c.transpose(self.matrix()), c.vec(G))

    def matrix(self):
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

    def apply(self, dY):
        return c.matrix_slice(dY, self.rows, self.cols)

    def adjoint(self, G):
        left, right = self._selections()
        return c.multiply(c.transpose(left), G, c.transpose(right))

    def matrix(self):
        left, right = self._selections()
        return c.kronecker(c.transpose(right), left)


@dataclass(frozen=True)
class Adjoint(LinearMap):
    """The adjoint of a map, such as placing a block into zeros, the adjoint of slicing it out."""

    trace_law = Law("block in a trace", "tr(G'(S'YT)) = tr((SGT')'Y)", "M&N 1.10")
    vec_law = Law("vec of a block", "vec(S'YT) = (T'⊗S') vec Y", "M&N 2.4")

    of: LinearMap

    @property
    def domain(self) -> Shape:
        return self.of.codomain

    @property
    def codomain(self) -> Shape:
        return self.of.domain

    def apply(self, dY):
        return self.of.adjoint(dY)

    def adjoint(self, G):
        return self.of.apply(G)

    def matrix(self):
        return c.transpose(self.of.matrix())


@dataclass(frozen=True)
class Composition(LinearMap):
    """outer after inner."""

    trace_law = Law("one after the other")
    vec_law = Law("one after the other")

    outer: LinearMap
    inner: LinearMap

    @property
    def domain(self) -> Shape:
        return self.inner.domain

    @property
    def codomain(self) -> Shape:
        return self.outer.codomain

    def apply(self, dY):
        return self.outer.apply(self.inner.apply(dY))

    def adjoint(self, G):
        return self.inner.adjoint(self.outer.adjoint(G))

    def matrix(self):
        return c.multiply(self.outer.matrix(), self.inner.matrix())


@dataclass(frozen=True)
class Total(LinearMap):
    """The sum of several maps."""

    trace_law = Law("linearity", "tr(X + Y) = tr X + tr Y", "M&N 1.10")
    vec_law = Law("linearity", "vec(X + Y) = vec X + vec Y", "M&N 2.4")

    terms: tuple[LinearMap, ...]

    @property
    def domain(self) -> Shape:
        return self.terms[0].domain

    @property
    def codomain(self) -> Shape:
        return self.terms[0].codomain

    def apply(self, dY):
        return sum_values([t.apply(dY) for t in self.terms])

    def adjoint(self, G):
        return sum_values([t.adjoint(G) for t in self.terms])

    def matrix(self):
        return c.add(*(t.matrix() for t in self.terms))


def identity(domain: Shape) -> LinearMap:
    """dY ↦ dY."""
    if not domain:
        return Scaling(S.One)
    return Sandwich(Identity(domain[0]), Identity(domain[1]))


def summation(term: LinearMap, limits: Tuple) -> LinearMap:
    """Σ term over an index, as a map from or onto scalars where the term is one."""
    if isinstance(term, InnerProduct):
        return InnerProduct(c.matrix_sum(term.gradient, limits))
    if isinstance(term, ScalarTimes):
        return ScalarTimes(c.matrix_sum(term.direction, limits))
    if isinstance(term, Scaling) and not term.domain:
        return Scaling(c.matrix_sum(term.factor, limits))
    return Summation(term, limits)


def vectorization(domain: Shape) -> LinearMap:
    """dY ↦ vec(dY), for a column itself."""
    return identity(domain) if is_one(domain[1]) else Vectorization(domain)


def unvectorization(codomain: Shape) -> LinearMap:
    """dy ↦ the matrix whose vec is dy, for a column itself."""
    return identity(codomain) if is_one(codomain[1]) else Unvectorization(codomain)


def sum_values(values: list[Basic]) -> Basic:
    """The sum of scalars, or of matrices of one shape."""
    return c.add(*values) if is_matrix(values[0]) else Add(*values)


def total(maps: Iterable[LinearMap]) -> LinearMap:
    """The sum of maps, those through or onto scalars merged into one."""
    terms: list[LinearMap] = []
    for term in maps:
        terms.extend(term.terms if isinstance(term, Total) else [term])
    merged: list[LinearMap] = []
    for cls, read, make in (
            (InnerProduct, lambda t: t.gradient, InnerProduct),
            (ScalarTimes, lambda t: t.direction, ScalarTimes)):
        alike = [t for t in terms if isinstance(t, cls)]
        if alike:
            merged.append(make(c.add(*map(read, alike))))
            terms = [t for t in terms if not isinstance(t, cls)]
    merged = terms + merged
    return merged[0] if len(merged) == 1 else Total(tuple(merged))


def compose(outer: LinearMap, inner: LinearMap) -> LinearMap:
    """``outer`` after ``inner``, in as short a form as the rules below give."""
    if isinstance(outer, InnerProduct):
        return InnerProduct(inner.adjoint(outer.gradient)) if inner.domain else \
            Scaling(outer.apply(inner.apply(S.One)))
    if isinstance(inner, ScalarTimes):
        return ScalarTimes(outer.apply(inner.direction))
    if isinstance(outer, Scaling) and isinstance(inner, (Scaling, InnerProduct)):
        return (Scaling(outer.factor*inner.factor, inner.domain) if isinstance(inner, Scaling)
                else InnerProduct(inner.adjoint(outer.factor)))
    if isinstance(outer, Scaling) and outer.domain:
        return compose(Sandwich(c.scale(outer.factor, Identity(outer.domain[0])),
                                Identity(outer.domain[1])), inner)
    for tree, other in ((outer, inner), (inner, outer)):
        if isinstance(tree, Total) and len(tree.terms)*_terms(other) <= limits.DISTRIBUTED_TERMS:
            return total(compose(t, inner) if tree is outer else compose(outer, t)
                         for t in tree.terms)
    if isinstance(inner, Composition):
        return _attach(compose(outer, inner.outer), inner.inner)
    if isinstance(outer, Composition):
        return compose(outer.outer, compose(outer.inner, inner))
    return _pair(outer, inner)


def _terms(m: LinearMap) -> int:
    return len(m.terms) if isinstance(m, Total) else 1


def _attach(outer: LinearMap, inner: LinearMap) -> LinearMap:
    """Compose without looking for a merge again below a pair that did not merge."""
    if isinstance(outer, Composition):
        return Composition(outer.outer, _attach(outer.inner, inner))
    return _pair(outer, inner)


def _pair(outer: LinearMap, inner: LinearMap) -> LinearMap:
    """Two elementary maps as one where there is one, transpositions moved inwards."""
    if isinstance(outer, Sandwich) and isinstance(inner, Sandwich):
        return Sandwich(c.multiply(outer.left, inner.left), c.multiply(inner.right, outer.right))
    if isinstance(outer, HadamardBy) and isinstance(inner, HadamardBy):
        return HadamardBy(c.hadamard(outer.factor, inner.factor))
    if isinstance(outer, Transposition):
        if isinstance(inner, Transposition):
            return identity(inner.domain)
        if isinstance(inner, Sandwich):
            swapped = Sandwich(c.transpose(inner.right), c.transpose(inner.left))
            return Composition(swapped, Transposition(inner.domain))
        if isinstance(inner, HadamardBy):
            return Composition(HadamardBy(c.transpose(inner.factor)),
                               Transposition(inner.domain))
    if is_identity(outer):
        return inner
    if is_identity(inner):
        return outer
    if isinstance(outer, Sandwich) and isinstance(inner, DiagonalIn):
        return _sandwiched_diagonal(outer, inner)
    return Composition(outer, inner)


def _sandwiched_diagonal(outer: Sandwich, inner: DiagonalIn) -> LinearMap:
    """diag(dx)·r = diag(r)·dx and l·diag(dx) = dxᵀ·diag(l) for a column r and a row l."""
    one = Identity(S.One)
    if is_one(outer.codomain[1]):
        return Sandwich(c.multiply(outer.left, c.diag(outer.right)), one)
    if is_one(outer.codomain[0]):
        return Composition(
            Sandwich(one, c.multiply(c.diag(c.transpose(outer.left)), outer.right)),
            Transposition(inner.domain))
    return Composition(outer, inner)


def is_identity(m: LinearMap) -> bool:
    return (isinstance(m, Sandwich) and isinstance(m.left, Identity)
            and isinstance(m.right, Identity) or m == Scaling(S.One))
