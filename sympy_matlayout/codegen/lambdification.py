"""Results as functions of numbers: NumPy code for all of them, sizes read off the arrays."""

from __future__ import annotations

import builtins
import dis
import keyword
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from inspect import Parameter, Signature
from itertools import count
from types import CodeType
from typing import Any
from unicodedata import normalize

import mpmath
import sympy
from sympy import Dict, Dummy, Symbol, SympifyError, Tuple
from sympy.core.basic import Basic
from sympy.core.sorting import default_sort_key
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol
from sympy.printing.numpy import CuPyPrinter, JaxPrinter, NumPyPrinter, SciPyPrinter
from sympy.tensor.array.expressions.array_expressions import _ArrayExpr

from ..core import limits
from ..core.errors import DerivativeNotImplementedError, ShapeError, VariableError
from ..core.given import as_basic
from ..core.shapes import is_one, shape, strictly
from ..nodes.differential_symbols import Differential, ScalarDifferential
from ..nodes.printable import all_printable
from ..nodes.traversal import postorder
from ..numeric.evaluation import Evaluation
from ..simplify.subexpressions import common_subexpressions
from .array_values import ArrayValues
from .numpy_code import matrix_printer
from .sizes import Sizes

__all__ = ["lambdify"]

# in order of preference, with the module of their arrays
PRINTERS = {"cupy": (CuPyPrinter, "cupy"), "jax": (JaxPrinter, "jax.numpy"),
            "scipy": (SciPyPrinter, "numpy"), "numpy": (NumPyPrinter, "numpy")}

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
    modules : "numpy" and "scipy" (the default), "jax", "cupy", dictionaries of functions;
        "mpmath" computes with mpmath's matrices and its precision.  Without matrices,
        whatever SymPy's ``lambdify`` takes
    printer, use_imps, docstring_limit : as in SymPy; with a printer all is left to SymPy
    dummify : as in SymPy; names that can't stand in code are replaced anyway
    cse : True to compute what occurs more than once only once, by
        ``common_subexpressions``; large expressions are always computed so

    See Also
    ========

    sympy.utilities.lambdify.lambdify, sympy_matlayout.common_subexpressions
    """
    args = list(args) if isinstance(args, Tuple) else args
    expr = _mapped(_immutable, expr)
    arguments = list(_flat(args))
    for argument in arguments:
        if isinstance(argument, str):
            as_basic(argument, "an argument")  # refuses it
    if printer is not None or not _holds_matrices([*arguments, *_flat(expr)]):
        return sympys_lambdify(args, expr, modules, printer, use_imps, dummify, cse,
                               docstring_limit)
    _check_arguments(arguments)
    for part in _flat(expr):
        if not isinstance(part, Basic) or isinstance(part, Dict):
            raise VariableError(f"{part!r} is no expression; give one, or a list of them")
    modules = _modules(modules)
    if modules == ["mpmath"]:
        return _by_mpmath(args, expr, arguments)
    if callable(cse):
        definitions, expr = cse(expr)
    elif cse or _is_long([*_flat(expr)]):
        definitions, expr = _with_names(expr)
    else:
        definitions = []
    return _by_arrays(args, expr, arguments, modules, definitions, use_imps, docstring_limit)


def _by_mpmath(args: Any, expr: Any, arguments: list[Basic]) -> Callable[..., Any]:
    sizes = Sizes(arguments)
    unbound = set().union(*(e.free_symbols for e in _flat(expr))) - {*arguments, *sizes.symbols}
    if unbound:
        raise VariableError(_unbound(map(str, unbound)))

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


def _by_arrays(args: Any, expr: Any, arguments: list[Basic], modules: list, definitions: list,
               use_imps: bool, docstring_limit: int | None) -> Callable[..., Any]:
    kind, arrays = next(found for name, found in PRINTERS.items() if name in modules)
    if not find_spec(arrays.split(".")[0]):
        raise VariableError(f"{arrays} isn't installed")
    given = {name: name for m in modules if isinstance(m, dict) for name in m}
    settings = {"fully_qualified_modules": False, "inline": True, "strict": False,
                "allow_unknown_functions": True, "user_functions": given}
    code = matrix_printer(kind)({name: value for name, value in settings.items()
                                 if name in kind._get_initial_settings()})  # strict came later
    sizes = Sizes(arguments)
    parts = [*_flat(expr), *(part for pair in definitions for part in pair)]
    names = _safe_names([*sizes.symbols, *arguments, *parts], [
        *given, *_names_in_code(
            code.functions, arrays, *(["scipy.special"] if "scipy" in modules else []))])

    def renamed(part):  # SymPy's lambdify prints it in the docstring
        return all_printable([part.xreplace(names) if names else part])[0]

    try:
        inner = sympys_lambdify(list(map(renamed, [*sizes.symbols, *arguments])),
                                _mapped(renamed, expr), modules, code, use_imps, False,
                                lambda e: ([(s, renamed(d)) for s, d in definitions], e),
                                docstring_limit)
    except (AttributeError, KeyError, NotImplementedError, TypeError, ValueError) as error:
        raise DerivativeNotImplementedError(
            f"{code.language} can't express this: {error}; put a symbol in the place of that part "
            "and pass its value") from error
    _check_names(inner, given)
    values = ArrayValues(import_module(arrays))

    def separate(*given):
        return _mapped(lambda value: values.given(value, given), inner(*given))
    return _of_arguments(args, sizes, wraps(inner)(separate), values.taken)


def _check_arguments(arguments: list[Any]) -> None:
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
    modules = [name if (name := getattr(m, "__name__", None)) in (*PRINTERS, "mpmath") else m
               for m in modules]
    if any(name in modules for name in PRINTERS) or modules == ["mpmath"]:
        return modules
    if all(isinstance(m, dict) for m in modules):
        return [*modules, *_modules(None)]
    raise VariableError(
        f"matrix expressions become functions of {', '.join(sorted(PRINTERS))} arrays or of "
        f"'mpmath' matrices alone, not of {modules}")


def _is_long(exprs: list) -> bool:
    """Whether code without names would be nested too deeply, or repeat too much."""
    size: dict[Basic, int] = {}
    height: dict[Basic, int] = {}
    for node in _all_nodes(exprs):
        size[node] = 1 + sum(size[a] for a in node.args)
        height[node] = 1 + max((height[a] for a in node.args), default=0)
    return sum(size[e] for e in exprs) > limits.COMPILED_NODES or max(
        (height[e] for e in exprs), default=0) > limits.COMPILED_LEVELS


def _with_names(expr: Any) -> tuple[list, Any]:
    parts = list(_flat(expr))
    taken = {getattr(node, "name", None) for node in _all_nodes(parts)}
    fresh = (Symbol(name) for k in count() if (name := f"x{k}") not in taken)
    definitions, short = common_subexpressions(parts, fresh, levels=limits.COMPILED_LEVELS//2)
    remaining = iter(short)
    return definitions, _mapped(lambda _: next(remaining), expr)


# --- arguments -----------------------------------------------------------------------------


def _flat(args: Any) -> Iterator[Any]:
    if isinstance(args, (list, tuple)):
        for a in args:
            yield from _flat(a)
    else:
        yield args


def _flat_values(args: Any, given: Any) -> Iterator[Any]:
    """The values in the order of ``_flat(args)``."""
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


def _immutable(expr: Any) -> Any:
    """An expression as SymPy's, text not evaluated; what is none, as it is."""
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


