"""
Plain ``expr.diff(X)`` with the answers of this library, and back again.

SymPy has no place to register the derivative of a matrix expression that every
way to differentiate goes through, so a few attributes are replaced and put
back; docs/upstreaming.md says for each what would make it unnecessary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import RLock
from typing import Any

from sympy import Derivative, Determinant, S, Trace
from sympy.core.basic import Basic
from sympy.core.cache import clear_cache
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions import HadamardPower, MatrixExpr, MatrixSymbol
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.dotproduct import DotProduct
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array.array_derivatives import ArrayDerivative
from sympy.tensor.array.expressions.array_expressions import Reshape

from ..codegen.numpy_code import numpy_code
from ..core.shapes import is_matrix
from ..nodes.constants import SympysUnit
from ..nodes.norm import Norm
from ..nodes.structured import facts_about
from ..printing.mended import MENDED
from .plain_diff import (
    Theirs,
    derived,
    is_by_size,
    is_variable,
    remembered_matrices,
    steps_of,
    successive,
)

__all__ = ["install", "installed", "uninstall"]

# the module, which the function of its name hides
SIMPLIFICATION = import_module("sympy.simplify.simplify")
# What ``lambdify`` can't write with SymPy's own printers.
WITHOUT_NUMPY_CODE = (Trace, Determinant, HadamardPower, ElementwiseApplyFunction, Reshape,
                      *filter(None, [SympysUnit]))

_lock = RLock()
_asked = False  # by install()
_contexts = 0  # of installed() that are open
_originals: list[tuple[Any, str, Any]] = []  # what was replaced, empty when nothing is
_ABSENT = object()


def install() -> None:
    """
    Make ``expr.diff(X)`` right, for matrix expressions and by matrices.

    Explanation
    ===========

    After this ``diff(expr, X)``, ``expr.diff(X)``, higher orders, ``Derivative(expr,
    X).doit()`` and the derivative of matrix expressions by scalars come from this
    library, in SymPy's own order of axes: the gradient of a scalar in the shape of `X`,
    `\\partial f_j/\\partial x_i` for vectors, an array with the axes of `X` first for
    matrices.  Where SymPy's own answer is right its form is kept.  What isn't covered
    stays an unevaluated derivative.  SymPy's own ``lambdify`` gets the NumPy code of
    traces, determinants, Hadamard powers and functions applied elementwise, its
    printers the parentheses and signs they lose, its matrix expressions ``M.H``.
    Calling ``install`` again changes nothing.

    Examples
    ========

    >>> from sympy import Determinant, MatrixSymbol, Trace
    >>> from sympy_matlayout import install, uninstall
    >>> X = MatrixSymbol('X', 3, 3)
    >>> install()
    >>> Determinant(X).diff(X)
    Determinant(X)*X.T**(-1)
    >>> uninstall()

    See Also
    ========

    uninstall, installed
    """
    global _asked
    with _lock:
        _asked = True
        _replace()


def uninstall() -> None:
    """Put back all that ``install`` changed; inside ``with installed()`` at its end."""
    global _asked
    with _lock:
        _asked = False
        _put_back()


@contextmanager
def installed() -> Iterator[None]:
    """
    ``install`` for a block; nested, only the outermost puts things back.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy_matlayout import installed
    >>> A, X = MatrixSymbol('A', 2, 3), MatrixSymbol('X', 3, 2)
    >>> with installed():
    ...     Trace(A*X).diff(X)
    A.T

    See Also
    ========

    install, uninstall
    """
    global _contexts
    with _lock:
        _contexts += 1
        _replace()
    try:
        yield
    finally:
        with _lock:
            _contexts -= 1
            _put_back()


def _replace() -> None:
    if _originals:
        return
    for owner, name, new in _replacements():
        _originals.append((owner, name, vars(owner).get(name, _ABSENT)))
        setattr(owner, name, new)
    clear_cache()  # it may hold derivatives


def _put_back() -> None:
    if _asked or _contexts or not _originals:
        return
    for owner, name, old in reversed(_originals):
        if old is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, old)
    _originals.clear()
    clear_cache()


# --- what is replaced -------------------------------------------------------------------


Replacement = tuple[Any, str, Any]  # owner, name and replacement of an attribute


def _replacements() -> list[Replacement]:
    return [_of_signs(), _of_constructor(), *_of_derivatives(), *_of_adjoints(), *(
        (kind, "_numpycode", numpy_code) for kind in WITHOUT_NUMPY_CODE
        if not hasattr(kind, "_numpycode")), *MENDED]


def _of_adjoints() -> list[Replacement]:
    """``(A*z - b).H`` as of an explicit matrix."""
    return [] if hasattr(MatrixExpr, "H") else [(MatrixExpr, "H", property(MatrixExpr.adjoint))]


def _of_signs() -> Replacement:
    before = SIMPLIFICATION.sub_pre

    def of_scalars(expr: Basic) -> Basic:
        """A sign taken out of sums of scalars; of one of matrices SymPy makes a scalar product."""
        return expr if expr.has(MatrixExpr) else before(expr)

    return SIMPLIFICATION, "sub_pre", of_scalars


def _of_constructor() -> Replacement:
    constructor = Derivative.__new__

    def new(cls: type, expr: Any, *variables: Any, **kwargs: Any) -> Basic:
        """Derivatives of and by matrix expressions; one by a size of theirs is no zero."""
        if not kwargs.get("evaluate"):
            return constructor(cls, expr, *variables, **kwargs)
        if steps := steps_of(expr, variables):
            return successive(expr, steps, by_sympy)
        found = constructor(cls, expr, *variables, **kwargs)
        if found is S.Zero and isinstance(expr, Basic) and is_by_size(
                remembered_matrices(expr), variables):
            return constructor(cls, expr, *variables)
        return found

    def by_sympy(expr: Basic, x: Basic) -> Basic:
        """SymPy's own derivative of or by a matrix expression."""
        return constructor(ArrayDerivative, expr, x, evaluate=True)

    return Derivative, "__new__", staticmethod(new)


def _of_derivatives() -> list[Replacement]:
    of_entry, of_undefined = MatrixElement._eval_derivative, AppliedUndef._eval_derivative

    def by_scalar(theirs: Theirs) -> Callable[[Basic, Basic], Basic | None]:
        """A scalar made of matrices, by a scalar symbol or an entry."""
        return lambda self, t: derived(self, t, theirs) if is_variable(t) else theirs(self, t)

    def entry_by_scalar(self: Any, t: Basic) -> Basic | None:
        """An entry, of a structured matrix one that may stand in two places."""
        parent = self.args[0]
        is_plain = isinstance(parent, MatrixSymbol) and not facts_about(parent)
        if is_plain and not is_by_size([parent], [t]) or not is_variable(t):
            return of_entry(self, t)
        return derived(self, t, of_entry)

    def undefined_by_scalar(self: Any, t: Basic) -> Basic | None:
        """A function left open, which SymPy takes for one of scalars."""
        return derived(self, t, _no_answer) if any(map(is_matrix, self.args)) \
            else of_undefined(self, t)

    return [
        (MatrixElement, "_eval_derivative", entry_by_scalar),
        (AppliedUndef, "_eval_derivative", undefined_by_scalar),
        (Trace, "_eval_derivative", by_scalar(Trace._eval_derivative)),
        *((kind, "_eval_derivative", by_scalar(getattr(kind, "_eval_derivative", _no_answer)))
          for kind in (Determinant, DotProduct, Norm)),
    ]


def _no_answer(expr: Basic, x: Basic) -> None:
    return None
