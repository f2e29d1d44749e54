"""Functions of matrices that are left undefined: values, gradients, Jacobians."""

from typing import Any

from sympy import Add, Expr, Symbol, Tuple
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol, Transpose
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.printing.pretty.stringpict import prettyForm

from ..core.errors import ArgumentError, ShapeError
from ..core.given import as_basic, as_name
from ..core.registry import construct, known_derivative
from ..core.shapes import Shape, as_size, is_matrix, same_shape, shape, show
from .node import WithAdjoint, numpy_call, numpy_size
from .vec import Vec

__all__ = ["FunctionDerivative", "FunctionGradient", "FunctionJacobian", "FunctionValue",
           "MatrixFunction"]


class FunctionValue(Expr):
    """
    The value of an undefined scalar function of a matrix, as a scalar.

    Explanation
    ===========

    SymPy takes ``f(X)`` for a non-commuting object, since ``X`` is one, and no
    product with a matrix can hold or print it.  This node stands for the same
    number and commutes.  It prints as ``f(X)``; ``doit`` gives the value once
    ``f`` has been replaced by a function that is known.

    Examples
    ========

    >>> from sympy import Function, MatrixSymbol, Trace
    >>> from sympy_matlayout import gradient
    >>> X, f = MatrixSymbol('X', 2, 3), Function('f')
    >>> G = gradient(f(X)**2, X); G
    2*f(X)*(∂f(X)/∂X)
    >>> G.replace(f, lambda Y: Trace(Y.T*Y)).doit()
    (4*Trace(X.T*X))*X

    Parameters
    ==========

    expr : the scalar, such as ``f(X)``

    See Also
    ========

    sympy_matlayout.FunctionGradient
    """

    is_commutative = True

    def __new__(cls, expr):
        return super().__new__(cls, as_basic(expr, "the function"))

    def doit(self, **hints):
        expr = self.args[0]
        return self if expr.has(AppliedUndef) else expr.doit(**hints)

    def _sympystr(self, printer):
        return printer._print(self.args[0])

    _latex = _pretty = _numpycode = _sympystr


class DerivativeAtPoint(WithAdjoint, MatrixExpr):
    """The derivative of an undefined function by a bound variable, at a point."""

    args: tuple[Any, ...]
    _fraction: Any  # (function, variable) ↦ what stands above and below the bar

    def __new__(cls, expr, variable, point):
        expr, variable, point = (as_basic(a, f"the {what} of {cls.__name__}") for a, what in (
            (expr, "function"), (variable, "variable"), (point, "point")))
        if not isinstance(variable, MatrixSymbol):
            raise ShapeError(f"{cls.__name__}: {variable} is not a MatrixSymbol")
        if not is_matrix(point) or not same_shape(shape(variable), shape(point)):
            raise ShapeError(
                f"{cls.__name__}: the variable is {show(shape(variable))}, "
                f"the point {show(shape(point))}")
        return super().__new__(cls, expr, variable, point)

    @property
    def expr(self):
        return self.args[0]

    @property
    def variable(self) -> MatrixSymbol:
        return self.args[1]

    @property
    def point(self):
        return self.args[2]

    @property
    def free_symbols(self):
        return (self.expr.free_symbols - {self.variable}) | self.point.free_symbols

    def doit(self, **hints) -> Any:
        if self.expr.has(AppliedUndef, MatrixFunction):
            return self
        found = known_derivative(self).xreplace({self.variable: self.point})
        return found.doit(**hints) if hints.get("deep", True) else found

    def as_explicit(self):
        done = self.doit()
        return super().as_explicit() if done == self else done.as_explicit()

    def _entry(self, i, j, **kwargs):
        done = self.doit()
        if done == self:
            return MatrixElement(self, i, j)
        return done._entry(i, j, **kwargs)

    def _shown(self):
        """Above and below the bar, the variable under the point's name or a free letter."""
        Y, point = self.variable, self.point
        taken = {getattr(s, "name", None) for s in self.free_symbols}
        plain = point if isinstance(point, MatrixSymbol) else next(
            (MatrixSymbol(name, *Y.shape) for name in "YZWVUT" if name not in taken), Y)
        return (*self._fraction(self.expr.xreplace({Y: plain}), plain), plain)

    def _sympystr(self, printer):
        above, below, Y = self._shown()
        at = "" if Y == self.point else f" at {Y.name} = {printer._print(self.point)}"
        return f"(∂{printer._print(above)}/∂{printer._print(below)}{at})"

    def _pretty(self, printer):
        above, below, Y = self._shown()
        d = "∂" if printer._use_unicode else "d"
        slope = (prettyForm(*printer._print(above).left(d))
                 / prettyForm(*printer._print(below).left(d)))
        if Y == self.point:
            return slope
        at_point = prettyForm(*slope.right(" at ", printer._print(self.point)))
        return prettyForm(*at_point.parens())

    def _latex(self, printer):
        above, below, Y = self._shown()
        slope = r"\frac{\partial %s}{\partial %s}" % (printer._print(above), printer._print(below))
        if Y == self.point:
            return slope
        return r"\left.%s\right|_{%s=%s}" % (slope, printer._print(Y), printer._print(self.point))

