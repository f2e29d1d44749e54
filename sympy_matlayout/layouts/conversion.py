"""
One arrangement of the partial derivatives into another.

Every arrangement is read as the Jacobian (13), ``∂vec(F)/∂vecᵀ(X)``, and
written from it; what a step needs to know of the shapes, and no more, has to
be given or to follow from what is at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from sympy import Expr, Mul, S, permutedims
from sympy.core.basic import Basic
from sympy.core.sympify import SympifyError
from sympy.matrices import MatrixBase
from sympy.tensor.array import ImmutableDenseNDimArray, NDimArray
from sympy.tensor.array.expressions.array_expressions import PermuteDims

from ..core.errors import ArgumentError, FormError, LayoutError, ShapeError, reporting_bugs
from ..core.given import as_basic, as_scalar_or_matrix, immutable
from ..core.shapes import (
    Shape,
    as_size,
    is_matrix,
    is_scalar_shape,
    is_vector_shape,
    same_shape,
    same_size,
    shape,
    show,
)
from ..nodes.conjugates import presented
from ..reading.read import read
from ..simplify import constructors as c
from ..simplify.factoring import factored
from ..simplify.matricization import array_shape, matricized, tensorized
from .layout import Arrangement, Layout

__all__ = ["Derivative", "convert_layout", "written"]


@reporting_bugs
def convert_layout(D: Any, source: Any, target: Any, *, function: Any = None,
                   variable: Any = None) -> Basic:
    r"""
    A derivative in another layout or form.

    Explanation
    ===========

    The entries stay what they are; only their places change.  Arrangements are
    named as ``Arrangement`` says: by a number of document 002, a layout, a
    form, or a pair of these.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy.matrices.expressions import KroneckerProduct
    >>> from sympy_matlayout import convert_layout
    >>> m, n, p, q = symbols('m n p q', integer=True, positive=True)
    >>> A, X, B = MatrixSymbol('A', p, m), MatrixSymbol('X', m, n), MatrixSymbol('B', n, q)
    >>> convert_layout(A, 9, 11)
    A.T
    >>> convert_layout(KroneckerProduct(B.T, A), 13, ('numerator', 'row-major'),
    ...                function=A*X*B, variable=X)
    KroneckerProduct(A, B.T)
    >>> convert_layout((A*X*B).diff(X), 'array', 'numerator')
    KroneckerProduct(B.T, A)

    Parameters
    ==========

    D : the derivative, a matrix, array or scalar
    source, target : arrangements
    function, variable : the function and the variable, or their shapes: ``()``
        for a scalar, ``(n,)`` or ``(n, 1)`` for a column, ``(m, n)``; needed
        where they don't follow from ``D`` and the arrangements

    Raises
    ======

    LayoutError : what is missing is not given, and which it is
    ShapeError : the shapes don't agree with each other or with ``D``
    FormError : there is no such form for the shapes

    See Also
    ========

    sympy_matlayout.Arrangement, sympy_matlayout.matrix_derivative
    """
    source, target = Arrangement.of(source), Arrangement.of(target)
    of, by = _shape_of("function", function), _shape_of("variable", variable)
    given = _given(D, source)
    found = Derivative(given, () if of and is_scalar_shape(of) else of, by)
    if not array_shape(given):
        return _of_a_number(found)
    found = _inferred(found, source, target)
    for arrangement in (source, target):
        _check(found, arrangement)
    _check_source(found, source)
    if source.is_array and target.is_array and None in (of, by):
        result = _turned_axes(found, source, target)
    elif source.form == target.form and not source.is_array:
        result = _transposed_if_needed(found, source, target)
    else:
        result = written(_as_jacobian(found, source), target)
    if isinstance(given, (MatrixBase, NDimArray)) and hasattr(result, "as_explicit"):
        return cast(Any, result).as_explicit()
    return presented(result)


@dataclass(frozen=True)
class Derivative:
    """Partial derivatives in some arrangement, and the shapes as far as they are known."""

    value: Basic
    of: Shape | None
    by: Shape | None
    first_axes: int = 0  # of an array, how many axes are those that come first

    def needed(self, side: str, why: str) -> Shape:
        """The shape of the function or the variable."""
        found = self.of if side == "function" else self.by
        if found is None:
            raise LayoutError(
                f"the shape of the {side} is missing: {why}; pass {side}= the {side} or its "
                "shape, () for a scalar")
        return found


def _given(D: Any, source: Arrangement) -> Any:
    """What was given, well-formed; with two axes a matrix."""
    if isinstance(D, (list, tuple)) or hasattr(D, "__array__") and not hasattr(D, "free_symbols"):
        D = _as_array(D)
    found = as_basic(D, "the derivative")
    if isinstance(found, (MatrixBase, NDimArray)):
        found = immutable(found)
        pair = isinstance(found, NDimArray) and len(found.shape) == 2
        return immutable(cast(Any, found).tomatrix()) if pair else found
    found = _read(found)
    pair = not is_matrix(found) and len(array_shape(found)) == 2
    return matricized(found, [0], [1]) if pair and not source.is_array else found


def _as_array(D: Any) -> NDimArray:
    """Nested lists and NumPy's arrays, of numbers and expressions and not of text."""
    pending = [D]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            as_basic(part, "an entry of the derivative")  # refuses it
        elif isinstance(part, (list, tuple)):
            pending.extend(part)
    try:
        return ImmutableDenseNDimArray(D)
    except (SympifyError, TypeError, ValueError) as error:
        raise ArgumentError(f"the derivative is no array of expressions: {error}") from error


