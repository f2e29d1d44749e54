"""
How far the library goes: every limit by name, with its reason.

Past a limit nothing becomes wrong.  An expression is left as it is, or rebuilt part by
part, or refused with the size that is too large.
"""

from __future__ import annotations

# --- simplification ---------------------------------------------------------------------

# A product of sums is multiplied out into at most so many terms.
EXPANDED_TERMS = 128
# An expression that would have more terms multiplied out keeps its products of sums.
MULTIPLIED_TERMS = 32
# It keeps them, too, where its form multiplied out would be so many times as long.
MULTIPLIED_LENGTH = 5
# A power is written out as a product up to this exponent.
EXPANDED_POWER = 16
# So many ways to multiply the sums of a product by numbers are compared.
PLACES_OF_NUMBERS = 200
# A sum of more terms than this is not searched for common factors: the search is quadratic.
FACTORED_TERMS = 64
# In a sum of up to so many terms several ways to factor it are followed to their ends.
SEARCHED_TERMS = 8
# The same of terms with Kronecker products and vecs, which are costlier to take apart.
SEARCHED_PAIRS = 4
# A way of more operations is counted as it stands, and not with its numbers where they cost
# least: one more or less isn't what decides, and to place them takes as long as to factor.
NUMBERS_WEIGHED = 10
# A sum of up to so many commuting products is factored as a polynomial.
POLYNOMIAL_TERMS = 12
# A polynomial of more terms multiplied out, or of more products of powers up to its degrees, isn't
# searched for factors: a sum of k quotients over one denominator has 2**k terms.
FACTORED_MONOMIALS, FACTORED_POWERS = 64, 4096
# So many sums of one product are multiplied out at once to see whether terms cancel.
OPENED_SUMS = 2
# A sum that was written as one is multiplied out into at most so many terms to see it.
OPENED_TERMS = 32
# A scalar of more operations than this is left as it is: factoring takes long.
SHORTENED_OPERATIONS = 80
# With I in it already past so many: over the Gaussian numbers it takes minutes.
FACTORED_OVER_I = 30
# So many trees of equal orders are followed when indices are numbered; past it two equal
# terms may be numbered in two ways, and stay apart.
NUMBERINGS = 512
# So many steps to make the indices of neighbours match; each splits or joins a factor.
ALIGNMENTS = 64
# In a product of up to so many entries every one is tried as the one between rows and columns.
TRIED_FACTORS = 3
# All orders of up to so many factors of a Kronecker product are tried (24 of four).
ORDERED_BLOCKS = 4
# Rounds of a simplification; one nearly always is enough, the next finds nothing to do.
ROUNDS = 4
# Larger and deeper expressions are simplified part by part, but for flat sums of small terms.
WHOLE_NODES = 500
WHOLE_TERM_NODES = 150
WHOLE_LEVELS = 25
# The determinant of an explicit matrix with symbols is looked at up to so many rows.
EXPLICIT_ROWS = 4
# A trace of a product of sums is split into at most so many traces, which was asked for.
SPLIT_TERMS = 1 << 12

# --- derivatives ------------------------------------------------------------------------

# A derivative is written with one term for each occurrence of its variable, as a textbook
# does, up to so many; past it sharing matters more.
DISTRIBUTED_TERMS = 64
# Parts of a deep function are at most so many levels deep.
PART_LEVELS = 4
# A function of more nodes is shown in the parts of its derivation alone.
GIVEN_NODES = 120
# A derivation shows so many terms of a sum in a step, more would be no step to read.
SHOWN_TERMS = 8
# So many of the first terms of a sum over an index are looked at for powers that are constant
# in them, as M**0 is.
TERMS_APART = 16

# A result of more nodes is printed with names for what it holds more than once: nobody reads
# some fifty thousand letters, and those of a network of residual layers double with each.
PRINTED_NODES = 10_000
# Sums of units are written as a matrix with its entries up to so many: a Jacobian of 3×3 by 3×3.
SHOWN_ENTRIES = 81
# A matrix of somebody else's class is written out by its entries up to so many.
WRITTEN_ENTRIES = 1024

# --- what SymPy's diff gives under install() --------------------------------------------

# SymPy's own form of a result is compared with ours up to this size.
COMPARED_NODES = 300
# Ours and theirs are compared entry by entry up to so many.
COMPARED_ENTRIES = 256

# --- code -------------------------------------------------------------------------------

# Code is kept for so many sets of shapes of one function.
KEPT_SHAPES = 64
# An array over all indices of a sum has at most so many entries; larger ones are summed term
# by term.
ENTRIES_AT_ONCE = 1 << 26
# All orders of the factors of a product are weighed up to so many; of more, a few at a time.
WEIGHED_FACTORS = 12
# A product is multiplied out over a sum of at most so many terms in it.
MULTIPLIED_SUMMANDS = 4
# Sums within sums that are multiplied out over a vector; further ones are formed.
SUMS_WITHIN = 2
# So many levels above its leaves every sum is formed: what is cheaper is not tried.
WEIGHED_LEVELS = 60
# A product with Kronecker products is contracted over its indices up to so many terms, and so
# many entries in each: all subsets of these are weighed.
CONTRACTED_TERMS = 12
CONTRACTED_ENTRIES = 8
# Up to so many operations are put in the order that needs the least memory.
REORDERED_OPERATIONS = 400

# --- numbers, and claims held against them ----------------------------------------------

# What one evaluation may cost, in multiplications; about as many take a second or two.  A
# function is evaluated some dozen times.
WORK, WORK_FOR_FUNCTION = 10**6, 2*10**5
# The same of a look at other phases of eigenvectors, whose sizes may be given.
PHASE_WORK = 100*WORK
# What all partial derivatives at a point may cost; where they cost more, only some of them
# are taken, and directions in which all entries move.
WORK_FOR_PARTIALS = 4*10**5
# What the search for other sides of kinks may cost, in attempts and multiplications, how many
# points come of it, and how many kinks of one function are met.
WORK_FOR_SIDES = 60, 10**6
SIDES = 8
KINKS = 4
# Entries of one matrix of examples; its size is refused past them.
EXAMPLE_ENTRIES = 10**5
# Points that a claim is compared at; each costs a definition of its own.
POINTS = 100
# Places in a wrong claim at which a transpose is tried.
TRANSPOSED_PLACES = 30
# How often the digits are doubled where a comparison can't be told from rounding.
DOUBLINGS = 2

# --- what is given ----------------------------------------------------------------------

# Nobody nests deeper by hand; a circle in somebody's objects ends here.
NESTED_LEVELS = 1_000_000

# --- text that is read -------------------------------------------------------------------

# Nobody writes longer formulas by hand, nor deeper brackets or sums of more terms.
TEXT = 20_000
TEXT_DEPTH = 50
TEXT_LEVELS = 150
TEXT_OPERATIONS = 4000
NUMBER_DIGITS = 300
# A line longer than this is shown in part, around the place that is meant.
SHOWN_TEXT = 90
# So many choices of scalars, vectors and matrices are tried, and so many that are as likely
# compared.
READINGS = 1000
TIED_READINGS = 4

# --- what is kept of earlier work -------------------------------------------------------

# Nodes and shapes are looked up in every step of a sweep, forms once for an expression.
CACHED_NODES = 1 << 16
CACHED_TERMS = 1 << 14
CACHED_FORMS = 1 << 12
