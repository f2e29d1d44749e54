"""Formulas in LaTeX, as papers write them: tokens and groups first, then what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..core import limits
from .subscripts import name_with_subscript
from .syntax import Node, Place, Refuse, Statement

__all__ = ["GRAMMAR", "TexReader", "Token"]

# braces have to match; all else is a list of tokens
GRAMMAR = r"""
start: item*
?item: group | COMMAND -> token | NUMBER -> token | LETTER -> token | SYMBOL -> token
group: "{" item* "}"
COMMAND: /\\([A-Za-z]+\*?|[^A-Za-z\s])/
NUMBER: /\d+\.\d+|\d/
LETTER: /[A-Za-z]/
SYMBOL: /\|\||[-+*\/^_()\[\]|=,'<>!:;&.]/
%ignore /\s+|~|%[^\n]*/
"""

IGNORED = {r"\,", r"\;", r"\:", r"\!", r"\ ", r"\quad", r"\qquad", r"\left", r"\right", r"\bigl",
           r"\bigr", r"\Bigl", r"\Bigr", r"\big", r"\Big", r"\bigg", r"\biggl", r"\biggr",
           r"\displaystyle", r"\textstyle", r"\limits", r"\nolimits", r"\mathop", "&"}
FONTS = {rf"\{name}" for name in (
    "mathbf", "boldsymbol", "bm", "mathrm", "mathit", "mathsf", "mathcal", "mathbb", "vec", "text",
    "mathnormal", "symbf", "pmb", "mathbfit", "rm", "bf", "textbf", "textrm", "operatorname",
    "operatorname*")}
ACCENTS = {rf"\{name}" for name in ("hat", "bar", "tilde", "widehat", "widetilde", "overline",
                                    "underline", "dot", "check")}
FUNCTIONS = {
    "log", "ln", "exp", "det", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "max", "min",
    "tr", "Tr", "trace", "diag", "Diag", "vec", "vech", "sum", "sign", "sgn", "softmax", "relu",
    "adj", "cof", "logsumexp", "logdet", "inv", "expm", "logm", "rank", "abs", "norm", "sqrt",
    "sigmoid", "lse", "pinv"}
TRANSPOSE = {r"\top", r"\intercal", r"\mathsf", "T", r"\mathrm", r"\T", r"\transpose"}
GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta",
    "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "varrho", "sigma", "tau", "upsilon",
    "phi", "varphi", "chi", "psi", "omega", "ell", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi",
    "Sigma", "Upsilon", "Phi", "Psi", "Omega"}
OPENING = {"(": ")", "[": "]", r"\{": r"\}", r"\lbrack": r"\rbrack"}
NORMS = {r"\|": r"\|", r"\lVert": r"\rVert", r"\Vert": r"\Vert", "||": "||"}
BARS = {"|": "|", r"\lvert": r"\rvert", r"\vert": r"\vert"}
PRODUCTS = {r"\cdot": "mul", r"\times": "mul", "*": "mul", r"\odot": "times", r"\circ": "times",
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


class TexReader:
    """The expressions in a list of tokens, read from left to right."""

    def __init__(self, tokens: Sequence[Token], end: int, refuse: Refuse,
                 declared: frozenset[str], bold: set[str]):
        self.tokens = [t for t in tokens if t.text not in IGNORED]
        self.end, self.refuse, self.declared, self.bold = end, refuse, declared, bold
        self.at = self.level = 0
        self.closers: list[str] = []

    def _inner(self, tokens: Sequence[Token], end: int) -> TexReader:
        inner = TexReader(tokens, end, self.refuse, self.declared, self.bold)
        inner.level = self.level + 1
        return inner

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        r"""\sqrt\sqrt x has levels without braces."""
        self.level += 1
        if self.level > limits.TEXT_DEPTH:
            self.refuse(f"more than {limits.TEXT_DEPTH} levels deep; give inner parts names",
                        self._place())
        yield
        self.level -= 1

    # --- statements ----------------------------------------------------------------------

    def statements(self) -> list[Statement]:
        found = []
        while self.at < len(self.tokens):
            if self._now() in (";", r"\\", ".", ","):
                self.at += 1
                continue
            name = self._left_side()
            expr = self.sum()
            found.append(Statement(expr, name, expr.place))
            if self.at < len(self.tokens) and self._now() not in (";", r"\\", ".", ","):
                self._unexpected()
        return found

    def _left_side(self) -> str | None:
        """The name before =, f or f(x, y), and past both; None where no = follows."""
        end = self.at
        while end < len(self.tokens) and self.tokens[end].text not in ("=", ";", r"\\"):
            end += 1
        if end == len(self.tokens) or self.tokens[end].text != "=":
            return None
        left = self._inner(self.tokens[self.at:end], self.tokens[end].place[0])
        left.declared |= {"f", "g", "h"}
        start, self.at = self._place()[0], end + 1
        named = left._atom() if left.tokens else None
        while named is not None and left._now() == "_":
            left.at += 1
            named = left._subscripted(named)
        if named is None or named.head not in ("name", "subscript") or not (
                left.at == len(left.tokens) or left._now() == "("):
            self.refuse("what stands before = is a name that is given to what follows",
                        (start, self.tokens[end].place[0]))
        return named.value if named.head == "name" else name_with_subscript(named)

    def _now(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def _place(self) -> Place:
        return self.tokens[self.at].place if self.at < len(self.tokens) else (self.end, self.end)

    def _unexpected(self) -> Any:
        if self.at >= len(self.tokens):
            closer = f"; {self.closers[-1]} is missing" if self.closers else ""
            return self.refuse(f"the formula ends where something should follow{closer}",
                               (self.end, self.end))
        return self.refuse(f"{self._now()} can't stand here", self._place())

    def _take(self, wanted: str) -> None:
        if self._now() != wanted:
            self.refuse(f"{wanted} is missing, before {self._now() or 'the end'}", self._place())
        self.at += 1

    # --- sums and products ---------------------------------------------------------------

    def sum(self) -> Node:
        start = self._place()[0]
        found = None
        while True:
            sign = self._now() if self._now() in ("+", "-") else ""
            if sign:
                self.at += 1
            elif found is not None:
                return found
            term = self.product()
            place = (start, term.place[1])
            if found is None:
                found = Node("neg", place, (term,)) if sign == "-" else term
            else:
                found = Node("add" if sign == "+" else "sub", place, (found, term))

    def product(self) -> Node:
        found = self.chain()
        while self._now() in PRODUCTS:
            head = PRODUCTS[self._now()]
            self.at += 1
            minus = self._now() == "-"
            self.at += minus
            right = self.chain()
            if minus:
                right = Node("neg", right.place, (right,))
            found = Node(head, (found.place[0], right.place[1]), (found, right))
        return found

    def chain(self, until_function: bool = False) -> Node:
        r"""Factors side by side; log x log y is a product of two, and log det X one of one."""
        if not self._begins_factor():
            self._unexpected()
        found = None
        while self._begins_factor():
            if until_function and found is not None and self._is_function():
                break
            factor = self.factor()
            found = factor if found is None else Node(
                "mul", (found.place[0], factor.place[1]), (found, factor))
        assert found is not None
        return found

    def _begins_factor(self) -> bool:
        now = self._now()
        if not now or (self.closers and now == self.closers[-1]):
            return False
        return now not in PRODUCTS and now not in {"+", "-", "=", ",", ";", ")", "]", r"\}", "^",
                                                   "_", "'", r"\\", r"\rVert", r"\rvert", ".",
                                                   r"\rbrack", r"\rangle", "<", ">", ":", "!"}

    # --- one factor ----------------------------------------------------------------------

    def factor(self) -> Node:
        token = self.tokens[self.at]
        with self._deeper():
            if token.text == r"\sum":
                return self._sum_over_index()
            function = self._function()
            if function is not None:
                return self._applied(function, token.place)
            return self._with_scripts(self._atom())

    def _atom(self) -> Node:
        token = self.tokens[self.at]
        text, place = token.text, token.place
        if text == "group":
            self.at += 1
            return self._within(token)
        if text in OPENING:
            return self._enclosed(OPENING[text], lambda node, whole: Node(
                node.head, whole, node.args, node.value))
        if text in NORMS:
            return self._norm(NORMS[text])
        if text in BARS:
            return self._enclosed(BARS[text], lambda node, whole: Node("bars", whole, (node,)))
        if text in self._commands():
            return self._commands()[text]()
        if text[0].isdigit():
            return self._number()
        if text.isalpha() or text[1:] in GREEK:
            return self._letter()
        if text[1:].isalpha():
            self.refuse(f"{text} is not covered here" + REASONS.get(text, ""), place)
        return self._unexpected()

    def _commands(self) -> dict[str, Callable[[], Node]]:
        return {**dict.fromkeys((r"\frac", r"\dfrac", r"\tfrac"), self._fraction),
                r"\sqrt": self._root, r"\langle": self._inner_product,
                **dict.fromkeys(FONTS | ACCENTS, self._named)}

    def _fraction(self) -> Node:
        start = self._place()[0]
        self.at += 1
        above, below = self._argument(), self._argument()
        return Node("div", (start, below.place[1]), (above, below))

    def _letter(self) -> Node:
        token = self.tokens[self.at]
        text, place = token.text, token.place
        self.at += 1
        if text in ("f", "g", "h") and self._now() == "(" and text not in self.declared:
            self.refuse(f"{text}(...) is a function that is not known, or a product: write "
                        f"{text} \\cdot (...) for that", place)
        return Node("name", place, value=text.lstrip("\\"))

    def _inner_product(self) -> Node:
        start = self._place()[0]
        self.at += 1
        self.closers.append(",")
        left = self.sum()
        self._take(",")
        self.closers[-1] = r"\rangle"
        right = self.sum()
        self._take(r"\rangle")
        self.closers.pop()
        return Node("call", (start, self.tokens[self.at - 1].place[1]), (left, right),
                    ("inner", {}))

    def _within(self, group: Token) -> Node:
        inner = self._inner(group.inside, group.place[1] - 1)
        found = inner.sum()
        if inner.at < len(inner.tokens):
            inner._unexpected()
        return Node(found.head, group.place, found.args, found.value)

    def _argument(self) -> Node:
        """A group, or a single token, as the argument of a command."""
        if self.at >= len(self.tokens):
            self._unexpected()
        token = self.tokens[self.at]
        if token.text == "group":
            self.at += 1
            return self._within(token)
        if token.text[0].isdigit():
            self.at += 1
            return Node("number", token.place, value=token.text)
        with self._deeper():
            return self._atom()

    def _enclosed(self, closer: str, made: Callable[[Node, Place], Node]) -> Node:
        start = self._place()[0]
        self.at += 1
        self.closers.append(closer)
        inside = self.sum()
        if self._now() == "." and self.at + 1 < len(self.tokens):
            self.at += 1
        self._take(closer)
        self.closers.pop()
        return made(inside, (start, self.tokens[self.at - 1].place[1]))

    def _number(self) -> Node:
        start = self._place()[0]
        text, last = "", self._place()
        while self._now()[:1].isdigit() or self._now() == "." and text:
            if text and self._place()[0] != last[1]:
                break
            text, last = text + self._now(), self._place()
            self.at += 1
        if text.endswith("."):
            self.at -= 1
            text = text[:-1]
        return Node("number", (start, self.tokens[self.at - 1].place[1]), value=text)

    def _root(self) -> Node:
        start = self._place()[0]
        self.at += 1
        order = None
        if self._now() == "[":
            order = self._enclosed("]", lambda node, whole: node)
        inside = self._argument()
        place = (start, inside.place[1])
        if order is None:
            return Node("call", place, (inside,), ("sqrt", {}))
        one = Node("number", order.place, value="1")
        return Node("pow", place, (inside, Node("div", order.place, (one, order))))

    def _named(self) -> Node:
        r"""A name in a font or with an accent: \mathbf{X}, \hat{\Sigma}."""
        command, start = self._now(), self._place()[0]
        self.at += 1
        if self.at >= len(self.tokens):
            self._unexpected()
        token = self.tokens[self.at]
        self.at += 1
        if token.text != "group":
            name = token.text.lstrip("\\")
        elif len(token.inside) > 1 and any(t.text.startswith("\\") for t in token.inside):
            inner = self._inner(token.inside, token.place[1])
            name = inner._named().value if inner.tokens[0].text in FONTS | ACCENTS else ""
        else:
            name = "".join(t.text.lstrip("\\") for t in token.inside)
        if not name.replace("_", "").isalnum():
            self.refuse(f"{command} is for a name, and this is none", token.place)
        if command in ACCENTS:
            name += command[1:].removeprefix("wide")  # as SymPy prints them
        if command.startswith(r"\operatorname") or (
                self._now() == "(" and command in (r"\text", r"\mathrm", r"\mathsf")
                and name not in self.declared):
            self.refuse(f"{name} is no function that is known here", (start, token.place[1]))
        bold = command in (r"\mathbf", r"\boldsymbol", r"\bm", r"\vec", r"\pmb", r"\symbf")
        if bold:
            self.bold.add(name)
            if len(name) > 1 and name.isalpha() and name not in GREEK | self.declared:
                self.refuse(f"{command}{{{name}}} is one name or a product; write it as one, "
                            f"\\mathrm{{{name}}}, or letter by letter", token.place)
        place = (start, token.place[1])
        if name in FUNCTIONS and command not in ACCENTS and not bold:
            return self.refuse(f"{name} is a function; what it is of is missing", place)
        return Node("name", place, value=name)

    # --- functions -----------------------------------------------------------------------

    def _function(self) -> str | None:
        """The name of a function that stands here, and past it."""
        text = self._now()
        if text in FONTS and text not in (r"\mathbf", r"\boldsymbol", r"\bm") \
                and self.at + 1 < len(self.tokens):
            token = self.tokens[self.at + 1]
            name = "".join(t.text for t in token.inside)
            if token.text == "group" and name in FUNCTIONS:
                self.at += 2
                return name
            return None
        if text.startswith("\\") and text[1:] in FUNCTIONS - {"sum", "vec", "sqrt"}:
            self.at += 1
            return text[1:]
        if text == r"\sigma" and "sigma" not in self.declared and self.at + 1 < len(self.tokens) \
                and self.tokens[self.at + 1].text in ("(", "["):
            self.at += 1
            return "sigmoid"
        return None

    def _is_function(self) -> bool:
        at = self.at
        found = self._function() is not None or self._now() == r"\sum"
        self.at = at
        return found

    def _applied(self, name: str, place: Place) -> Node:
        scripts = []
        while self._now() in ("^", "_"):
            kind = self._now()
            self.at += 1
            scripts.append((kind, self._argument()))
        inside: Node
        if self._now() in OPENING:
            inside = self._enclosed(OPENING[self._now()], lambda node, whole: node)
        else:
            inside = self.chain(until_function=True)
        end = self.tokens[self.at - 1].place[1]
        found = Node("call", (place[0], end), (inside,), (name, {}))
        for kind, script in scripts:
            if kind == "^":
                found = Node("pow", found.place, (found, script))
        return self._with_scripts(found)

    def _sum_over_index(self) -> Node:
        start = self._place()
        self.at += 1
        index: list[str] = []
        lower: Node | None = None
        upper: Node | None = None
        while self._now() in ("^", "_"):
            kind = self._now()
            self.at += 1
            if kind == "^":
                upper = self._argument()
                continue
            token = self.tokens[self.at]
            inside = [token] if token.text != "group" else list(token.inside)
            self.at += 1
            inner = self._inner(inside, token.place[1])
            index = inner._indices_of_sum(token.place)
            if inner._now() == "=":
                inner.at += 1
                lower = inner.sum()
            if inner.at < len(inner.tokens):
                self.refuse("a sum runs over an index, \\sum_{i=1}^{n}, or over all there are, "
                            "\\sum_{i,j}", token.place)
        if not index:
            self.refuse("a sum needs its index, \\sum_{i=1}^{n}; for the sum of all entries write "
                        "\\operatorname{sum}(X)", start)
        if (lower is None) != (upper is None):
            self.refuse("the sum has one of its two limits only", start)
        body = self.product()
        ends = () if lower is None or upper is None else (lower, upper)
        for name in reversed(index):
            body = Node("sum", (start[0], body.place[1]), (body, *ends), name)
        return body

    def _indices_of_sum(self, place: Place) -> list[str]:
        """i, or i,j, or ij"""
        found = []
        while self.at < len(self.tokens) and self._now() != "=":
            if self._now() != ",":
                if not self._now().isalpha():
                    self.refuse("a sum runs over an index, \\sum_{i=1}^{n}, or over all there "
                                "are, \\sum_{i,j}", place)
                found.append(self._now())
            self.at += 1
        return found

    # --- norms and scripts ---------------------------------------------------------------

    def _norm(self, closer: str) -> Node:
        found = self._enclosed(closer, lambda node, whole: Node("norm", whole, (node,), "2"))
        orders, power = [], None
        while self._now() in ("^", "_"):
            kind = self._now()
            self.at += 1
            token = self.tokens[self.at] if self.at < len(self.tokens) else None
            if kind == "_" and token is not None:
                flat = token.inside if token.text == "group" else (token,)
                orders.append("".join(t.text for t in flat if t.text not in FONTS))
                self.at += 1
            else:
                power = self._argument()
        end = self.tokens[self.at - 1].place[1]
        node = Node("norm", (found.place[0], end), found.args, orders[0] if orders else "")
        return node if power is None else Node("pow", node.place, (node, power))

    def _with_scripts(self, base: Node) -> Node:
        found = base
        while self._now() in ("^", "_", "'"):
            kind = self._now()
            start = self._place()
            self.at += 1
            if kind == "'":
                found = Node("transpose", (found.place[0], start[1]), (found,))
            elif self.at >= len(self.tokens):
                self._unexpected()
            elif kind == "_":
                found = self._subscripted(found)
            else:
                found = self._raised(found)
        return found

    def _subscripted(self, base: Node) -> Node:
        """Parts of a subscript: names, numbers and sums of these, each with its place."""
        if self.at >= len(self.tokens):
            self._unexpected()
        token = self.tokens[self.at]
        self.at += 1
        group = token.inside if token.text == "group" else (token,)
        place = (base.place[0], token.place[1])
        word = _word(group)
        if word is not None:
            return Node("subscript", place, (base, Node("name", token.place, value=word)))
        inner = self._inner(group, token.place[1] - 1)
        parts = []
        while inner.at < len(inner.tokens):
            if inner._now() == ",":
                inner.at += 1
            elif inner._now() == ":" or inner._now() == r"\cdot":
                parts.append(Node("colon", inner._place()))
                inner.at += 1
            else:
                parts.append(inner._part_of_subscript())
        return Node("subscript", place, (base, *parts))

    def _part_of_subscript(self) -> Node:
        """A letter or a number, or a sum where a comma or the end comes next: ij, i+1."""
        before = self.at
        found = self._number() if self._now()[:1].isdigit() else self._atom()
        if self._now() in ("+", "-"):
            self.at = before
            return self.sum()
        return found

    def _raised(self, base: Node) -> Node:
        token = self.tokens[self.at]
        inside = list(token.inside) if token.text == "group" else [token]
        inside = [t for t in inside if t.text not in IGNORED]
        place = (base.place[0], token.place[1])
        minus = len(inside) > 1 and inside[0].text == "-"
        words = [t for part in inside[minus:] for t in (
            part.inside if part.text == "group" else [part]) if t.text not in FONTS]
        first = words[0].text if words else ""
        if len(words) == 1 and first in TRANSPOSE - self.declared:
            self.at += 1
            found = Node("transpose", place, (base,))
            if not minus:
                return found
            one = Node("number", token.place, value="1")
            return Node("pow", place, (found, Node("neg", token.place, (one,))))
        if len(words) == 1 and first in ("+", r"\dagger", r"\ast") and not minus:
            self.at += 1
            return Node("call", place, (base,), ("pinv", {}))
        if len(words) == 1 and first in ("H", r"\star", "*") and first not in self.declared \
                and not minus:
            self.refuse("conjugate transposes are for complex matrices, and all are real here",
                        token.place)
        each = bool(inside) and inside[0].text in (r"\odot", r"\circ")
        if each:
            reader = self._inner(inside[1:], token.place[1] - 1)
            self.at += 1
            return Node("each_pow", place, (base, reader.sum()))
        exponent = self._argument()
        if base.head == "name" and base.value == "e" and "e" not in self.declared:
            return Node("call", place, (exponent,), ("exp", {}))
        return Node("pow", place, (base, exponent))


def _word(group: Sequence[Token]) -> str | None:
    r"""tr of \text{tr} and xy of {xy} where it can be nothing but a word, as 12 can't."""
    if group and group[0].text in FONTS and len(group) == 2:
        letters = group[1].inside or (group[1],)
        return "".join(t.text.lstrip("\\") for t in letters)
    return None
