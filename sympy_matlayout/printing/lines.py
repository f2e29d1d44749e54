"""Long expressions in lines no wider than a page, broken at operators."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise

__all__ = ["broken", "broken_latex"]

# sums are better broken before a sign than products after one
BREAKS = re.compile(r" (?=[+-] )|(?<=, )|(?<=\*)(?!\*)")

# what opens and closes in LaTeX, where no line may end within
OPENING = re.compile(r"\\left\b|\\begin\b|(?<!\\)\{")
CLOSING = re.compile(r"\\right\b|\\end\b|(?<!\\)\}")
# what takes no room, and what takes as much as a letter
UNSEEN = re.compile(r"\\(?:left|right|mathbf|operatorname|mathrm|frac|text|displaystyle)\b|[{}^_ ]")
COMMAND = re.compile(r"\\[A-Za-z]+|\\.")


def broken(text: str, width: int) -> list[str]:
    """The text in lines of at most a width, where it has an operator to break at."""
    places = [match.end() for match in BREAKS.finditer(text)]
    depths = accumulate(_depth(text[a:b]) for a, b in pairwise([0, *places]))
    depth = dict(zip(places, depths, strict=True))
    lines, start = [], 0
    while len(text) - start > width:
        near = places[bisect_right(places, start):bisect_right(places, start + width)]
        if not near:
            break
        late = [k for k in near if 2*(k - start) > width] or near[-1:]
        # outside of parentheses, at a sum rather than a product, and late
        at = min(late, key=lambda k: (depth[k], text[k] not in "+-", -k))
        lines.append(text[start:at].rstrip())
        start = at
    return [*lines, text[start:]]


def _depth(text: str) -> int:
    """How many more parentheses are opened in a text than closed."""
    return sum(text.count(c) for c in "([") - sum(text.count(c) for c in ")]")


def broken_latex(text: str, width: int) -> list[str]:
    """A formula in LaTeX in lines of about so many letters, broken between terms of a sum."""
    lines: list[str] = []
    room = 0
    for term in _terms(text):
        room += (letters := _letters(term))
        if lines and room <= width:
            lines[-1] += f" {term}"
        else:
            lines.append(term)
            room = letters
    return lines


def _terms(text: str) -> Iterator[str]:
    """The terms of a sum in LaTeX, the signs with those that they stand before."""
    start = end = depth = 0
    for match in re.finditer(r" (?=[+-] )", text):
        before, end = text[end:match.start()], match.start()
        depth += len(OPENING.findall(before)) - len(CLOSING.findall(before))
        if depth == 0:
            yield text[start:end]
            start = match.end()
    yield text[start:]


def _letters(text: str) -> int:
    return len(COMMAND.sub("x", UNSEEN.sub("", text)))
