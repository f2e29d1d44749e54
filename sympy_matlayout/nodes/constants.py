"""Constant matrices of zeros and ones that the vec form of a derivative needs."""

from typing import Any

from sympy import Eq, Expr, KroneckerDelta, Mod, Piecewise, S, Trace, floor, igcd
from sympy.matrices import ImmutableDenseMatrix, expressions
from sympy.matrices.expressions import MatrixExpr

from ..core.errors import ArgumentError, ShapeError
from ..core.given import as_index
from ..core.indexed import Indexed, delta
from ..core.registry import construct, declares
from ..core.shapes import Shape, as_size, is_one, same_size
from .node import ConstantMatrix

__all__ = ["CommutationMatrix", "DiagonalEmbedding", "MatrixUnit",
           "SelectionMatrix", "SympysUnit"]


def one_where(left: Expr, right: Expr) -> Expr:
    """1 where the indices agree; SymPy solves a KroneckerDelta for fractions of an index."""
    return Piecewise((S.One, Eq(left, right)), (S.Zero, True))


class CommutationMatrix(ConstantMatrix):
    r"""
    The commutation matrix `K_{mn}`, with `K_{mn} \mathrm{vec}(X) = \mathrm{vec}(X^T)`.

    Explanation
    ===========

    For `X` of shape `m \times n`, `K_{mn}` is the `mn \times mn` permutation
    that turns the column-major vec of `X` into that of its transpose.

    Examples
    ========

    >>> from sympy_matlayout import CommutationMatrix
    >>> CommutationMatrix(2, 2).as_explicit()
    Matrix([
    [1, 0, 0, 0],
    [0, 0, 1, 0],
    [0, 1, 0, 0],
    [0, 0, 0, 1]])
    >>> CommutationMatrix(2, 3).T
    CommutationMatrix(3, 2)

    Parameters
    ==========

    m, n : the shape of the matrix `X`, numbers or symbols

    See Also
    ========

    sympy_matlayout.Vec, sympy_matlayout.jacobian

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 3.7
    """

    letter = "K"
    numpy_function = "commutation_matrix"

    def __new__(cls, m, n):
        return super().__new__(cls, as_size(m), as_size(n))

    @property
    def shape(self) -> Shape:
        m, n = self.args
        return m*n, m*n

    def _entry(self, i, j, **kwargs):
        m, n = self.args
        return one_where(j, floor(i/n) + m*Mod(i, n))

    def as_explicit(self):
        m, n = self.args
        if not (m.is_Integer and n.is_Integer):
            return super().as_explicit()
        ones = {(j + n*i, i + m*j): 1 for i in range(m) for j in range(n)}
        return ImmutableDenseMatrix(m*n, m*n, lambda r, s: ones.get((r, s), 0))

    def doit(self, **hints):
        return construct(CommutationMatrix, *self.args)

    def _eval_transpose(self) -> Any:
        m, n = self.args
        return CommutationMatrix(n, m)

    _eval_inverse = _eval_adjoint = _eval_transpose

    def pinv(self):
        """The pseudo-inverse, the transpose: a permutation."""
        return self.T

    def _eval_trace(self):
        m, n = self.args
        if same_size(m, n):
            return n
        if m.is_Integer and n.is_Integer:
            return 1 + igcd(m - 1, n - 1)
        return Trace(self)  # SymPy's gcd of symbols is that of polynomials

    def _eval_determinant(self):
        m, n = self.args
        return S.NegativeOne**(m*(m - 1)*n*(n - 1)/4)


@declares("indices", CommutationMatrix)
def entries_of_commutation(K: CommutationMatrix) -> Indexed:
    """K[(i, j), (k, l)] = δ_il δ_jk"""
    m, n = K.args
    return Indexed((m, n), (n, m), lambda row, col: [
        (S.One, [delta(row[0], col[1]), delta(row[1], col[0])])])


class DiagonalEmbedding(ConstantMatrix):
    r"""
    The `n^2 \times n` matrix `\Psi_n` with `\mathrm{vec}(\mathrm{diag}(x)) = \Psi_n x`.

    Explanation
    ===========

    Its transpose takes the diagonal out of a vec:
    `\Psi_n^T \mathrm{vec}(X)` is the column of the diagonal of `X`.
    It is the matrix of ``DiagMatrix`` as a linear map, and is written
    `\sum_i e_i \otimes e_i e_i^T`.

    Examples
    ========

    >>> from sympy_matlayout import DiagonalEmbedding
    >>> DiagonalEmbedding(2).as_explicit()
    Matrix([
    [1, 0],
    [0, 0],
    [0, 0],
    [0, 1]])

    See Also
    ========

    sympy_matlayout.CommutationMatrix

    References
    ==========

    .. [1] J. R. Magnus, Linear Structures, 1988, chapter 7 (`\Psi_n^T`)
    """

    letter = "Ψ"
    numpy_function = "diagonal_embedding"

    def __new__(cls, n):
        return super().__new__(cls, as_size(n))

    @property
    def shape(self) -> Shape:
        n = self.args[0]
        return n**2, n

    def _entry(self, i, j, **kwargs):
        return one_where(i, j*(self.args[0] + 1))

    def pinv(self):
        """The pseudo-inverse, the transpose: the columns are orthonormal."""
        return self.T

    def _latex(self, printer):
        return super()._latex(printer).replace("Ψ", r"\Psi")


