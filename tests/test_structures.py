"""
Structured variables from the definition: the free entries are perturbed one by one.

The patterns of the free entries are written here by hand, column by column.
All tests use n = 4, as a skew-symmetric matrix of odd size has no inverse.
"""

import pickle

import mpmath
import pytest
import sympy
from definition import n
from mpmath import mp
from sympy import (
    Determinant,
    Matrix,
    MatrixSymbol,
    Q,
    Symbol,
    Trace,
    ask,
    exp,
    latex,
    log,
    pretty,
    sin,
    srepr,
    symbols,
)
from sympy.core.symbol import Str
from sympy.matrices.expressions import HadamardProduct, Identity, KroneckerProduct, Transpose

import sympy_matlayout
from sympy_matlayout import (
    CirculantBasis,
    ConventionError,
    DiagonalMatrixSymbol,
    DuplicationMatrix,
    FormError,
    HankelBasis,
    LowerOnes,
    LowerTriangularMatrixSymbol,
    Norm,
    ShapeError,
    SkewDuplicationMatrix,
    SkewSymmetricMatrixSymbol,
    StructureError,
    SymmetricMatrixSymbol,
    SymmetrizerMatrix,
    ToeplitzBasis,
    UpperDuplicationMatrix,
    UpperOnes,
    UpperTriangularMatrixSymbol,
    Vech,
    canonical,
    convert_convention,
    gradient,
    hessian,
    hessian_vector_product,
    jacobian,
    matrix_derivative,
    register_structure,
    tangent_projection,
)
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.numeric.evaluation import vec
from sympy_matlayout.simplify.normal_form import normal_form

SIZE = 4
TOLERANCE = mpmath.mpf(10)**-14

# where each free entry stands, with its sign, in the order of vech
PATTERNS = {
    "symmetric": [{(i, j): 1, (j, i): 1} for j in range(SIZE) for i in range(j, SIZE)],
    "skew": [{(i, j): 1, (j, i): -1} for j in range(SIZE) for i in range(j + 1, SIZE)],
    "diagonal": [{(i, i): 1} for i in range(SIZE)],
    "lower": [{(i, j): 1} for j in range(SIZE) for i in range(j, SIZE)],
    "upper": [{(i, j): 1} for j in range(SIZE) for i in range(j + 1)],
    "toeplitz": [{(i, j): 1 for i in range(SIZE) for j in range(SIZE) if i - j == d}
                 for d in range(1 - SIZE, SIZE)],
    "hankel": [{(i, j): 1 for i in range(SIZE) for j in range(SIZE) if i + j == d}
               for d in range(2*SIZE - 1)],
    "circulant": [{(i, j): 1 for i in range(SIZE) for j in range(SIZE) if (i - j) % SIZE == d}
                  for d in range(SIZE)],
}
NAMED = ["symmetric", "skew", "diagonal", "lower", "upper"]

A, B, X = (MatrixSymbol(name, n, n) for name in "ABX")
a, b = MatrixSymbol("a", n, 1), MatrixSymbol("b", n, 1)
N, W = Symbol("N"), MatrixSymbol("W", n, n)
XI = X.inverse()

SCALARS = {
    "log det X": log(Determinant(X)),
    "tr AX": Trace(A*X),
    "tr AX⁻¹": Trace(A*XI),
    "a'Xb": a.T*X*b,
    "tr X²": Trace(X*X),
    "tr XAXB": Trace(X*A*X*B),
    "tr XAX'B": Trace(X*A*X.T*B),
    "det X": Determinant(X),
    "tr X³": Trace(X**3),
    "‖X‖": Norm(X),
    "‖X − A‖²": Norm(X - A)**2,
    "tr A exp X": Trace(A*X.applyfunc(exp)),
    "X₁₀ + X₀₁²": X[1, 0] + X[0, 1]**2,
    "a'X⁻¹b": a.T*XI*b,
    "tr A(X∘X)": Trace(A*HadamardProduct(X, X)),
    "log det(A + XBX')": log(Determinant(A + X*B*X.T)),
    "Gaussian": -N*log(Determinant(X))/2 - Trace(XI*A)/2,
    "Gaussian, one sample": -log(Determinant(X))/2 - Trace((a - b).T*XI*(a - b))/2,
    "Wishart": (N - SIZE - 1)*log(Determinant(X))/2 - Trace(W*X)/2,
    "inverse Wishart": -(N + SIZE + 1)*log(Determinant(X))/2 - Trace(W*XI)/2,
}
MATRICES = {
    "AXB": A*X*B, "X⁻¹": XI, "X'AX": X.T*A*X, "X²": X*X, "Xa": X*a, "det X · X": Determinant(X)*X,
    "sin X": X.applyfunc(sin), "X⊗A": KroneckerProduct(X, MatrixSymbol("C", 2, 1)),
    "vech X": Vech(X),
}

