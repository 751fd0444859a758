"""Proofs for inputs of one length, by Z3: the only part of the package that needs it."""

from transformer_programs.verify.goals import Goal
from transformer_programs.verify.symbolic.prove import Found, Outcome, Proved, Unknown, Unprovable, prove

__all__ = ["Found", "Goal", "Outcome", "Proved", "Unknown", "Unprovable", "prove"]
