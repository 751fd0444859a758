"""Programs as Python files: printed, and read back without being executed."""

from transformer_programs.emit.python.printer import print_python
from transformer_programs.emit.python.reader import read_python

__all__ = ["print_python", "read_python"]