def _read(array: Basic) -> Basic:
    """An array expression with its matrices read."""
    if is_matrix(array) or not hasattr(array, "shape"):
        return read(array)
    return array.func(*(_read(a) if isinstance(a, Expr) or hasattr(a, "shape") else a
                        for a in array.args))


def _shape_of(side: str, given: Any) -> Shape | None:
    if given is None:
        return None
    if isinstance(given, (tuple, list)):
        if len(given) > 2:
            raise ShapeError(f"{given!r} is no shape of a scalar, column or matrix")
        found = tuple(map(as_size, given))
        return (*found, S.One) if len(found) == 1 else found
    if isinstance(given, (str, int)):
        raise ShapeError(f"{side}={given!r} is neither the {side} nor its shape, "
                         "which is (), (n,) or (m, n)")
    return shape(as_scalar_or_matrix(given, f"{side}="))


def _of_a_number(D: Derivative) -> Basic:
    """A derivative that is a scalar, the same in every arrangement."""
    for side, size in (("function", D.of), ("variable", D.by)):
        if size is not None and not same_size(Mul(*size), S.One):
            raise ShapeError(f"this derivative is a scalar, and the {side} is {show(size)}")
    return D.value


# --- what follows from what is given ----------------------------------------------------


def _inferred(D: Derivative, source: Arrangement, target: Arrangement) -> Derivative:
    size = array_shape(D.value)
    if any(a.number and a.number < 13 for a in (source, target)) and D.of is None:
        D = replace(D, of=())
    if source.is_array:
        return _with_axes(D, size, source)
    if len(size) not in (0, 2):
        raise ShapeError(f"an array with {len(size)} axes is in no layout; its source is "
                         "'array' or 'autodiff'")
    if source.form in ("auto", "matrix"):
        if D.of == () and D.by is None:
            D = replace(D, by=size[::-1] if source.layout.transposes_gradient() else size)
        elif D.by == () and D.of is None:
            D = replace(D, of=size[::-1] if source.layout.transposes_jacobian() else size)
    if D.by is None and D.of == () and any(a.number in (5, 6) for a in (source, target)):
        D = replace(D, by=(size[0]*size[1], S.One))
    return D