def from_patterns(structure, chance=0):
    """A random matrix with the structure, far from singular."""
    found = mpmath.matrix(SIZE, SIZE)
    for k, pattern in enumerate(PATTERNS[structure]):
        value = mpmath.mpf(1)/3 + mpmath.mpf((7*k + 3*chance) % 5)/4
        if any(i == j for i, j in pattern):
            value += 3 if structure in NAMED else mpmath.mpf(k)/7
        for (i, j), sign in pattern.items():
            found[i, j] += sign*value
    return found

def point(f, structure, variable=X):
    values = example_values([sympy.sympify(f), X, W], {n: SIZE})
    return {**values, variable: from_patterns(structure), X: from_patterns(structure)}

def moved(values, pattern, step, variable=X):
    at = values[variable].copy()
    for (i, j), sign in pattern.items():
        at[i, j] += sign*step
    return {**values, variable: at}

def partials(f, structure, values):
    """The derivative of vec f by each free entry, as columns."""
    h = mpmath.mpf(10)**-12
    columns = [(vec(evaluate(f, moved(values, p, h))) - vec(evaluate(f, moved(values, p, -h))))
               / (2*h) for p in PATTERNS[structure]]
    found = mpmath.matrix(columns[0].rows, len(columns))
    for s, column in enumerate(columns):
        for r in range(column.rows):
            found[r, s] = column[r, 0]
    return found

def spread(row, structure, convention):
    """The derivatives by the free entries as a table, by the definition of the convention."""
    found = mpmath.matrix(SIZE, SIZE)
    for k, pattern in enumerate(PATTERNS[structure]):
        share = len(pattern) if convention == "projection" else 1
        for (i, j), sign in pattern.items():
            found[i, j] = sign*row[k]/share
    return found

def value(expr, values):
    found = evaluate(expr, values)
    return found if isinstance(found, mpmath.matrix) else mpmath.matrix([[found]])

@pytest.mark.parametrize("structure", PATTERNS)
@pytest.mark.parametrize("name", SCALARS)
def test_gradients(name, structure):
    f = SCALARS[name]
    with mp.workdps(40):
        values = point(f, structure)
        wanted = partials(f, structure, values)
        vech = matrix_derivative(f, X, structure=structure, form="vech", layout="numerator")
        assert near(value(vech, values), wanted, TOLERANCE), vech
        assert near(value(matrix_derivative(f, X, structure=structure, form="vech"), values),
                    wanted.T, TOLERANCE)
        for convention in ("projection", "entries"):
            table = spread(list(wanted), structure, convention)
            G = gradient(f, X, structure=structure, convention=convention)
            assert near(value(G, values), table, TOLERANCE), (convention, G)
            by_rows = matrix_derivative(f, X, structure=structure, convention=convention,
                                        layout="numerator", form="vec")
            assert near(value(by_rows, values), vec(table).T, TOLERANCE)

@pytest.mark.parametrize("structure", PATTERNS)
@pytest.mark.parametrize("name", MATRICES)
def test_jacobians(name, structure):
    F = MATRICES[name]
    with mp.workdps(40):
        values = point(F, structure)
        wanted = partials(F, structure, values)
        J = matrix_derivative(F, X, structure=structure, form="vech", layout="numerator")
        assert near(value(J, values), wanted, TOLERANCE), J
        assert near(value(matrix_derivative(F, X, structure=structure, form="vech"), values),
                    wanted.T, TOLERANCE)
        for convention in ("projection", "entries"):
            J = jacobian(F, X, structure=structure, convention=convention)
            for r in range(wanted.rows):
                table = spread(list(wanted[r, :]), structure, convention)
                assert near(value(J, values)[r, :], vec(table).T, TOLERANCE), (convention, J)