def _names_in_code(*modules: str) -> Iterator[str]:
    """Names that generated code may use for functions."""
    yield from dir(builtins)
    for name in (*modules, *(["numpy.linalg"] if "numpy" in modules else [])):
        yield from dir(import_module(name))


def _safe_names(exprs: list, in_code: list[str]) -> dict[Basic, Basic]:
    """Other names for the symbols that aren't told apart by theirs in Python or the code."""
    named: dict[str, set[Basic]] = {}
    for node in _all_nodes(exprs):
        if isinstance(node, (Symbol, MatrixSymbol)) and not isinstance(node, (Dummy, Differential)):
            named.setdefault(normalize("NFKC", node.name), set()).add(node)
    taken = {*named, *in_code}
    fresh = (name for k in count() if (name := f"argument_{k}") not in taken)
    renamed = {}
    for name, symbols in sorted(named.items()):
        if len(symbols) > 1 or name in in_code or not _is_identifier(name):
            for s in sorted(symbols, key=default_sort_key):
                renamed[s] = MatrixSymbol(next(fresh), *shape(s)) if isinstance(s, MatrixSymbol) \
                    else Symbol(next(fresh), **s.assumptions0)
    return renamed


def _check_names(function: Callable[..., Any], given: dict) -> None:
    """Refuse code that needs a name nothing stands for; SymPy would leave symbols in arrays."""
    known = function.__globals__
    names = set(_global_names(function.__code__)) - set(given)
    unbound = [n for n in names if isinstance(known.get(n), Basic)]
    if unbound:
        raise VariableError(_unbound(unbound))
    unknown = [n for n in names if n not in known and not hasattr(builtins, n)]
    if unknown:
        known_to_sympy = all(hasattr(sympy, n) for n in unknown)
        raise VariableError(
            f"there is no function {', '.join(sorted(unknown))} in these modules; pass it in a "
            "dictionary, as in modules=[{'f': f}, 'numpy']"
            + (", or take modules='mpmath'" if known_to_sympy else ""))


def _unbound(names: Iterable[str]) -> str:
    return (f"{', '.join(sorted(names))} in the expression: neither an argument nor a size that "
            "the shapes of the arguments determine; make it an argument")


def _global_names(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)
