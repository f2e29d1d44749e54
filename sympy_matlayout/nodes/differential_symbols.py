"""dX, the differential of a variable."""

from __future__ import annotations

from typing import Any

from sympy import Expr, S, Symbol, conjugate
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol

from ..core.errors import VariableError
from ..core.shapes import Shape, is_matrix, shape
from .conjugates import ConjugateSymbol
from .node import WithAdjoint
from .printable import joined
from .realness import is_declared_complex
from .structured import LINEAR, facts_about
from .traversal import replaced

__all__ = ["Differential", "MatrixDifferential", "ScalarDifferential"]


class Differential(Expr):
    r"""
    The differential `\mathrm{d}X` of a variable, a symbol of the shape of `X`.

    Explanation
    ===========

    The differential of a function is linear in these symbols.  They are
    directions of their own: constant under another differential, and left
    alone when a value is put in the place of `X`; ``subs`` of another symbol
    for `X`, or of a size, reaches them.

    ``Differential(X)`` of a matrix is a MatrixSymbol to SymPy, of a scalar a
    scalar symbol.  ``Differential(A*X)`` stands for the differential of an
    expression that is not worked out yet, as the steps of a derivation need;
    ``differential(A*X, X)`` works it out.  It prints with parentheses,
    ``d(X**2)``, so that ``dX**2`` is the square of dX.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols, latex
    >>> from sympy_matlayout import Differential
    >>> m, n, t = symbols('m n t')
    >>> dX = Differential(MatrixSymbol('X', m, n))
    >>> dX, dX.shape, latex(dX)
    (dX, (m, n), '\\mathrm{d}X')
    >>> 2*t*Differential(t)
    2*t*dt

    Parameters
    ==========

    of : a MatrixSymbol or Symbol, or an expression

    See Also
    ========

    sympy_matlayout.derivatives.differential, sympy_matlayout.gradient_from_differential

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., chapter 5
    """

    is_symbol = True
    _diff_wrt: Any = True

    def __new__(cls, of) -> Any:
        if not isinstance(of, Expr) or of.is_number:
            raise VariableError(f"the differential of {of!r} ({type(of).__name__}) is not defined; "
                                "give a symbol or an expression")
        if isinstance(of, Differential):
            raise VariableError(f"{of} is constant under a further differential")
        if isinstance(of, ConjugateSymbol):
            return ConjugateSymbol(Differential(of.of))
        if isinstance(of, conjugate) and of.args[0].is_Symbol:
            return conjugate(Differential(of.args[0]))
        if is_matrix(of) != issubclass(cls, MatrixSymbol) or cls is Differential:
            cls = MatrixDifferential if is_matrix(of) else ScalarDifferential
        return Basic.__new__(cls, of)

    @property
    def of(self) -> Any:
        return self.args[0]

    @property
    def is_of_variable(self) -> bool:
        """Whether this is dX, and not d(A*X), which is not worked out."""
        return _is_variable(self.of)

    @property
    def name(self) -> str:
        return f"d{self.of.name}" if self.is_of_variable else f"d({self.of})"

    @property
    def free_symbols(self):
        return {self}

    def doit(self, **hints):
        return self

    def _eval_subs(self, old, new):
        return self._with(self.of._subs(old, new), lambda size: size._subs(old, new))

    def _xreplace(self, rule):
        if self in rule:
            return rule[self], True
        (of,) = replaced([self.of], rule)
        found = self._with(of, lambda size: size.xreplace(rule))
        return found, found is not self

    def _with(self, of, in_size) -> Differential:
        """Renamed or resized with the variable, but not evaluated with it."""
        if of == self.of:
            return self
        if not self.is_of_variable:
            return Differential(of) if of.free_symbols - self.of.free_symbols else self
        if not _is_variable(of):
            if not is_matrix(self.of):
                return self
            of = MatrixSymbol(self.of.name, *map(in_size, shape(self.of)))
        return self if of == self.of else Differential(of)

    def _sympyrepr(self, printer):
        return f"Differential({printer._print(self.of)})"

    def _latex(self, printer):
        of = printer._print(self.of)
        return rf"\mathrm{{d}}{of}" if self.is_of_variable else \
            rf"\mathrm{{d}}\left({of}\right)"

    def _pretty(self, printer):
        of = printer._print(self.of)
        return joined((of if self.is_of_variable else joined(of.parens())).left("d"))

    def _sympystr(self, printer):
        return self.name

    # SymPy's printers know another Differential, so each of them needs a method
    _pythoncode = _numpycode = _mpmathcode = _lambdacode = _sympystr
    _ccode = _cxxcode = _fcode = _octave = _julia = _mcode = _rust_code = _sympystr
    _javascript = _maple = _glsl = _rcode = _sympystr


class MatrixDifferential(WithAdjoint, Differential, MatrixSymbol):
    """The differential of a matrix; made by ``Differential(X)``."""

    @property
    def shape(self) -> Shape:
        return shape(self.of)

    @property
    def facts(self) -> frozenset[str]:
        """A linear structure of the variable is one of its differential."""
        return facts_about(self.of) & LINEAR if self.is_of_variable else frozenset()

    def _eval_transpose(self):
        if "symmetric" in self.facts:
            return self
        return -self if "skew" in self.facts else None


class ScalarDifferential(Differential):
    """The differential of a scalar; made by ``Differential(t)``."""

    is_commutative = True

    def _eval_is_extended_real(self) -> bool | None:
        return None if is_declared_complex(self) else True

    def _eval_derivative(self, symbol):
        return S.One if symbol == self else S.Zero


def _is_variable(of: Basic) -> bool:
    return isinstance(of, (MatrixSymbol, Symbol))
