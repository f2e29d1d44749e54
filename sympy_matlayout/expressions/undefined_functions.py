"""Undefined scalar functions of a matrix: value and gradient."""

from sympy import Expr
from sympy.core.function import AppliedUndef
from sympy.core.sympify import _sympify
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol
from sympy.printing.pretty.stringpict import prettyForm

from ..errors import ShapeError
from .shape import Shape, is_matrix, same_shape, shape, show

__all__ = ["FunctionGradient", "FunctionValue"]


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
    (2*f(X))*(∂f(X)/∂X)
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
        return super().__new__(cls, _sympify(expr))

    def doit(self, **hints):
        expr = self.args[0]
        return self if expr.has(AppliedUndef) else expr.doit(**hints)

    def _sympystr(self, printer):
        return printer._print(self.args[0])

    _latex = _pretty = _sympystr


class FunctionGradient(MatrixExpr):
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
    A.T*FunctionGradient(f(_Y), _Y, A*X)
    >>> G.replace(f, lambda Y: Trace(Y.T*Y)).doit()
    2*A.T*A*X

    Parameters
    ==========

    expr : the scalar, such as ``f(Y)``
    variable : the MatrixSymbol ``Y``, bound inside the node
    point : where the gradient is taken, of the same shape
    """

    def __new__(cls, expr, variable, point):
        expr, variable, point = map(_sympify, (expr, variable, point))
        if not isinstance(variable, MatrixSymbol):
            raise ShapeError(f"FunctionGradient: {variable} is not a MatrixSymbol")
        if not is_matrix(point) or not same_shape(shape(variable), shape(point)):
            raise ShapeError(
                f"FunctionGradient: the variable is {show(shape(variable))}, "
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
    def shape(self) -> Shape:
        return shape(self.variable)

    @property
    def free_symbols(self):
        return (self.expr.free_symbols - {self.variable}) | self.point.free_symbols

    def doit(self, **hints):
        if self.expr.has(AppliedUndef):
            return self
        from ..derivative import gradient

        found = gradient(self.expr, self.variable).xreplace({self.variable: self.point})
        return found.doit(**hints) if hints.get("deep", True) else found

    def as_explicit(self):
        done = self.doit()
        return super().as_explicit() if done == self else done.as_explicit()

    def _entry(self, i, j, **kwargs):
        done = self.doit()
        if done == self:
            from sympy.matrices.expressions.matexpr import MatrixElement
            return MatrixElement(self, i, j)
        return done._entry(i, j, **kwargs)

    def _shown(self):
        """The function and the variable under a name to read: the point's own, or plain Y."""
        Y, point = self.variable, self.point
        plain = MatrixSymbol(Y.name.lstrip("_") or Y.name, *Y.shape)
        if isinstance(point, MatrixSymbol):
            plain = point
        elif plain in self.free_symbols:
            plain = Y
        return self.expr.xreplace({Y: plain}), plain

    def _sympystr(self, printer):
        f, Y = self._shown()
        if Y != self.point:
            return f"FunctionGradient({', '.join(map(printer._print, self.args))})"
        return f"(∂{printer._print(f)}/∂{printer._print(Y)})"

    def _pretty(self, printer):
        f, Y = self._shown()
        slope = prettyForm(*printer._print(f).left("∂"))/prettyForm(*printer._print(Y).left("∂"))
        if Y == self.point:
            return slope
        at_point = prettyForm(*slope.right(" at ", printer._print(self.point)))
        return prettyForm(*at_point.parens())

    def _latex(self, printer):
        f, Y = self._shown()
        slope = r"\frac{\partial %s}{\partial %s}" % (printer._print(f), printer._print(Y))
        if Y == self.point:
            return slope
        return r"\left.%s\right|_{%s=%s}" % (slope, printer._print(Y), printer._print(self.point))
