"""Functions of a square matrix as a whole, and their derivatives along directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import (
    Abs,
    Expr,
    Lambda,
    Max,
    Min,
    Piecewise,
    Pow,
    S,
    Symbol,
    arg,
    ceiling,
    conjugate,
    exp,
    floor,
    im,
    log,
    re,
    sign,
)
from sympy.core.basic import Basic
from sympy.core.function import FunctionClass
from sympy.matrices import ImmutableDenseMatrix, MatrixBase
from sympy.matrices.expressions import HadamardProduct, MatPow
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.bound_symbols import bound_symbol
from ..core.errors import ArgumentError, ShapeError
from ..core.given import as_matrix, as_square
from ..core.registry import construct
from ..core.shapes import Shape, is_matrix, same_shape, shape, show
from .node import MatrixNode, numpy_call, pretty_call
from .realness import is_complex
from .spectra import Eigenvalues, Eigenvectors

__all__ = ["KINKED", "DividedDifferences", "FrechetDerivative", "FrechetMatrix",
           "PrimaryFunction", "expm", "logm", "matrix_function", "of_argument", "slope_of", "sqrtm"]

NAMES = {exp: "expm", log: "logm"}
BY_NAME = {"exp", "log", "cos", "sin", "tan", "cosh", "sinh", "tanh"}
KINKED = (Abs, Max, Min, Piecewise, sign)
NOT_DIFFERENTIABLE = (arg, ceiling, conjugate, floor, im, re)


def of_argument(body: Any, z: Basic) -> Lambda:
    """The function of one argument, under the one name that all of them have."""
    taken = {s.name for s in body.free_symbols - {z} if isinstance(s, Symbol)}
    own = bound_symbol(next(name for name in ("z", *(f"z{k}" for k in range(1, len(taken) + 2)))
                            if name not in taken))
    return Lambda((own,), body.xreplace({z: own}))


def _as_function(f: Any, what: str) -> Lambda:
    """A function of one argument that has a derivative, as far as that can be seen."""
    found = _read_function(f, what)
    if found.expr.has(*NOT_DIFFERENTIABLE):
        raise ArgumentError(f"{what}: {found.expr} has no derivative by a complex argument, and a "
                            "function of a matrix is taken at its eigenvalues")
    return found


def _read_function(f: Any, what: str) -> Lambda:
    if isinstance(f, Lambda):
        signature: Any = f.signature
        if len(signature) != 1 or not isinstance(signature[0], Symbol):
            raise ArgumentError(f"{what} needs a function of one argument, got {f}")
        return of_argument(f.expr, signature[0])
    z = bound_symbol("z")
    try:
        value = f(z) if isinstance(f, FunctionClass) else None
    except TypeError:
        value = None
    if not isinstance(value, Expr) or is_matrix(value):
        raise ArgumentError(f"{what} needs a function of SymPy's with one argument, such as exp, "
                            f"or Lambda(z, z/(1 + z)), got {f!r}")
    return of_argument(value, z)


def function_name(f: Any) -> str:
    """exp of ``Lambda(z, exp(z))``, and the function written out where it has no name."""
    (z,), body = f.signature, f.expr
    if body.is_Function and body.args == (z,):
        return body.func.__name__
    return str(Lambda((Symbol(z.name),), body.xreplace({z: Symbol(z.name)})))


def latex_of_function_name(f: Any, printer: Any) -> str:
    (z,), body = f.signature, f.expr
    if isinstance(body, Pow) and body.base == z:
        return "x^{%s}" % printer._print(body.exp)
    if body.is_Function and body.args == (z,):
        head = "\\exp" if isinstance(body, exp) else printer._print(body).split(r"{\left(")[0]
        return head.split(r"\left(")[0]
    letter = Symbol("x")
    return r"x \mapsto " + printer._print(body.xreplace({z: letter}))


def _code_of_function(f: Any, printer: Any) -> str:
    """The function as code of arrays."""
    (z,), body = f.signature, f.expr
    if z not in body.free_symbols:
        return numpy_call(printer, "constant_function", body)
    before = getattr(printer, "_entry_by_entry", False)
    printer._entry_by_entry = True
    code = f"(lambda {printer._print(z)}: {printer._print(body)})"
    printer._entry_by_entry = before
    return code


def _code_of_derivative(node: Any, printer: Any, name: str) -> str:
    """A call with a function that is known by name, or with it and its derivatives."""
    (z,), body = node.function.signature, node.function.expr
    order = len(node.directions) + (name == "frechet_matrix")
    if body == exp(z) and order == 1 and name == "frechet_derivative":
        return numpy_call(printer, "expm_frechet", *node.args[1:])
    real = ["real=True"] if body.has(*KINKED) else []
    if (named := _known_by_name(node.function)) is not None:
        f = named
    elif isinstance(body, Pow) and body.base == z:
        f = printer._print(body.exp)
    else:
        slopes = (_code_of_function(slope_of(node.function, k) if k else node.function, printer)
                  for k in range(order + 1))
        f = f"({', '.join(slopes)},)"
    return numpy_call(printer, name, f, *node.args[1:], *real)


def _known_by_name(f: Any) -> str | None:
    """The name of what code has an algorithm of its own for, of any matrix."""
    known = f.expr.is_Function and f.expr.args == f.variables and f.expr.func.__name__
    return f"'{known}'" if known in BY_NAME else None


class _OfFunction(MatrixNode):
    """What is made of a function of one argument and of matrices."""

    @property
    def function(self) -> Lambda:
        return self.args[0]

    @property
    def matrix(self) -> Any:
        return self.args[1]

    @property
    def free_symbols(self):
        return set().union(*(a.free_symbols for a in self.args))

    def doit(self, **hints):
        if not hints.get("deep", True):
            return self
        return construct(type(self), self.function, *(a.doit(**hints) for a in self.args[1:]))

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)


class PrimaryFunction(_OfFunction):
    r"""
    `f(X)`, a function of a square matrix as a whole: ``expm(X)``, ``logm(X)``, ``cos`` of it.

    Explanation
    ===========

    The primary function: of `X = V\,\mathrm{diag}(\lambda)V^{-1}` it is
    `V\,\mathrm{diag}(f(\lambda))V^{-1}`, and its limit where `X` has no such form
    (Higham, definition 1.2).  `f` has to be differentiable at the eigenvalues, and real
    where these are; of the logarithm and of powers that are no integers it is the principal
    value, and no eigenvalue lies on the negative real axis.

    ``matrix_function`` writes sums, products, powers and functions of functions with the
    matrices that these are of, so what is left here is a function that SymPy has a name for.

    Its differential is ``FrechetDerivative``, and `d\,\mathrm{tr} f(X) =
    \mathrm{tr}(f'(X)\,dX)`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, cos, symbols
    >>> from sympy_matlayout import expm, gradient, matrix_function
    >>> n = symbols('n', integer=True, positive=True)
    >>> t = symbols('t')
    >>> A, X = MatrixSymbol('A', n, n), MatrixSymbol('X', n, n)
    >>> gradient(Trace(matrix_function(cos, X)), X)
    -matrix_function(sin, X.T)
    >>> gradient(Trace(A*expm(X)), X)
    FrechetDerivative(exp, X.T, A.T)

    Parameters
    ==========

    function : a function of SymPy's, or a ``Lambda`` of one argument
    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.matrix_function, sympy_matlayout.FrechetDerivative

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapters 1 and 3
    """

    def __new__(cls, function, matrix):
        return super().__new__(cls, _as_function(function, "a function of a matrix"),
                               as_square(matrix, "the argument of a function of a matrix"))

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)

    def doit(self, **hints):
        matrix = self.matrix.doit(**hints) if hints.get("deep", True) else self.matrix
        if isinstance(matrix, MatrixBase):
            return _of_explicit(self.function, matrix)
        return construct(PrimaryFunction, self.function, matrix)

    def as_explicit(self):
        matrix = self.matrix.as_explicit()
        if matrix.free_symbols:
            return super().as_explicit()
        return ImmutableDenseMatrix(_of_explicit(self.function, matrix))

    @property
    def _head(self) -> Any:
        body = self.function.expr
        return body.func if body.is_Function and body.args == self.function.variables else None

    def _sympystr(self, printer):
        if self._head in NAMES:
            return f"{NAMES[self._head]}({printer._print(self.matrix)})"
        return (f"matrix_function({function_name(self.function)}, "
                f"{printer._print(self.matrix)})")

    def _latex(self, printer):
        inside = printer._print(self.matrix)
        if self._head is exp:
            return r"e^{%s}" % inside if len(inside) <= 24 else rf"\exp\left({inside}\right)"
        name = latex_of_function_name(self.function, printer)
        if self._head is None:
            name = rf"\left({name}\right)"
        return rf"{name}\left({inside}\right)"

    def _pretty(self, printer):
        if (head := self._head) is not None:
            return pretty_call(printer, NAMES.get(head) or head.__name__, self.args[1:])
        return pretty_call(printer, "matrix_function", [Symbol(
            function_name(self.function)), self.matrix])

    def _numpycode(self, printer):
        if self._head in NAMES:
            return numpy_call(printer, NAMES[self._head], self.matrix)
        if (named := _known_by_name(self.function)) is not None:
            return numpy_call(printer, "matrix_function", named, self.matrix)
        real = ["real=True"] if self.function.expr.has(*KINKED) else []
        return numpy_call(printer, "matrix_function", _code_of_function(self.function, printer),
                          self.matrix, *real)


def _of_explicit(f: Any, matrix: Any) -> Any:
    """SymPy's own value of a function of an explicit matrix."""
    (z,), body = f.signature, f.expr
    if isinstance(body, exp) and body.args == (z,):
        return matrix.exp()
    if isinstance(body, log) and body.args == (z,):
        return matrix.log()
    plain = Symbol("z")
    # SymPy 1.12 writes into a matrix of its own class, which has to be one that can be changed
    return matrix.as_mutable().analytic_func(body.xreplace({z: plain}), plain)


