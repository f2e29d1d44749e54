"""Hessians and Hessian-vector products against second differences, and as textbooks print them."""

import itertools

import mpmath
import pytest
import sympy
from definition import SIZES, check_against_definition, m, n, p
from mpmath import mp
from sympy import (
    Determinant,
    MatrixSymbol,
    S,
    Sum,
    Symbol,
    Trace,
    exp,
    log,
    sin,
)
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    OneMatrix,
    Transpose,
)

import sympy_matlayout
from sympy_matlayout import (
    ArgumentError,
    CommutationMatrix,
    DiagonalEmbedding,
    Differential,
    Norm,
    ShapeError,
    VariableError,
    Vec,
    directional_derivative,
    gradient,
    hessian,
    hessian_from_differential,
    hessian_vector_product,
    second_differential,
)
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.numeric.evaluation import vec
from sympy_matlayout.simplify.normal_form import normal_form

i = Symbol("i", integer=True)
k = Symbol("k", integer=True, positive=True)
t = Symbol("t")
x, y, b = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), MatrixSymbol("b", m, 1)
u, v = MatrixSymbol("u", m, 1), MatrixSymbol("v", n, 1)
X, C, U = MatrixSymbol("X", m, n), MatrixSymbol("C", m, n), MatrixSymbol("U", m, p)
W = MatrixSymbol("W", p, n)
A, B, M = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n), MatrixSymbol("M", n, n)

CASES = [
    (x.T*A*x, x, x), (log(1 + exp(x.T*y)), x, x), (Norm(X*x - b)**2, x, x), (Norm(x), x, x),
    (Sum(log(1 + exp(-y[i, 0]*x[i, 0])), (i, 0, n - 1)), x, x), (exp(x.T*A*x/20), x, x),
    (log(Determinant(A + x*x.T)), x, x), ((x.T*A*x)/(x.T*x), x, x),
    (Trace(x.applyfunc(sin).T*A*x), x, x), (Sum(x[i, 0]**3, (i, 0, n - 1)), x, x),
    (x.T*A*y, x, y), (b.T*X*x, X, x), (b.T*X*x, x, X), (Norm(X - U*W)**2, U, W),
    (Norm(X - U*W)**2, U, U), (Trace(X*A*X.T), X, X), (Trace(M*A*M*B), M, M), (Trace(M**3), M, M),
    (Determinant(M), M, M), (log(Determinant(M)), M, M), (Trace(A*M.inverse()), M, M),
    (Norm(X), X, X), (Trace(C.T*HadamardPower(X, 3)), X, X), (Norm(X*X.T)**2, X, X),
    (Trace(C.T*X.applyfunc(sin)), X, X), (Trace(X*A*X.T), X.T, X.T), (Trace(X*A*X.T), X, X.T),
    (Trace(M**k), M, M), (Trace(KroneckerProduct(M, M)*KroneckerProduct(A, B)), M, M),
    (Trace(DiagMatrix(x)*A*DiagMatrix(x)), x, x), (t**2*Trace(X*A*X.T), t, X),
    (t**2*Trace(X*A*X.T), X, t), (t**3*Trace(A), t, t), (Trace(A), x, x),
    (Trace(HadamardProduct(M, M.T)*A), M, M), (u.T*C*v, u, v),
]