@pytest.mark.parametrize("structure", PATTERNS)
@pytest.mark.parametrize("name", ["log det X", "tr AX⁻¹", "tr XAXB", "tr X³", "tr A(X∘X)",
                                  "Gaussian", "X₁₀ + X₀₁²", "det X"])
def test_hessians(name, structure):
    f = SCALARS[name]
    with mp.workdps(60):
        values = point(f, structure)
        h = mpmath.mpf(10)**-14
        patterns = PATTERNS[structure]
        wanted = mpmath.matrix(len(patterns), len(patterns))
        for r, p in enumerate(patterns):
            for s, q in enumerate(patterns):
                wanted[r, s] = sum(i*j*value(f, moved(moved(values, p, i*h), q, j*h))[0, 0]
                                   for i in (1, -1) for j in (1, -1))/(4*h*h)
        H = hessian(f, X, structure=structure, form="vech")
        assert near(value(H, values), wanted, mpmath.mpf(10)**-12), H
        projected = value(hessian(f, X, structure=structure), values)
        assert near(projected, projected.T, mpmath.mpf(10)**-30)
        V = MatrixSymbol("V", n, n)
        direction = {V: from_patterns(structure, chance=2)}
        product = hessian_vector_product(f, X, V, structure=structure)
        assert near(vec(value(product, {**values, **direction})),
                    projected*vec(direction[V]), mpmath.mpf(10)**-25)

def test_textbook_forms_of_the_two_conventions():
    S = SymmetricMatrixSymbol("S", n)
    SI = S.inverse()
    # Matrix Cookbook (138), (141), (143); Srinivasan & Panda 2019
    assert gradient(log(Determinant(S)), S) == SI
    assert normal_form(gradient(log(Determinant(S)), S, convention="entries")) == normal_form(
        2*SI - HadamardProduct(SI, Identity(n)))
    assert normal_form(gradient(Trace(A*S), S)) == normal_form(A/2 + A.T/2)
    assert normal_form(gradient(Trace(A*S), S, convention="entries")) == normal_form(
        A + A.T - HadamardProduct(A, Identity(n)))
    assert gradient(Trace(S*S), S) == 2*S
    # Magnus & Neudecker, 10.9
    assert normal_form(hessian(log(Determinant(S)), S, form="vech")) == normal_form(
        -DuplicationMatrix(n).T*KroneckerProduct(SI, SI)*DuplicationMatrix(n))
    assert jacobian(SI, S) == -KroneckerProduct(SI, SI)*SymmetrizerMatrix(n)

SYMBOLS = {
    "symmetric": SymmetricMatrixSymbol("S", n), "skew": SkewSymmetricMatrixSymbol("S", n),
    "diagonal": DiagonalMatrixSymbol("S", n), "lower": LowerTriangularMatrixSymbol("S", n),
    "upper": UpperTriangularMatrixSymbol("S", n),
}

@pytest.mark.parametrize("structure", NAMED)
@pytest.mark.parametrize("name", SCALARS)
def test_symbols_carry_their_structure(name, structure):
    S = SYMBOLS[structure]
    f = SCALARS[name].xreplace({X: S})
    for convention in ("projection", "entries"):
        by_symbol = gradient(f, S, convention=convention)
        by_name = gradient(SCALARS[name], X, structure=structure, convention=convention)
        with mp.workdps(30):
            values = {**point(f, structure, S), **point(SCALARS[name], structure)}
            assert near(value(by_symbol, values), value(by_name, values), TOLERANCE)

