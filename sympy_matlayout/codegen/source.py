"""Generated code as text to keep: a function on its own, in the language that is asked for."""

from __future__ import annotations

import ast
import builtins
import inspect
import keyword
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from typing import Any

from sympy.core.basic import Basic

from ..core.errors import (
    ArgumentError,
    DerivativeNotImplementedError,
    VariableError,
    reporting_bugs,
)
from ..core.shapes import is_matrix, shape
from ..nodes.realness import holds_complex
from .array_functions import LIBRARIES, is_declared_positive, of_complex_numbers, printed_by
from .compilation import compiled, flat, nested, sizes_read
from .lambdification import checked_arguments, immutable, names_for, real_where_known
from .lowering import FUNCTIONS
from .program import Program, Target
from .sizes import Sizes
from .targets import julia_target, matlab_target
from .targets.julia_target import JuliaTarget
from .targets.matlab_target import MatlabTarget

__all__ = ["function_source"]

PYTHON = {"numpy": "scipy", "jax": "jax", "torch": "torch"}
IMPORTS = {"numpy": "import numpy as np", "jax": "import jax\nimport jax.numpy as jnp",
           "torch": "import torch"}
OTHERS: dict[str, tuple[type[MatlabTarget], dict[str, str]]] = {
    "matlab": (MatlabTarget, matlab_target.SOURCES), "julia": (JuliaTarget, julia_target.SOURCES)}


@reporting_bugs
def function_source(args: Any, exprs: Any, name: str = "f", target: str = "numpy") -> str:
    r"""
    The code that computes expressions, as text: a function that needs this library no more.

    Explanation
    ===========

    The code is that of ``lambdify``, for any sizes: each value once, products in the
    order that costs least if all sizes are alike, solutions in the place of inverses, one
    factorisation for all that needs it.  Functions that the language lacks, as a
    ``softmax`` that does not overflow, stand above the function.  Columns are arrays of
    shape ``(n, 1)``; symbolic sizes are read off the shapes.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import Norm, function_source, gradient
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X, w, y = MatrixSymbol('X', m, n), MatrixSymbol('w', n, 1), MatrixSymbol('y', m, 1)
    >>> f = Norm(X*w - y)**2/2
    >>> print(function_source([X, w, y], [f, gradient(f, w)], name="least_squares"))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def least_squares(X, w, y):
        '''
        X : array of shape (m, n)
        w : array of shape (n, 1)
        y : array of shape (m, 1)
    <BLANKLINE>
        Returns a number, an array of shape (n, 1).
        '''
        r = X @ w - y
        return 0.5*np.vdot(r, r), X.T @ r
    <BLANKLINE>

    Parameters
    ==========

    args : a symbol, a MatrixSymbol, or a list of these
    exprs : an expression, or a list of expressions
    name : the name of the function
    target : "numpy" (with SciPy where something is solved), "jax", "torch", "julia" or
        "matlab"

    Raises
    ======

    DerivativeNotImplementedError where the language has no code for a node,
    VariableError where the sizes aren't determined by the arguments.

    See Also
    ========

    sympy_matlayout.lambdify, sympy_matlayout.scipy_objective
    """
    if target not in (*PYTHON, *OTHERS):
        raise ArgumentError(f"target is one of {', '.join((*PYTHON, *OTHERS))}, got {target!r}")
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise ArgumentError(f"name is the name of a function, got {name!r}")
    args, exprs = immutable(args), real_where_known(immutable(exprs))
    arguments, parts = list(flat(args)), list(flat(exprs))
    checked_arguments(arguments, parts)
    sizes = Sizes(arguments)
    if target in ("jax", "torch") and find_spec(target) is None:
        raise ArgumentError(f"code for {target} needs {target} to be installed where it is made: "
                            f"pip install {target}")
    if target in PYTHON:
        return _python(arguments, parts, exprs, sizes, name, target)
    return _other(arguments, parts, sizes, name, target)


