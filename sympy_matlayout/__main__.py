"""``python -m sympy_matlayout``, and without arguments the table of the source documents."""

import sys

from .command_line import main

if __name__ == "__main__":
    sys.exit(main())
