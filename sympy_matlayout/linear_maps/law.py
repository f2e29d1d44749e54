"""A rule as a textbook names it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Law"]


@dataclass(frozen=True)
class Law:
    """
    A rule's name, what it states, and where a textbook has it.

    M&N stands for Magnus & Neudecker, Matrix Differential Calculus, 3rd ed.
    """

    name: str
    statement: str = ""
    source: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.name, self.statement)))
