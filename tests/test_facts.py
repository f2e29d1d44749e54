"""Facts about constants: the textbook's form, and the same value wherever they hold."""

import mpmath
import pytest
from definition import m, n
from mpmath import mp
from sympy import (
    Determinant,
    MatrixSymbol,
    Q,
    S,
    Symbol,
    Trace,
    assuming,
    exp,
    log,
    sin,
)
from sympy.matrices.expressions import DiagMatrix, HadamardProduct, Identity, KroneckerProduct

from sympy_matlayout import (
    CommutationMatrix,
    FactsError,
    Norm,
    SymmetricMatrixSymbol,
    gradient,
    hessian,
    jacobian,
    matrix_derivative,
)
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.numeric.evaluation import vec
from sympy_matlayout.simplify.normal_form import normal_form

SIZES = {n: 3, m: 2}
t = Symbol("t")
A, B, D, L, U, X = (MatrixSymbol(name, n, n) for name in "ABDLUX")
a, b, x = (MatrixSymbol(name, n, 1) for name in "abx")
C, W, y = MatrixSymbol("C", m, n), MatrixSymbol("W", m, m), MatrixSymbol("y", m, 1)
K = CommutationMatrix(n, n)
AI, XI = A.inverse(), X.inverse()
SYMMETRIC, ORTHOGONAL = Q.symmetric(A), Q.orthogonal(U)

TEXTBOOK = {
    "x'Ax": (x.T*A*x, x, SYMMETRIC, 2*A*x),
    "(x − a)'A⁻¹(x − a)": ((x - a).T*AI*(x - a), x, SYMMETRIC, 2*AI*(x - a)),
    "(Cx − y)'W(Cx − y)": ((C*x - y).T*W*(C*x - y), x, Q.symmetric(W), 2*C.T*W*(C*x - y)),
    "tr XAX'": (Trace(X*A*X.T), X, SYMMETRIC, 2*X*A),
    "tr X'AXB": (Trace(X.T*A*X*B), X, SYMMETRIC & Q.symmetric(B), 2*A*X*B),
    "exp(−x'Ax/2)": (exp(-Trace(x.T*A*x)/2), x, Q.positive_definite(A),
                     -exp(-Trace(x.T*A*x)/2)*A*x),
    "x'Dx": (x.T*D*x, x, Q.diagonal(D), 2*D*x),
    "|Ux|²": (Norm(U*x)**2, x, ORTHOGONAL, 2*x),
    "|Ux − a|²": (Norm(U*x - a)**2, x, ORTHOGONAL, 2*x - 2*U.T*a),
    "tr UXU⁻¹A": (Trace(U*X*U.inverse()*A), X, ORTHOGONAL & SYMMETRIC, U.T*A*U),
    "tr U'AUX": (Trace(U.T*A*U*X), X, ORTHOGONAL & SYMMETRIC, U.T*A*U),
    "log det(A + xx')": (log(Determinant(A + x*x.T)), x, SYMMETRIC,
                         2*(A + x*x.T).inverse()*x),
    "log det X at a symmetric X": (log(Determinant(X)), X, Q.symmetric(X), XI),
    "tr AX⁻¹ at a symmetric X": (Trace(A*XI), X, SYMMETRIC & Q.symmetric(X), -XI*A*XI),
    "tr XX'A at a symmetric X": (Trace(X*X.T*A), X, SYMMETRIC & Q.symmetric(X), 2*A*X),
    "tr XAX at an orthogonal X": (Trace(X.inverse()*A), X, Q.orthogonal(X), -X*A.T*X),
}


def holding(facts, exprs, seed=0, sizes=SIZES):
    """Random values for which the facts hold."""
    values = example_values(exprs, sizes, seed)
    for fact in facts.args if hasattr(facts, "args") and not hasattr(facts, "function") \
            else [facts]:
        (symbol,), value = fact.arguments, values[fact.arguments[0]]
        if fact.function in (Q.symmetric, Q.positive_definite):
            values[symbol] = value + value.T
        elif fact.function == Q.orthogonal:
            values[symbol] = mpmath.qr(value)[0]
        elif fact.function == Q.diagonal:
            values[symbol] = mpmath.diag([value[i, i] for i in range(value.rows)])
        elif fact.function == Q.lower_triangular:
            values[symbol] = mpmath.matrix([[value[i, j] if i >= j else 0
                                             for j in range(value.cols)]
                                            for i in range(value.rows)])
    return values


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_forms(name):
    f, variable, facts, wanted = TEXTBOOK[name]
    found = gradient(f, variable, assumptions=facts)
    assert normal_form(found) == normal_form(wanted)
    with mp.workdps(30):
        values = holding(facts, [S(f), variable])
        plain = evaluate(gradient(f, variable), values)
        assert near(evaluate(found, values), plain, mpmath.mpf(10)**-22)


