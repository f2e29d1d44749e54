"""Formulas in LaTeX, as papers write them, read from their tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..core import limits
from .subscripts import name_with_subscript
from .syntax import Node, Place, Refuse, Statement
from .tex_tokens import (
    ACCENTS,
    BARS,
    FONTS,
    FUNCTION_LETTERS,
    FUNCTIONS,
    GREEK,
    IGNORED,
    INVERTIBLE,
    NORMS,
    OF_MATRIX_TO_NUMBER,
    OPENING,
    PRODUCTS,
    REASONS,
    TRANSPOSE,
    Token,
    flat_texts,
    separated,
    word,
)

__all__ = ["TexReader"]


class TexReader:
    """The expressions in a list of tokens, read from left to right."""

    def __init__(self, tokens: Sequence[Token], end: int, refuse: Refuse,
                 declared: frozenset[str], bold: set[str],
                 complex_names: frozenset[str] = frozenset()):
        self.tokens = list(separated([t for t in tokens if t.text not in IGNORED]))
        self.end, self.refuse, self.declared, self.bold = end, refuse, declared, bold
        self.complex_names = complex_names
        self.at = self.level = 0
        self.closers: list[str] = []

    def _inner(self, tokens: Sequence[Token], end: int) -> TexReader:
        inner = TexReader(tokens, end, self.refuse, self.declared, self.bold, self.complex_names)
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
            if head == "div" and _is_bare_call(found):
                self.refuse("what is divided, the function or what it is of? Write "
                            "\\frac{\\log a}{b} or \\log\\frac{a}{b}", self._place())
            self.at += 1
            minus = self._now() == "-"
            self.at += minus
            if head == "div":
                found = self._divided(found, minus)
                continue
            right = self.chain()
            if minus:
                right = Node("neg", right.place, (right,))
            found = Node(head, (found.place[0], right.place[1]), (found, right))
        return found

    def _divided(self, left: Node, minus: bool) -> Node:
        """1/2 x is half of x, 1/n \\sum a mean; what else follows a divisor belongs to neither."""
        if not self._begins_factor():
            self._unexpected()
        bracketed = self._now() in OPENING or self._now() in ("group", r"\frac")
        below = self.factor()
        quotient = Node("div", (left.place[0], below.place[1]), (left, below))
        if minus:
            quotient = Node("neg", quotient.place, (quotient,))
        if not self._begins_factor():
            return quotient
        apart = self._place()[0] > below.place[1] and left.head in ("number", "name")
        if not (bracketed or below.head == "number" and apart or below.head in ("number", "name")
                and (self._is_function() or self._now() in NORMS or self._now() in BARS)):
            self.refuse("what belongs below the bar? Write \\frac{a}{b} c, or a/(b c)",
                        (left.place[0], self._place()[1]))
        rest = self.chain()
        return Node("mul", (left.place[0], rest.place[1]), (quotient, rest))

    def chain(self, until_function: bool = False) -> Node:
        r"""Factors side by side; log x log y is a product of two, and log det X one of one."""
        if not self._begins_factor():
            self._unexpected()
        found = None
        while self._begins_factor():
            if until_function and found is not None and self._is_function():
                break
            factor = self.factor()
            if found is not None and factor.head == "number" and _last(found).head == "number":
                self.refuse("two numbers side by side; a product is \\cdot, and digits of one "
                            "number have no space between them", factor.place)
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
            found = self._within(token)
            if found.head in ("add", "sub", "neg") and len(self.tokens) > 1:
                self.refuse("braces don't show, and this is a sum; write brackets", place)
            return found
        if text in OPENING:
            return self._bracketed(text)
        if text in NORMS:
            return self._norm(NORMS[text])
        if text in BARS:
            return self._enclosed(BARS[text], lambda node, whole: Node("bars", whole, (node,)))
        command = self._commands().get(text)
        if command is not None:
            return command()
        if text[0].isdigit() or text[0] == "." != text:
            return self._number()
        if text.isalpha() or text[1:] in GREEK:
            return self._letter()
        if text[1:].isalpha():
            self.refuse(f"{text} is not covered here" + REASONS.get(text, ""), place)
        return self._unexpected()

    def _bracketed(self, opening: str) -> Node:
        found = self._enclosed(OPENING[opening], lambda node, whole: Node(
            node.head, whole, node.args, node.value))
        after = [t.text for t in self.tokens[self.at:self.at + 2]]
        if after == ["_", "+"]:  # the positive part
            self.at += 2
            return Node("call", found.place, (found,), ("relu", {}))
        return Node("brackets", found.place, (found,)) if after[:1] == ["_"] else found

    def _commands(self) -> dict[str, Callable[[], Node]]:
        return {**dict.fromkeys((r"\frac", r"\dfrac", r"\tfrac"), self._fraction),
                r"\sqrt": self._root, r"\langle": self._inner_product,
                **dict.fromkeys(FONTS | ACCENTS, self._named)}

    def _fraction(self) -> Node:
        start = self._place()[0]
        self.at += 1
        above, below = self._argument(), self._argument()
        first = below.args[0] if below.head == "mul" else below
        top = above.args[0] if above.head == "mul" else above
        if top.value == "d" == first.value and below.head == "mul":
            self.refuse("a derivative; write the function alone, its derivative is what is asked "
                        "for", (start, below.place[1]))
        return Node("div", (start, below.place[1]), (above, below))

    def _letter(self) -> Node:
        token = self.tokens[self.at]
        text, place = token.text, token.place
        self.at += 1
        self._refuse_words(token)
        return Node("name", place, value=text.lstrip("\\"))

    def _refuse_unknown_function(self, base: Node) -> None:
        r"""f(x), \hat f_1(x), f'(x) and x(k+1), which would be products else."""
        inner = base
        while inner.head in ("subscript", "pow", "transpose"):
            inner = inner.args[0]
        if inner.head != "name" or self._now() != "(" or inner.value in self.declared:
            return
        name = str(inner.value)
        letter = next((s for s in FUNCTION_LETTERS if name == s or name.startswith(s) and name[
            len(s):] in ("hat", "bar", "tilde")), None)
        if letter or self._is_of_names(self.at) or base.head != "transpose" and self._is_of_step(
                self.at, name):
            shown = "\\" + name if name in GREEK else name
            self.refuse(f"{shown}(...) is a function that is not known, or a product: write "
                        f"{shown} \\cdot (...) for that", base.place)

    def _is_of_step(self, at: int, name: str) -> bool:
        """(0), (k), (k+1); n(n+1) is a product."""
        inside = []
        for token in self.tokens[at + 1:at + 5]:
            if token.text == ")":
                break
            inside.append(token.text)
        else:
            return False
        return name not in inside and (
            len(inside) == 1 and inside[0].isdigit() or len(inside) == 3
            and inside[0] in "ijklmnt" and inside[1] in "+-" and inside[2].isdigit())

    def _is_of_names(self, at: int) -> bool:
        """(x), or (x, y), which is what a function is of."""
        at += 1
        while at + 1 < len(self.tokens):
            text = self.tokens[at].text
            if not (text.isalpha() and text != "group" or text[1:] in GREEK or text in FONTS
                    or text == "group" and self.tokens[at - 1].text in FONTS):
                return False
            if self.tokens[at + 1].text == ")":
                return True
            at += 1 + (self.tokens[at + 1].text == ",")
        return False

    def _refuse_words(self, first: Token) -> None:
        """tr(AB) and log x without a backslash are letters side by side."""
        word, end = first.text, first.place[1]
        for token in self.tokens[self.at:self.at + 12]:
            if not token.text.isalpha() or token.text == "group" or token.place[0] != end:
                break
            word, end = word + token.text, token.place[1]
        before = self.tokens[self.at - 2] if self.at > 1 else None
        if before is not None and before.text.isalpha() and before.place[1] == first.place[0]:
            return
        named = [f for f in FUNCTIONS if word.startswith(f) and len(f) > 1]
        after = self.tokens[self.at + len(word) - 1].text if self.at + len(word) - 1 < len(
            self.tokens) else ""
        if named and (word in named and after == "(" or max(map(len, named)) > 2):
            name = max(named, key=len)
            self.refuse(f"{name} is a function where it is written \\operatorname{{{name}}}, and "
                        "a product of letters here", (first.place[0], end))

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

    def _is_circle(self) -> bool:
        """The mark of functions of every entry, and past it."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        inside = () if token is None else token.inside or (token,)
        found = len(inside) == 1 and inside[0].text in (r"\circ", r"\odot")
        self.at += found
        return found

    def _is_transpose_next(self) -> bool:
        after = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
        parts = () if after is None else after.inside or (after,)
        return any(t.text in TRANSPOSE - {r"\mathrm", r"\mathsf"} for t in parts)

    def _enclosed(self, closer: str, made: Callable[[Node, Place], Node],
                  others: list[Node] | None = None) -> Node:
        """What is in brackets; ``others`` takes what follows after commas."""
        start = self._place()[0]
        self.at += 1
        self.closers.append(closer)
        inside = self.sum()
        while others is not None and self._now() == ",":
            self.at += 1
            others.append(self.sum())
        if self._now() == "." and self.at + 1 < len(self.tokens):
            self.at += 1
        self._take(closer)
        self.closers.pop()
        return made(inside, (start, self.tokens[self.at - 1].place[1]))

    def _number(self) -> Node:
        start = self._place()[0]
        text, last = "", self._place()
        while self._now()[:1].isdigit() or self._now()[:1] == "." and (text or self._now() != "."):
            if "." in text and "." in self._now():
                self.refuse("a number with two points", (start, self._place()[1]))
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
        accented = name + command[1:].removeprefix("wide")  # as SymPy prints them
        if command in (r"\overline", r"\bar") and name in self.complex_names - {accented} \
                and accented not in self.declared:
            place = (start, token.place[1])
            return Node("call", place, (Node("name", token.place, value=name),), ("conj", {}))
        if command in ACCENTS:
            name = accented
        self._refuse_font(command, name, start, token)
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

    def _refuse_font(self, command: str, name: str, start: int, token: Token) -> None:
        """Expected values, words, and functions that are not known."""
        if command == r"\mathcal" and self._now() == "(":
            self.refuse(f"\\mathcal{{{name}}}(...) is a function that is not known",
                        (start, token.place[1]))
        if command == r"\mathbb" and name not in ("1", "I"):
            self.refuse(f"\\mathbb{{{name}}} is not covered: there are no expected values, "
                        "probabilities or sets", (start, token.place[1]))
        if command == r"\text" and (self._begins_factor() or self.at > 2) and name.isalpha() \
                and name.islower() and len(name) > 1:
            self.refuse(f"\\text{{{name}}} is a word; for a name write \\mathrm{{{name}}}",
                        (start, token.place[1]))
        if command.startswith(r"\operatorname") or (
                self._now() == "[" and command in (r"\mathrm", r"\mathsf")) or (
                self._now() == "(" and command in (r"\text", r"\mathrm", r"\mathsf")
                and name not in self.declared):
            self.refuse(f"{name} is no function that is known here", (start, token.place[1]))

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
        inside = self.tokens[self.at].inside if text == "group" else ()
        if inside and inside[0].text in FONTS:  # {\rm tr}, \mathop{\mathrm{tr}}
            name = "".join(flat_texts(inside))
            if name in FUNCTIONS:
                self.at += 1
                return name
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
        options: dict[str, Any] = {}
        while self._now() in ("^", "_"):
            kind = self._now()
            self.at += 1
            if kind == "_" and self._is_circle():  # \\exp_\\circ is of every entry
                options["each"] = True
                continue
            script = self._argument()
            if kind == "^" and script.head == "neg" and name in INVERTIBLE:
                self.refuse(f"\\{name}^{{-1}} is a reciprocal or the inverse function: write "
                            "\\frac{1}{…} or \\arc…", script.place)
            if kind == "_" and not (name == "log" and script.head == "number"):
                self.refuse(f"a subscript of {name} is not covered" + (
                    "; write the objective alone" if name in ("min", "max") else ""),
                    script.place)
            scripts.append((kind, script))
        others: list[Node] = []
        inside: Node
        if self._now() in OPENING:
            inside = self._enclosed(OPENING[self._now()], lambda node, whole: node, others)
            if self._now() == "(" and name in OF_MATRIX_TO_NUMBER:
                self.refuse(f"{name}(...)(...): what is it of? Put all of that in brackets",
                            self._place())
        elif self._now() == "group":
            inside = self._within(self.tokens[self.at])
            self.at += 1
        else:
            inside = self.chain(until_function=True)
        end = self.tokens[self.at - 1].place[1]
        found = Node("call", (place[0], end), (inside, *others), (name, options))
        for kind, script in scripts:
            if kind == "^":
                found = Node("pow", found.place, (found, script))
            else:
                base = Node("call", script.place, (script,), ("log", {}))
                found = Node("div", found.place, (found, base))
        if name in OF_MATRIX_TO_NUMBER and self._now() == "^" and self._is_transpose_next():
            self.refuse(f"the transpose of {name}(...), which is a number; put all that it is of "
                        "in brackets", self._place())
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
            if self.at >= len(self.tokens):
                self._unexpected()
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
                if token.text in FONTS and self.at + 1 < len(self.tokens):  # _\mathrm{F}
                    self.at += 1
                    token = self.tokens[self.at]
                flat = token.inside if token.text == "group" else (token,)
                orders.append("".join(flat_texts(flat)))
                self.at += 1
            else:
                if power is not None:
                    self.refuse("a power of a power: write brackets", self._place())
                power = self._argument()
        end = self.tokens[self.at - 1].place[1]
        node = Node("norm", (found.place[0], end), found.args, orders[0] if orders else "")
        return node if power is None else Node("pow", node.place, (node, power))

    def _refuse_upper_index(self, token: Token, inside: Sequence[Token]) -> None:
        texts = [t.text for t in inside]
        if texts == ["-"]:
            self.refuse("- stands alone here; an inverse is X^{-1}", token.place)
        if len(texts) > 2 and texts[0] in ("(", "[") and texts[-1] in (")", "]") \
                and len(texts) == 3 or texts in (["i"], ["j"], ["i", "j"]):
            self.refuse("an upper index is not covered; as a name write W_1, and a power of a sum "
                        "without brackets", token.place)

    def _with_scripts(self, base: Node) -> Node:
        found = base
        while self._now() in ("^", "_", "'"):
            kind = self._now()
            start = self._place()
            self.at += 1
            if kind == "'" and self._now() == "'":
                self.refuse("two primes are a second derivative, or two transposes that cancel",
                            (start[0], self._place()[1]))
            if kind == "'":
                found = Node("transpose", (found.place[0], start[1]), (found,))
            elif self.at >= len(self.tokens):
                self._unexpected()
            elif kind == "_":
                found = self._subscripted(found)
            else:
                found = self._raised(found)
        self._refuse_unknown_function(found)
        return found

    def _subscripted(self, base: Node) -> Node:
        """Parts of a subscript: names, numbers and sums of these, each with its place."""
        if self.at >= len(self.tokens):
            self._unexpected()
        token = self.tokens[self.at]
        if token.text in FONTS and self.at + 1 < len(self.tokens):  # _\mathrm{test}
            self.at += 1
            token = Token("group", (token.place[0], self.tokens[self.at].place[1]),
                          (token, self.tokens[self.at]))
        self.at += 1
        group = token.inside if token.text == "group" else (token,)
        place = (base.place[0], token.place[1])
        named = word(group)
        if named is not None:
            return Node("subscript", place, (base, Node("name", token.place, value=named)))
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
        if token.text in FONTS and self.at + 1 < len(self.tokens):  # ^\\mathsf{T}
            self.at += 1
            token = Token("group", (token.place[0], self.tokens[self.at].place[1]),
                          (token, self.tokens[self.at]))
        inside = list(token.inside) if token.text == "group" else [token]
        inside = [t for t in inside if t.text not in IGNORED]
        self._refuse_upper_index(token, inside)
        place = (base.place[0], token.place[1])
        minus = len(inside) > 1 and inside[0].text == "-"
        words = [t for part in inside[minus:] for t in (
            part.inside if part.text == "group" else [part]) if t.text not in FONTS]
        first = words[0].text if words else ""
        is_exponential = base.head == "name" and base.value == "e"
        if len(words) == 1 and first in TRANSPOSE - self.declared:
            self.at += 1
            if base.head == "number" and base.value == "1":
                base = Node("name", base.place, value="1")  # a column of ones
            found = Node("transpose", place, (base,))
            if not minus:
                return found
            one = Node("number", token.place, value="1")
            return Node("pow", place, (found, Node("neg", token.place, (one,))))
        if len(words) == 1 and not minus and not is_exponential \
                and (marked := self._marked(base, first, place)) is not None:
            self.at += 1
            return marked
        if len(inside) > 1 and "T" not in self.declared and any(
                t.text in (r"\top", "T", r"\intercal") for t in inside):
            self.refuse("a transpose and something else in one exponent; write (A^{1/2})^\\top",
                        token.place)
        each = bool(inside) and inside[0].text in (r"\odot", r"\circ")
        if each:
            reader = self._inner(inside[1:], token.place[1] - 1)
            self.at += 1
            return Node("each_pow", place, (base, reader.sum()))
        if base.head in ("pow", "each_pow"):
            self.refuse("a power of a power: write brackets, (a^b)^c or a^{b^c}", token.place)
        if token.text == "group":
            self.at += 1
            exponent = self._within(token)
        else:
            exponent = self._argument()
        if base.head == "name" and base.value == "e" and "e" not in self.declared:
            return Node("call", place, (exponent,), ("exp", {}))
        return Node("pow", place, (base, exponent))

    def _marked(self, base: Node, mark: str, place: Place) -> Node | None:
        """Pseudoinverses, adjoints and conjugates."""
        if mark in ("+", r"\dagger"):
            return Node("call", place, (base,), ("pinv", {"dagger": mark != "+"}))
        if mark == "H":  # also where H is a matrix, as a channel in H^H
            return Node("transpose", place, (base,), "adjoint")
        if mark not in (r"\star", r"\ast", "*"):
            return None
        if not self.complex_names:
            self.refuse("conjugate transposes are for complex matrices, and all are real here; "
                        "shapes={'x': ('n', 'complex')} says otherwise", place)
        return Node("call", place, (base,), ("^*", {}))


def _last(chain: Node) -> Node:
    return chain.args[-1] if chain.head == "mul" else chain


def _is_bare_call(node: Node) -> bool:
    """log a, without brackets."""
    last = _last(node)
    return last.head == "call" and bool(last.args) and last.place[1] == last.args[-1].place[1]
