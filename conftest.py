"""What can only be collected where a library for arrays is installed."""

from importlib.util import find_spec

collect_ignore = [f"sympy_matlayout/codegen/{name}_functions.py"
                  for name in ("jax", "scipy", "torch") if not find_spec(name)]
