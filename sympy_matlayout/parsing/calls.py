"""Calls of functions in a text: their names, their arguments, what they have to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .entries import taken
from .meaning import Meaning, operation
from .sizes import Conflict, Value
from .syntax import Node

__all__ = ["FUNCTIONS", "Call", "function", "is_function"]

OfValues = Callable[["Call"], Value]


@dataclass(frozen=True)
class Call:
    """A call with what its arguments are."""

    meaning: Meaning
    node: Node
    name: str
    options: Mapping[str, Any]

    @property
    def places(self) -> tuple[Node, ...]:
        return self.node.args

    def argument(self, k: int = 0) -> Value:
        self._require_place(k)
        return self.meaning.of(self.places[k])

    def _require_place(self, k: int) -> None:
        if k >= len(self.places):
            raise Conflict(f"{self.name} needs {('one', 'two', 'three')[k]} argument"
                           f"{'s' if k else ''}, and has {len(self.places)}", self.node.place)

    def as_operation(self, head: str, count: int = 2) -> Value:
        """What an operator of as many operands has for it; they are read there, and once."""
        self.require(count)
        self._require_place(count - 1)
        return self.meaning.of(Node(head, self.node.place, self.places))

    def option(self, name: str, k: int | None = None) -> Node | None:
        """An argument by its name or its place."""
        if name in self.options:
            return self.options[name]
        return self.places[k] if k is not None and k < len(self.places) else None

    def require(self, most: int, *names: str) -> None:
        if len(self.places) > most:
            raise Conflict(f"{self.name} has at most {most} argument{'s'*(most > 1)} here",
                           self.places[most].place)
        for name in self.options:
            if name not in names:
                raise Conflict(f"{name}= of {self.name} is not covered", self.node.place)

    def square(self, k: int = 0) -> Value:
        value = self.argument(k)
        self.meaning.require_square(value.form, self.places[k], self.name)
        return Value(self.meaning.settled(value.form), value.build)

    @property
    def is_numpy(self) -> bool:
        return self.meaning.language == "numpy"


FUNCTIONS: dict[str, OfValues] = {}


def function(*names: str) -> Callable[[OfValues], OfValues]:
    """Registers what is called by one of the names."""
    def register(of: OfValues) -> OfValues:
        FUNCTIONS.update(dict.fromkeys(names, of))
        return of
    return register


def is_function(name: str) -> bool:
    return name in FUNCTIONS


@operation("call")
def _call(meaning: Meaning, node: Node) -> Value:
    name, options = node.value
    if meaning.is_matlab and (name in meaning.forms or name in meaning.defined):
        of = meaning.of(Node("name", node.place, value=name))
        return taken(meaning, node, of, node.args, first=1)
    if name not in FUNCTIONS:
        raise Conflict(f"{name or 'this'} is no function that is known here" + _near(name),
                       node.place)
    return FUNCTIONS[name](Call(meaning, node, name, options))


def _near(name: Any) -> str:
    found = get_close_matches(str(name), FUNCTIONS, 3)
    return f"; there is {', '.join(found)}" if found else ""