def _python(arguments: list[Basic], parts: list[Basic], exprs: Any, sizes: Sizes, name: str,
            target: str) -> str:
    library = LIBRARIES[PYTHON[target]]
    if any(map(holds_complex, parts)):
        library = of_complex_numbers(library)
    reserved = {name, library.target.array, *dir(builtins)}
    while True:  # a symbol has its own name unless the code calls something so
        names = names_for([*sizes.symbols, *arguments, *parts], [*reserved])
        known = {s: names[s] for s in [*sizes.symbols, *arguments]}
        printed = None if library.printer is None else printed_by(library.printer, {}, names)
        arrays = [known[a] for a in arguments if is_matrix(a)]
        made = library.target(known, printed, f"{arrays[0]}.dtype" if target == "torch" and arrays
                              else None)
        found = compiled(parts, arguments, {}, made, library.functions,
                         [*names.values(), *reserved],
                         (lambda _: False) if made.complex_numbers else is_declared_positive)
        called = found.functions | {n for _, n in found.imports}
        if name in called or name == made.array:
            raise ArgumentError(f"the code calls a function {name} itself; give another name")
        if not called & {*names.values()} - reserved:
            break
        reserved |= called
    helpers, imports = _sources(found, library.own)
    body = [*_documentation(arguments, parts, known), *_sizes(sizes, known, found, made),
            *_numbers(arguments, known, target), *found.lines,
            f"return {_results(exprs, found)}"]
    inside = ", ".join(known[a] for a in arguments)
    function = "\n".join([f"def {name}({inside}):", *(f"    {line}".rstrip() for line in body)])
    own = IMPORTS[target].splitlines()
    head = "\n".join([*own, *(line for line in imports if line not in own)])
    return "\n\n\n".join([head, *helpers, function]) + "\n"


def _results(exprs: Any, found: Program) -> str:
    text = nested(exprs, iter(found.results))
    return text[1:-1] if isinstance(exprs, (list, tuple)) and len(exprs) > 1 else text


def _documentation(arguments: Sequence[Basic], parts: Sequence[Basic],
                   names: dict[Basic, str]) -> list[str]:
    lines = [f"{names[a]} : {_described(a)}" for a in arguments]
    returned = ", ".join(map(_described, parts))
    return ["'''", *lines, "", f"Returns {returned}.", "'''"]


def _described(expr: Basic) -> str:
    if not is_matrix(expr):
        return "a whole number" if expr.is_Symbol and expr.is_integer else "a number"
    rows, cols = shape(expr)
    return f"array of shape ({rows}, {cols})" if expr.is_symbol else \
        f"an array of shape ({rows}, {cols})"


def _sizes(sizes: Sizes, names: dict[Basic, str], found: Program, target: Target) -> list[str]:
    """Lines that read the sizes, none of which may have to be solved for."""
    used = found.words()
    for s, (k, _, solved) in sizes.ways.items():
        if solved is not None and names[s] in used:
            raise VariableError(f"{s} follows from the shape of {sizes.arguments[k]} by an "
                                "equation only; make it an argument")
    return sizes_read(sizes, names, found, target)


def _numbers(arguments: Sequence[Basic], names: dict[Basic, str], target: str) -> list[str]:
    """In PyTorch numbers are tensors, of the type of the others."""
    scalars = [names[a] for a in arguments if not is_matrix(a) and not a.is_integer]
    arrays = [names[a] for a in arguments if is_matrix(a)]
    if target != "torch" or not scalars or not arrays:
        return []
    return [f"{s} = torch.as_tensor({s}, dtype={arrays[0]}.dtype)" for s in scalars]


