"""Formulas in LaTeX, as papers write them, read from their tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .subscripts import name_with_subscript
from .syntax import Node, Place, Statement
from .tex_scripts import TexScripts
from .tex_tokens import (
    ACCENTS,
    BARS,
    FONTS,
    FUNCTIONS,
    GREEK,
    INVERTIBLE,
    NORMS,
    OF_MATRIX_TO_NUMBER,
    OPENING,
    PRODUCTS,
    REASONS,
    flat_texts,
)

__all__ = ["TexReader"]


class TexReader(TexScripts):
    """The expressions in a list of tokens, read from left to right."""

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


def _last(chain: Node) -> Node:
    return chain.args[-1] if chain.head == "mul" else chain


def _is_bare_call(node: Node) -> bool:
    """log a, without brackets."""
    last = _last(node)
    return last.head == "call" and bool(last.args) and last.place[1] == last.args[-1].place[1]
