"""Programs as Python files: printed, and read back without being executed."""

from transformer_programs.emit.python.printer import print_python

__all__ = ["print_python"]
