"""Subscripts of formulas, which are indices or parts of names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .syntax import Node, Refuse, Statement, walk

__all__ = ["name_with_subscript", "without_subscripts"]


def name_with_subscript(node: Node) -> str:
    r"""x_1 of ``x_{1}`` and X_tr of ``X_{\text{tr}}``."""
    base, *parts = node.args
    return "_".join([base.value, "".join(str(p.value) for p in parts)])


def without_subscripts(statements: Sequence[Statement], declared: frozenset[str], refuse: Refuse
                       ) -> list[Statement]:
    """
    Subscripts as entries, or as parts of names.

    ``x_i`` is an entry where a sum runs over i, and ``x_1`` is one of ``x`` where that
    occurs in another way as well; elsewhere both are names.
    """
    whole = {a.value for s in statements for a in _alone(s.expr)} | declared | {
        s.name for s in statements if s.name}
    families = {a.value for s in statements for a in _indexed(s.expr)}
    return [Statement(_resolved(s.expr, frozenset(), (whole, families, declared), refuse), s.name,
                      s.place) for s in statements]


def _indexed(node: Node, bound: frozenset[str] = frozenset()) -> Iterator[Node]:
    """Names with an index of a sum."""
    if node.head == "subscript" and node.args[0].head == "name" and any(
            p.value in bound for part in node.args[1:] for p in walk(part)):
        yield node.args[0]
    inside = bound | {node.value} if node.head == "sum" else bound
    for a in node.args:
        yield from _indexed(a, inside)


def _alone(node: Node, bound: frozenset[str] = frozenset()) -> Iterator[Node]:
    """Names that stand alone or with an index of a sum."""
    if node.head == "subscript":
        base, *parts = node.args
        if base.head != "name" or any(p.value in bound for part in parts for p in walk(part)):
            yield from _alone(base, bound)
        return
    if node.head == "name":
        yield node
    inside = bound | {node.value} if node.head == "sum" else bound
    for a in node.args:
        yield from _alone(a, inside)


def _resolved(node: Node, bound: frozenset[str], known: tuple[Any, Any, Any], refuse: Refuse
              ) -> Node:
    whole, families, declared = known
    inside = bound | {node.value} if node.head == "sum" else bound
    args = tuple(_resolved(a, inside, known, refuse) for a in node.args)
    if node.head != "subscript":
        return node if args == node.args else Node(node.head, node.place, args, node.value)
    base, *parts = args
    names = {p.value for part in parts for p in walk(part) if p.head == "name"}
    if base.head not in ("name", "brackets") or node.args[0].head == "subscript":
        refuse("a subscript belongs to a name or to brackets", node.place)
    if base.head == "name" and not names & bound:
        simple = all(p.head in ("name", "number") for p in parts)
        name = name_with_subscript(node) if simple else ""
        numbers = [p.value for p in parts]
        indexed = not simple or not names and name not in declared and (
            len(parts) > 1 or base.value in whole and numbers != ["0"])
        if base.value in ("I", "1", "0") and len(parts) == 1:
            return Node("sized", node.place, (base, *parts))
        if not indexed and (name in declared or not names or not names <= set("ijkl")):
            if names and base.value in families and name not in declared and len(name) < 4:
                refuse(f"{name}: one of the {base.value}_i that are summed over, or another "
                       f"name? If a name, say what it is: shapes={{{name!r}: 'n'}}", node.place)
            return Node("name", node.place, value=name)
    loose = sorted((names - bound) & set("ijkl"))
    if loose:
        simple = base.head == "name" and all(p.head in ("name", "number") for p in parts)
        refuse(f"{loose[0]} is no index of a sum" + (
            f"; if this is a name, say what it is: shapes={{{name_with_subscript(node)!r}: 'n'}}"
            if simple else ""), node.place)
    return Node("entry", node.place, tuple(args))