def second_partials(f, first, second):
    """All ∂²f/∂xᵢ∂yⱼ by differences, in vec order."""
    symbols_ = [s.arg if isinstance(s, Transpose) else s for s in (first, second)]
    values = example_values([S(f), *symbols_], SIZES)
    h = mpmath.mpf(10)**-10

    def places(variable):
        if not is_matrix(variable):
            return [None]
        rows, cols = (int(s.subs(SIZES)) for s in variable.shape)
        found = [(r, c) for c in range(cols) for r in range(rows)]
        return [(c, r) for r, c in found] if isinstance(variable, Transpose) else found

    def value(*steps):
        moved = {**values, **{s: values[s].copy() if is_matrix(s) else values[s]
                              for s in symbols_}}
        for symbol, place, step in steps:
            if place is None:
                moved[symbol] += step
            else:
                moved[symbol][place] += step
        found = evaluate(S(f), moved)
        return found[0, 0] if isinstance(found, mpmath.matrix) else found

    rows, cols = places(first), places(second)
    H = mpmath.matrix(len(rows), len(cols))
    for r, a in enumerate(rows):
        for c, e in enumerate(cols):
            H[r, c] = sum(sa*se*value((symbols_[0], a, sa*h), (symbols_[1], e, se*h))
                          for sa in (1, -1) for se in (1, -1))/(4*h*h)
    return H, values


@pytest.mark.parametrize("f, first, second", CASES, ids=str)
def test_against_second_differences(f, first, second):
    with mp.workdps(45):
        wanted, values = second_partials(f, first, second)
        found = vec_of_scalar(evaluate(hessian(f, first, second), values))
        assert near(found, wanted, mpmath.mpf(10)**-12), hessian(f, first, second)
        if first == second:
            assert near(found, found.T, mpmath.mpf(10)**-35)
            check_product(f, first, found, values)


def vec_of_scalar(found):
    return found if isinstance(found, mpmath.matrix) else mpmath.matrix([[found]])


def check_product(f, variable, H, values):
    symbol = variable.arg if isinstance(variable, Transpose) else variable
    direction = Differential(symbol)  # any symbol of this shape
    V = Transpose(direction) if symbol != variable else direction
    step = example_values([direction], SIZES, seed=5)[direction]
    found = evaluate(hessian_vector_product(f, variable, V), {**values, direction: step})
    step = step.T if symbol != variable else step
    assert near(vec(found), H*vec(step), mpmath.mpf(10)**-30)


def test_magnus_neudecker_chapter_10():
    K = CommutationMatrix(n, n)
    assert normal_form(hessian(x.T*A*x, x)) == A + A.T
    assert normal_form(hessian(Trace(X*A*X.T), X)) == normal_form(
        KroneckerProduct(A + A.T, Identity(m)))
    assert normal_form(hessian(log(Determinant(M)), M)) == normal_form(
        -KroneckerProduct(M.inverse(), M.T.inverse())*K)  # = -K(M'⁻¹⊗M⁻¹)
    assert hessian(b.T*X*x, x, X).shape == (n, m*n)


def test_it_is_that_of_the_second_differential():
    for f, variable in ((Trace(M*A*M*B), M), (x.T*A*x, x), (Norm(X)**2, X)):
        from_d2f = hessian_from_differential(second_differential(f, variable), variable)
        with mp.workdps(30):
            values = example_values([S(f), variable], SIZES)
            assert near(evaluate(from_d2f, values), evaluate(hessian(f, variable), values),
                        mpmath.mpf(10)**-25)


def test_through_intermediates():
    r = MatrixSymbol("r", m, 1)
    assert normal_form(hessian(r.T*r, x, where={r: b - X*x})) == 2*X.T*X


def test_refusals():
    with pytest.raises(ShapeError, match="for scalars"):
        hessian_vector_product(X*x, x, y)
    with pytest.raises(ShapeError, match="the direction is"):
        hessian_vector_product(x.T*A*x, x, b)


OBJECTIVES = [
    Norm(X*x - b)**2, log(1 + exp(Trace(x.T*y))), log(Determinant(A + DiagMatrix(x))),
    Trace(DiagMatrix(x)*A*DiagMatrix(x)*B), Trace(y.T*(A + DiagMatrix(x)).inverse()*y),
    log(Trace(OneMatrix(1, m)*(X*x).applyfunc(exp))), Trace(b.T*(X*x).applyfunc(sin)),
    Trace((C*(X.T*(X*x).applyfunc(sin)).applyfunc(sin)).T*b), Norm((X*x).applyfunc(sin) - b)**2,
    Trace(KroneckerProduct(x, x).T*KroneckerProduct(y, y)), Trace(x.T*A*x)/Trace(x.T*x),
    Sum(x[i, 0]*log(x[i, 0]), (i, 0, n - 1)), Trace(y.T*(A + x*x.T).inverse()*y),
]


