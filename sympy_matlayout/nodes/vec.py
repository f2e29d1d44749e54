"""Column-major stacking of a matrix into a column, and back."""

from sympy import Mod, S, floor

from ..core.errors import ShapeError
from ..core.given import as_matrix
from ..core.indexed import Entry, Indexed
from ..core.registry import construct, declares
from ..core.shapes import Shape, as_size, is_one, same_size, shape, show
from .node import MatrixNode, numpy_size, pretty_call

__all__ = ["Unvec", "Vec", "unvec", "vec"]


class Vec(MatrixNode):
    r"""
    The columns of a matrix stacked into one column, unevaluated.

    Explanation
    ===========

    For `X` of shape `m \times n`,
    `\mathrm{vec}(X) = (x_{11}, x_{21}, \ldots, x_{m1}, x_{12}, \ldots, x_{mn})^T`
    of shape `mn \times 1`.  Column-major, as in Magnus & Neudecker; NumPy's
    ``reshape`` default is row-major.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Matrix
    >>> from sympy_matlayout import Vec
    >>> X = MatrixSymbol('X', 2, 2)
    >>> Vec(X)
    Vec(X)
    >>> Vec(X).as_explicit().T
    Matrix([[X[0, 0], X[1, 0], X[0, 1], X[1, 1]]])

    Parameters
    ==========

    matrix : a matrix expression of any shape

    See Also
    ========

    sympy_matlayout.vec, sympy_matlayout.Unvec, sympy_matlayout.CommutationMatrix

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 2.4
    """

    def __new__(cls, matrix):
        return super().__new__(cls, as_matrix(matrix, "the argument of Vec"))

    @property
    def arg(self):
        return self.args[0]

    @property
    def shape(self) -> Shape:
        m, n = shape(self.arg)
        return m*n, S.One

    def _entry(self, i, j, **kwargs):
        m, n = shape(self.arg)
        if is_one(n):
            return self.arg._entry(i, 0, **kwargs)
        return self.arg[Mod(i, m), floor(i/m)]

    def doit(self, **hints):
        arg = self.arg
        return construct(Vec, arg.doit(**hints) if hints.get("deep", True) else arg)

    def _latex(self, printer):
        return r"\operatorname{vec}\left(%s\right)" % printer._print(self.arg)

    def _pretty(self, printer):
        return pretty_call(printer, "vec", self.args)

    def _numpycode(self, printer):
        return f"({printer._print(self.arg)}).reshape((-1, 1), order='F')"


@declares("indices", Vec)
def entries_of_vec(node: Vec) -> Indexed:
    """vec(X)[(j, i)] = X[i, j]"""
    m, n = shape(node.arg)
    return Indexed((n, m), (), lambda row, col: [(S.One, [Entry(node.arg, row[1:], row[:1])])])


class Unvec(MatrixNode):
    r"""
    The `m \times n` matrix whose vec is the given column.

    Examples
    ========

    >>> from sympy import MatrixSymbol
    >>> from sympy_matlayout import Unvec
    >>> v = MatrixSymbol('v', 4, 1)
    >>> Unvec(v, 2, 2).as_explicit()
    Matrix([
    [v[0, 0], v[2, 0]],
    [v[1, 0], v[3, 0]]])

    Parameters
    ==========

    vector : a column of length `mn`
    m, n : the shape of the result

    See Also
    ========

    sympy_matlayout.Vec
    """

    def __new__(cls, vector, m, n):
        vector, m, n = as_matrix(vector, "the argument of Unvec"), as_size(m), as_size(n)
        if not is_one(shape(vector)[1]):
            raise ShapeError(f"Unvec needs a column, got shape {show(shape(vector))}")
        if not same_size(shape(vector)[0], m*n):
            raise ShapeError(
                f"Unvec: a column of length {shape(vector)[0]} does not fill {show((m, n))}")
        return super().__new__(cls, vector, m, n)

    @property
    def arg(self):
        return self.args[0]

    @property
    def shape(self) -> Shape:
        return self.args[1], self.args[2]

    def _entry(self, i, j, **kwargs):
        return self.arg[i + self.args[1]*j, 0]

    def doit(self, **hints):
        arg = self.arg.doit(**hints) if hints.get("deep", True) else self.arg
        return construct(Unvec, arg, *self.args[1:])

    def _latex(self, printer):
        arg, m, n = map(printer._print, self.args)
        return r"\operatorname{unvec}_{%s,%s}\left(%s\right)" % (m, n, arg)

    def _pretty(self, printer):
        return pretty_call(printer, "unvec", self.args)

    def _numpycode(self, printer):
        m, n = (numpy_size(printer, size) for size in self.args[1:])
        return f"({printer._print(self.arg)}).reshape(({m}, {n}), order='F')"


def vec(matrix):
    """
    The columns of a matrix in one column, evaluated where nothing is left to stack.

    Examples
    ========

    >>> from sympy import Matrix, MatrixSymbol, symbols
    >>> from sympy_matlayout import vec
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> x, y = MatrixSymbol('x', n, 1), MatrixSymbol('y', m, 1)
    >>> vec(x), vec(x.T), vec(y*x.T)
    (x, x, KroneckerProduct(x, y))
    >>> vec(Matrix([[1, 2], [3, 4]])).T
    Matrix([[1, 3, 2, 4]])

    Parameters
    ==========

    matrix : a matrix expression or an explicit matrix

    See Also
    ========

    sympy_matlayout.Vec, sympy_matlayout.unvec, sympy_matlayout.expand_vec
    """
    return Vec(matrix).doit(deep=False)


def unvec(column, m, n):
    """
    The `m` by `n` matrix whose vec is a column, evaluated where it can be.

    Examples
    ========

    >>> from sympy import Matrix
    >>> from sympy_matlayout import unvec
    >>> unvec(Matrix([1, 2, 3, 4, 5, 6]), 2, 3)
    Matrix([
    [1, 3, 5],
    [2, 4, 6]])

    Parameters
    ==========

    column : a column of length `mn`
    m, n : the shape of the result

    See Also
    ========

    sympy_matlayout.Unvec, sympy_matlayout.vec
    """
    return Unvec(column, m, n).doit(deep=False)