def _sources(found: Program, own: Iterable[str]) -> tuple[list[str], list[str]]:
    """The source of the functions that are called, those that they call before them."""
    modules = [import_module(f"{__package__}.{m}") for m in own]
    texts: dict[str, str] = {}
    imports = {f"from {module} import {name}" for module, name in found.imports}

    def add(name: str, module: Any) -> None:
        if name in texts:
            return
        value = getattr(module, name)
        module = inspect.getmodule(value) if inspect.isfunction(value) else module
        source = inspect.getsource(module)
        if not inspect.isfunction(value):
            texts[name] = _constant(name, source)
            return
        tree = _Plain().visit(ast.parse(inspect.getsource(value)))
        known = _imports(source)
        for used in [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]:
            if used in known:
                imports.update(line for path, line in known[used] if path in ast.unparse(tree))
            elif used in vars(module) and used != name:
                add(used, module)
        texts[name] = ast.unparse(tree)

    for name in sorted(found.functions):
        add(name, next(m for m in modules if hasattr(m, name)))
    return list(texts.values()), sorted(imports)


def _constant(name: str, source: str) -> str:
    """The lines that give a name its value."""
    node = next(node for node in ast.parse(source).body if isinstance(node, ast.Assign)
                and any(isinstance(t, ast.Name) and t.id == name for t in node.targets))
    return "\n".join(source.splitlines()[node.lineno - 1:node.end_lineno])


def _imports(source: str) -> dict[str, list[tuple[str, str]]]:
    """What a module imports by each name: what the code then says, and the line."""
    found: dict[str, list[tuple[str, str]]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)) and not getattr(node, "level", 0):
            for alias in node.names:
                parts: dict[str, Any] = {**vars(node), "names": [alias]}
                said = alias.asname or alias.name
                found.setdefault(said.split(".")[0], []).append(
                    (said, ast.unparse(type(node)(**parts))))
    return found


class _Plain(ast.NodeTransformer):
    """Functions without annotations, and without this library's own kind of error."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == "ShapeError":
            node.id = "ValueError"
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        for a in (*node.args.args, *node.args.kwonlyargs, node.args.vararg):
            if a is not None:
                a.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        return node.value and ast.copy_location(ast.Assign([node.target], node.value), node)


def _other(arguments: list[Basic], parts: list[Basic], sizes: Sizes, name: str,
           target: str) -> str:
    if any(map(holds_complex, parts)):
        raise DerivativeNotImplementedError(
            f"code for complex numbers is written for {', '.join(PYTHON)}, and not for {target}, "
            "where a transpose of complex numbers is another one")
    kind, sources = OTHERS[target]
    names = names_for([*sizes.symbols, *arguments, *parts], [name, *sources, *FUNCTIONS, "end"])
    known = {s: names[s] for s in [*sizes.symbols, *arguments]}
    made = kind(known)
    found = compiled(parts, arguments, {}, made, FUNCTIONS, [*names.values(), name],
                     is_declared_positive, contracts=False)
    if name in found.functions:
        raise ArgumentError(f"the code calls a function {name} itself; give another name")
    outputs = _outputs(found, names)
    first, last = made.function(name, [known[a] for a in arguments], outputs)
    described = [*(f"{known[a]} : {_described(a)}" for a in arguments), "",
                 f"Returns {', '.join(map(_described, parts))}."]
    lines = [*made.comment("\n".join(described)), *_sizes(sizes, known, found, made), *found.lines]
    if target == "matlab":
        lines += [f"{o} = {r};" for o, r in zip(outputs, found.results, strict=True)]
    else:
        lines.append(f"return {', '.join(found.results)}")
    function = "\n".join([first, *(f"    {line}" for line in lines), last])
    helpers = [sources[h] for h in sorted(found.functions)]
    uses = sorted({f"using {module}" for module, _ in found.imports})
    head = ["using LinearAlgebra", *uses] if target == "julia" else []
    blocks = [function, *helpers] if target == "matlab" else ["\n".join(head), *helpers, function]
    return "\n\n".join(blocks) + "\n"


def _outputs(found: Program, names: dict[Basic, str]) -> list[str]:
    taken = {*names.values(), *found.words()}
    free = (o for k in count(1) if (o := f"out{k}") not in taken)
    return [next(free) for _ in found.results]
