"""Long expressions in lines no wider than a page, broken at operators."""

from __future__ import annotations

import re

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


def broken_latex(text: str, width: int) -> list[str]:
    """A formula in LaTeX in lines of about so many letters, broken between terms of a sum."""
    terms = []
    start = 0
    for match in re.finditer(r" (?=[+-] )", text):
        before = text[:match.start()]
        if len(OPENING.findall(before)) == len(CLOSING.findall(before)):
            terms.append(text[start:match.start()])
            start = match.end()
    lines: list[str] = []
    for term in [*terms, text[start:]]:
        together = f"{lines[-1]} {term}" if lines else term
        if lines and _letters(together) <= width:
            lines[-1] = together
        else:
            lines.append(term)
    return lines


def _letters(text: str) -> int:
    return len(COMMAND.sub("x", UNSEEN.sub("", text)))
