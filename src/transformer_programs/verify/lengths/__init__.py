"""Proofs for inputs of every length, by Z3 and a few lemmas."""

from transformer_programs.verify.lengths.prove import Open, prove_every_length

__all__ = ["Open", "prove_every_length"]
