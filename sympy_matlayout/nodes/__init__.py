"""The expressions that SymPy lacks, one file a family."""
