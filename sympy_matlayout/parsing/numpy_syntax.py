"""The grammar of expressions in Python, as NumPy and JAX users write them."""

from __future__ import annotations

from typing import Any

from .syntax import Node

__all__ = ["GRAMMAR", "TREE"]

GRAMMAR = r"""
start: statement (_SEPARATOR statement)* _SEPARATOR?
statement: sum "=" sum    -> assignment
         | "return" sum   -> expression
         | sum            -> expression

?sum: term
    | sum "+" term        -> add
    | sum "-" term        -> sub
?term: unary
     | term "*" unary     -> times
     | term "@" unary     -> mul
     | term "/" unary     -> each_div
?unary: power
      | "-" unary         -> neg
      | "+" unary
?power: postfix
      | postfix "**" unary -> each_pow
?postfix: NUMBER          -> number
     | NAME               -> name
     | "(" sum ")"        -> parentheses
     | postfix "." NAME   -> attribute
     | postfix "(" [arguments] ")"  -> call
     | postfix "[" subscripts "]"   -> subscript
arguments: argument ("," argument)* ","?
?argument: NAME "=" option -> keyword
         | option
?option: sum
       | "(" sum "," [sum ("," sum)*] ")" -> sequence
       | "[" sum ("," sum)* ","? "]" -> sequence
       | TEXT               -> text
subscripts: part ("," part)*
?part: sum
     | [sum] ":" [sum]  -> range

NAME: /[A-Za-z_][A-Za-z_0-9]*/
NUMBER: /(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/
TEXT: /'[^'"\n]*'|"[^'"\n]*"/
_SEPARATOR: /\s*(;|\n)\s*(;|\n|\s)*/
%ignore /[ \t\r]+/
%ignore /\\\n/
%ignore /#[^\n]*/
"""

# what arrays have as methods
METHODS = {"sum", "mean", "dot", "trace", "max", "min", "transpose", "diagonal", "flatten", "ravel",
           "reshape", "std", "var", "prod", "cumsum", "conj", "conjugate"}
MODULES = {"np", "jnp", "numpy", "jax", "scipy", "linalg", "nn", "special", "sp", "math", "torch"}


def TREE(rule: str, args: list[Any], place: tuple[int, int]) -> Any:
    """The node of a rule of the grammar."""
    if rule in ("number", "name"):
        return Node(rule, place, value=str(args[0]))
    if rule == "text":
        return Node(rule, place, value=str(args[0])[1:-1])
    if rule == "parentheses":
        return Node(args[0].head, place, args[0].args, args[0].value)
    if rule == "attribute":
        return _attribute(args[0], str(args[1]), place)
    if rule == "keyword":
        return str(args[0]), args[1]
    if rule in ("arguments", "subscripts"):
        return args
    if rule == "call":
        return _call(args[0], args[1] or [], place)
    if rule == "subscript":
        return Node("index", place, (args[0], *args[1]))
    if rule == "range":
        has = tuple(a is not None for a in args)
        return Node("range" if any(has) else "colon", place,
                    tuple(a for a in args if a is not None), has)
    return Node(rule, place, tuple(a for a in args if a is not None))


def _attribute(base: Node, name: str, place: tuple[int, int]) -> Node:
    """X.T, a function of a module, np.linalg.inv, or a method."""
    if name in ("T", "mT"):
        return Node("transpose", place, (base,))
    if name in ("H", "mH"):
        return Node("transpose", place, (base,), "adjoint")
    if name in ("real", "imag") and base.value not in MODULES:
        return Node("call", place, (base,), (name, {}))
    if base.head in ("name", "function") and base.value in MODULES:
        return Node("function", place, value=name)
    return Node("method", place, (base,), name)


def _call(of: Node, given: list[Any], place: tuple[int, int]) -> Node:
    options = dict(a for a in given if isinstance(a, tuple))
    positional = tuple(a for a in given if not isinstance(a, tuple))
    if of.head == "method":
        name = of.value if of.value in METHODS or of.args[0].head != "name" else \
            f"{of.args[0].value}.{of.value}"
        return Node("call", place, (of.args[0], *positional), (name, options))
    if of.head == "name" and of.value in ("max", "min"):
        return Node("call", place, positional, (f"python's {of.value}", options))
    if of.head in ("function", "name"):
        return Node("call", place, positional, (of.value, options))
    return Node("call", place, (of, *positional), (None, options))