class FunctionGradient(DerivativeAtPoint):
    r"""
    `\partial f(Y) / \partial Y` at a point, for a scalar function `f` left undefined.

    Explanation
    ===========

    SymPy's ``Derivative(f(Y), Y)`` is no matrix expression and can't stand in a
    product; this node can.  It has the shape of `Y` (denominator layout).  With
    `L = f(AX + B)` the chain rule reads
    `\partial L/\partial X = A^T (\partial L/\partial Y)` at `Y = AX + B`.
    Once `f` has been replaced by a function that is known, ``doit``
    differentiates.

    Examples
    ========

    >>> from sympy import Function, MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import gradient
    >>> m, n, p = symbols('m n p', integer=True, positive=True)
    >>> A, X = MatrixSymbol('A', p, m), MatrixSymbol('X', m, n)
    >>> f = Function('f')
    >>> G = gradient(f(A*X), X); G
    A.T*(∂f(Y)/∂Y at Y = A*X)
    >>> G.replace(f, lambda Y: Trace(Y.T*Y)).doit()
    2*A.T*A*X

    Parameters
    ==========

    expr : the scalar, such as ``f(Y)``
    variable : the MatrixSymbol ``Y``, bound inside the node
    point : where the gradient is taken, of the same shape
    """

    @property
    def shape(self) -> Shape:
        return shape(self.variable)

    @staticmethod
    def _fraction(f, Y):
        return f, Y


