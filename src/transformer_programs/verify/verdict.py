"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Counterexample", "EveryLength", "Verdict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """An input on which the answers are not what they should be.

    Args:
        tokens: the input as the program sees it, markers included.
        expected: what should be answered, None where nothing is asked; empty where a property is broken that does not
            say what would be right.
        got: what the program answers.
        broken: which property is broken; empty where answers were expected one by one.
        variable: the first variable that goes wrong, in words; empty where that cannot be said.
    """

    tokens: tuple[str, ...]
    expected: tuple[str | None, ...]
    got: tuple[str, ...]
    broken: str = ""
    variable: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it stands in `--json`."""
        return {
            "tokens": list(self.tokens),
            "expected": list(self.expected) or None,
            "got": list(self.got),
            "broken": self.broken or None,
            "variable": self.variable or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryLength:
    """A proof for inputs of every length.

    Args:
        domain: the inputs, in words.
        lemmas: what was used beside the meaning of the nodes, a line each.
        invariants: of a proof by induction, what is true behind every prefix.
        seconds: it took.
    """

    domain: str
    lemmas: tuple[str, ...]
    invariants: tuple[str, ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """As it stands in `--json`."""
        return {
            "domain": self.domain,
            "lemmas": list(self.lemmas),
            "invariants": list(self.invariants),
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How much is known.

    Args:
        method: exhaustive, proof or sample.
        complete: whether every input was looked at or proved. A counterexample ends a proof early.
        inputs: how many inputs the statement is about; of a sample, how many were drawn.
        token_accuracy, sequence_accuracy: shares of right answers and of inputs with all answers right; None where the
            method does not count them.
        counterexamples: the smallest first.
        length: the longest word (markers not counted) that the statement covers.
        notes: what else is to be said, a sentence each.
        every_length: a proof that goes beyond `length`; inputs, accuracies and `length` are of what was run beside it.
    """

    method: str
    complete: bool
    inputs: int
    token_accuracy: float | None
    sequence_accuracy: float | None
    counterexamples: tuple[Counterexample, ...] = ()
    length: int
    notes: tuple[str, ...] = ()
    every_length: EveryLength | None = None

    @property
    def holds(self) -> bool:
        """Whether no counterexample is known."""
        return not self.counterexamples and self.sequence_accuracy in (None, 1.0)

    def as_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "method": self.method,
            "complete": self.complete,
            "inputs": self.inputs,
            "token_accuracy": self.token_accuracy,
            "sequence_accuracy": self.sequence_accuracy,
            "counterexamples": [example.as_json() for example in self.counterexamples],
            "length": self.length,
            "notes": list(self.notes),
            "every_length": self.every_length and self.every_length.as_json(),
        }