@pytest.mark.parametrize("structure", NAMED)
def test_symbols_are_ordinary_sympy(structure):
    S = SYMBOLS[structure]
    small = S.subs(n, 3)
    explicit = small.as_explicit()
    sign = {"symmetric": 1, "skew": -1, "diagonal": 1}.get(structure)
    if sign:
        assert S.T == sign*S and explicit.T == sign*explicit and S.T.doit() == sign*S
    else:
        assert S.T == Transpose(S) and small.T.as_explicit() == explicit.T
    zero = {"diagonal": lambda i, j: i != j, "lower": lambda i, j: i < j,
            "upper": lambda i, j: i > j, "skew": lambda i, j: i == j}.get(structure)
    for i in range(3):
        for j in range(3):
            assert (explicit[i, j] == 0) == bool(zero and zero(i, j))
    free = {entry for e in explicit for entry in e.atoms(sympy.matrices.expressions.matexpr.
                                                         MatrixElement)}
    assert len(free) == len([p for p in PATTERNS[structure]
                             if all(max(place) < 3 for place in p)])
    space = vars(sympy) | {"Str": Str} | vars(sympy_matlayout)
    assert S.func(*S.args) == S == pickle.loads(pickle.dumps(S)) == eval(srepr(S), space)
    assert pretty(S) == latex(S) == str(S) == "S" and S.free_symbols == {S}
    assert S.xreplace({S: X}) == X and (A*S).subs(S, X) == A*X and type(S.subs(n, 3)) is type(S)

def test_sympys_questions_are_answered():
    S, D = SYMBOLS["symmetric"], SYMBOLS["diagonal"]
    assert ask(Q.symmetric(S)) and ask(Q.symmetric(D)) and ask(Q.diagonal(D))
    assert ask(Q.lower_triangular(SYMBOLS["lower"])) and ask(Q.upper_triangular(SYMBOLS["upper"]))
    assert ask(Q.upper_triangular(D)) and ask(Q.lower_triangular(D))

def test_the_differential_stays_structured():
    from sympy_matlayout import Differential, derivation, differential, gradient_from_differential
    for structure, S in SYMBOLS.items():
        dS = Differential(S)
        f = Trace(A*S*B*S)
        dL = differential(f, S)
        G = gradient_from_differential(dL, S)
        with mp.workdps(30):
            values = {**point(f, structure, S), dS: from_patterns(structure, chance=3)}
            assert near(value(G, values), value(gradient(f, S), values), TOLERANCE)
            assert near(value(Trace(G.T*dS), values), value(dL, values), TOLERANCE)
            result = derivation(f, S).result
            assert near(value(result, values), value(gradient(f, S), values), TOLERANCE)
    assert Differential(SYMBOLS["symmetric"]).T == Differential(SYMBOLS["symmetric"])
    assert Differential(SYMBOLS["skew"]).T == -Differential(SYMBOLS["skew"])

@pytest.mark.parametrize("structure", PATTERNS)
def test_conversions_between_conventions(structure):
    f = SCALARS["tr XAXB"]
    given = {name: gradient(f, X, structure=structure, convention=name)
             for name in ("projection", "entries")}
    given["vech"] = matrix_derivative(f, X, structure=structure, form="vech")
    given["plain"] = gradient(f, X)
    with mp.workdps(30):
        values = point(f, structure)
        for source, G in given.items():
            for target in ("projection", "entries", "vech"):
                G_of_size = G
                if source == "vech":
                    G_of_size = given["vech"]
                found = convert_convention(G_of_size, source, target, structure=structure)
                assert near(value(found, values), value(given[target], values), TOLERANCE), (
                    source, target, found)

BASES = {"skew": SkewDuplicationMatrix, "upper": UpperDuplicationMatrix,
         "toeplitz": ToeplitzBasis, "hankel": HankelBasis, "circulant": CirculantBasis}