class MatrixFunction(WithAdjoint, MatrixExpr):
    r"""
    An undefined function with matrix values, of matrices and scalars.

    Explanation
    ===========

    SymPy's ``Function`` has scalar values; this one has a shape.  Its
    derivative by a matrix is a ``FunctionJacobian``, by a scalar a
    ``FunctionDerivative``, so that chain rules can be written with functions
    that are left open.  Without arguments it is called with them.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import MatrixFunction, matrix_derivative
    >>> m, n, p = symbols('m n p', integer=True, positive=True)
    >>> x, u = MatrixSymbol('x', n, 1), MatrixSymbol('u', m, 1)
    >>> z_of_u, u_of_x = MatrixFunction('z', p, 1, u), MatrixFunction('u', m, 1, x)
    >>> matrix_derivative(z_of_u, x, where={u: u_of_x}, layout='numerator')
    (∂z(u)/∂u.T)*(∂u(x)/∂x.T)
    >>> matrix_derivative(z_of_u, x, where={u: u_of_x})
    (∂u(x)/∂x.T).T*(∂z(u)/∂u.T).T

    The marginal likelihood of a Gaussian process, by a parameter of its kernel:

    >>> from sympy import Determinant, Trace, log
    >>> theta = symbols('theta', real=True)
    >>> y, K = MatrixSymbol('y', n, 1), MatrixFunction('K', n, n)(theta)
    >>> matrix_derivative(-Trace(y.T*K.inverse()*y)/2 - log(Determinant(K))/2, theta)
    Trace(K(theta)**(-1)*(∂K(theta)/∂theta)*(K(theta)**(-1)*y*y.T - I))/2

    Parameters
    ==========

    name : a string
    m, n : the shape of the value
    *arguments : matrix and scalar expressions

    See Also
    ========

    sympy_matlayout.FunctionJacobian, sympy_matlayout.FunctionDerivative,
    sympy_matlayout.FunctionGradient
    """

    args: tuple[Any, ...]

    def __new__(cls, name, m, n, *arguments):
        name = as_name(name, "the name of a MatrixFunction")
        arguments = [as_basic(a, f"the argument of {name}") for a in arguments]
        return super().__new__(cls, name, as_size(m), as_size(n), *arguments)

    def __call__(self, *arguments):
        if self.arguments:
            raise ShapeError(f"{self} has its arguments, and can't be called with more of them")
        return type(self)(*self.args, *arguments)

    @property
    def name(self) -> str:
        return str(self.args[0])

    @property
    def arguments(self):
        return self.args[3:]

    @property
    def shape(self) -> Shape:
        return self.args[1:3]

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)

    def _sympystr(self, printer):
        return f"{self.name}({', '.join(map(printer._print, self.arguments))})"

    def _numpycode(self, printer):
        called = f"{self.name}({', '.join(map(printer._print, self.arguments))})"
        rows, cols = (numpy_size(printer, size) for size in self.shape)
        return numpy_call(printer, "of_shape", called, rows, cols)

    def _latex(self, printer):
        inside = ", ".join(map(printer._print, self.arguments))
        return rf"{printer._print(Symbol(self.name))}{{\left({inside} \right)}}"

    def _pretty(self, printer):
        inside = prettyForm(*printer._print_seq(self.arguments, delimiter=", ").parens())
        return prettyForm(*inside.left(printer._print(Symbol(self.name))))


