"""Transformer Programs: learn them, read them, run them, trust them.

The lower layers import the standard library only; learning lives in `transformer_programs.learn`.
"""

from transformer_programs.program import Program, dumps, load, loads
from transformer_programs.run import Interpreter, run

__all__ = ["Interpreter", "Program", "dumps", "load", "loads", "run"]
__version__ = "0.1.0"