EVERYWHERE = [
    (x.T*A*x*Trace(B*A), x, SYMMETRIC), (Trace(X*A*X*A), X, SYMMETRIC),
    (Trace(U*X*U.T*X), X, ORTHOGONAL), (log(Determinant(U*X*U.T + A)), X, ORTHOGONAL & SYMMETRIC),
    (Trace((A*X*A).inverse()*B), X, SYMMETRIC & Q.symmetric(B)), (Norm(U*X*A), X, ORTHOGONAL),
    (Trace(HadamardProduct(A, X)*D*X.T), X, SYMMETRIC & Q.diagonal(D)),
    (Trace(KroneckerProduct(A, X)*KroneckerProduct(U, U)), X, SYMMETRIC & ORTHOGONAL),
    (Trace((U*x).applyfunc(sin).T*A*x), x, ORTHOGONAL & SYMMETRIC), (Determinant(A*X*L), X,
                                                                      Q.lower_triangular(L)),
    (Trace(DiagMatrix(x)*A*DiagMatrix(x)*A), x, SYMMETRIC), (Trace(U**3*X), X, ORTHOGONAL),
    (Trace(X*X.T*A*X), X, Q.symmetric(X)), (log(Determinant(X*X.T + A)), X,
                                            Q.symmetric(X) & SYMMETRIC),
    (Trace(X.inverse()*A*X*B), X, Q.orthogonal(X)), (A[0, 1]*x[0, 0] + A[1, 0]*x[1, 0], x,
                                                     SYMMETRIC),
]


@pytest.mark.parametrize("f, variable, facts", EVERYWHERE, ids=str)
def test_the_value_is_that_without_the_facts(f, variable, facts):
    with mp.workdps(40):
        values = holding(facts, [S(f), variable], seed=1)
        for form in ("matrix", "vec", "array"):
            found = matrix_derivative(f, variable, form=form, assumptions=facts)
            plain = evaluate(matrix_derivative(f, variable, form=form), values)
            assert near(evaluate(found, values), plain, mpmath.mpf(10)**-25), found
        H = evaluate(hessian(f, variable, assumptions=facts), values)
        plain = evaluate(hessian(f, variable), values)
        assert near(vec(H), vec(plain), mpmath.mpf(10)**-25)


def test_jacobians_and_hessians():
    assert jacobian(U*X*U.T, X, assumptions=ORTHOGONAL) == KroneckerProduct(U, U)
    assert jacobian(XI, X, assumptions=Q.symmetric(X)) == -KroneckerProduct(XI, XI)
    assert hessian(x.T*A*x, x, assumptions=SYMMETRIC) == 2*A
    assert normal_form(hessian(log(Determinant(X)), X, assumptions=Q.symmetric(X))) == normal_form(
        -KroneckerProduct(XI, XI)*K)


def test_ways_to_say_it():
    f = x.T*A*x*Trace(B)
    wanted = gradient(f, x, assumptions=SYMMETRIC & Q.invertible(B))
    assert wanted == gradient(f, x, assumptions=[SYMMETRIC]) == (2*Trace(B))*A*x
    with assuming(SYMMETRIC):
        assert gradient(f, x) == wanted
    assert gradient(f, x) != wanted
    G = SymmetricMatrixSymbol("G", n)
    assert gradient(x.T*G*x, x) == 2*G*x
    assert gradient(x.T*A*x, x, assumptions=Q.positive(t)) == gradient(x.T*A*x, x)
    r = MatrixSymbol("r", n, 1)
    assert gradient(r.T*A*r, x, where={r: x - a}, assumptions=SYMMETRIC) == 2*A*r


def test_a_fact_about_the_variable_is_no_structure():
    found = gradient(Trace(A*X), X, assumptions=Q.symmetric(X))
    assert found == A.T and found != gradient(Trace(A*X), X, structure="symmetric")
    both = gradient(Trace(A*X), X, structure="symmetric", assumptions=Q.symmetric(A))
    assert both == A


REFUSED = {
    "rectangular": (Q.symmetric(C), "is 2×3|is m×n"),
    "both": (SYMMETRIC & ~SYMMETRIC, "contradict"),
    "positive and skew": (Q.positive_definite(A) & Q.antihermitian(A),
                          "contradict each other: positive definite, skew"),
    "rank": (Q.positive_definite(A) & ~Q.fullrank(A), "contradict each other: full rank"),
    "singular": (Q.orthogonal(A) & Q.singular(A), "contradict each other: invertible, singular"),
    "a product": (Q.symmetric(A*B), "facts are about symbols"),
    "an alternative": (SYMMETRIC | Q.orthogonal(A), "joined by &"),
    "text": ("symmetric", "assumptions are facts such as"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    facts, message = REFUSED[name]
    with pytest.raises(FactsError, match=message):
        gradient(x.T*A*x, x, assumptions=facts)


def test_nothing_of_the_facts_is_left_in_the_result():
    for f, variable, facts in EVERYWHERE:
        found = gradient(f, variable, assumptions=facts)
        assert all(type(s) is MatrixSymbol for s in found.atoms(MatrixSymbol))
    assert gradient(Trace(A), X, assumptions=SYMMETRIC).is_ZeroMatrix
    assert Identity(n) == gradient(Trace(U*X*U.T), X, assumptions=ORTHOGONAL)


def test_facts_of_the_surroundings_that_are_none_of_ours():
    R = MatrixSymbol("R", m, n)
    for fact in (Q.invertible(A*B), Q.positive(t) | Q.zero(t), Q.symmetric(R)):
        with assuming(fact):
            assert gradient(t*Trace(A*X), X) == t*A.T
    assert gradient(t*Trace(A*X), X, assumptions=(t > 0) & SYMMETRIC) == t*A
    assert gradient(Trace(A*X), X, assumptions=Q.antihermitian(A)) == -A
