"""Results as functions of numbers: NumPy code for all of them, sizes read off the arrays."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from inspect import Parameter, Signature
from itertools import count
from typing import Any
from unicodedata import normalize

import mpmath
import sympy
from sympy import Dict, Dummy, Expr, Symbol, SympifyError, Tuple, re
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.core.sorting import default_sort_key
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol
from sympy.tensor.array.expressions.array_expressions import _ArrayExpr

from ..core.errors import DerivativeNotImplementedError, ShapeError, VariableError
from ..core.given import as_basic
from ..core.shapes import is_matrix, is_one, shape, strictly
from ..nodes.differential_symbols import Differential, ScalarDifferential
from ..nodes.realness import is_complex
from ..nodes.traversal import postorder
from ..numeric.evaluation import Evaluation
from ..simplify.symmetry import is_real_valued
from .array_functions import LIBRARIES, ArrayFunctions
from .array_values import ArrayValues
from .compilation import flat
from .program import unbound_message
from .quick_calls import quick
from .sizes import Sizes

__all__ = ["checked_arguments", "immutable", "lambdify", "names_for", "real_where_known"]

sympys_lambdify: Any = sympy.lambdify  # its annotations leave out what it takes


def lambdify(args: Any, expr: Any, modules: Any = None, printer: Any = None,
             use_imps: bool = True, dummify: bool = False, cse: bool | Callable[[Any], Any] = False,
             docstring_limit: int | None = 1000) -> Callable[..., Any]:
    r"""
    A function of numbers and arrays, as SymPy's ``lambdify`` makes, for all results.

    Explanation
    ===========

    Knows the nodes SymPy's NumPy printers lack (``Trace``, ``Determinant``, Hadamard
    powers, functions applied elementwise, identity matrices of symbolic size) and
    those of this library.  Symbolic sizes are read off the shapes of the arrays; shapes
    that contradict each other raise a ``ShapeError``, where NumPy might broadcast.

    Code is written for one set of shapes at a time, at the first call with them, and kept:
    the order of products, and whether a sum or an inverse is formed or applied, are chosen
    by what they cost for these.  Several results share their work, whatever form they
    were written in.  ``function_source`` gives such code as text.

    Code for complex matrices conjugates what is written so, and nothing else; scalars that are
    real as a whole are returned as reals.  The gradient of this library is that of PyTorch, and
    the conjugate of ``jax.grad``'s.

    Matrices are arrays of two axes.  For a row or column a list or an array of one axis
    may be passed.  Arrays of integers are taken as floats.  Scalar results are numbers,
    1x1 matrices are arrays of shape (1, 1).

    Examples
    ========

    >>> import numpy
    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import gradient, jacobian, lambdify
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X, b = MatrixSymbol('X', m, n), MatrixSymbol('b', n, 1)
    >>> f = lambdify([X, b], gradient(Trace(X*b*b.T*X.T), X))
    >>> f([[1, 2, 3], [4, 5, 6]], [1, 0, 1])
    array([[ 8.,  0.,  8.],
           [20.,  0., 20.]])
    >>> lambdify(X, jacobian(X.T, X))(numpy.ones((1, 2)))
    array([[1., 0.],
           [0., 1.]])

    Parameters
    ==========

    args : a symbol, a MatrixSymbol, or a list of these, which may be nested
    expr : an expression, or a list, tuple or explicit matrix of expressions
    modules : "numpy" and "scipy" (the default), "jax", "torch", "cupy", dictionaries of functions;
        "mpmath" computes with mpmath's matrices and its precision.  Without matrices,
        whatever SymPy's ``lambdify`` takes
    printer, use_imps : as in SymPy; with a printer all is left to SymPy
    dummify, cse, docstring_limit : as in SymPy, where it makes the function; here names that
        can't stand in code are replaced, what occurs more than once is computed once, and the
        documentation of the function is its code

    See Also
    ========

    sympy.utilities.lambdify.lambdify, sympy_matlayout.function_source
    """
    args = list(args) if isinstance(args, Tuple) else args
    expr = immutable(expr)
    arguments = list(flat(args))
    for argument in arguments:
        if isinstance(argument, str):
            as_basic(argument, "an argument")  # refuses it
    if printer is not None or not _holds_matrices([*arguments, *flat(expr)]):
        return sympys_lambdify(args, expr, _completed(modules), printer, use_imps, dummify, cse,
                               docstring_limit)
    checked_arguments(arguments, flat(expr))
    expr = real_where_known(expr)
    modules = _modules(modules)
    if modules == ["mpmath"]:
        return _by_mpmath(args, expr, arguments)
    given = {name: value for m in modules if isinstance(m, dict) for name, value in m.items()}
    if use_imps:
        given.update(_implemented(expr))
    return _by_arrays(args, expr, arguments, modules, given)


def _completed(modules: Any) -> Any:
    """With what SymPy's own code calls by a name that these libraries have not, or for others."""
    if modules == "jax" and find_spec("jax"):
        return [{"conjugate": import_module("jax.numpy").conj}, modules]
    if modules == "torch" and find_spec("torch"):
        torch = import_module("torch")
        return [{"sign": torch.sgn,
                 "max": lambda a, b: torch.maximum(torch.as_tensor(a), torch.as_tensor(b)),
                 "min": lambda a, b: torch.minimum(torch.as_tensor(a), torch.as_tensor(b))},
                modules]
    return modules


