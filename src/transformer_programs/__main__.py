"""`python -m transformer_programs` is `tprog`."""

import sys

from transformer_programs.cli import main

if __name__ == "__main__":
    sys.exit(main())