def _with_axes(D: Derivative, size: Shape, source: Arrangement) -> Derivative:
    """The shapes from the axes of an array, those of the variable or of the function first."""
    if D.of is None and D.by is None and len(size) != 4:
        raise LayoutError(f"an array of shape {show(size)} doesn't say which axes are those of "
                          "the function: pass function= or variable=, or its shape, () for a "
                          "scalar")
    known = (D.by, D.of) if source.form == "array" else (D.of, D.by)
    cuts = [(size[:k], size[k:]) for k in range(len(size) + 1) if len(size) != 4 or k == 2]
    fitting = [ends for ends in cuts if all(
        len(end) <= 2 and (side is None or _fits(end, side))
        for end, side in zip(ends, known, strict=True))]
    if not fitting:
        raise ShapeError(f"an array of shape {show(size)} is not the derivative of "
                         f"{_named(D.of)} by {_named(D.by)} in form {source.form!r}")
    # an axis of size one is where the shape known has it, if it can be
    best = max(fitting, key=lambda ends: sum(
        side is not None and same_shape(end, side)
        for end, side in zip(ends, known, strict=True)))
    first, last = (_with_ones(end) if side is None else side
                   for end, side in zip(best, known, strict=True))
    by, of = (first, last) if source.form == "array" else (last, first)
    return replace(D, of=() if is_scalar_shape(of) else of, by=by, first_axes=len(best[0]))


def _named(size: Shape | None) -> str:
    return "something" if size is None else f"a {show(size)} matrix" if size else "a scalar"


def _fits(axes: Shape, known: Shape) -> bool:
    """Whether axes are those of a shape, whatever axes of size one there are."""
    return same_shape(_without_ones(axes), _without_ones(known))


def _without_ones(size: Shape) -> Shape:
    return tuple(s for s in size if s != 1)


def _with_ones(axes: Shape) -> Shape:
    return (*axes, S.One) if len(axes) == 1 else axes


# --- what has to hold -------------------------------------------------------------------


def _check(D: Derivative, arrangement: Arrangement) -> None:
    """Refuse what an arrangement is not for."""
    if arrangement.form == "vech":
        raise FormError("the form 'vech' is for variables with a structure")
    if not arrangement.number:
        return
    if arrangement.number < 13 and D.of:
        raise FormError(f"{arrangement} is of a scalar function, and this one is {show(D.of)}")
    if arrangement.number < 8 and D.by is not None and not (
            len(D.by) == 2 and D.by[1] == 1):
        raise FormError(f"{arrangement} is by a column, and the variable is {show(D.by)}")


def _check_source(D: Derivative, source: Arrangement) -> None:
    """Refuse a matrix that is not of the shape its arrangement has."""
    if source.is_array or not is_matrix(D.value) or D.of is None and D.by is None:
        return
    form = source.form if None in (D.of, D.by) else _resolved(D, source)
    if form == "matrix" and () in (D.of, D.by):
        if None in (D.of, D.by):
            return
        wanted = D.of or (D.by[::-1] if D.by else (S.One, S.One))
    elif form in ("vec", "row-major", "matrix"):
        wanted = tuple(None if size is None else Mul(*size) for size in (D.of, D.by))
    else:
        return
    wanted = wanted if _is_numerator(D, source) else wanted[::-1]
    found = shape(D.value)
    if not all(w is None or same_size(w, f) for w, f in zip(wanted, found, strict=True)):
        raise ShapeError(
            f"in {source}, the derivative of {_named(D.of)} by {_named(D.by)} is "
            f"{show(tuple('?' if w is None else w for w in wanted))}, and this is {show(found)}")


def _resolved(D: Derivative, arrangement: Arrangement) -> str:
    """The form, with ``auto`` the matrix form where there is one."""
    if arrangement.form not in ("auto", "matrix"):
        return arrangement.form
    of, by = D.of, D.by
    if () in (of, by):
        return "matrix"
    why = f"{arrangement}, is a matrix for scalars and vectors and a vec form for others"
    of, by = D.needed("function", why), D.needed("variable", why)
    if is_vector_shape(of) and is_vector_shape(by):
        return "matrix"
    if arrangement.form == "matrix":
        raise FormError(f"the derivative of a {show(of)} by a {show(by)} matrix has no form "
                        "'matrix'; it has 'vec', 'row-major', 'array' and 'autodiff'")
    return "vec"


def _is_numerator(D: Derivative, arrangement: Arrangement) -> bool:
    if arrangement.layout is not Layout.MIXED:
        return arrangement.layout is Layout.NUMERATOR
    return D.needed("function", "the mixed layout has the gradient of a scalar as a column "
                    "and the Jacobian of a vector by rows") != ()