@pytest.mark.parametrize("f", OBJECTIVES, ids=str)
def test_by_a_vector_no_kronecker_product_is_left(f):
    H = hessian(f, x)
    assert not H.has(KroneckerProduct, Vec, CommutationMatrix, DiagonalEmbedding)
    with mp.workdps(45):
        wanted, values = second_partials(f, x, x)
        assert near(evaluate(H, values), wanted, mpmath.mpf(10)**-12), H


@pytest.mark.parametrize("f", [
    Trace(x.T*A*x)**2, Norm(x), exp(Trace(x.T*A*x)/20), Sum(x[i, 0]**3, (i, 0, n - 1)),
    log(Trace(OneMatrix(1, m)*(X*x).applyfunc(exp))), Trace(b.T*(X*x).applyfunc(sin)),
    log(Determinant(A + x*x.T)), Trace(x.T*A*x)/Trace(x.T*x)], ids=str)
def test_third_derivatives_in_every_form(f):
    check_against_definition(hessian(f, x), x)


# --- lists of variables, matrices, scalars, directions -----------------------------------

s = Symbol("s")
BY_ALL = [
    (Norm(X*x + b - u)**2, [x, b]), (t*Norm(X*x - u)**2 + s**3*t, [x, t, s]),
    (Trace(X.T*C*A)*t, [t, X]), (Trace(x.T*A*y) + log(1 + exp(x.T*y)), [y, x]),
    (Norm(x)**2/2 + Trace(u.T*(X*x - b)), [x, u]),  # a Lagrangian: KKT's matrix
]


@pytest.mark.parametrize("f, variables", BY_ALL, ids=str)
def test_by_a_list_of_variables(f, variables):
    """Every block against second differences, in its place."""
    with mp.workdps(45):
        blocks = [[second_partials(f, a, e) for e in variables] for a in variables]
        values = blocks[0][0][1]
        wanted = [[blocks[i][j][0] for j in range(len(variables))] for i in range(len(variables))]
        H = hessian(f, variables)
        found = [[vec_of_scalar(evaluate(H.blocks[i, j], values)) for j in range(len(variables))]
                 for i in range(len(variables))]
        for row, right in zip(found, wanted, strict=True):
            for block, numbers in zip(row, right, strict=True):
                assert near(block, numbers, mpmath.mpf(10)**-12)


def test_by_scalars_alone_it_is_sympys():
    f = exp(s*t)*s**2 + t**3
    assert (hessian(f, [s, t]) - sympy.hessian(f, [s, t])).expand().is_zero_matrix
    assert hessian(f, t) == f.diff(t, 2)
    assert hessian(f, s, t) == f.diff(s, t)
    assert hessian(x.T*A*x*t**3, t) == 6*t*Trace(x.T*A*x)


def test_a_lagrangian_gives_the_matrix_of_karush_kuhn_and_tucker():
    Q_ = MatrixSymbol("Q", n, n)
    H = hessian(Trace(x.T*Q_*x)/2 + Trace(u.T*(X*x - b)), [x, u])
    assert H.blocks[0, 1] == X.T and H.blocks[1, 0] == X and H.blocks[1, 1].is_ZeroMatrix
    assert normal_form(2*H.blocks[0, 0]) == Q_ + Q_.T


@pytest.mark.parametrize("F, variable", [(x*x.T*A, x), (X*A*X.T, X), (X*x, X), (Trace(X.T*C)*X, X)],
                         ids=str)