def real_where_known(exprs: Any) -> Any:
    """Scalars of complex matrices that are real as such, without the rounding of a zero part."""
    def marked(e: Any) -> Any:
        if not isinstance(e, Expr) or is_matrix(e) or isinstance(e, _ArrayExpr) \
                or not is_complex(e):
            return e
        try:
            return re(e, evaluate=False) if is_real_valued(e) else e
        except DerivativeNotImplementedError:  # of a function whose conjugate is not known
            return e
    return _mapped(marked, exprs)


def _implemented(expr: Any) -> dict[str, Any]:
    """The functions that bring what computes them, by SymPy's ``implemented_function``."""
    return {type(node).__name__: getattr(node, "_imp_") for node in _all_nodes(list(flat(expr)))  # noqa: B009
            if isinstance(node, AppliedUndef) and hasattr(node, "_imp_")}


def _by_mpmath(args: Any, expr: Any, arguments: list[Basic]) -> Callable[..., Any]:
    sizes = Sizes(arguments)
    unbound = set().union(*(e.free_symbols for e in flat(expr))) - {*arguments, *sizes.symbols}
    if unbound:
        raise VariableError(unbound_message(map(str, unbound)))

    def inner(*values):
        at = Evaluation(dict(zip([*sizes.symbols, *arguments], values, strict=True)))
        try:
            return _mapped(at.value, expr)
        except NotImplementedError as error:
            raise DerivativeNotImplementedError(f"mpmath can't compute this: {error}") from error
        except (IndexError, ValueError) as error:
            raise ShapeError(str(error)) from error

    def convert(argument, value):
        if not isinstance(argument, MatrixSymbol):
            return mpmath.mpmathify(value)
        found = mpmath.matrix(value.tolist() if hasattr(value, "tolist") else value)
        return found.T if found.cols == 1 and is_one(shape(argument)[0]) else found
    return _of_arguments(args, sizes, inner, convert)


def _by_arrays(args: Any, expr: Any, arguments: list[Basic], modules: list,
               given: dict[str, Any]) -> Callable[..., Any]:
    kind = next(name for name in LIBRARIES if name in modules)
    library = LIBRARIES[kind]
    if not find_spec(library.arrays.split(".")[0]):
        raise VariableError(f"{library.arrays} isn't installed")
    sizes, exprs = Sizes(arguments), list(flat(expr))
    names = names_for([*sizes.symbols, *arguments, *exprs], [
        *given, *library.names_in_code()])
    functions = ArrayFunctions(expr, exprs, arguments, sizes, library, given, names)
    text, function = functions.check()
    values = ArrayValues(import_module(library.arrays))
    count = len(sizes.symbols)

    def inner(*given: Any) -> Any:
        return functions.of(given[:count], given[count:])(*given[count:])

    made = _of_arguments(args, sizes, inner, values.taken)
    if values.is_numpy:
        made = quick(made, args, arguments, functions, values)
    made.__doc__ = f"Source code, for any sizes:\n\n{text}"
    made.__wrapped__ = function  # whose source is the code
    return made


def checked_arguments(arguments: list[Any], parts: Iterable[Any]) -> None:
    """Refuse arguments that are no symbols, and results that are no expressions."""
    for part in parts:
        if not isinstance(part, Basic) or isinstance(part, Dict):
            raise VariableError(f"{part!r} is no expression; give one, or a list of them")
    for k, a in enumerate(arguments):
        if not isinstance(a, (Symbol, MatrixSymbol, ScalarDifferential)):
            raise VariableError(f"an argument is a Symbol or a MatrixSymbol, not {a!r}")
        if a in arguments[:k]:
            raise VariableError(f"{a} is an argument twice")