@pytest.mark.parametrize("structure", BASES)
def test_bases(structure):
    i, j = symbols("i j", integer=True)
    node = BASES[structure](n)
    explicit = BASES[structure](SIZE).as_explicit()
    for s, pattern in enumerate(PATTERNS[structure]):
        for r in range(SIZE**2):
            assert explicit[r, s] == pattern.get((r % SIZE, r//SIZE), 0)
            assert node[i, j].subs(n, SIZE).subs({i: r, j: s}) == explicit[r, s]
    basis = explicit
    assert BASES[structure](SIZE).pinv().as_explicit() == (basis.T*basis).inv()*basis.T

def test_triangles_of_ones():
    for node, keeps in ((LowerOnes, lambda i, j: i >= j), (UpperOnes, lambda i, j: i <= j)):
        assert node(3).as_explicit() == Matrix([[int(keeps(i, j)) for j in range(3)]
                                                for i in range(3)])
        assert node(3).T.as_explicit() == node(3).as_explicit().T
        assert node(3).det() == 1 and Trace(node(n)).doit() == n

def test_a_structure_of_ones_own():
    from sympy.matrices.expressions import OneMatrix
    register_structure("one number", lambda k: OneMatrix(k**2, 1),
                       projected=lambda G: Trace(OneMatrix(*G.shape)*G)/n**2*OneMatrix(n, n))
    f = Trace(A*X*X)
    found = matrix_derivative(f, X, structure="one number", form="vech")
    with mp.workdps(30):
        values = {**example_values([f, X], {n: SIZE}), X: mpmath.ones(SIZE)*mpmath.mpf("0.7")}
        step = mpmath.mpf(10)**-10
        ends = [value(f, {**values, X: values[X] + s*step*mpmath.ones(SIZE)})[0, 0]
                for s in (1, -1)]
        assert near(value(found, values)[0, 0], (ends[0] - ends[1])/(2*step), TOLERANCE)

def test_tangents_of_orthogonal_matrices():
    m = Symbol("m", integer=True, positive=True)
    Y, G = MatrixSymbol("Y", m, n), MatrixSymbol("G", m, n)
    Z = tangent_projection(G, Y)
    with mp.workdps(30):
        values = example_values([G], {n: 3, m: 5})
        values[Y] = mpmath.qr(example_values([Y], {n: 3, m: 5}, seed=3)[Y])[0][:, :3]
        tangent = value(Z, values)
        skew = values[Y].T*tangent
        assert near(skew, -skew.T, TOLERANCE)
        normal = values[G] - tangent  # orthogonal to every tangent, such as YK with K skew
        K = mpmath.matrix([[0, 1, 2], [-1, 0, 3], [-2, -3, 0]])
        product = (normal.T*values[Y]*K)
        assert abs(sum(product[i, i] for i in range(3))) < TOLERANCE
    assert normal_form(tangent_projection(A, X, "positive definite")) == normal_form(A/2 + A.T/2)

R = MatrixSymbol("R", n, n + 1)
REFUSED = {
    "rectangular": (ShapeError, "a symmetric matrix is square",
                    lambda: gradient(Trace(R*R.T), R, structure="symmetric")),
    "vech without structure": (FormError, "without a structure",
                               lambda: matrix_derivative(Trace(X), X, form="vech")),
    "unknown structure": (StructureError, "unknown structure 'sparse'; the structures are",
                          lambda: gradient(Trace(X), X, structure="sparse")),
    "unknown convention": (ConventionError, "unknown convention 'half'; the conventions are",
                           lambda: gradient(Trace(X), X, structure="symmetric",
                                            convention="half")),
    "contradiction": (StructureError, "S is symmetric, and structure='skew' says otherwise",
                      lambda: gradient(Trace(SYMBOLS["symmetric"]), SYMBOLS["symmetric"],
                                       structure="skew")),
    "a scalar": (ShapeError, "is a scalar and has no structure",
                 lambda: gradient(N**2, N, structure="symmetric")),
    "a symbol that is not square": (ShapeError, "is square, got 2×3",
                                    lambda: SymmetricMatrixSymbol("S", 2, 3)),
    "names": (ConventionError, "can't go from 'half'",
              lambda: convert_convention(X, "half", "vech", structure="symmetric")),
    "another length": (ShapeError, "is not that of the free entries", lambda: convert_convention(
        MatrixSymbol("v", 5, 1), "vech", "entries", structure="symmetric")),
}

@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    error, message, call = REFUSED[name]
    with pytest.raises(error, match=message):
        call()

def test_several_variables_with_structures_of_their_own():
    f = Trace(A*X*B*W)
    found = gradient(f, X, W, structure={X: "symmetric", W: "diagonal"})
    with mp.workdps(30):
        values = {**point(f, "symmetric"), W: from_patterns("diagonal")}
        for G, variable, structure in zip(found, (X, W), ("symmetric", "diagonal"), strict=True):
            assert near(value(G, values), value(gradient(f, variable, structure=structure), values),
                        TOLERANCE)


@pytest.mark.parametrize("structure", NAMED)
def test_derivations_with_a_structure(structure):
    from sympy_matlayout import Differential, derivation, differential
    dX = Differential(X)
    for f in (Trace(A*X*B*X), X*A*X):
        steps = derivation(f, X, structure=structure)
        with mp.workdps(40):
            values = {**point(f, structure), dX: from_patterns(structure, chance=3)}
            dF = value(differential(f, X), values)
            worked_out = [s.right for s in steps if s.left == Differential(steps[0].left)
                          and all(d == dX for d in s.right.atoms(Differential))]
            assert worked_out and all(near(value(e, values), dF, TOLERANCE) for e in worked_out)
            wanted = matrix_derivative(f, X, structure=structure)
            assert near(value(steps.result, values), value(wanted, values), TOLERANCE)
    assert differential(Trace(A*X.T), X, structure="symmetric") == Trace(A*dX)


@pytest.mark.parametrize("structure", NAMED)
def test_the_hessian_of_the_second_differential(structure):
    from sympy_matlayout import hessian_from_differential, second_differential
    V = SYMBOLS[structure]
    far = (V + 9*Identity(n)).inverse()
    for f in (Trace(A*V*B*V), Trace(A*V*B*V.T), Norm(V*a)**2, Trace(far*A)):
        found = hessian_from_differential(second_differential(f, V), V)
        with mp.workdps(30):
            values = point(f, structure, V)
            assert near(value(found, values), value(hessian(f, V), values), TOLERANCE)


@pytest.mark.parametrize("structure", ["lower", "upper", "symmetric"])
def test_by_the_transpose(structure):
    from sympy_matlayout import derivation
    V = SYMBOLS[structure]
    turned = gradient(Trace(A*V*B), V.T)
    assert normal_form(turned) == normal_form(gradient(Trace(A*V*B), V).T)
    assert normal_form(derivation(Trace(A*V*B), V.T).result) == normal_form(turned)


def test_simplest_hessians():
    S = SYMBOLS["symmetric"]
    D = DuplicationMatrix(n)
    assert hessian(Trace(S**2), S, form="vech") == 2*D.T*D == hessian(Norm(S)**2, S, form="vech")
    assert hessian(Norm(S)**2, S) == canonical(2*SymmetrizerMatrix(n))
    for name in ("lower", "upper"):
        assert hessian(Norm(SYMBOLS[name])**2, SYMBOLS[name], form="vech") == 2*Identity(
            n*(n + 1)/2)


def test_a_basis_without_a_pseudo_inverse_of_its_own():
    from sympy.matrices.expressions import OneMatrix
    register_structure("constant", lambda k: OneMatrix(k**2, 1))
    J = jacobian(X*X, X, structure="constant")
    with mp.workdps(30):
        values = {**example_values([A, X], {n: SIZE}), X: mpmath.ones(SIZE)}
        ones = mpmath.ones(SIZE)
        along = vec(values[X]*ones + ones*values[X])
        assert near(value(J, values)*vec(ones), along, TOLERANCE)


MORE_REFUSED = {
    "transposes of one's own structure": (
        StructureError, "what structure the transposes",
        lambda: (register_structure("first column", lambda k: KroneckerProduct(
            sympy_matlayout.MatrixUnit(k, 1, 0, 0), Identity(k))),
                 gradient(Trace(A*X), X.T, structure="first column"))),
    "a structure of something else": (StructureError, "names B, and the variables are X",
                                      lambda: gradient(Trace(A*X), X, structure={B: "lower"})),
    "two symbols of one name": (
        sympy_matlayout.VariableError, "give them different names",
        lambda: gradient(Trace(A*X*SymmetricMatrixSymbol("X", n)), X, structure="symmetric")),
    "another of the same name": (
        sympy_matlayout.VariableError, "holds another S",
        lambda: gradient(Trace(SYMBOLS["lower"]*MatrixSymbol("S", n, n)), SYMBOLS["lower"])),
    "a basis": (StructureError, "is a function of the size", lambda: register_structure("b", 5)),
    "a list": (StructureError, "unknown structure",
               lambda: gradient(Trace(X), X, structure=["symmetric"])),
}


@pytest.mark.parametrize("name", MORE_REFUSED)
def test_also_refused(name):
    error, message, call = MORE_REFUSED[name]
    with pytest.raises(error, match=message):
        call()
