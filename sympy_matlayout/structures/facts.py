"""What is known about constants: assumptions as SymPy writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sympy import Not, Q, Symbol, false, true
from sympy.assumptions import AppliedPredicate, Predicate, global_assumptions
from sympy.core.basic import Basic
from sympy.logic.boolalg import And, Boolean
from sympy.matrices.expressions import MatMul, MatrixSymbol, Transpose

from ..core.errors import FactsError
from ..core.shapes import is_matrix, same_size, shape, show
from ..nodes.namesakes import by_name, described, namesake
from ..nodes.structured import KnownMatrixSymbol, StructuredMatrixSymbol, facts_about
from ..nodes.traversal import postorder

__all__ = ["known_symbols", "of_numbers"]

# what each predicate says, and what it contradicts
MEANING: dict[Basic, set[str]] = {
    Q.symmetric: {"symmetric"},
    Q.hermitian: {"hermitian"},
    Q.antihermitian: {"skew"},  # of a real matrix, for which SymPy has no other word
    Q.diagonal: {"diagonal", "symmetric", "lower", "upper"},
    Q.lower_triangular: {"lower"},
    Q.upper_triangular: {"upper"},
    Q.orthogonal: {"orthogonal", "invertible", "full rank"},
    Q.unitary: {"unitary", "invertible", "full rank"},
    Q.positive_definite: {"symmetric", "positive definite", "invertible", "full rank"},
    Q.invertible: {"invertible", "full rank"},
    Q.singular: {"singular"},
    Q.square: {"square"},
    Q.fullrank: {"full rank"},
    Q.normal: set(),
    Q.triangular: set(),
    Q.unit_triangular: set(),
    Q.real_elements: {"real"},
    Q.integer_elements: {"real"},
    Q.complex_elements: {"complex"},
}
# what facts about complex matrices say of real ones
OF_REAL = {"hermitian": "symmetric", "unitary": "orthogonal", "antihermitian": "skew"}
# the word for what is denied where a predicate is, which may say more than that
OWN = {Q.symmetric: "symmetric", Q.hermitian: "hermitian", Q.antihermitian: "skew",
       Q.diagonal: "diagonal", Q.lower_triangular: "lower", Q.upper_triangular: "upper",
       Q.orthogonal: "orthogonal", Q.unitary: "unitary",
       Q.positive_definite: "positive definite", Q.invertible: "invertible",
       Q.singular: "singular", Q.square: "square", Q.fullrank: "full rank"}
# and what holds then, of a square matrix
OPPOSITE = {Q.invertible: {"singular"}, Q.fullrank: {"singular"},
            Q.singular: {"invertible", "full rank"}}
CONTRADICTIONS = [{"complex", "real"}, {"antihermitian", "positive definite"},
                  {"singular", "invertible"}, {"singular", "full rank"},
                  {"skew", "positive definite"}, {"skew", "symmetric", "invertible"}]
USED = {"symmetric", "skew", "diagonal", "lower", "upper", "orthogonal", "invertible",
        "positive definite", "singular", "full column rank", "full row rank", "complex",
        "hermitian", "antihermitian", "unitary"}
FOR_ANY_SHAPE = {Q.fullrank, Q.real_elements, Q.integer_elements, Q.complex_elements}
OF_SCALARS = {Q.imaginary, Q.complex}


def known_symbols(assumptions: Any, *exprs: Basic,
                  structured: Mapping[Any, Any] | None = None
                  ) -> dict[Any, KnownMatrixSymbol]:
    """
    Each symbol that something is known of, with the symbol that has the facts.

    ``assumptions`` are facts joined by ``&``, or a list of them; those of
    SymPy's ``assuming(...)`` hold as well.  Facts about a symbol while one of the
    expressions holds another of its name are refused, and so are those that deny what
    a variable's structure says; ``structured`` are the symbols that carry these.
    """
    facts: dict[Any, set[str]] = {}
    denied: dict[Any, set[str]] = {}
    for fact in _each([*_given(assumptions), *filter(_is_usable, _each(global_assumptions))]):
        _enter(fact, facts, denied)
    facts = {about: of_numbers(found | _with_kind(about)) for about, found in facts.items()}
    for about in {**facts, **denied}:
        of_structure = (structured or {}).get(about, about)
        _require_consistent(about, facts.get(about, set()) | facts_about(of_structure),
                            denied.get(about, set()))
    if facts or denied:
        _refuse_namesakes({**facts, **denied}, exprs)
    return {about: KnownMatrixSymbol(about.name, *shape(about),
                                     facts=meant & USED | facts_about(about))
            for about, meant in facts.items() if meant & USED}


def _enter(fact: Any, facts: dict[Any, set[str]], denied: dict[Any, set[str]]) -> None:
    """What one fact says of a matrix, or denies; those about scalars say nothing here."""
    positive = fact.args[0] if isinstance(fact, Not) else fact
    if not isinstance(positive, AppliedPredicate):
        if fact.free_symbols and not fact.atoms(MatrixSymbol):
            return
        raise FactsError(f"can't use the assumption {fact}; {WANTED}")
    predicate, about = positive.function, positive.arguments[0]
    if predicate in OF_SCALARS and positive is fact:
        raise FactsError(f"{fact}: say of a matrix that it is complex by Q.complex_elements, "
                         "and declare Symbols with complex=True")
    if not is_matrix(about) or predicate in OF_SCALARS:
        return
    if positive is fact and (of_factor := _of_gram_matrix(predicate, about)) is not None:
        about, rank = of_factor
        facts.setdefault(about, set()).add(rank)
        return
    if predicate not in MEANING:
        raise FactsError(f"{fact}: unknown fact about a matrix; the facts are "
                         f"{', '.join(sorted(map(str, MEANING)))}")
    _check(predicate, about)
    if positive is fact:
        facts.setdefault(about, set()).update(MEANING[predicate], _ranks(predicate, about))
    elif predicate is not Q.complex_elements:  # else as all are that nothing is said of
        denied.setdefault(about, set()).update({OWN[predicate]} if predicate in OWN else set())
        if predicate in OPPOSITE and same_size(*shape(about)):
            facts.setdefault(about, set()).update(OPPOSITE[predicate])


def _with_kind(about: Any) -> set[str]:
    """What the symbol itself says; the symbols with a structure are real, and taken as such."""
    return {*facts_about(about), *(["real"] if isinstance(about, StructuredMatrixSymbol) else [])}


def of_numbers(found: set[str]) -> set[str]:
    """The facts in the words for real matrices, or in those for complex ones."""
    if "real" in found:
        found = {OF_REAL.get(f, f) for f in found}
    elif found & {"complex", "hermitian", "unitary"}:
        found = {"antihermitian" if f == "skew" else f for f in found} | {"complex"}
        if "positive definite" in found:  # there said of Hermitian matrices
            found = found - {"symmetric"} | {"hermitian"}
    return found


def _of_gram_matrix(predicate: Basic, about: Any) -> tuple[Any, str] | None:
    """X and its rank, full by columns, where X'X is said to be invertible, by rows for XX'."""
    if predicate not in (Q.invertible, Q.positive_definite) or not isinstance(about, MatMul):
        return None
    first, *rest = about.args
    if len(rest) == 1 and isinstance(first, Transpose) and first.arg == rest[0]:
        symbol, rank = rest[0], "full column rank"
    elif len(rest) == 1 and isinstance(rest[0], Transpose) and rest[0].arg == first:
        symbol, rank = first, "full row rank"
    else:
        return None
    return (symbol, rank) if isinstance(symbol, MatrixSymbol) else None


def _ranks(predicate: Basic, about: Any) -> set[str]:
    """Whether full rank is that of the columns or that of the rows, where the sizes say so."""
    if predicate is not Q.fullrank:
        return set()
    m, n = shape(about)
    return {rank for rank, spare in (("full column rank", m - n), ("full row rank", n - m))
            if spare.is_nonnegative}


WANTED = ("give facts about single symbols joined by &, such as "
          "Q.symmetric(A) & Q.orthogonal(U)")


def _given(assumptions: Any) -> list:
    several = isinstance(assumptions, (list, tuple, set, frozenset))
    facts = [f for f in (assumptions if several else [assumptions])
             if f is not True and f is not true]
    for fact in facts:
        if isinstance(fact, Predicate):
            raise FactsError(f"{fact} is a fact of no symbol; say of which, as in {fact}(A)")
        if not isinstance(fact, Boolean) or fact is false:
            raise FactsError(f"assumptions are facts such as Q.symmetric(A), got {fact!r}; "
                             f"{WANTED}")
    return facts


def _refuse_namesakes(known: Iterable[Basic], exprs: Iterable[Basic]) -> None:
    """Refuse facts about a symbol while the expressions hold another of its name."""
    symbols = {s for s in postorder(exprs, lambda e: e.args)
               if isinstance(s, (MatrixSymbol, Symbol))}
    for about in known:
        other = None if about in symbols else namesake(about, by_name(symbols), of_its_kind=False)
        if other is not None:
            raise FactsError(f"the facts are about {about}, {show(shape(about))}, and the "
                             f"{about} in the expression is another one, {described(other)}")


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
    if positive.function not in MEANING:
        return False
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
    if "skew" in facts and shape(about)[0].is_odd and "invertible" in facts:
        raise FactsError(f"the facts about {about} contradict each other: a skew matrix of odd "
                         "size has no inverse")
    contradiction = facts & denied
    if not contradiction:
        contradiction = next((pair for pair in CONTRADICTIONS if pair <= facts), set())
    if contradiction == {"complex", "real"} and isinstance(about, StructuredMatrixSymbol):
        raise FactsError(
            f"{about} is a {type(about).__name__}, which is real; a complex one is "
            f"ComplexMatrixSymbol({about.name!r}, ...), with structure= where it is the variable, "
            f"and a fact as Q.symmetric({about}) where it is a constant")
    if contradiction:
        raise FactsError(f"the facts about {about} contradict each other: "
                         f"{', '.join(sorted(contradiction))}")
