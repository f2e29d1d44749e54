"""Text as statements, in one of three languages; what can't be read is shown at its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ..core import limits
from ..core.caches import cached
from ..core.errors import ArgumentError, ParseError
from . import matlab, numpy_syntax, tex_tokens
from .calls import is_function
from .latex import TexReader
from .subscripts import without_subscripts
from .syntax import Node, Place, Refuse, Statement
from .tex_tokens import Token

__all__ = ["SYNTAXES", "Text", "language_of", "refusing", "statements"]

SYNTAXES = ("matlab", "matrixcalculus", "numpy", "latex")
ALIASES = {"octave": "matlab", "jax": "numpy", "python": "numpy", "tex": "latex"}
GRAMMARS: dict[str, Any] = {"matlab": matlab, "numpy": numpy_syntax}
IN_PYTHON = re.compile(r"@|\*\*|\b(np|jnp|numpy|jax|scipy)\.|\breturn\b")
LIKE_PYTHON = re.compile(r"\.T\b|\.[a-z]\w*\(|\w\[|\b(axis|keepdims)=")
IN_LATEX = re.compile(r"\\[A-Za-z]{2}|\\[|{,;!]|\^\{|_\{|\|")
IN_MATLAB = re.compile(r"\.[*/^']|\w'|\)'|\^")


SURROUNDINGS = {
    "latex": (r"\$+|\\[\[\]()](?!\w)", r"\\(begin|end)\{(aligned|align|equation|gather|split)\*?\}",
              r"\\(label|tag)\{[^}]*\}", r"\\\\\s*&?\s*(?=[-+])"),
    "numpy": (r"(?m)^\s*(import|from)\s[^\n]*$", r"(?m)^\s*def\s+\w+\([\w\s,=.]*\)\s*:",
              r"\blambda\s+[\w\s,]*:"),
}


@dataclass(frozen=True)
class Text:
    """What was read: its statements, its language, and the names that are set in bold."""

    statements: tuple[Statement, ...]
    language: str
    bold: frozenset[str] = frozenset()


def refusing(text: str) -> Refuse:
    """What refuses places in a text, with carets under them."""
    def refuse(reason: str, *places: Place) -> NoReturn:
        raise ParseError(reason + "".join("\n" + _shown(text, place) for place in places))
    return refuse


def _shown(text: str, place: Place) -> str:
    """The line of a place, or what is around it in a long one, and carets below."""
    start = min(place[0], len(text))
    begin = text.rfind("\n", 0, start) + 1
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    before = after = ""
    if end - begin > limits.SHOWN_TEXT:
        first = max(begin, min(start - limits.SHOWN_TEXT//3, end - limits.SHOWN_TEXT))
        last = min(end, first + limits.SHOWN_TEXT)
        before, after = "…"*(first > begin), "…"*(last < end)
        begin, end = first, last
    width = max(1, min(place[1], end) - start)
    line = text[begin:end].replace("\t", " ")
    return f"    {before}{line}{after}\n    {' '*(len(before) + start - begin)}{'^'*width}"


def language_of(text: str, syntax: Any) -> str:
    """The language that is named, or that the text looks like."""
    if syntax != "auto":
        found = ALIASES.get(syntax, syntax)
        if found not in SYNTAXES:
            raise ArgumentError(f"syntax={syntax!r}: the languages are {', '.join(SYNTAXES)}, and "
                                "'auto' to look at the text")
        return found
    text = re.sub(r"(?m)(#.*|(?<!\\)%.*)$", "", text)
    if IN_LATEX.search(text):
        return "latex"
    if IN_PYTHON.search(text):
        return "numpy"
    return "numpy" if LIKE_PYTHON.search(text) and not IN_MATLAB.search(text) else "matlab"


def statements(text: Any, language: str, declared: frozenset[str],
               complex_names: frozenset[str] = frozenset()) -> Text:
    """The statements of a text."""
    refuse = _checked(text)
    grammar = "matlab" if language == "matrixcalculus" else language
    tree = _parsed(_plain(text, grammar), grammar, refuse)
    bold: set[str] = set()
    if language == "latex":
        reader = TexReader(_tokens(tree), len(text), refuse, declared, bold, complex_names)
        found = reader.statements()
    else:
        found = _statements(tree, GRAMMARS[grammar], refuse)
    if not found:
        refuse("there is no expression in this text", (0, len(text)))
    _require_shallow(found, refuse)
    for statement in found[:-1]:
        if statement.name is None:
            refuse("this has no name, and more follows: give it one, r = …, or join the lines",
                   statement.place)
    if language == "latex":
        found = without_subscripts(found, declared, refuse)
    return Text(tuple(found), language, frozenset(bold))


def _plain(text: str, language: str) -> str:
    """Without what only surrounds a formula or a function, every place as it was."""
    for pattern in SURROUNDINGS.get(language, ()):
        text = re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    if language != "latex":
        depth, kept = 0, []
        for c in text:
            depth += (c in "([{") - (c in ")]}")
            kept.append(" " if c == "\n" and depth > 0 else c)
        text = "".join(kept)
    return text


def _require_shallow(found: Sequence[Statement], refuse: Refuse) -> None:
    """Terms of a sum are levels as well, as brackets are; and what is defined is put in."""
    sizes: dict[str, int] = {}
    for statement in found:
        level, depth, size = [statement.expr], 0, 0
        while level:
            size += sum(sizes.get(node.value, 1) if node.head == "name" else 1 for node in level)
            level, depth = [a for node in level for a in node.args], depth + 1
        if depth > limits.TEXT_LEVELS:
            refuse(f"an expression {depth} operations deep, more than the {limits.TEXT_LEVELS} "
                   "that are read; give parts names: r = X*w - y; r'*r", statement.place)
        if size > limits.TEXT_OPERATIONS:
            refuse(f"with all definitions put in this has {size:,} operations, more than the "
                   f"{limits.TEXT_OPERATIONS:,} that are read", statement.place)
        if statement.name:
            sizes[statement.name] = size


def _checked(text: Any) -> Refuse:
    if not isinstance(text, str):
        raise ArgumentError(f"a text is read, and this is {text!r} of type "
                            f"{type(text).__name__}")
    if not text.strip():
        raise ParseError("there is nothing to read: the text is empty")
    if len(text) > limits.TEXT:
        raise ParseError(f"the text has {len(text):,} characters, more than the {limits.TEXT:,} "
                         "that are read")
    depth = deepest = 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        deepest = max(deepest, depth)
    if deepest > limits.TEXT_DEPTH:
        raise ParseError(f"parentheses {deepest} levels deep, more than the {limits.TEXT_DEPTH} "
                         "that are read; give inner parts names: r = X*w - y; r'*r")
    return refusing(text)


@cached(8)
def _parser(language: str) -> Any:
    try:
        from lark import Lark
    except ImportError:
        raise ArgumentError("reading text needs lark, which is not installed: "
                            "pip install 'sympy-matlayout[text]'") from None
    grammar = tex_tokens.GRAMMAR if language == "latex" else GRAMMARS[language].GRAMMAR
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=True)


def _parsed(text: str, language: str, refuse: Refuse) -> Any:
    """lark's tree of a text."""
    parser = _parser(language)
    from lark import UnexpectedCharacters, UnexpectedInput
    start = len(text) - len(text.lstrip())
    try:
        return parser.parse(" "*start + text.strip())
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        refuse(f"{text[at]!r} can't be read here" + _hint(text, at, language), (at, at + 1))
    except UnexpectedInput as error:
        at = error.pos_in_stream
        token = getattr(error, "token", None)
        if at is None or at >= len(text.rstrip()) or token is None or token.type == "$END":
            end = len(text.rstrip())
            refuse("the text ends where something should follow" + _unclosed(text, language),
                   (end, end))
        word = str(token).strip() or "the end of the line"
        refuse(f"{word} can't stand here" + _hint(text, at, language), (at, at + len(word)))


