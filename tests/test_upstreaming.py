"""
docs/upstreaming.md: what plain SymPy gives, version by version, and what this library gives.

The page's first block of code sets up the names.  Each statement of the others is a claim,
``left == right`` or a truth, with what SymPy gives instead in a comment, by version.
"""

import ast
import io
import numbers
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

import mpmath
import pytest
import sympy
from definition import DIGITS, SIZES
from mpmath import mp
from sympy import Basic, Derivative, sympify
from sympy.core.cache import clear_cache
from sympy.matrices import MatrixBase

from sympy_matlayout import installed
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.numeric import Partials, evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.sympy_patches import hooks

PAGE = (Path(__file__).parents[1]/"docs"/"upstreaming.md").read_text(encoding="utf-8")
VERSIONS = ["1.12", "1.13", "1.14", "1.15.dev"]
HERE = re.sub(r"^(\d+\.\d+)\.\d+(\.dev)?.*", r"\1\2", sympy.__version__)

pytestmark = pytest.mark.skipif(
    HERE not in VERSIONS, reason=f"the page says nothing about SymPy {sympy.__version__}")


@dataclass(frozen=True)
class Claim:
    """A line of the page: what is right, and what plain SymPy gives instead."""

    heading: str
    line: str
    seen: tuple[tuple[str, str], ...]

    def instead(self):
        """What plain SymPy of this version gives, None where it is right."""
        return dict(self.seen).get(HERE)

    def sides(self):
        """The code of the left side and of the right one, which may be left out."""
        tree = ast.parse(self.line, mode="eval").body
        if isinstance(tree, ast.Compare) and isinstance(tree.ops[0], ast.Eq):
            return ast.unparse(tree.left), ast.unparse(tree.comparators[0])
        return self.line, "True"

    def __str__(self):
        return self.line


def covered(words):
    """The versions that "all", "up to 1.14", "from 1.13" and "1.14" stand for."""
    way, _, version = words.rpartition(" ")
    if words == "all":
        return VERSIONS
    k = VERSIONS.index(version)
    return {"": VERSIONS[k:k + 1], "up to": VERSIONS[:k + 1], "from": VERSIONS[k:]}[way]


def claims_of(heading, code):
    """The statements of a block, each with the comment at its end."""
    comments = {token.start[0]: token.string.lstrip("# ") for token in
                tokenize.generate_tokens(io.StringIO(code).readline)
                if token.type == tokenize.COMMENT}
    for statement in ast.parse(code).body:
        clauses = comments.get(statement.end_lineno, "")
        seen = [(version, instead) for clause in clauses.split("; ") if clause
                for words, instead in [clause.split(": ", 1)] for version in covered(words)]
        yield Claim(heading, ast.get_source_segment(code, statement), tuple(seen))


def read_page():
    """The names of the first block, and the claims of the others."""
    heading, blocks = "", []
    for found in re.finditer(r"^#+ ([^\n]*)$|^```python\n(.*?)^```", PAGE, re.M | re.S):
        if found[1]:
            heading = found[1]
        else:
            blocks.append((heading, found[2]))
    (_, setup), *others = blocks
    names = {}
    exec(setup, names)
    return names, [claim for block in others for claim in claims_of(*block)]


NAMES, CLAIMS = read_page()
INSTALLED = [claim for claim in CLAIMS if "with `install()`" in claim.heading]


def value(code):
    found = eval(code, dict(NAMES))
    return found.as_immutable() if isinstance(found, MatrixBase) else found


def agree(left, right):
    """The same, or the same entries in another form."""
    if left == right or not isinstance(right, (Basic, numbers.Number)):
        return left == right
    left, right = sympify(left), sympify(right)
    if getattr(left, "shape", ()) != getattr(right, "shape", ()):
        return False
    try:
        with mp.workdps(DIGITS):
            values = example_values([left, right], SIZES)
            return near(evaluate(left, values), evaluate(right, values), mpmath.mpf(10)**-20)
    except NotImplementedError:  # a value is not known
        return False


def holds(claim):
    return agree(*map(value, claim.sides()))


def gives(claim, instead):
    """Whether plain SymPy gives what the page says it gives in place of the right side."""
    left, right = claim.sides()
    try:
        found = value(left)
    except Exception as error:  # noqa: BLE001 - any error is what SymPy may give instead
        return type(error).__name__ == instead
    if instead == "unevaluated":
        return sympify(found).has(Derivative)
    if instead.startswith("of shape "):
        return str(found.shape) == instead.removeprefix("of shape ") != str(value(right).shape)
    return str(found) == instead and not agree(found, value(right))


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_plain_sympy(claim):
    instead = claim.instead()
    assert holds(claim) if instead is None else gives(claim, instead), value(claim.sides()[0])


@pytest.mark.parametrize("claim", INSTALLED, ids=str)
def test_with_install(claim):
    with installed():
        assert holds(claim), value(claim.sides()[0])


# --- the right sides are right ----------------------------------------------------------


def derivative_of(claim):
    """The code of function and variable, if the left side is ``function.diff(variable)``."""
    match ast.parse(claim.sides()[0], mode="eval").body:
        case ast.Call(ast.Attribute(function, "diff"), [variable]):
            return ast.unparse(function), ast.unparse(variable)


DERIVATIVES = [claim for claim in CLAIMS if derivative_of(claim)]


@pytest.mark.parametrize("claim", DERIVATIVES, ids=str)
def test_right_sides_are_the_derivatives(claim):
    function, variable = map(value, derivative_of(claim))
    right = value(claim.sides()[1])
    with mp.workdps(DIGITS):
        values = example_values([function, variable, right], SIZES)
        partials = Partials(function, variable, values)
        form = "matrix" if "matrix" in partials.forms else "array"
        layout = "denominator" if is_matrix(variable) else "numerator"
        assert near(evaluate(right, values), partials.arranged(layout, form),
                    mpmath.mpf(10)**-25)


# --- what install() replaces ------------------------------------------------------------


def replaced():
    """Attribute and the line that needs it, None if it isn't needed, of what is replaced here."""
    rows = re.findall(r"^\| `(.*)` \| (.*) \| (.*) \| .* \|$",
                      PAGE.split("## What `install()` replaces")[1], re.M)
    for name, versions, line in rows:
        if HERE in covered(versions):
            found = re.fullmatch(r"`(.*)`(?: (.*))?", line)
            yield name, found and HERE in covered(found[2] or "all") and found[1]


REPLACED = list(replaced()) if HERE in VERSIONS else []


def name_of(owner, name):
    return f"{owner.__name__.rpartition('.')[2]}.{name}"


def test_the_table_lists_what_install_replaces():
    assert {name for name, _ in REPLACED} == {
        name_of(owner, name) for owner, name, _ in hooks._replacements()}


@pytest.mark.parametrize(("name", "line"), [row for row in REPLACED if row[1]])
def test_each_replacement_is_needed(name, line):
    (claim,) = claims_of("", line)
    with installed():
        assert holds(claim)
        (owner, attribute, old), = [entry for entry in hooks._originals
                                    if name_of(*entry[:2]) == name]
        new = vars(owner)[attribute]
        try:
            delattr(owner, attribute) if old is hooks._ABSENT else setattr(owner, attribute, old)
            clear_cache()
            assert not right_without(claim)
        finally:
            setattr(owner, attribute, new)
            clear_cache()


def right_without(claim):
    try:
        return holds(claim)
    except Exception:  # noqa: BLE001 - without the change SymPy may fail in any way
        return False