def test_of_a_matrix_it_is_stacked(F, variable):
    """Magnus and Neudecker, chapter 6.10: Hf_1, Hf_2, … one below the other."""
    H = hessian(F, variable)
    rows, cols = F.shape
    size = variable.shape[0]*variable.shape[1]
    assert sympy.expand(H.shape[0] - rows*cols*size) == 0 and H.shape[1] == size
    with mp.workdps(40):
        values = example_values([F, variable], SIZES)
        found = evaluate(H, values)
        numbers = {key: value for key, value in values.items() if key in (m, n, p)}
        count = [int(numbers.get(q, q)) for q in (rows, cols)]
        k_ = 0
        for j_ in range(count[1]):
            for i_ in range(count[0]):
                entry = vec_of_scalar(evaluate(hessian(F[i_, j_], variable), values))
                assert near(found[k_:k_ + entry.rows, :], entry, mpmath.mpf(10)**-30)
                k_ += entry.rows
        assert k_ == found.rows


def test_of_a_matrix_by_a_scalar_it_has_the_shape_of_the_matrix():
    assert hessian(A*t**3*s, t) == 6*s*t*A
    assert hessian(A*t**3*s, t, s) == 3*t**2*A
    with pytest.raises(VariableError, match="take the derivative by the scalar"):
        hessian(X*t, X, t)
    with pytest.raises(ShapeError, match="by one variable"):
        hessian(X*x, [x, X])
    with pytest.raises(VariableError, match="a list of variables, and a second"):
        hessian(x.T*x, [x], x)
    with pytest.raises(VariableError, match="empty list"):
        hessian(x.T*x, [])


@pytest.mark.parametrize("F, variable, order", [
    (M.inverse(), M, 3), (Trace(x.T*A*x)*exp(Trace(x.T*y)), x, 3), (X*A*X.T*b, X, 2),
    (log(Determinant(M)), M, 3), (sin(t)*A, t, 3), (Norm(X*x - b), x, 1)], ids=str)
def test_along_directions(F, variable, order):
    """The derivative by the numbers t, u, … of F(X + tV + uW + …) at zero."""
    steps = [Symbol(f"V{k}") if not is_matrix(variable) else MatrixSymbol(f"V{k}", *variable.shape)
             for k in range(order)]
    found = directional_derivative(F, variable, *steps)
    assert not is_matrix(F) or found.shape == F.shape
    with mp.workdps(60):
        values = example_values([F, variable, *steps], SIZES)

        def along(*ts):
            moved = values[variable] + sum((r*values[V] for r, V in zip(ts, steps, strict=True)),
                                           0*values[variable])
            return evaluate(F, {**values, variable: moved})

        wanted = _mixed(along, order, mpmath.mpf(10)**-12)
        found = evaluate(found, values)
        assert near(vec_of_scalar(found), vec_of_scalar(wanted), mpmath.mpf(10)**-15)


def _mixed(f, order, h):
    """The derivative by each of the arguments once, by central differences."""
    total = None
    for signs in itertools.product((1, -1), repeat=order):
        term = f(*(h*r for r in signs))*mpmath.fprod(signs)
        total = term if total is None else total + term
    return total/(2*h)**order


def test_directions_are_checked():
    with pytest.raises(ArgumentError, match="no direction"):
        directional_derivative(x.T*x, x)
    with pytest.raises(ShapeError, match="the direction is"):
        directional_derivative(x.T*x, x, u)
    with pytest.raises(VariableError, match="depends on x"):
        directional_derivative(x.T*x, x, A*x)


def test_gradients_by_a_list():
    assert gradient(x.T*A*y, [x, y]) == gradient(x.T*A*y, x, y)
    assert gradient(x.T*y, [x]) == (y,)


def test_a_star_import_takes_no_name_of_sympys():
    assert not set(sympy_matlayout.__all__) & set(sympy.__all__)
    for name in ("hessian", "lambdify", "latex", "pprint", "pretty", "stationary_points",
                 "ShapeError"):
        assert getattr(sympy_matlayout, name).__module__.startswith("sympy_matlayout")
