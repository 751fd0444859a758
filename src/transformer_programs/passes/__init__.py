"""Simplifications: each keeps the program equal on every input, one a file. Layer 2."""
