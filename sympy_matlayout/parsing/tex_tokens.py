"""The tokens of LaTeX, and what the words among them are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .syntax import Place

__all__ = ["ACCENTS", "BARS", "FONTS", "FUNCTIONS", "FUNCTION_LETTERS", "GRAMMAR", "GREEK",
           "IGNORED", "INVERTIBLE", "NORMS", "OF_MATRIX_TO_NUMBER", "OPENING", "PRODUCTS",
           "REASONS", "TRANSPOSE", "Token", "flat_texts", "separated", "word"]

# braces have to match; all else is a list of tokens
GRAMMAR = r"""
start: item*
?item: group | COMMAND -> token | NUMBER -> token | LETTER -> token | SYMBOL -> token
group: "{" item* "}"
COMMAND: /\\([A-Za-z]+\*?|[^A-Za-z])/
NUMBER: /\d+\.\d+|\.\d+|\d/
LETTER: /[A-Za-z]/
SYMBOL: /\|\||[-+*\/^_()\[\]|=,'<>!:;&.]/
%ignore /\s+|~|%[^\n]*/
"""

IGNORED = {r"\,", r"\;", r"\:", r"\!", r"\ ", r"\quad", r"\qquad", r"\left", r"\right", r"\bigl",
           r"\bigr", r"\Bigl", r"\Bigr", r"\big", r"\Big", r"\bigg", r"\biggl", r"\biggr",
           r"\middle", r"\displaystyle", r"\textstyle", r"\limits", r"\nolimits", r"\mathop", "&"}
FONTS = {rf"\{name}" for name in (
    "mathbf", "boldsymbol", "bm", "mathrm", "mathit", "mathsf", "mathcal", "mathbb", "vec", "text",
    "mathnormal", "symbf", "pmb", "mathbfit", "rm", "bf", "textbf", "textrm", "operatorname",
    "operatorname*")}
ACCENTS = {rf"\{name}" for name in ("hat", "bar", "tilde", "widehat", "widetilde", "overline",
                                    "underline", "dot", "check")}
FUNCTIONS = {
    "log", "ln", "exp", "det", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "max", "min",
    "tr", "Tr", "trace", "diag", "Diag", "vec", "vech", "sum", "sign", "sgn", "softmax", "relu",
    "adj", "cof", "Re", "Im", "arg", "ReLU", "logsumexp",
    "logdet", "inv", "expm", "logm", "rank", "abs", "norm", "sqrt",
    "sigmoid", "lse", "pinv"}
INVERTIBLE = {"sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "ln"}
OF_MATRIX_TO_NUMBER = {"tr", "Tr", "trace", "det", "logdet"}
TRANSPOSE = {r"\top", r"\intercal", r"\mathsf", "T", r"\prime", r"\mathrm", r"\T", r"\transpose"}
GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta",
    "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "varrho", "sigma", "tau", "upsilon",
    "phi", "varphi", "chi", "psi", "omega", "ell", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi",
    "Sigma", "Upsilon", "Phi", "Psi", "Omega"}
OPENING = {"(": ")", "[": "]", r"\{": r"\}", r"\lbrack": r"\rbrack"}
NORMS = {r"\|": r"\|", r"\lVert": r"\rVert", r"\Vert": r"\Vert", "||": "||"}
FUNCTION_LETTERS = ("f", "g", "h", "phi", "varphi", "psi", "Phi", "Psi", "rho", "Gamma", "ell", "L",
                    "sigma")
BARS = {"|": "|", r"\lvert": r"\rvert", r"\vert": r"\vert"}
PRODUCTS = {r"\cdot": "cdot", r"\times": "mul", "*": "mul", r"\odot": "times", r"\circ": "times",
            r"\otimes": "kron", "/": "div"}


REASONS = {
    r"\partial": "; write the function alone, its derivative is what is asked for",
    r"\nabla": "; write the function alone, its derivative is what is asked for",
    r"\int": ": there are no integrals", r"\prod": ": there are products of names only",
    r"\mathbb": ": no expected values", r"\infty": ": it is no number to calculate with",
    r"\cdots": ": write \\sum_{i=1}^n, which says what is left out",
    r"\ldots": ": write \\sum_{i=1}^n, which says what is left out",
    r"\dots": ": write \\sum_{i=1}^n, which says what is left out",
    r"\begin": ": matrices of entries are not read; give the parts names",
}


@dataclass(frozen=True, eq=False)
class Token:
    """A token, or a group with what is in its braces."""

    text: str
    place: Place
    inside: tuple[Token, ...] = ()


def flat_texts(tokens: Sequence[Token]) -> Iterator[str]:
    for t in tokens:
        if t.text == "group":
            yield from flat_texts(t.inside)
        elif t.text not in FONTS:
            yield t.text


def separated(tokens: Sequence[Token]) -> Iterator[Token]:
    """|A||B| has two bars in the middle, and no norm."""
    alone = sum(t.text == "||" for t in tokens) % 2
    for t in tokens:
        if alone and t.text == "||":
            middle = t.place[0] + 1
            yield Token("|", (t.place[0], middle))
            yield Token("|", (middle, t.place[1]))
        else:
            yield t


def word(group: Sequence[Token]) -> str | None:
    r"""tr of \text{tr} and xy of {xy} where it can be nothing but a word, as 12 can't."""
    if group and group[0].text in FONTS and len(group) == 2:
        letters = group[1].inside or (group[1],)
        return "".join(t.text.lstrip("\\") for t in letters)
    return None
