"""The grammar of MATLAB, Octave and matrixcalculus.org."""

from __future__ import annotations

from typing import Any

from .syntax import Node

__all__ = ["GRAMMAR", "TREE"]

GRAMMAR = r"""
start: statement (_SEPARATOR statement)* _SEPARATOR?
statement: sum "=" sum   -> assignment
         | sum           -> expression

?sum: term
    | sum "+" term        -> add
    | sum "-" term        -> sub
?term: unary
     | term "*" unary     -> mul
     | term ".*" unary    -> times
     | term "/" unary     -> div
     | term "./" unary    -> each_div
     | term "\\" unary    -> left_div
?unary: power
      | "-" unary         -> neg
      | "+" unary
?power: atom
      | power "^" exponent   -> pow
      | power ".^" exponent  -> each_pow
      | power "'"            -> adjoint
      | power ".'"           -> transpose
?exponent: atom
         | "-" exponent   -> neg
         | "+" exponent
?atom: NUMBER             -> number
     | NAME               -> name
     | NAME "(" [arguments] ")"  -> call
     | "(" sum ")"        -> parentheses
arguments: argument ("," argument)* TEXT?
?argument: sum
         | ":"            -> colon
         | sum ":" sum    -> range

NAME: /[A-Za-z_][A-Za-z_0-9]*/
NUMBER: /(\d+\.\d+|\d+\.(?![*\/^'\\])|\d+|\.\d+)([eE][+-]?\d+)?/
TEXT.2: /,\s*('\w+'|"\w+")/
_SEPARATOR: /\s*(;|\n)\s*(;|\n|\s)*/
%ignore /[ \t\r]+/
%ignore /\.\.\.[^\n]*\n/
%ignore /%[^\n]*/
"""


def TREE(rule: str, args: list[Any], place: tuple[int, int]) -> Any:
    """The node of a rule of the grammar."""
    if rule in ("number", "name"):
        return Node(rule, place, value=str(args[0]))
    if rule == "adjoint":
        return Node("transpose", place, tuple(args), "adjoint")
    if rule == "parentheses":
        return Node(args[0].head, place, args[0].args, args[0].value)
    if rule == "arguments":
        return [a if isinstance(a, Node) else Node("text", place, value=a.strip(",'\" \t"))
                for a in args]
    if rule == "call":
        return Node("call", place, tuple(args[1] or ()), (str(args[0]), {}))
    return Node(rule, place, tuple(args))