def _transposed_if_needed(D: Derivative, source: Arrangement, target: Arrangement) -> Basic:
    if source.layout is target.layout or \
            _is_numerator(D, source) == _is_numerator(D, target) or not is_matrix(D.value):
        return D.value
    return c.transpose(D.value)


# --- by way of the Jacobian -------------------------------------------------------------


def _as_jacobian(D: Derivative, source: Arrangement) -> Derivative:
    form, value = _resolved(D, source), D.value
    if source.is_array:
        value = _from_axes(D, form)
    elif is_matrix(value) and not _is_numerator(D, source):
        value = c.transpose(value)
    if form == "matrix" and D.of == ():
        value = c.transpose(c.vec(c.transpose(value)))
    elif form == "matrix" and D.by == ():
        value = c.vec(value)
    elif form == "row-major":
        value = _restacked(replace(D, value=value), back=True)
    _check_size(D, shape(value))
    return replace(D, value=value)


def _check_size(D: Derivative, size: Shape) -> None:
    for side, known, found in (("function", D.of, size[0]), ("variable", D.by, size[1])):
        if known is not None and not same_size(found, Mul(*known)):
            raise ShapeError(f"the derivative has {found} partial derivatives along the {side}, "
                             f"and a {show(known)} {side} has {Mul(*known)} entries")


def written(J: Derivative, target: Arrangement) -> Basic:
    """The Jacobian (13) in another arrangement."""
    form, value = _resolved(J, target), J.value
    if target.is_array:
        return _to_axes(J, form)
    if form == "matrix" and J.of == ():
        variable = J.needed("variable", f"a 1×{shape(value)[1]} row could be that of several")
        value = c.transpose(c.unvec(c.transpose(value), *variable))
    elif form == "matrix" and J.by == ():
        function = J.needed("function", f"a {shape(value)[0]}×1 column could be that of several")
        value = c.unvec(value, *function)
    elif form == "row-major":
        value = _restacked(J, back=False)
    return value if _is_numerator(J, target) else c.transpose(value)


def _restacked(J: Derivative, back: bool) -> Basic:
    """``K_pq J K_nm``, by rows stacked instead of columns, and back."""
    why = "a row-major vec is not that of another shape"
    (p, q), (m, n) = (s or (S.One, S.One) for s in (
        J.needed("function", why), J.needed("variable", why)))
    left, right = c.commutation(p, q), c.commutation(n, m)
    if back:
        left, right = c.transpose(left), c.transpose(right)
    return factored(c.multiply(left, J.value, right))


def _from_axes(D: Derivative, form: str) -> Basic:
    """The Jacobian from an array."""
    axes = range(len(array_shape(D.value)))
    ends = axes[:D.first_axes][::-1], axes[D.first_axes:][::-1]
    cols, rows = ends if form == "array" else ends[::-1]
    return matricized(D.value, rows, cols)


def _turned_axes(D: Derivative, source: Arrangement, target: Arrangement) -> Basic:
    """The axes of the function before those of the variable or behind them, as they are."""
    if source.form == target.form:
        return D.value
    size = array_shape(D.value)
    order = [*range(D.first_axes, len(size)), *range(D.first_axes)]
    if len(size) == 2:
        matrix = D.value if is_matrix(D.value) else matricized(D.value, [0], [1])
        return matrix if order == [0, 1] else c.transpose(matrix)
    if isinstance(D.value, NDimArray):
        return permutedims(D.value, order)
    return D.value if order == sorted(order) else PermuteDims(D.value, order)


def _to_axes(J: Derivative, form: str) -> Basic:
    why = "an array has an axis for each of its sizes"
    of, by = J.needed("function", why), J.needed("variable", why)
    if () in (of, by):  # as a matrix, which SymPy takes for an array with two axes
        return written(J, Arrangement(Layout.DENOMINATOR if of == () else Layout.NUMERATOR,
                                      "matrix"))
    start = {"of": len(by), "by": 0} if form == "array" else {"of": 0, "by": len(of)}
    rows = [(size, start["of"] + k) for k, size in enumerate(of)][::-1]
    cols = [(size, start["by"] + k) for k, size in enumerate(by)][::-1]
    return tensorized(J.value, rows, cols)
