"""The tokens of a formula in LaTeX, from left to right, with what is in brackets and braces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from ..core import limits
from .syntax import Node, Place, Refuse
from .tex_tokens import IGNORED, PRODUCTS, Token, separated

__all__ = ["TexCursor"]

Reader = TypeVar("Reader", bound="TexCursor")


class TexCursor(ABC):
    """A place in a list of tokens."""

    def __init__(self, tokens: Sequence[Token], end: int, refuse: Refuse,
                 declared: frozenset[str], bold: set[str],
                 complex_names: frozenset[str] = frozenset()):
        self.tokens = list(separated([t for t in tokens if t.text not in IGNORED]))
        self.end, self.refuse, self.declared, self.bold = end, refuse, declared, bold
        self.complex_names = complex_names
        self.at = self.level = 0
        self.closers: list[str] = []

    def _inner(self: Reader, tokens: Sequence[Token], end: int) -> Reader:
        inner = type(self)(tokens, end, self.refuse, self.declared, self.bold, self.complex_names)
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

    def _begins_factor(self) -> bool:
        now = self._now()
        if not now or (self.closers and now == self.closers[-1]):
            return False
        return now not in PRODUCTS and now not in {"+", "-", "=", ",", ";", ")", "]", r"\}", "^",
                                                   "_", "'", r"\\", r"\rVert", r"\rvert", ".",
                                                   r"\rbrack", r"\rangle", "<", ">", ":", "!"}

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

    @abstractmethod
    def sum(self) -> Node:
        """The sum that begins here."""

    @abstractmethod
    def _atom(self) -> Node:
        """What stands here, without its scripts."""
