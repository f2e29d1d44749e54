"""Subscripts, exponents and norms with theirs."""

from __future__ import annotations

from collections.abc import Sequence

from .syntax import Node, Place
from .tex_names import TexNames
from .tex_tokens import (
    FONTS,
    IGNORED,
    TRANSPOSE,
    Token,
    flat_texts,
    word,
)

__all__ = ["TexScripts"]


class TexScripts(TexNames):
    """What stands below and above."""

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