class FrechetDerivative(_OfFunction):
    r"""
    `L_f(X, E)`, the derivative of the matrix function `f` at `X` in the direction `E`.

    Explanation
    ===========

    Linear in `E`; the differential of `f(X)` is `L_f(X, dX)`.  With several directions it is
    the derivative of as many times the order, symmetric in the directions.  The adjoint is
    `L_f(X^T, \cdot)`, and `\mathrm{vec}\,L_f(X, E) = K_f(X)\,\mathrm{vec}\,E` with
    ``FrechetMatrix``.  Where `E` commutes with `X` it is `f'(X)E`.  Its value is the block
    above the diagonal of `f` of `\begin{pmatrix}X & E\\0 & X\end{pmatrix}`.

    ``rewrite(DividedDifferences)`` gives for symmetric `X` the form of Daleckii and Krein,
    `V(F\circ(V^TEV))V^T` with `F_{ij} = f[\lambda_i, \lambda_j]`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, exp, symbols
    >>> from sympy_matlayout import (FrechetDerivative, canonical, differential, expm,
    ...                              matrix_derivative)
    >>> n = symbols('n', integer=True, positive=True)
    >>> t = symbols('t')
    >>> A, X, E = (MatrixSymbol(name, n, n) for name in 'AXE')
    >>> differential(expm(X), X)
    FrechetDerivative(exp, X, dX)
    >>> canonical(FrechetDerivative(exp, X, E).T)
    FrechetDerivative(exp, X.T, E.T)
    >>> matrix_derivative(expm(t*A), t, layout="numerator")
    A*expm(t*A)

    Parameters
    ==========

    function : a function of SymPy's, or a ``Lambda`` of one argument
    matrix : a square matrix expression, the point
    directions : square matrix expressions of the same size, one or more

    See Also
    ========

    sympy_matlayout.matrix_function, sympy_matlayout.FrechetMatrix

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 3
    .. [2] N. J. Higham, S. D. Relton, Higher order Fréchet derivatives of matrix functions,
           SIAM J. Matrix Anal. Appl. 35 (2014)
    """

    def __new__(cls, function, matrix, *directions):
        function, matrix, directions = _read(cls, function, matrix, directions)
        if not directions:
            raise ArgumentError("FrechetDerivative needs a direction, FrechetDerivative(f, X, E)")
        return super().__new__(cls, function, matrix, *directions)

    @property
    def directions(self) -> tuple[Any, ...]:
        return self.args[2:]

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)

    def _eval_rewrite_as_DividedDifferences(self, function, matrix, *directions, **hints):
        from_spectrum = _daleckii_krein(function, matrix, directions)
        return self if from_spectrum is None else from_spectrum

    def _sympystr(self, printer):
        inside = ", ".join(map(printer._print, self.args[1:]))
        return f"FrechetDerivative({function_name(self.function)}, {inside})"

    def _latex(self, printer):
        order = len(self.directions)
        above = "" if order == 1 else f"^{{({order})}}"
        inside = ", ".join(map(printer._print, self.args[1:]))
        name = latex_of_function_name(self.function, printer)
        return rf"L{above}_{{{name}}}\left({inside}\right)"

    def _pretty(self, printer):
        return pretty_call(printer, "FrechetDerivative", [
            Symbol(function_name(self.function)), *self.args[1:]])

    def _numpycode(self, printer):
        return _code_of_derivative(self, printer, "frechet_derivative")


