"""Names in a formula: letters, fonts and accents; words that would be products of letters."""

from __future__ import annotations

from .syntax import Node
from .tex_cursor import TexCursor
from .tex_tokens import (
    ACCENTS,
    FONTS,
    FUNCTION_LETTERS,
    FUNCTIONS,
    GREEK,
    Token,
)

__all__ = ["TexNames"]


class TexNames(TexCursor):
    """The names among the tokens."""

    def _letter(self) -> Node:
        token = self.tokens[self.at]
        text, place = token.text, token.place
        self.at += 1
        self._refuse_words(token)
        return Node("name", place, value=text.lstrip("\\"))

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
