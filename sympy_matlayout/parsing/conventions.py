"""What a name usually stands for: scalars, vectors and matrices by their letters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .syntax import Node, walk

__all__ = ["FAR", "kinds_of", "scalar_places"]

Kinds = list[tuple[float, str]]  # what each costs, the usual first

GREEK_SCALARS = {"alpha", "gamma", "delta", "epsilon", "varepsilon", "eps", "kappa", "lambda",
                 "lam", "lmbda", "nu", "rho", "sigma", "tau", "eta"}
GREEK_VECTORS = {"beta", "theta", "mu", "phi", "xi", "psi", "omega", "zeta", "chi", "varphi",
                 "vartheta", "upsilon", "iota", "ell"}
# a reading that is further from what is usual is proposed, and not taken
FAR = 1.0


def kinds_of(name: str, language: str, bold: bool = False, indexed: bool = False,
             as_scalar: bool = False, turned: bool = False) -> Kinds:
    """
    The kinds of a name with what each costs.

    matrixcalculus.org's convention: a to g are scalars, h to z vectors, capitals matrices;
    i to n may be numbers, Greek letters are one or the other, words as well.  A name in
    bold is no scalar, one with an index as in x_i may be a family of vectors, and one that
    divides or multiplies numbers (``as_scalar``) may be a scalar whatever its letter; one
    that is ``turned`` may be a column of NumPy's.
    """
    stem = re.sub(r"[_\d].*$", "", name) or name
    if name == "pi" and language != "numpy" and not bold:
        return [(0.0, "constant"), (1.0 if turned or indexed else 3.0, "column")]
    scalar, vector, matrix = _usual(stem, language)
    if bold and not stem[0].isupper():
        scalar, vector, matrix = 3.0, 0.0, 4.0
    elif as_scalar:
        scalar, vector, matrix = _beside_numbers(stem, scalar, vector, matrix)
    if indexed and bold:
        vector, matrix = 1.0, 0.0
    elif indexed:
        matrix = min(matrix, 1.0)
    if language != "numpy":
        return sorted([(scalar, "scalar"), (vector, "column"), (matrix, "matrix")])
    # a transpose says that there are two axes
    return sorted([(scalar, "scalar"), (vector, "flat"),
                   (vector + (1 if turned else 3), "column"), (matrix, "matrix")])


def _usual(stem: str, language: str) -> tuple[float, float, float]:
    """What a scalar, a vector and a matrix cost by the letter."""
    if stem[0].isupper():
        return 3.0, 3.0, 0.0
    if stem in GREEK_SCALARS:
        return 0.0, 1.0, 4.0
    if stem in GREEK_VECTORS:
        return 1.0, 0.0, 4.0
    if len(stem) > 1:
        return 0.0, 0.0, 1.0
    if stem < "h":  # formulas have a, b and c for vectors as well
        return 0.0, 0.25 if language == "latex" else 1.0, 4.0
    return 1.0 if stem in "ijklmn" else 3.0, 0.0, 4.0


def _beside_numbers(stem: str, scalar: float, vector: float, matrix: float
                    ) -> tuple[float, float, float]:
    """The same where the name divides or multiplies numbers."""
    if stem in "CDKLMNT":
        return 0.0, vector, 0.5
    if stem in "ijklmn":
        return 0.0, 0.5, matrix
    return scalar if stem[0].isupper() else min(scalar, 1.0), vector, matrix


# --- places where scalars stand ----------------------------------------------------------

OF_SCALAR_VALUE = {"norm", "norm1", "norm2", "normF", "tr", "trace", "Tr", "det", "logdet",
                   "slogdet", "logsumexp", "dot", "vdot", "inner", "sum", "mean"}


def scalar_places(node: Node) -> Iterator[str]:
    """Names below a fraction bar, in exponents, and beside numbers such as norms and sums."""
    for part in walk(node):
        if part.head in ("div", "each_div", "pow", "each_pow"):
            # A/K is of two matrices
            yield from (name for name in _names(_factors(part.args[1]))
                        if not name[0].isupper() or name in ("M", "N", "T"))
        if part.head in ("mul", "times", "cdot"):
            factors = list(_factors(part))
            if any(map(_is_of_scalar_value, factors)) or any(map(_is_identity, factors)):
                yield from _names(f for f in factors if not _is_identity(f))


def _is_identity(node: Node) -> bool:
    return node.head in ("name", "sized") and node.value in ("I", "eye") or (
        node.head == "call" and node.value[0] in ("eye", "identity", "ones"))


def _names(factors: Iterable[Node]) -> Iterator[str]:
    for f in factors:
        base = f.args[0] if f.head in ("pow", "each_pow") else f
        if base.head == "name":
            yield base.value


def _factors(node: Node) -> Iterator[Node]:
    if node.head in ("mul", "times", "cdot"):
        for a in node.args:
            yield from _factors(a)
    elif node.head in ("neg", "div", "each_div"):
        yield from _factors(node.args[0])
    else:
        yield node


def _is_of_scalar_value(node: Node) -> bool:
    if node.head == "call":
        return node.value[0] in OF_SCALAR_VALUE or len(node.args) == 1 and _is_of_scalar_value(
            node.args[0])
    if node.head in ("pow", "each_pow", "index"):
        return _is_of_scalar_value(node.args[0])
    return node.head in ("norm", "bars", "sum")
