"""Hessians, of scalars and of matrices, and derivatives along directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import ImmutableDenseMatrix, S, conjugate
from sympy.core.basic import Basic
from sympy.matrices.expressions import BlockMatrix

from ..core.errors import (
    ArgumentError,
    ShapeError,
    StructureError,
    VariableError,
    reporting_bugs,
)
from ..core.shapes import is_matrix, same_shape, shape, show
from ..layouts.layout import Layout, check_form
from ..nodes.printable import all_printable
from ..reading.read import in_shape, read_function
from ..simplify import constructors as c
from ..structures.conventions import check_convention
from ..structures.variable import Variable
from .derivative import arranged, ascent, gradient_by
from .problem import Problem, require_real_by_complex

__all__ = ["augmented_hessian", "directional_derivative", "hessian", "hessian_vector_product"]


@reporting_bugs
def hessian(f: Any, X: Any, Y: Any = None, *, form: str = "vec",
            where: Mapping[Basic, Any] | None = None, structure: Any = None,
            convention: str = "projection", assumptions: Any = True,
            simplify: bool = True) -> Any:
    r"""
    The Hessian matrix `\partial\,\mathrm{vec}(\nabla_X f)/\partial\,\mathrm{vec}^T(Y)`.

    Explanation
    ===========

    For `X` of shape `m \times n` and `Y` of `p \times q` it is `mn \times pq`,
    vec column-major; for vectors of lengths `n` and `p` it is `n \times p`, for two
    scalars a scalar.  With `Y = X`, the default, it is symmetric.  The layout doesn't
    matter to it.

    A list of variables gives the Hessian by all of them, a ``BlockMatrix`` of the
    Hessians by two, and by scalars alone an explicit matrix.

    The Hessian of a matrix `F` is that of Magnus and Neudecker: the Hessians of its
    entries, in the order of `\mathrm{vec}\,F`, one below the other.  By a scalar it is
    `F''`, in the shape of `F`.

    By complex matrices `Z` and `Z^*` are independent: ``hessian(f, Z, Z.conjugate())`` is
    `\partial\,\mathrm{vec}(\partial f/\partial Z)/\partial\,\mathrm{vec}^T(Z^*)`, one of four
    blocks, which ``augmented_hessian`` puts together.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import hessian
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, x, X = MatrixSymbol('A', n, n), MatrixSymbol('x', n, 1), MatrixSymbol('X', m, n)
    >>> hessian(x.T*A*x, x)
    A + A.T
    >>> hessian(Trace(X*A*X.T), X)
    KroneckerProduct(A + A.T, I)
    >>> y = MatrixSymbol('y', n, 1)
    >>> hessian(x.T*A*y, [x, y])
    Matrix([
    [  0, A],
    [A.T, 0]])

    Parameters
    ==========

    f : a scalar or matrix expression
    X, Y : MatrixSymbols, transposes of these, or Symbols; or for X alone a list of these
    form : ``"vec"``, or ``"vech"`` by the free entries of a structured X and Y
    where, structure, convention, assumptions, simplify : as for ``matrix_derivative``; by a
        structured X it is `PHP` with the projection `P`, unless asked otherwise

    See Also
    ========

    sympy_matlayout.hessian_vector_product, sympy_matlayout.gradient,
    sympy_matlayout.directional_derivative, sympy_matlayout.hessian_from_differential

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., chapter 10
    """
    options: dict[str, Any] = {"where": where, "structure": structure,
                               "assumptions": assumptions, "simplify": simplify}
    if isinstance(X, (list, tuple)):
        if Y is not None:
            raise VariableError("a list of variables, and a second variable beside it; give one "
                                "list, or two variables")
        return _by_all(f, X, form, convention, options)
    problem = Problem.read(f, (X, X if Y is None else Y), **options)
    first, second = problem.variables
    check_form(form, ("vec", "vech") if first.structure or second.structure else ("vec",),
               "the Hessian")
    check_convention(convention)
    if not (first.shape or second.shape):
        found = _by_scalars(problem)
    elif shape(problem.function):
        found = _of_matrix(problem)
    else:
        left, right = (v.onto(form, convention) for v in (first, second))
        slope = in_shape(_slope(problem), first.shape or (S.One, S.One))
        found = c.multiply(c.transpose(left), _jacobian(problem, slope, second), right)
    return problem.written(found)[0]


@reporting_bugs
def augmented_hessian(f: Any, Z: Any, *, where: Mapping[Basic, Any] | None = None,
                      structure: Any = None, assumptions: Any = True,
                      simplify: bool = True) -> Any:
    r"""
    The Hessian of a real function by a complex matrix and its conjugate, in four blocks.

    Explanation
    ===========

    With `z = \mathrm{vec}\,Z` it is the Hermitian matrix

    .. math:: \begin{pmatrix}
        \partial^2 f/\partial z^*\partial z^T & \partial^2 f/\partial z^*\partial z^H \\
        \partial^2 f/\partial z\,\partial z^T & \partial^2 f/\partial z\,\partial z^H
        \end{pmatrix}

    of twice the size of `z`, with which
    `\mathrm{d}^2 f = \mathrm{d}\bar z^H H\,\mathrm{d}\bar z` for `\bar z` the column of `z`
    and `z^*`: positive definite where `f` has a minimum.  Newton's step solves
    `H\,\Delta\bar z = -(\partial f/\partial z^*, \partial f/\partial z)`.

    Examples
    ========

    >>> from sympy import symbols
    >>> from sympy_matlayout import ComplexMatrixSymbol, HermitianMatrixSymbol, augmented_hessian
    >>> n = symbols('n', integer=True, positive=True)
    >>> S, z = HermitianMatrixSymbol('S', n), ComplexMatrixSymbol('z', n, 1)
    >>> augmented_hessian(z.H*S*z, z)
    Matrix([
    [S,   0],
    [0, S.T]])

    Parameters
    ==========

    f : a real scalar or 1x1 expression
    Z : a complex matrix or Symbol, not a Hermitian one
    where, structure, assumptions, simplify : as for ``matrix_derivative``

    See Also
    ========

    sympy_matlayout.hessian, sympy_matlayout.gradient

    References
    ==========

    .. [1] A. Hjørungnes, Complex-Valued Matrix Derivatives, 2011, chapter 5
    .. [2] K. Kreutz-Delgado, The complex gradient operator and the CR-calculus, 2009, 5
    """
    options: dict[str, Any] = {"where": where, "structure": structure,
                               "assumptions": assumptions, "simplify": simplify}
    problem = Problem.read(f, (Z,), **options)
    (variable,) = problem.variables
    require_real_by_complex(problem)
    if variable.conjugate is None or not variable.is_complex:
        raise VariableError(f"the augmented Hessian is by a complex matrix and its conjugate, and "
                            f"{Z} is none that differs from it; use hessian")
    if shape(problem.function):
        raise ShapeError(f"the augmented Hessian is of scalars, and this is "
                         f"{show(shape(problem.function))}")
    across = conjugate(Z)
    blocks = [[hessian(f, left, right, **options) for right in (Z, across)]
              for left in (across, Z)]
    return BlockMatrix(blocks) if is_matrix(blocks[0][0]) else ImmutableDenseMatrix(blocks)


def _jacobian(problem: Problem, function: Basic, variable: Variable) -> Basic:
    """By all entries of the variable."""
    plain = Variable(variable.symbol, variable.transposed)
    return arranged(problem.graph([plain], function), plain, Layout.NUMERATOR, "vec")


def _of_matrix(problem: Problem) -> Basic:
    """The derivative of the transposed Jacobian, whose columns are the gradients of entries."""
    first, second = problem.variables
    if first.structure or second.structure:
        raise StructureError("the Hessian of a matrix by a structured variable is not covered; "
                             "take that of one entry or of a product with a constant")
    if not (first.shape and second.shape):
        raise VariableError("the second derivative of a matrix by a scalar and a matrix: take the "
                            "derivative by the scalar, and the Jacobian of that")
    slopes = c.transpose(_jacobian(problem, problem.function, first))
    return _jacobian(problem, slopes, second)


def _by_scalars(problem: Problem) -> Basic:
    first, second = problem.variables
    once = problem.graph([first]).tangent({first.symbol: S.One})
    return problem.graph([second], once).tangent({second.symbol: S.One})


def _by_all(f: Any, variables: Any, form: str, convention: str, options: Mapping[str, Any]) -> Any:
    """The blocks on and above the diagonal, and their transposes below."""
    if not variables:
        raise VariableError("an empty list of variables")
    if shape(Problem.read(f, variables, **options).function):
        raise ShapeError("the Hessian of a matrix is by one variable, and of a scalar by a list")
    blocks: list[list[Any]] = [[S.Zero]*len(variables) for _ in variables]
    for i, X in enumerate(variables):
        for j in range(i, len(variables)):
            block = hessian(f, X, variables[j], form=form, convention=convention, **options)
            blocks[i][j] = block
            blocks[j][i] = all_printable([c.transpose(block)])[0] if is_matrix(block) else block
    if not any(is_matrix(block) for row in blocks for block in row):
        return ImmutableDenseMatrix(blocks)
    return BlockMatrix([[block if is_matrix(block) else ImmutableDenseMatrix([[block]])
                         for block in row] for row in blocks])


@reporting_bugs
def hessian_vector_product(f: Any, X: Any, V: Any, *,
                           where: Mapping[Basic, Any] | None = None, structure: Any = None,
                           convention: str = "projection", assumptions: Any = True,
            simplify: bool = True) -> Basic:
    r"""
    The derivative of the gradient in the direction `V`, without the Hessian.

    Explanation
    ===========

    It has the shape of `X` and `V`, and
    `\mathrm{vec}` of it is the Hessian times `\mathrm{vec}(V)`; it comes from one
    forward sweep over the graph of the gradient.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import hessian_vector_product
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, X, V = MatrixSymbol('A', n, n), MatrixSymbol('X', m, n), MatrixSymbol('V', m, n)
    >>> hessian_vector_product(Trace(X*A*X.T), X, V)
    V*(A + A.T)

    Parameters
    ==========

    f : a scalar or 1x1 expression
    X : a MatrixSymbol, the transpose of one, or a Symbol
    V : a matrix expression of the shape of `X`, or a scalar
    where, structure, convention, assumptions, simplify : as for ``hessian``

    See Also
    ========

    sympy_matlayout.hessian
    """
    problem = Problem.read(f, (X,), where, structure, assumptions, simplify)
    if shape(problem.function):
        raise ShapeError("the product of a Hessian and a vector is for scalars, and this is "
                         f"{show(shape(problem.function))}; use directional_derivative")
    (variable,) = problem.variables
    direction = _direction(V, variable)
    check_convention(convention)
    if variable.structure is not None:
        direction = variable.structure.arranged(direction, convention)
    require_real_by_complex(problem)
    graph = problem.graph()
    slopes = dict(zip(graph.variables, graph.gradients(), strict=True))
    slope = _slope(problem) if variable.structure else ascent(variable, slopes, convention)
    found = problem.graph(function=slope).tangent(_along(variable, direction))
    if variable.structure is not None:
        found = variable.structure.arranged(found, convention)
    (found,) = problem.written(found)
    return found


@reporting_bugs
def directional_derivative(F: Any, X: Any, *directions: Any,
                           where: Mapping[Basic, Any] | None = None,
                           assumptions: Any = True, simplify: bool = True) -> Basic:
    r"""
    The derivative of `F` along directions, one after the other.

    Explanation
    ===========

    Along `V` it is `\frac{\mathrm{d}}{\mathrm{d}t} F(X + tV)` at `t = 0`, in the shape of
    `F`; along `V, W` the derivative of that along `W`, and so on: `\mathrm{d}F`,
    `\mathrm{d}^2F`, `\mathrm{d}^3F` of Magnus and Neudecker for equal directions.  What is
    left of a third derivative along one direction is
    ``hessian(directional_derivative(f, x, v), x)``.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import directional_derivative
    >>> n = symbols('n', integer=True, positive=True)
    >>> A, X, V = (MatrixSymbol(s, n, n) for s in 'AXV')
    >>> directional_derivative(X.inverse(), X, V)
    -X**(-1)*V*X**(-1)
    >>> directional_derivative(X.T*A*X, X, V, V)
    2*V.T*A*V

    Parameters
    ==========

    F : a scalar or matrix expression
    X : a MatrixSymbol, the transpose of one, or a Symbol
    directions : one or more expressions of the shape of `X` that don't depend on it
    where, assumptions, simplify : as for ``matrix_derivative``

    See Also
    ========

    sympy_matlayout.hessian_vector_product, sympy_matlayout.differential
    """
    if not directions:
        raise ArgumentError("no direction: directional_derivative(F, X, V)")
    problem = Problem.read(F, (X,), where, None, assumptions, simplify)
    (variable,) = problem.variables
    found = problem.function
    for V in directions:
        direction = _direction(V, variable)
        if variable.symbol in direction.free_symbols:
            raise VariableError(f"the direction {direction} depends on {variable.symbol}; give it "
                                "as a symbol, and put in its value afterwards")
        graph = problem.graph(function=found)
        found = graph.tangent(_along(variable, direction))
    return problem.written(found)[0]


def _direction(V: Any, variable: Variable) -> Any:
    direction = in_shape(read_function(V), variable.shape)
    if not same_shape(shape(direction), variable.shape):
        raise ShapeError(f"the direction is {show(shape(direction))}, "
                         f"and the variable {show(variable.shape)}")
    return direction


def _along(variable: Variable, direction: Any) -> dict[Basic, Basic]:
    """The direction of the variable's symbol, and that of its conjugate with it."""
    turned = variable.turn(direction)
    found = {variable.symbol: turned}
    if variable.conjugate is not None:
        found[variable.conjugate.symbol] = c.conjugate(turned)
    return found


def _slope(problem: Problem) -> Basic:
    """The gradient by all entries of the first variable, a function to differentiate again."""
    variable = problem.variables[0]
    return variable.turn(gradient_by(problem.graph([variable]), variable))