def _modules(modules: Any) -> list:
    if modules is None:
        modules = [name for name in ("scipy", "numpy") if find_spec(name)]
        if not modules:
            raise VariableError("NumPy isn't installed; without it there is modules='mpmath'")
    modules = modules if isinstance(modules, (list, tuple)) else [modules]
    modules = [name if (name := getattr(m, "__name__", None)) in (*LIBRARIES, "mpmath") else m
               for m in modules]
    if any(name in modules for name in LIBRARIES) or modules == ["mpmath"]:
        return modules
    if all(isinstance(m, dict) for m in modules):
        return [*modules, *_modules(None)]
    raise VariableError(
        f"matrix expressions become functions of {', '.join(sorted(LIBRARIES))} arrays or of "
        f"'mpmath' matrices alone, not of {modules}")


# --- arguments -----------------------------------------------------------------------------


def _flat_values(args: Any, given: Any) -> Iterator[Any]:
    """The values in the order of ``flat(args)``."""
    if isinstance(args, (list, tuple)):
        if len(args) != len(given):
            raise TypeError(f"{len(args)} values are needed for {args}, got {len(given)}")
        for a, value in zip(args, given, strict=True):
            yield from _flat_values(a, value)
    else:
        yield given


def _mapped(change: Callable[[Any], Any], expr: Any) -> Any:
    if isinstance(expr, (list, tuple)):
        return type(expr)(_mapped(change, e) for e in expr)
    return change(expr)


def immutable(expr: Any) -> Any:
    """Expressions in lists as SymPy's, text not evaluated; what is none, as it is."""
    if isinstance(expr, (list, tuple)):
        return type(expr)(map(immutable, expr))
    if isinstance(expr, str):
        as_basic(expr, "the expression")  # refuses it
    try:
        return strictly(expr)
    except SympifyError:
        return expr


def _holds_matrices(exprs: list) -> bool:
    return any(isinstance(node, (MatrixExpr, _ArrayExpr)) and not isinstance(node, MatrixBase)
               for node in _all_nodes(exprs))


def _all_nodes(exprs: list) -> Iterator[Basic]:
    return postorder([e for e in exprs if isinstance(e, Basic)], lambda node: node.args)


def _of_arguments(args: Any, sizes: Sizes, inner: Callable[..., Any],
                  convert: Callable[[Basic, Any], Any]) -> Callable[..., Any]:
    """The function as the user calls it: values converted, sizes found, shapes checked."""
    if not isinstance(args, (list, tuple)):
        args = [args]
    signature = _signature([getattr(a, "name", f"arg_{k}") for k, a in enumerate(args)])

    def function(*given, **named):
        given = signature.bind(*given, **named).args
        values = list(map(convert, sizes.arguments, _flat_values(args, given)))
        return inner(*sizes.read(values), *values)

    made: Any = wraps(inner)(function)
    made.__signature__ = signature
    return made


def _signature(names: list[str]) -> Signature:
    if len(set(names)) == len(names) and all(map(_is_identifier, names)):
        return Signature([Parameter(n, Parameter.POSITIONAL_OR_KEYWORD) for n in names])
    return Signature([Parameter(f"arg_{k}", Parameter.POSITIONAL_ONLY)
                      for k in range(len(names))])


def _is_identifier(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


# --- names ---------------------------------------------------------------------------------


def names_for(exprs: list, in_code: list[str]) -> dict[Basic, str]:
    """A name for each symbol: its own, or another where code or another symbol has that."""
    named: dict[str, set[Basic]] = {}
    for node in _all_nodes(exprs):
        if isinstance(node, (Symbol, MatrixSymbol, Differential)):
            named.setdefault(normalize("NFKC", str(getattr(node, "name", node))), set()).add(node)
    taken = {*named, *in_code}
    fresh = (name for k in count() if (name := f"argument_{k}") not in taken)
    found: dict[Basic, str] = {}
    for name, symbols in sorted(named.items()):
        own = len(symbols) == 1 and name not in taken - named.keys() and name not in in_code \
            and _is_identifier(name) and not isinstance(next(iter(symbols)), Dummy)
        for s in sorted(symbols, key=default_sort_key):
            found[s] = name if own else next(fresh)
    return found
