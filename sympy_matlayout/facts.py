"""What is known about constants: assumptions as SymPy writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sympy import Not, Q, true
from sympy.assumptions import AppliedPredicate, global_assumptions
from sympy.core.basic import Basic
from sympy.logic.boolalg import And, Boolean
from sympy.matrices.expressions import MatrixSymbol

from .errors import FactsError
from .expressions.shape import is_matrix, same_size, shape, show
from .expressions.structured import KnownMatrixSymbol, facts_about

__all__ = ["known_symbols"]

# what each predicate says, and what it contradicts
MEANING: dict[Basic, set[str]] = {
    Q.symmetric: {"symmetric"},
    Q.hermitian: {"symmetric"},  # all matrices are real
    Q.antihermitian: {"skew"},
    Q.diagonal: {"diagonal", "symmetric", "lower", "upper"},
    Q.lower_triangular: {"lower"},
    Q.upper_triangular: {"upper"},
    Q.orthogonal: {"orthogonal", "invertible", "full rank"},
    Q.unitary: {"orthogonal", "invertible", "full rank"},
    Q.positive_definite: {"symmetric", "positive definite", "invertible", "full rank"},
    Q.invertible: {"invertible", "full rank"},
    Q.singular: {"singular"},
    Q.square: {"square"},
    Q.fullrank: {"full rank"},
    Q.normal: set(),
    Q.triangular: set(),
    Q.unit_triangular: set(),
    Q.real_elements: set(),
    Q.integer_elements: set(),
    Q.complex_elements: set(),
}
CONTRADICTIONS = [{"singular", "invertible"}, {"skew", "positive definite"}]
USED = {"symmetric", "skew", "diagonal", "lower", "upper", "orthogonal", "invertible",
        "positive definite"}
FOR_ANY_SHAPE = {Q.fullrank, Q.real_elements, Q.integer_elements, Q.complex_elements}


def known_symbols(assumptions: Any) -> dict[Basic, KnownMatrixSymbol]:
    """
    Each symbol that something is known of, with the symbol that has the facts.

    ``assumptions`` are facts joined by ``&``, or a list of them; those of
    SymPy's ``assuming(...)`` hold as well.
    """
    facts: dict[Basic, set[str]] = {}
    denied: dict[Basic, set[str]] = {}
    for fact in _each([*_given(assumptions), *filter(_is_usable, _each(global_assumptions))]):
        positive = fact.args[0] if isinstance(fact, Not) else fact
        if not isinstance(positive, AppliedPredicate):
            if not fact.atoms(MatrixSymbol):
                continue  # about scalars
            raise FactsError(f"can't use the assumption {fact}; give facts about single symbols "
                             "joined by &, such as Q.symmetric(A) & Q.orthogonal(U)")
        predicate, about = positive.function, positive.arguments[0]
        if predicate not in MEANING or not is_matrix(about):
            continue  # about scalars
        _check(predicate, about)
        (denied if isinstance(fact, Not) else facts).setdefault(about, set()).update(
            MEANING[predicate])
    for about in {**facts, **denied}:
        _require_consistent(about, facts.get(about, set()) | facts_about(about),
                            denied.get(about, set()))
    return {about: KnownMatrixSymbol(about.name, *shape(about), meant & USED | facts_about(about))
            for about, meant in facts.items() if meant & USED}


def _given(assumptions: Any) -> list:
    if assumptions is True or assumptions is true:
        return []
    if isinstance(assumptions, (list, tuple, set, frozenset)):
        return list(assumptions)
    if not isinstance(assumptions, Boolean):
        raise FactsError(f"assumptions are facts such as Q.symmetric(A), got {assumptions!r}")
    return [assumptions]


def _each(facts: Iterable) -> Iterator:
    for fact in facts:
        if isinstance(fact, And):
            yield from _each(fact.args)
        else:
            yield fact


def _is_usable(fact: Basic) -> bool:
    """Whether a fact of the surroundings says something of a symbol; others are none of ours."""
    positive = fact.args[0] if isinstance(fact, Not) else fact
    if not isinstance(positive, AppliedPredicate):
        return False
    about = positive.arguments[0]
    return isinstance(about, MatrixSymbol) and (
        positive.function in FOR_ANY_SHAPE or same_size(*shape(about)))


def _check(predicate: Basic, about: Basic) -> None:
    if not isinstance(about, MatrixSymbol):
        raise FactsError(f"{predicate}({about}): facts are about symbols, and this is a "
                         f"{type(about).__name__}; say what its symbols are, or give it a name "
                         "with where=")
    if predicate not in FOR_ANY_SHAPE and not same_size(*shape(about)):
        raise FactsError(f"{predicate}({about}): {about} is {show(shape(about))}, "
                         "and such a matrix is square")


def _require_consistent(about: Basic, facts: set[str], denied: set[str]) -> None:
    contradiction = facts & denied
    for pair in CONTRADICTIONS:
        contradiction |= pair if pair <= facts else set()
    if contradiction:
        raise FactsError(f"the facts about {about} contradict each other: "
                         f"{', '.join(sorted(contradiction))}")