class FrechetMatrix(_OfFunction):
    r"""
    `K_f(X)` with `\mathrm{vec}\,L_f(X, E) = K_f(X)\,\mathrm{vec}\,E`, the Kronecker form.

    Explanation
    ===========

    The Jacobian of `\mathrm{vec} f(X)` by `\mathrm{vec} X`, `n^2 \times n^2`.  With
    directions it is that of the derivative of the next order,
    `\mathrm{vec}\,L^{(2)}_f(X, E, F) = K_f(X, E)\,\mathrm{vec}\,F`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import expm, jacobian
    >>> n = symbols('n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', n, n)
    >>> jacobian(expm(X), X)
    FrechetMatrix(exp, X)

    Parameters
    ==========

    function : a function of SymPy's, or a ``Lambda`` of one argument
    matrix : a square matrix expression, the point
    directions : square matrix expressions of the same size

    See Also
    ========

    sympy_matlayout.FrechetDerivative

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, 3.2
    """

    def __new__(cls, function, matrix, *directions):
        function, matrix, directions = _read(cls, function, matrix, directions)
        return super().__new__(cls, function, matrix, *directions)

    @property
    def directions(self) -> tuple[Any, ...]:
        return self.args[2:]

    @property
    def shape(self) -> Shape:
        n = shape(self.matrix)[0]
        return n**2, n**2

    def _sympystr(self, printer):
        inside = ", ".join(map(printer._print, self.args[1:]))
        return f"FrechetMatrix({function_name(self.function)}, {inside})"

    def _latex(self, printer):
        order = len(self.directions)
        above = "" if order == 0 else f"^{{({order + 1})}}"
        inside = ", ".join(map(printer._print, self.args[1:]))
        name = latex_of_function_name(self.function, printer)
        return rf"K{above}_{{{name}}}\left({inside}\right)"

    def _pretty(self, printer):
        return pretty_call(printer, "FrechetMatrix", [
            Symbol(function_name(self.function)), *self.args[1:]])

    def _numpycode(self, printer):
        return _code_of_derivative(self, printer, "frechet_matrix")


