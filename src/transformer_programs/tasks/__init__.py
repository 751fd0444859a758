"""Tasks and data: generators with exact oracles, enumerators of all inputs, readers of users' files. Layer 3."""

from transformer_programs.tasks.dataset import Dataset, Encoded, Example, Kind, encode

__all__ = ["Dataset", "Encoded", "Example", "Kind", "encode"]
