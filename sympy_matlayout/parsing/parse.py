"""A line of text as an expression, with symbols whose sizes are found out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Symbol
from sympy.core.basic import Basic

from ..core.errors import ParseError, ValueMissingError, reporting_bugs
from ..nodes.conjugates import with_adjoints
from ..reading.read import read
from .declarations import declarations
from .languages import language_of, refusing, statements
from .readings import Reading, Readings
from .sizes import Conflict

__all__ = ["Symbols", "parse_matrix_expr"]


class Symbols(dict[str, Any]):
    """
    The symbols of a text by their names, ``symbols["X"]`` or ``symbols.X``.

    ``where`` holds what the statements before the last one define, and ``written`` the
    last one in terms of these; ``sizes`` the names of the sizes.
    """

    where: dict[Basic, Any]
    written: Any
    sizes: dict[str, Symbol]

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            names = ", ".join(self) or "none"
            raise AttributeError(f"the text has no symbol {name}; it has {names}") from None


@reporting_bugs
def parse_matrix_expr(text: str, shapes: Mapping[str, Any] | None = None, syntax: str = "auto"
                      ) -> tuple[Any, Symbols]:
    r"""
    The expression that a line of text means, and its symbols by name.

    Explanation
    ===========

    Three languages are read.  ``"matlab"``, for MATLAB, Octave and matrixcalculus.org:
    ``*`` is the product of matrices, ``.*`` that of entries, ``'`` the transpose, of what
    is complex the conjugate one.
    ``"numpy"``, for NumPy and JAX: ``@``, ``*`` and ``.T``, functions with or without
    their modules, arrays of one axis where nothing says otherwise, broadcasting.
    ``"latex"``: formulas as papers write them, products without a sign,
    ``\lVert x \rVert_2^2``, ``\sum_{i=1}^n (y_i - x_i^\top w)^2``.  ``"auto"`` looks at
    the text.  Functions such as ``exp`` are of every entry.

    What a name stands for is taken from its letter, as matrixcalculus.org does, a to g
    scalars, h to z vectors, capitals matrices, and from how it is used: in ``A*x - b``
    b is a vector.  Sizes are what makes all operations fit, with names n, m, p, … for
    those that are left open.  ``shapes`` says what is known.

    Several statements, ``r = X*w - y; r'*r``, name parts.  The expression is in full,
    so that its derivatives are right; ``symbols.where`` holds the definitions and
    ``symbols.written`` the last statement in terms of them, for ``where=`` of
    ``gradient`` and the others.

    Nothing is evaluated as code.  Reading needs lark, ``pip install
    'sympy-matlayout[text]'``.

    Examples
    ========

    >>> from sympy_matlayout import gradient, parse_matrix_expr
    >>> f, symbols = parse_matrix_expr("norm2(A*x - b)^2")
    >>> f
    Norm(A*x - b)**2
    >>> symbols.A.shape, symbols.b.shape
    ((m, n), (m, 1))
    >>> gradient(f, symbols.x)
    2*A.T*(A*x - b)

    >>> f, symbols = parse_matrix_expr(r"\operatorname{tr}(A X^\top B)",
    ...                                shapes={"X": ("p", "q"), "A": "symmetric"})
    >>> gradient(f, symbols.X)
    B*A
    >>> f, symbols = parse_matrix_expr("np.sum(np.log(1 + np.exp(-y * (X @ w))))")
    >>> gradient(f, symbols.w)
    -X.T*(Sigmoid.(-(X*w).*y).*y)

    Parameters
    ==========

    text : str
        An expression, or statements ``name = expression`` and an expression, separated
        by semicolons or lines
    shapes : dict, optional
        What names stand for: ``()`` a scalar, ``"n"`` or ``3`` a vector, ``("m", "n")`` a
        matrix, ``("n", 1)`` a column also in NumPy, ``"vector"``, ``"matrix"``,
        ``"symmetric"``, ``"skew"``, ``"diagonal"``, ``"lower"``, ``"upper"``, ``"hermitian"``
        with sizes that are found out, ``("n", "n", "symmetric")`` both, ``"complex"``,
        ``("vector", "complex")`` or ``("m", "n", "complex")`` of what is complex; or a symbol
        to be used
    syntax : str
        ``"auto"``, ``"matlab"``, ``"matrixcalculus"``, ``"numpy"`` or ``"latex"``

    Returns
    =======

    tuple
        The expression, of real symbols where nothing else is said, and a :class:`Symbols`

    Raises
    ======

    ParseError
        Where the text can't be read, where sizes contradict each other, or where it has
        more than one meaning; with the places in the text

    See Also
    ========

    sympy_matlayout.gradient, sympy_matlayout.lambdify

    References
    ==========

    .. [1] S. Laue, M. Mitterreiter, J. Giesen, "Computing Higher Order Derivatives of
       Matrix and Tensor Expressions", NeurIPS 2018; https://www.matrixcalculus.org
    """
    language = language_of(text, syntax) if isinstance(text, str) else "matlab"
    given = declarations(shapes)
    found = statements(text, language, frozenset(given), frozenset(
        name for name, declared in given.items() if declared.is_complex))
    refuse = refusing(text)
    try:
        return _with_symbols(Readings(found, given, syntax == "auto").meant())
    except Conflict as conflict:
        refuse(conflict.reason, *conflict.places)
    except ValueMissingError as error:
        raise ParseError(f"this has no value: {error}") from None


def _with_symbols(reading: Reading) -> tuple[Any, Symbols]:
    expr, symbols = _made(reading.expr()), Symbols(reading.symbols)
    symbols.sizes = reading.sizes
    symbols.where = {symbol: _made(value) for symbol, value in reading.definitions()}
    symbols.written = _made(reading.written()) if symbols.where else expr
    return expr, symbols


def _made(value: Any) -> Any:
    (found,) = with_adjoints([read(value)])
    return found
