"""The command line, ``matlayout`` or ``python -m sympy_matlayout``: text in, the derivative out."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from sympy import Q, srepr
from sympy.core.basic import Basic

from . import __version__
from .checking.check import check_derivative
from .codegen.source import function_source
from .core.errors import ArgumentError, MatlayoutError, ParseError, VariableError
from .core.shapes import is_matrix, shape
from .derivatives.derivation import derivation
from .derivatives.derivative import gradient, matrix_derivative
from .derivatives.second_derivatives import augmented_hessian, hessian
from .formula_table import print_table
from .nodes.conjugates import HermitianMatrixSymbol
from .nodes.realness import is_complex
from .parsing.parse import Symbols, parse_matrix_expr
from .printing.printers import latex, pretty
from .rewriting.explanation import explain

__all__ = ["main"]

EPILOG = """\
examples:
  matlayout "norm2(A*x - b)^2" x
  matlayout "np.sum((X @ w - y)**2) + lam * w @ w" w --output numpy
  matlayout '\\operatorname{tr}(A X^\\top B)' X --layout numerator
  matlayout "x'*S*x" x --symmetric S --check "2*S*x"
  matlayout "r = X*w - y; r'*r" w --derivation
  matlayout "logdet(X)" X --hessian --output latex
  matlayout --file objectives.txt --wrt x

What a name stands for is taken from its letter, a to g scalars, h to z vectors, capitals
matrices, and from its use; --shapes X=m,n y=m c= says otherwise.  The exit status is 0, 1 where a
--check is wrong or a formula of the table, and 2 where something can't be read or derived.
Without an expression: all formulas of the source documents, in both layouts, checked.
"""
CODE = ("numpy", "jax", "torch", "julia", "matlab")
PRINTED: dict[str, Callable[[Any], str]] = {
    "text": str, "unicode": lambda e: pretty(e, use_unicode=True), "latex": latex,
    "sympy": srepr}
FORMS = ("auto", "matrix", "vec", "row-major", "array", "autodiff", "vech")
PREDICATES = ("symmetric", "positive_definite", "orthogonal", "diagonal", "invertible", "unitary",
              "lower_triangular", "upper_triangular", "singular")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="matlayout", description="Matrix derivatives in the layout you ask for.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("expression", nargs="?", help="in MATLAB's, matrixcalculus.org's, NumPy's or LaTeX's "
        "notation; several statements give parts names")
    add("variables", nargs="*", metavar="variable", help="what to differentiate by")
    add("--wrt", nargs="+", default=[], metavar="NAME", help="more variables")
    add("--file", metavar="FILE", help="read expressions from a file, one a line; - is the "
        "standard input")
    add("--syntax", default="auto",
        choices=("auto", "matlab", "matrixcalculus", "numpy", "latex"), help="how it is written")
    add("--shapes", nargs="+", default=[], metavar="X=m,n",
        help="sizes of names: X=m,n a matrix, y=m a vector, c= a scalar, S=symmetric, "
        "Z=m,n,complex")
    add("--symmetric", nargs="+", default=[], metavar="NAME", help="symmetric matrices")
    add("--assume", nargs="+", default=[], metavar="A=FACT",
        help="facts about constants: " + ", ".join(PREDICATES))
    add("--layout", default="denominator", choices=("denominator", "numerator", "mixed"))
    add("--form", default="auto", choices=FORMS)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--hessian", action="store_true", help="the Hessian, by several variables "
                      "as a block matrix")
    what.add_argument("--derivation", action="store_true", help="the worked steps")
    what.add_argument("--check", metavar="CLAIM", help="whether this is the derivative, and if "
                      "not, why")
    add("--explain", action="store_true", help="long results with names for their parts")
    add("--output", default="text", choices=(*PRINTED, *CODE), help="how it is shown; as code, "
        "a function that gives value and derivative")
    add("--latex", action="store_true", help="short for --output latex, also of the table")
    add("--markdown", action="store_true", help="the table as tables of Markdown")
    add("--quiet", action="store_true", help="don't say how names were read")
    add("--print-completion", choices=("bash", "zsh", "tcsh"), metavar="SHELL",
        help="a completion script for bash, zsh or tcsh")
    add("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """What ``matlayout`` does with its arguments; the exit status."""
    parser = _parser()
    given = sys.argv[1:] if arguments is None else arguments
    chosen = parser.parse_args([_no_option(a) for a in given])
    chosen.output = "latex" if chosen.latex else chosen.output
    try:
        if chosen.print_completion:
            print(_completion(parser, chosen.print_completion))
            return 0
        if chosen.file:
            return _of_file(chosen)
        if chosen.expression is None:
            form = "markdown" if chosen.markdown else chosen.output
            return min(print_table(chosen.layout, form), 1)
        return _of_expression(chosen, chosen.expression, [*chosen.variables, *chosen.wrt])
    except MatlayoutError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # as of `matlayout … | head`
        sys.stderr.close()
        return 0


def _no_option(argument: str) -> str:
    """-x'*x is an expression, which argparse takes for an option unless a space comes first."""
    is_option = re.fullmatch(r"--[a-z-]+(=.*)?|-h|-|--", argument, re.DOTALL)
    return argument if is_option or not argument.startswith("-") else " " + argument