class DividedDifferences(_OfFunction):
    r"""
    The matrix of `f[x_i, x_j] = (f(x_i) - f(x_j))/(x_i - x_j)`, and `f'(x_i)` where they agree.

    Explanation
    ===========

    Symmetric, `n \times n` for a column of `n` numbers, also called the Loewner matrix.
    `L_f(\mathrm{diag}(x), E)` is its Hadamard product with `E`.

    Examples
    ========

    >>> from sympy import Matrix, exp
    >>> from sympy_matlayout import DividedDifferences
    >>> DividedDifferences(exp, Matrix([0, 1])).as_explicit()
    Matrix([
    [      1, -1 + E],
    [-1 + E,      E]])

    Parameters
    ==========

    function : a function of SymPy's, or a ``Lambda`` of one argument
    points : a column

    See Also
    ========

    sympy_matlayout.FrechetDerivative

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, 3.2, corollary 3.12
    """

    def __new__(cls, function, points):
        points = as_matrix(points, "the points of divided differences")
        if shape(points)[1] != 1:
            raise ShapeError("divided differences are of a column of points, got a matrix that is "
                             f"{show(shape(points))}")
        return super().__new__(cls, _as_function(function, "a divided difference"), points)

    @property
    def shape(self) -> Shape:
        n = shape(self.matrix)[0]
        return n, n

    def _eval_transpose(self):
        return self

    def _entry(self, i, j, **kwargs):
        f: Any = self.function
        x, y = self.matrix[i, 0], self.matrix[j, 0]
        if x == y:
            z, = f.variables
            return f.expr.diff(z).xreplace({z: x})
        if not (x - y).is_nonzero:
            return MatrixElement(self, i, j)
        return (f(x) - f(y))/(x - y)

    def _sympystr(self, printer):
        return (f"DividedDifferences({function_name(self.function)}, "
                f"{printer._print(self.matrix)})")

    def _latex(self, printer):
        x = printer._print(self.matrix)
        name = latex_of_function_name(self.function, printer)
        name = name if self.function.expr.is_Function else rf"\left({name}\right)"
        return rf"{name}\left[{x}, {x}\right]"

    def _pretty(self, printer):
        return pretty_call(printer, "DividedDifferences", [
            Symbol(function_name(self.function)), self.matrix])

    def _numpycode(self, printer):
        return numpy_call(printer, "divided_differences", _code_of_function(
            self.function, printer), _code_of_function(slope_of(self.function), printer),
            self.matrix)


