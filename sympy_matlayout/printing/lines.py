"""Long expressions in lines no wider than a page, broken at operators."""

from __future__ import annotations

import re

__all__ = ["broken"]

# sums are better broken before a sign than products after one
BREAKS = re.compile(r" (?=[+-] )|(?<=, )|(?<=\*)(?!\*)")


def broken(text: str, width: int) -> list[str]:
    """The text in lines of at most a width, where it has an operator to break at."""
    lines = []
    while len(text) > width:
        places = [match.end() for match in BREAKS.finditer(text) if 0 < match.end() <= width]
        if not places:
            break
        late = [k for k in places if 2*k > width] or places[-1:]
        # outside of parentheses, at a sum rather than a product, and late
        at = min(late, key=lambda k: (_depth(text[:k]), text[k] not in "+-", -k))
        lines.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*lines, text]


def _depth(text: str) -> int:
    """How many parentheses are open at the end of a text."""
    return sum(text.count(c) for c in "([") - sum(text.count(c) for c in ")]")