# --- one expression ----------------------------------------------------------------------


@dataclass
class Question:
    """An expression as it was read, and what is asked of it."""

    text: str
    function: Any
    symbols: Symbols
    variables: list[Any]
    assumptions: Any
    chosen: argparse.Namespace


def _read(chosen: argparse.Namespace, text: str, names: Sequence[str]) -> Question:
    function, symbols = parse_matrix_expr(text, _shapes(chosen), chosen.syntax)
    if not names:
        names = list(symbols) if len(symbols) == 1 else []
    if not names:
        raise VariableError("by what? Name one of " + ", ".join(symbols) if symbols else
                            "there is nothing to differentiate by in this expression")
    unknown = [name for name in names if name not in symbols]
    if unknown:
        raise VariableError(f"{unknown[0]} is no name in the expression; there are "
                            + ", ".join(symbols))
    return Question(text, function, symbols, [symbols[name] for name in names],
                    _facts(chosen, symbols), chosen)


def _of_expression(chosen: argparse.Namespace, text: str, names: Sequence[str]) -> int:
    question = _read(chosen, text, names)
    if not chosen.quiet:
        print(_said_of_names(question.symbols), file=sys.stderr)
    if chosen.check is not None:
        return _checked(question)
    if chosen.derivation:
        print("\n\n".join(_derived(question)))
    elif chosen.output in CODE:
        print(_code(question))
    else:
        print("\n".join(_printed(question)))
    return 0


def _results(question: Question) -> list[tuple[str, Any]]:
    """What is asked for with its name, one for each variable."""
    chosen, variables = question.chosen, question.variables
    given: dict[str, Any] = {"where": question.symbols.where, "assumptions": question.assumptions}
    written = question.symbols.written
    if chosen.hessian:
        form = {"auto": "vec"}.get(chosen.form, chosen.form)
        by = variables if len(variables) > 1 else variables[0]
        if len(variables) > 1 and any(map(is_complex, variables)):
            raise ArgumentError("the Hessian by a complex variable is by one at a time")
        if _has_conjugate(by):  # of which the block by Z and Z alone says little
            return [("augmented Hessian", augmented_hessian(
                question.function, by, assumptions=question.assumptions))]
        return [("Hessian", hessian(question.function, by, form=form,
                                    assumptions=question.assumptions))]
    found: list[tuple[str, Any]] = []
    for v in variables:
        if is_complex(v) and chosen.layout == "denominator" and chosen.form in (
                "auto", "matrix") and not shape(written):
            with suppress(ArgumentError):  # a complex function has no gradient, and two derivatives
                found.append((str(v), gradient(written, v, **given)))
                continue
        pair = {str(v): v, **({f"conjugate({v})": v.conjugate()} if _has_conjugate(v) else {})}
        found += [(name, matrix_derivative(written, by, layout=chosen.layout, form=chosen.form,
                                           **given)) for name, by in pair.items()]
    return found


def _has_conjugate(variable: Any) -> bool:
    """Whether there is a derivative by the conjugate beside that by the variable."""
    return isinstance(variable, Basic) and is_complex(variable) \
        and not isinstance(variable, HermitianMatrixSymbol)


def _printed(question: Question) -> Iterator[str]:
    results = _results(question)
    printer = PRINTED[question.chosen.output]
    where = question.symbols.where
    if question.chosen.explain:
        names, values = zip(*results, strict=True)
        explanation = explain(*values)
        results = list(zip(names, explanation.results, strict=True))
        where = {**explanation.where, **where}
    for name, result in results:
        shown = printer(result)
        lines = "\n" if "\n" in shown else " "
        yield f"{name}:{lines}{shown}" if len(results) > 1 else shown
    held = {symbol for _, r in results for symbol in r.free_symbols}
    for symbol, value in where.items():  # a definition may hold what is defined after it
        if symbol in held:
            yield f"with {printer(symbol)} = {printer(value)}"
            held |= value.free_symbols if question.chosen.explain else set()


def _derived(question: Question) -> Iterator[str]:
    for v in question.variables:
        steps = derivation(question.symbols.written, v, layout=question.chosen.layout,
                           where=question.symbols.where, assumptions=question.assumptions)
        yield latex(steps) if question.chosen.output == "latex" else str(steps)


