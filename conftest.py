"""What can only be collected where JAX is installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("jax") else ["sympy_matlayout/codegen/jax_functions.py"]
