"""The front door: derivatives of what a user wrote, in the layout asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sympy import S
from sympy.core.basic import Basic

from ..core.errors import ShapeError, reporting_bugs
from ..core.registry import known_derivative
from ..core.shapes import Shape, is_vector_shape, shape, show
from ..layouts.conversion import Derivative, written
from ..layouts.layout import Arrangement, Layout, check_form
from ..linear_maps.graph import Graph, zero
from ..nodes.undefined_functions import FunctionDerivative, FunctionGradient, FunctionJacobian
from ..simplify import constructors as c
from ..simplify.canonical_form import canonical_form
from ..structures.conventions import check_convention
from ..structures.variable import Variable
from .problem import Problem, require_real_by_complex

__all__ = [
    "gradient",
    "jacobian",
    "matrix_derivative",
]

FORMS = ("vec", "row-major", "array", "autodiff")  # that every derivative has


@reporting_bugs
def matrix_derivative(
    expr: Any,
    X: Any,
    *,
    layout: Layout | str | None = None,
    form: str = "auto",
    where: Mapping[Basic, Any] | None = None,
    structure: str | None = None,
    convention: str = "projection",
    assumptions: Any = True,
    simplify: bool = True,
) -> Any:
    r"""
    The derivative of a scalar, vector or matrix by a scalar, vector or matrix.

    Explanation
    ===========

    Variables are real unless they are said to be complex; by a complex `Z` it is
    `\partial F/\partial Z`, with `Z^*` taken as independent, and ``Z.conjugate()`` is a variable
    of its own.  vec is column-major.  With `x` of shape
    `n \times 1`, `X` of `m \times n`, `F` of `p \times q`, `t` a scalar:

    ================  ==================  ====================  ====================
    derivative        form                numerator             denominator
    ================  ==================  ====================  ====================
    `f` by `x`        ``"matrix"``        (5) `1 \times n`      (6) `n \times 1`
    `f` by `X`        ``"matrix"``        (9) `n \times m`      (11) `m \times n`
    `f` by `X`        ``"vec"``           (8) `1 \times mn`     (10) `mn \times 1`
    vector by vector  ``"matrix"``        (13) `p \times n`     (14) `n \times p`
    `F` by `X`        ``"vec"``           (13) `pq \times mn`   (14) `mn \times pq`
    `F` by `t`        ``"matrix"``        `p \times q`          `q \times p`
    ================  ==================  ====================  ====================

    The mixed layout takes the denominator column for scalar functions and the
    numerator column for all others.  ``form="array"`` gives all partial
    derivatives with the axes of `X` first, then those of `F`, as SymPy's own
    ``F.diff(X)`` orders them, in every layout; ``form="autodiff"`` with the axes
    of `F` first, as JAX and PyTorch.  ``form="row-major"`` is the vec form with
    rows stacked instead of columns, as NumPy's ``reshape`` does.

    1x1 matrix expressions are scalars.  The derivative by ``X.T`` is that by
    `X`, with the roles of its rows and columns exchanged.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import matrix_derivative
    >>> m, n, p = symbols('m n p', integer=True, positive=True)
    >>> A, B = MatrixSymbol('A', p, m), MatrixSymbol('B', n, p)
    >>> X = MatrixSymbol('X', m, n)
    >>> matrix_derivative(Trace(A*X*B), X)
    A.T*B.T
    >>> matrix_derivative(Trace(A*X*B), X, layout='numerator')
    B*A
    >>> matrix_derivative(A*X*B, X, layout='numerator')
    KroneckerProduct(B.T, A)

    Parameters
    ==========

    expr : the function: a scalar or matrix expression, or an explicit matrix
    X : the variable: a MatrixSymbol of any shape, the transpose of one, a
        scalar Symbol, or a list of these, which gives a tuple of results; of a complex one
        also its conjugate or adjoint
    layout : ``"denominator"``, ``"numerator"``, ``"mixed"`` or a ``Layout``;
        by default that of the surrounding ``with layout(...)``, else denominator
    form : ``"matrix"``, ``"vec"``, ``"row-major"``, ``"array"``, ``"autodiff"``, or
        ``"auto"`` for ``"matrix"`` where that exists and ``"vec"`` elsewhere;
        ``"vech"``, by the free entries of a structured X
    where : definitions of intermediate variables, ``{u: b - A*x}``; the chain
        rule goes through them, and they stay in the result by name
    structure : ``"symmetric"``, ``"skew"``, ``"diagonal"``, ``"lower"``, ``"upper"``,
        ``"hermitian"``, ``"toeplitz"``, ``"hankel"``, ``"circulant"`` or a registered one,
        for all variables, or a dictionary of these; symbols such as
        ``SymmetricMatrixSymbol`` carry their own
    convention : for a structured X with G the gradient by all entries,
        ``"projection"``, the gradient in the Frobenius inner product, for symmetric X
        (G + G')/2, or ``"entries"``, the table of the derivatives by the free
        entries, for symmetric X G + G' - G∘I
    assumptions : facts about symbols, ``Q.symmetric(A) & Q.orthogonal(U)``, used in
        the result; facts about X say where the derivative is taken
    simplify : ``False`` leaves the result as the sweep gives it, which is as right, and
        takes no time for its form

    Raises
    ======

    DerivativeNotImplementedError : no rule covers a node of the expression
    ShapeError : the expression is ill-shaped
    VariableError : X is no variable
    LayoutError, FormError : no such layout, or no such form for these shapes
    StructureError, ConventionError, FactsError : unknown or contradictory ones

    See Also
    ========

    sympy_matlayout.ComplexMatrixSymbol, sympy_matlayout.gradient, sympy_matlayout.jacobian,
    sympy_matlayout.layouts.layout

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 2019
    .. [2] X.-D. Zhang, Matrix Analysis and Applications, 2017, chapter 3
    .. [3] S. Srinivasan, N. Panda, What is the gradient of a scalar function of a
           symmetric matrix?, arXiv 1911.06491 (projection)
    .. [4] K. B. Petersen, M. S. Pedersen, The Matrix Cookbook, 2012, 2.8 (entries)
    """
    chosen, several = Layout.of(layout), isinstance(X, (tuple, list))
    problem = Problem.read(expr, X if several else (X,), where, structure, assumptions, simplify)
    check_convention(convention)
    found = tuple(problem.written(*(
        arranged(problem.graph([v]), v, chosen, form, convention, simplify)
        for v in problem.variables)))
    return found if several else found[0]


@reporting_bugs
def gradient(f: Any, X: Any, *more: Any, where: Mapping[Basic, Any] | None = None,
             structure: Any = None, convention: str = "projection",
             assumptions: Any = True, simplify: bool = True) -> Any:
    r"""
    The gradient of a scalar, in the shape of each variable.

    Explanation
    ===========

    The gradient `G = \nabla_X f` is what makes
    `\mathrm{d}f = \mathrm{tr}(G^T \mathrm{d}X)` true; it is the derivative in
    denominator layout, (6) and (11).  All gradients come from one reverse
    sweep over the expression's graph.

    By a complex matrix the gradient of a real function is the `G` with
    `\mathrm{d}f = \mathrm{Re}\,\mathrm{tr}(G^H \mathrm{d}Z)`, `2\,\partial f/\partial Z^*`
    (Matrix Cookbook 4.2), or half of that with ``convention="wirtinger"``; a complex function
    has none.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, log, det, symbols
    >>> from sympy_matlayout import gradient
    >>> n = symbols('n', integer=True, positive=True)
    >>> A, X = MatrixSymbol('A', n, n), MatrixSymbol('X', n, n)
    >>> gradient(log(det(X)), X)
    X.T**(-1)
    >>> gradient(Trace(A*X), A, X)
    (X.T, A.T)

    Parameters
    ==========

    f : a scalar or 1x1 expression
    X, *more : MatrixSymbols, transposes of these, scalar Symbols; or one list of these
    where, structure, convention, assumptions, simplify : as for ``matrix_derivative``; by a
        structured X the gradient is the projection unless asked otherwise

    Returns
    =======

    One expression for one variable, a tuple for several and for a list.

    See Also
    ========

    sympy_matlayout.matrix_derivative, sympy_matlayout.jacobian
    """
    several = bool(more) or isinstance(X, (tuple, list))
    given = (*(X if isinstance(X, (tuple, list)) else (X,)), *more)
    problem = Problem.read(f, given, where, structure, assumptions, simplify)
    if shape(problem.function):
        raise ShapeError(f"the gradient is for scalars, and this is "
                         f"{show(shape(problem.function))}; use jacobian or matrix_derivative")
    check_convention(convention)
    graph = problem.graph()
    found = dict(zip(graph.variables, graph.gradients(), strict=True))
    require_real_by_complex(problem)
    results = tuple(problem.written(*(
        ascent(v, found, convention) for v in problem.variables)))
    return results if several else results[0]


def jacobian(F: Any, X: Any, *, where: Mapping[Basic, Any] | None = None,
             structure: Any = None, convention: str = "projection",
             assumptions: Any = True, simplify: bool = True) -> Basic:
    r"""
    The Jacobian matrix (13), `\partial\mathrm{vec}(F)/\partial\mathrm{vec}^T(X)`.

    Explanation
    ===========

    For `F` of shape `p \times q` and `X` of `m \times n` the result is
    `pq \times mn`, and `\mathrm{vec}(\mathrm{d}F) = J\,\mathrm{vec}(\mathrm{d}X)`,
    vec column-major.  For a scalar function it is the row (8).

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import jacobian
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', m, n)
    >>> jacobian(X.T, X)
    CommutationMatrix(m, n)

    Parameters
    ==========

    F : a scalar or matrix expression
    X : a MatrixSymbol, the transpose of one, or a scalar Symbol
    where, structure, convention, assumptions, simplify : as for ``matrix_derivative``; by a
        structured X the rows are projections unless asked otherwise, so that
        `\mathrm{vec}(\mathrm{d}F) = J\,\mathrm{vec}(\mathrm{d}X)` stays true

    See Also
    ========

    sympy_matlayout.matrix_derivative, sympy_matlayout.CommutationMatrix
    """
    return matrix_derivative(F, X, layout=Layout.NUMERATOR, form="vec", where=where,
                             structure=structure, convention=convention, assumptions=assumptions,
                             simplify=simplify)


@known_derivative.register(FunctionGradient)
def _of_scalar_function(node: FunctionGradient) -> Basic:
    return gradient(node.expr, node.variable)


@known_derivative.register(FunctionJacobian)
def _of_matrix_function(node: FunctionJacobian) -> Basic:
    return jacobian(node.expr, node.variable)


@known_derivative.register(FunctionDerivative)
def _by_scalars(node: FunctionDerivative) -> Basic:
    found = node.expr
    for symbol, order in node.orders.items():
        for _ in range(int(order)):
            found = matrix_derivative(found, symbol, layout=Layout.NUMERATOR)
    return found


def arranged(graph: Graph, variable: Variable, layout: Layout, form: str,
             convention: str = "projection", simplify: bool = True) -> Basic:
    """The derivative of a graph's root, in a layout and form."""
    of, by = shape(graph.root), variable.shape
    if of and by:
        return _matrix_by_matrix(graph, variable, layout, form, convention, simplify)
    form = check_form(form, _forms(variable, matrix=True), _what(of, variable))
    if of:
        found, transposes = graph.tangent({variable.symbol: S.One}), layout.transposes_jacobian()
    else:
        found = gradient_by(graph, variable)
        transposes = layout.transposes_gradient()
        if form == "vech":
            found = cast(Any, variable.structure).free_entries(variable.turn(found))
        else:
            found = variable.along_structure(found, convention)
    if form in ("array", "autodiff") or not (of or by):
        return found
    if form in ("vec", "row-major"):
        found = c.vec(found if form == "vec" else c.transpose(found))
    return c.transpose(found) if transposes else found


def gradient_by(graph: Graph, variable: Variable) -> Basic:
    """The derivative of a scalar root by all entries of one of the graph's variables."""
    return dict(zip(graph.variables, graph.gradients(), strict=True))[variable.symbol]


def ascent(variable: Variable, found: Mapping[Basic, Basic], convention: str) -> Basic:
    """
    The G with df = Re tr(Gᴴ dZ), from the derivatives by Z and Z*; that by a real X itself.

    It is 2 ∂f/∂Z*, and ∂f/∂S* = (∂f/∂S)' by a Hermitian S, which is its own adjoint.
    """
    if variable.symbol.is_imaginary:  # of u = iy it is i ∂f/∂y = -∂f/∂u
        return -cast(Any, found[variable.symbol])
    if not variable.is_complex:
        return variable.along_structure(found[variable.symbol], convention)
    if variable.conjugate is None:
        return variable.turn(c.transpose(found[variable.symbol]))
    G = variable.along_structure(found[variable.conjugate.symbol], convention)
    factor = S.One if convention == "wirtinger" else S(2)
    return c.scale(factor, G) if variable.shape else factor*G


def _what(of: Shape, variable: Variable) -> str:
    """The derivative, in the words of a message."""
    by = f"a {show(variable.shape)} matrix" if variable.shape else "a scalar"
    if variable.shape and not variable.structure:
        by += " without a structure"
    return f"the derivative of a {show(of)} by {by}"


def _forms(variable: Variable, matrix: bool) -> tuple[str, ...]:
    """The forms there are, with or without that of a matrix."""
    found = ("matrix", *FORMS) if matrix else FORMS
    return (*found, "vech") if variable.structure else found


def _matrix_by_matrix(graph: Graph, variable: Variable, layout: Layout, form: str,
                      convention: str, simplify: bool) -> Basic:
    of, by = shape(graph.root), variable.shape
    vectors = is_vector_shape(of) and is_vector_shape(by)
    form = check_form(form, _forms(variable, matrix=vectors), _what(of, variable))
    differential = graph.linear_map(variable.symbol)
    if differential is None:
        J = zero((of[0]*of[1], by[0]*by[1]))
    else:
        J = variable.turn_map(differential).matrix()
    J = c.multiply(J, variable.onto(form, convention))
    if simplify and form in ("array", "autodiff"):
        J = canonical_form(J, [graph.root, *graph.definitions.values()])
    if form == "vech":
        return c.transpose(J) if layout.transposes_jacobian() else J
    return written(Derivative(J, of, by), Arrangement(layout, form))