def _read(cls: type, function: Any, matrix: Any, directions: Sequence[Any]) -> tuple:
    what = cls.__name__
    matrix = as_square(matrix, f"the point of {what}")
    directions = tuple(as_matrix(E, f"a direction of {what}") for E in directions)
    for E in directions:
        if not same_shape(shape(E), shape(matrix)):
            raise ShapeError(f"{what}: the point is {show(shape(matrix))}, the direction {E} "
                             f"{show(shape(E))}")
    return _as_function(function, what), matrix, directions


def slope_of(f: Any, times: int = 1) -> Lambda:
    """The derivative of a function of one argument, which counts as real where it has kinks."""
    (z,), body = f.signature, f.expr
    if not body.has(*KINKED):
        return of_argument(body.diff(z, times), z)
    real = bound_symbol("z", real=True)
    return of_argument(body.xreplace({z: real}).diff(real, times), real)


def _daleckii_krein(function: Any, matrix: Any, directions: Sequence[Any]) -> Any:
    """V(F∘(V'EV))V' with the divided differences F of the eigenvalues, None for several E."""
    if len(directions) != 1:
        return None
    V, values = Eigenvectors(matrix), Eigenvalues(matrix)
    turned = V.adjoint() if is_complex(matrix) else V.T
    return V*HadamardProduct(DividedDifferences(function, values), turned*directions[0]*V)*turned


# --- to be called -------------------------------------------------------------------------


def matrix_function(f: Any, matrix: Any) -> Any:
    r"""
    `f(X)`, the primary function of a square matrix as a whole.

    Explanation
    ===========

    Sums, products, powers and functions of functions are written with the matrices that they
    are of; a function by itself is a ``PrimaryFunction``.  See there for what it is, what
    has to hold, and its derivative.

    Examples
    ========

    >>> from sympy import Lambda, MatrixSymbol, Trace, cos, log, symbols
    >>> from sympy_matlayout import gradient, matrix_function
    >>> n = symbols('n', integer=True, positive=True)
    >>> z = symbols('z')
    >>> X = MatrixSymbol('X', n, n)
    >>> matrix_function(Lambda(z, z*log(z)), X)
    X*logm(X)
    >>> gradient(Trace(matrix_function(Lambda(z, z*log(z)), X)), X)
    I + logm(X.T)
    >>> matrix_function(cos, X**2)
    matrix_function(cos, X**2)

    Parameters
    ==========

    f : a function of SymPy's, or a ``Lambda`` of one argument
    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.expm, sympy_matlayout.logm, sympy_matlayout.sqrtm

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 1
    """
    return construct(PrimaryFunction, _as_function(f, "matrix_function"),
                     as_square(matrix, "the argument of matrix_function"))


def expm(matrix: Any) -> Any:
    r"""
    `e^X = \sum_k X^k/k!`, the exponential of a square matrix.

    Examples
    ========

    >>> from sympy import Determinant, MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import canonical, expm, gradient
    >>> n = symbols('n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', n, n)
    >>> gradient(Trace(expm(X)), X)
    expm(X.T)
    >>> canonical(Determinant(expm(X))), canonical(expm(X).inverse())
    (exp(Trace(X)), expm(-X))

    Parameters
    ==========

    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.PrimaryFunction, sympy_matlayout.logm

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 10
    """
    return matrix_function(exp, as_square(matrix, "the argument of expm"))


def logm(matrix: Any) -> Any:
    r"""
    The principal logarithm of a square matrix without eigenvalues on the closed negative axis.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import expm, gradient, logm
    >>> n = symbols('n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', n, n)
    >>> expm(logm(X)), gradient(Trace(logm(X)), X)
    (X, X.T**(-1))

    Parameters
    ==========

    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.PrimaryFunction, sympy_matlayout.expm

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 11
    """
    return matrix_function(log, as_square(matrix, "the argument of logm"))


def sqrtm(matrix: Any) -> Any:
    r"""
    The principal square root, ``X**(1/2)``, whose eigenvalues have positive real parts.

    Explanation
    ===========

    With `S = X^{1/2}` the differential solves `S\,dS + dS\,S = dX` (Higham, section 6.1),
    and the result is written with its solution.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import differential, gradient, sqrtm
    >>> n = symbols('n', integer=True, positive=True)
    >>> A, X = MatrixSymbol('A', n, n), MatrixSymbol('X', n, n)
    >>> gradient(Trace(sqrtm(X)), X)
    X.T**(-1/2)/2
    >>> differential(sqrtm(X), X)
    SylvesterSolution(X**(1/2), X**(1/2), dX)

    Parameters
    ==========

    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.SylvesterSolution, sympy_matlayout.PrimaryFunction

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 6
    """
    return construct(MatPow, as_square(matrix, "the argument of sqrtm"), S.Half)
