"""The algebra of matrix expressions: constructors, index notation, canonical forms."""