def _code(question: Question) -> str:
    chosen, f = question.chosen, question.function
    where = question.symbols.where
    derivatives = [result.subs(where).doit() if where else result
                   for _, result in _results(question)]
    arguments = [s for s in question.symbols.values() if s not in question.symbols.sizes.values()]
    numbers = [s for s in question.symbols.values() if s not in arguments]
    if shape(f):
        return function_source([*arguments, *numbers], derivatives[0] if len(derivatives) == 1
                               else derivatives, "derivative", chosen.output)
    return function_source([*arguments, *numbers], [f, *derivatives],
                           "value_and_" + ("hessian" if chosen.hessian else "gradient"
                                           if len(derivatives) == len(question.variables)
                                           else "derivatives"),
                           chosen.output)


def _checked(question: Question) -> int:
    """The verdict on a claim; 1 where it is wrong."""
    chosen = question.chosen
    if len(question.variables) != 1:
        raise VariableError("a check is by one variable")
    try:
        claim, _ = parse_matrix_expr(chosen.check, question.symbols, chosen.syntax)
    except ParseError as error:
        raise ParseError(f"of the claim: {error}") from None
    (v,) = question.variables
    if chosen.hessian:
        raise ArgumentError("a check is of a derivative, and not of a Hessian")
    verdict = check_derivative(question.function, v, claim, assumptions=question.assumptions)
    print(verdict)
    return 0 if verdict else 1


def _shapes(chosen: argparse.Namespace) -> dict[str, Any]:
    """What --shapes and --symmetric say, as ``parse_matrix_expr`` takes it."""
    found: dict[str, Any] = {}
    for item in chosen.shapes:
        name, equals, sizes = item.partition("=")
        parts = tuple(part.strip() for part in sizes.split(",") if part.strip())
        if not equals or not name.strip().isidentifier():
            raise ArgumentError(f"--shapes {item}: X=m,n is a matrix, y=m a vector, c= a scalar")
        found[name.strip()] = parts[0] if len(parts) == 1 else parts
    for name in chosen.symmetric:
        given = found.get(name, ())
        sizes = given if isinstance(given, tuple) else (given,)
        found[name] = (*sizes, "symmetric") if sizes else "symmetric"
    return found


def _facts(chosen: argparse.Namespace, symbols: Symbols) -> Any:
    """What --assume says, as SymPy's predicates."""
    found: Any = True
    for item in chosen.assume:
        name, _, fact = item.partition("=")
        if name not in symbols or fact not in PREDICATES:
            raise ArgumentError(f"--assume {item}: a name and a fact, A=symmetric; the facts are "
                                + ", ".join(PREDICATES) + ", the names " + ", ".join(symbols))
        found = getattr(Q, fact)(symbols[name]) & found
    return found


def _said_of_names(symbols: Symbols) -> str:
    """How names were read: A m×n, x n, c a scalar."""
    words = []
    for name, symbol in symbols.items():
        if name in symbols.sizes:
            words.append(f"{name} a size")
        elif not is_matrix(symbol):
            words.append(f"{name} a scalar")
        else:
            rows, cols = symbol.shape
            words.append(f"{name} {rows}" + ("" if cols == 1 else f"×{cols}"))
    return "with " + ", ".join(words) if words else ""


# --- many expressions --------------------------------------------------------------------


def _of_file(chosen: argparse.Namespace) -> int:
    """One result a line, empty where a line is refused, which is said on the standard error."""
    names = [n for n in (chosen.expression, *chosen.variables, *chosen.wrt) if n]
    chosen.quiet = True
    failed = 0
    lines = _lines(chosen.file)
    for number, text in enumerate(lines, 1):
        _show_progress(number, len(lines))
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        try:
            failed += _of_expression(chosen, text, names) != 0
        except MatlayoutError as error:
            failed += 1
            print()
            print(f"line {number}: {error}", file=sys.stderr)
    return min(failed, 1)


def _lines(name: str) -> list[str]:
    if name == "-":
        return sys.stdin.read().splitlines()
    try:
        with open(name, encoding="utf-8") as file:
            return file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(f"--file {name}: {error}") from None


LONG_LIST = 20  # from so many lines on, progress is shown


def _show_progress(number: int, count: int) -> None:
    """A bar on a terminal, while results go elsewhere."""
    if count < LONG_LIST or not sys.stderr.isatty() or sys.stdout.isatty():
        return
    width = 40
    done = width*number//count
    end = "\n" if number == count else ""
    print(f"\r[{'#'*done}{'.'*(width - done)}] {number}/{count}", end=end, file=sys.stderr,
          flush=True)


def _completion(parser: argparse.ArgumentParser, shell: str) -> str:
    try:
        shtab = import_module("shtab")
    except ImportError:
        raise ArgumentError("completion scripts need shtab, which is not installed: "
                            "pip install shtab") from None
    return shtab.complete(parser, shell=shell)



if __name__ == "__main__":
    sys.exit(main())