class FunctionDerivative(WithAdjoint, MatrixExpr):
    r"""
    `\partial^k F(t, ...)/\partial t^k` at a point, by scalars, for an undefined `F`.

    Explanation
    ===========

    It has the shape of `F`.  The scalars that are differentiated by are bound
    symbols, with the orders of the derivative and the values they have.  Once the
    function has been replaced by one that is known, ``doit`` differentiates.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, exp, symbols
    >>> from sympy_matlayout import MatrixFunction, matrix_derivative
    >>> t, n = symbols('t n')
    >>> A = MatrixSymbol('A', n, n)
    >>> D = matrix_derivative(Trace(A*MatrixFunction('K', n, n)(t)), t); D
    Trace(A*(∂K(t)/∂t))
    >>> D.replace(MatrixFunction, lambda name, m, n, s: exp(2*s)*A).doit()
    2*exp(2*t)*Trace(A**2)

    Parameters
    ==========

    expr : the matrix, such as ``F(s)``
    orders : pairs of a bound symbol in it and an order
    points : the values of these symbols

    See Also
    ========

    sympy_matlayout.MatrixFunction, sympy_matlayout.FunctionJacobian
    """

    args: tuple[Any, ...]

    def __new__(cls, expr, orders, points):
        expr = as_basic(expr, "the function of FunctionDerivative")
        what = "an order of FunctionDerivative"
        pairs: Any = Tuple(*(Tuple(*(as_basic(a, what) for a in order)) for order in orders))
        points = Tuple(*(as_basic(a, "a point of FunctionDerivative") for a in points))
        if not is_matrix(expr) or len(pairs) != len(points):
            raise ShapeError("FunctionDerivative needs a matrix, and a point for each symbol; got "
                             f"{expr}, {pairs}, {points}")
        for order in pairs:
            if len(order) != 2 or not order[0].is_Symbol or not (
                    order[1].is_Integer and order[1] > 0):
                raise ArgumentError("the orders of FunctionDerivative are pairs of a symbol and a "
                                    f"number from 1 on, got {order}")
        return super().__new__(cls, expr, pairs, points)

    @property
    def expr(self):
        return self.args[0]

    @property
    def orders(self) -> dict[Any, Any]:
        """The order of the derivative by each bound symbol."""
        return dict(self.args[1])

    @property
    def points(self):
        return self.args[2]

    @property
    def bound_symbols(self):
        return list(self.orders)

    @property
    def free_symbols(self):
        return (self.expr.free_symbols - set(self.orders)) | self.points.free_symbols

    @property
    def shape(self) -> Shape:
        return shape(self.expr)

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)

    def doit(self, **hints) -> Any:
        if self.expr.has(AppliedUndef, MatrixFunction):
            return self
        found = known_derivative(self).xreplace(dict(zip(self.orders, self.points, strict=True)))
        return found.doit(**hints) if hints.get("deep", True) else found

    def _shown(self):
        """Above and below the bar with the points for the symbols, None where these are more."""
        if not all(point.is_Symbol for point in self.points):
            return None
        below = [(point, order) for point, order in zip(
            self.points, self.orders.values(), strict=True)]
        return self.expr.xreplace(dict(zip(self.orders, self.points, strict=True))), below

    def _sympystr(self, printer):
        if (shown := self._shown()) is None:
            return f"{type(self).__name__}({', '.join(map(printer._print, self.args))})"
        total = Add(*self.orders.values())
        below = "".join(f"∂{printer._print(s)}" + (f"**{k}" if k != 1 else "")
                        for s, k in shown[1])
        return f"(∂{'' if total == 1 else f'**{total}'}{printer._print(shown[0])}/{below})"

    def _latex(self, printer):
        total, at = Add(*self.orders.values()), ""
        shown = self._shown()
        if shown is None:
            shown = self.expr, list(self.orders.items())
            at = ", ".join(f"{printer._print(s)}={printer._print(point)}"
                           for s, point in zip(self.orders, self.points, strict=True))
        power = "" if total == 1 else f"^{{{total}}}"
        below = " ".join(r"\partial " + printer._print(s if k == 1 else s**k) for s, k in shown[1])
        slope = rf"\frac{{\partial{power} {printer._print(shown[0])}}}{{{below}}}"
        return rf"\left.{slope}\right|_{{{at}}}" if at else slope

    def _pretty(self, printer):
        d, slope = ("∂" if printer._use_unicode else "d"), self._shown()
        F, below = slope if slope is not None else (self.expr, list(self.orders.items()))
        total = Add(*self.orders.values())
        top = prettyForm(d) if total == 1 else prettyForm(d)**prettyForm(str(total))
        above = prettyForm(*top.right(printer._print(F)))
        under = prettyForm("")
        for s, k in below:
            under = prettyForm(*under.right(d, printer._print(s if k == 1 else s**k)))
        found = above/under
        if slope is None:
            at = ", ".join(f"{s} = {point}"
                           for s, point in zip(self.orders, self.points, strict=True))
            found = prettyForm(*prettyForm(*found.right(f" at {at}")).parens())
        return found


class FunctionJacobian(DerivativeAtPoint):
    r"""
    `\partial\mathrm{vec}\,F(Y)/\partial\mathrm{vec}^T(Y)` at a point, for an undefined `F`.

    Explanation
    ===========

    The Jacobian (13) of a ``MatrixFunction``, in numerator layout; for columns
    it is written `\partial F/\partial Y^T`.  Once the function has been
    replaced by one that is known, ``doit`` differentiates.

    Examples
    ========

    >>> from sympy import MatrixSymbol, sin
    >>> from sympy_matlayout import MatrixFunction, jacobian
    >>> A, x = MatrixSymbol('A', 2, 3), MatrixSymbol('x', 3, 1)
    >>> J = jacobian(A*MatrixFunction('z', 3, 1, x), x); J
    A*(∂z(x)/∂x.T)
    >>> J.replace(MatrixFunction, lambda name, m, n, y: A.T*A*y).doit()
    A*A.T*A

    Parameters
    ==========

    expr : the matrix, such as ``F(Y)``
    variable : the MatrixSymbol ``Y``, bound inside the node
    point : where the Jacobian is taken, of the same shape

    See Also
    ========

    sympy_matlayout.MatrixFunction
    """

    @property
    def shape(self) -> Shape:
        (p, q), (m, n) = shape(self.expr), shape(self.variable)
        return p*q, m*n

    @staticmethod
    def _fraction(F, Y):
        return construct(Vec, F), construct(Transpose, construct(Vec, Y))