@declares("indices", DiagonalEmbedding)
def entries_of_embedding(Psi: DiagonalEmbedding) -> Indexed:
    """Ψ[(i, j), k] = δ_ij δ_jk"""
    (n,) = Psi.args
    return Indexed((n, n), (n,), lambda row, col: [
        (S.One, [delta(*row), delta(row[1], *col)])])


class SelectionMatrix(ConstantMatrix):
    r"""
    The rows ``start, start + step, ...`` of an identity matrix.

    Explanation
    ===========

    `S X` takes rows out of `X`, `S^T Y` puts the rows of `Y` into zeros, and
    `X S^T` takes columns.  It is the Jacobian of a slice.

    Examples
    ========

    >>> from sympy_matlayout import SelectionMatrix
    >>> SelectionMatrix(2, 4, 1, 1).as_explicit()
    Matrix([
    [0, 1, 0, 0],
    [0, 0, 1, 0]])

    Parameters
    ==========

    rows, cols : the shape; ``cols`` is the size of what is selected from
    start, step : where the selection begins, counted from 0, and its step
    """

    letter = "S"
    numpy_function = "selection_matrix"

    def __new__(cls, rows, cols, start, step: Any = 1):
        rows, cols = as_size(rows), as_size(cols)
        start = as_index(start, "the start of a SelectionMatrix")
        step = as_index(step, "the step of a SelectionMatrix")
        if step == 0 and rows != 1:
            raise ArgumentError("the step of a SelectionMatrix is not 0, which would select one "
                                "row several times")
        last = start + step*(rows - 1)
        for row in (start, last) if rows != 0 else ():
            if (row < 0) == True or (row >= cols) == True:  # noqa: E712 - may be symbolic
                raise ShapeError(f"a SelectionMatrix of {rows} rows from {start}, step {step}, "
                                 f"selects row {row}, which is outside 0..{cols - 1}")
        return super().__new__(cls, rows, cols, start, step)

    @property
    def shape(self) -> Shape:
        return self.args[0], self.args[1]

    def _entry(self, i, j, **kwargs):
        _, _, start, step = self.args
        return one_where(j, start + step*i)

    def doit(self, **hints):
        return construct(SelectionMatrix, *self.args)

    def _latex(self, printer):
        _, _, start, step = map(printer._print, self.args)
        return rf"I_{{{start}::{step},:}}"

    def pinv(self):
        """The pseudo-inverse, the transpose: the rows are orthonormal."""
        return self.T


# SymPy's own, from 1.15 on, with a trace of 0 whatever its place, and nothing checked
SympysUnit = getattr(expressions, "MatrixUnit", None)


class MatrixUnit(ConstantMatrix, *filter(None, [SympysUnit])):
    r"""
    The `m \times n` matrix `E_{ij}` that is 1 at ``[i, j]`` and 0 elsewhere.

    Explanation
    ===========

    It is the gradient of the entry ``X[i, j]`` by the matrix ``X``.  Indices
    count from 0, as everywhere in SymPy, and may be symbols.  Where SymPy has a
    ``MatrixUnit`` of its own, this is one of these and equal to it.

    Examples
    ========

    >>> from sympy_matlayout import MatrixUnit
    >>> MatrixUnit(2, 3, 0, 1).as_explicit()
    Matrix([
    [0, 1, 0],
    [0, 0, 0]])

    Parameters
    ==========

    m, n : the shape
    i, j : the place of the 1

    References
    ==========

    .. [1] K. B. Petersen, M. S. Pedersen, The Matrix Cookbook, section 9.7
    """

    letter = "E"
    numpy_function = "matrix_unit"

    def __new__(cls, m, n, i, j):
        m, n = as_size(m), as_size(n)
        i, j = as_index(i, "the row of a MatrixUnit"), as_index(j, "the column of a MatrixUnit")
        for index, size in ((i, m), (j, n)):
            if (index < 0) == True or (index >= size) == True:  # noqa: E712 - may be symbolic
                raise ShapeError(f"MatrixUnit: index {index} is outside 0..{size - 1}")
        return super().__new__(cls, m, n, i, j)

    def __eq__(self, other):
        return self.args == other.args if type(other) is SympysUnit else super().__eq__(other)

    __hash__ = ConstantMatrix.__hash__  # by the name of the class, which is the same

    @property
    def shape(self) -> Shape:
        return self.args[0], self.args[1]

    is_square = MatrixExpr.is_square  # SymPy's own has an equation for it

    def _entry(self, i, j, **kwargs):
        _, _, row, col = self.args
        return KroneckerDelta(i, row)*KroneckerDelta(j, col)

    def _eval_transpose(self):
        m, n, i, j = self.args
        return MatrixUnit(n, m, j, i)

    def _eval_trace(self):
        return KroneckerDelta(*self.args[2:])

    def pinv(self):
        """The pseudo-inverse, the transpose: `E_{ij}E_{ji}E_{ij} = E_{ij}`."""
        return self.T

    def _eval_determinant(self):
        return Piecewise((S.One, Eq(self.args[0], 1)), (S.Zero, True))

    def _subscripts(self):
        return self.args[2:]

    def _latex(self, printer):
        m, n, i, j = self.args
        if is_one(n):
            return f"e_{{{printer._print(i)}}}"
        if is_one(m):
            return f"e_{{{printer._print(j)}}}^{{T}}"
        return super()._latex(printer)
