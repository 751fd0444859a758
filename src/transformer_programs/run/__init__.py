"""Running programs: the reference interpreter and its trace. Layer 2, standard library only."""

from transformer_programs.run.interpreter import UNKNOWN, Interpreter, Trace, admit, run

__all__ = ["UNKNOWN", "Interpreter", "Trace", "admit", "run"]