def _unclosed(text: str, language: str) -> str:
    for opening, closing in ("()", "[]", "{}"):
        missing = text.count(opening) - text.count(closing)
        if missing > 0 and (opening != "{" or language == "latex"):
            return f"; {missing} of the {opening} {'is' if missing == 1 else 'are'} not closed"
    return ""


# what people write out of habit: the text from the place on, the language, what to do
HABITS = (
    (r"\*\*", "matlab", "a power is written ^ here, and ** in syntax='numpy'"),
    (r"@", "matlab", "the product of matrices is * here, and @ in syntax='numpy'"),
    (r"\[", "matlab", "an entry is written x(1) here, and x[0] in syntax='numpy'; give matrices "
                      "of entries names"),
    (r"\.T\b", "matlab", "a transpose is written ' here, and .T in syntax='numpy'"),
    (r"\^", "numpy", "a power is written ** here, and ^ in syntax='matlab'"),
    (r"'", "numpy", "a transpose is written .T here, and ' in syntax='matlab'"),
    (r"\.\*", "numpy", "a product entry by entry is * here, and .* in syntax='matlab'"),
    (r"=", "", "a single name can be given a value, r = X*w - y"),
    (r"[\w(]", "", "an operator is missing before it: products have a sign here, and none in "
                  "syntax='latex'"),
    (r"\)", "", "nothing is open that it could close"),
)


def _hint(text: str, at: int, language: str) -> str:
    for habit, where, advice in HABITS:
        begin = at - 1 if habit == r"\*\*" and text[at - 1:at] == "*" else at
        if where in ("", language) and language != "latex" and re.match(habit, text[begin:]):
            return f"; {advice}"
    return ""


def _tokens(tree: Any) -> list[Token]:
    """lark's tree as tokens; braces are limited, and so is this recursion."""
    found = []
    for item in tree.children:
        if item.data == "group":
            place = item.meta.start_pos, item.meta.end_pos
            found.append(Token("group", place, tuple(_tokens(item))))
        else:
            (token,) = item.children
            found.append(Token(str(token), (token.start_pos, token.end_pos)))
    return found


def _statements(tree: Any, grammar: Any, refuse: Refuse) -> list[Statement]:
    """lark's tree as statements, from the leaves up."""
    made: dict[int, Any] = {}
    for part in tree.iter_subtrees():
        place = (getattr(part.meta, "start_pos", 0), getattr(part.meta, "end_pos", 0))
        args = [made[id(a)] if hasattr(a, "data") else a for a in part.children]
        if part.data == "assignment":
            made[id(part)] = Statement(args[1], _left_side(args[0], refuse), place)
        elif part.data == "expression":
            made[id(part)] = Statement(args[0], None, place)
        elif part.data == "start":
            made[id(part)] = args
        else:
            made[id(part)] = grammar.TREE(str(part.data), args, place)
    return made[id(tree)]


def _left_side(node: Node, refuse: Refuse) -> str:
    """r, or f of f(x, y)"""
    if node.head == "name" and not is_function(node.value):
        return node.value
    named = node.head == "call" and node.value[0] and not is_function(node.value[0])
    if not (named and node.args and all(a.head == "name" for a in node.args)):
        refuse("what stands before = is a name that is given to what follows", node.place)
    return node.value[0]

