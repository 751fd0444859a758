"""Which method decides: exhaustion where it can, then proofs length by length, then a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING

from transformer_programs.errors import ConfigError
from transformer_programs.verify.exhaustion import MOST_INPUTS, MOST_WORDS, Progress, exhaust, walk_for
from transformer_programs.verify.judge import Judge
from transformer_programs.verify.sampling import sample
from transformer_programs.verify.space import WordSpace
from transformer_programs.verify.state import State
from transformer_programs.verify.verdict import Verdict

if TYPE_CHECKING:
    from transformer_programs.verify.symbolic import Goal

__all__ = ["Limits", "Method", "decide"]


class Method(Enum):
    """How it is decided."""

    AUTO = "auto"
    EXHAUSTIVE = "exhaustive"
    PROOF = "proof"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may be spent.

    Args:
        seconds: on proofs, in all.
        samples: random inputs, where nothing else decides.
        seed: of them.
        counterexamples: how many are kept.
    """

    seconds: float = 60.0
    samples: int = 100_000
    seed: int = 0
    counterexamples: int = 3


_LIMITS = Limits()
INSTALL = "pip install 'transformer-programs[verify]'"
SMALL = 200_000
"""Words of one length that are run rather than proved about, before a proof begins."""


def decide(
    judge: Judge,
    goal: Goal | None,
    *,
    method: Method = Method.AUTO,
    limits: Limits = _LIMITS,
    progress: Progress | None = None,
    state: State | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Verdict:
    """Whether a program does what it should on every input of a space.

    Args:
        judge: says what is right, and on which inputs.
        goal: the same for a proof; None: there is none, so that only exhaustion and samples are left.
        method: AUTO: exhaustion up to 10^9 inputs, else proofs within the time limit, else a sample.
        limits: of proofs and samples.
        progress, state: as for `exhaust`.
        say: is told what is being done.

    Raises:
        ConfigError: the method cannot decide this.
    """
    count = judge.space.count()
    if method is Method.EXHAUSTIVE or (method is Method.AUTO and count <= MOST_INPUTS):
        return exhaust(judge, most=limits.counterexamples, progress=progress, state=state)
    if method is Method.AUTO and count <= MOST_WORDS and walk_for(judge) is not None:
        return exhaust(judge, most=limits.counterexamples, progress=progress, state=state)
    notes: list[str] = []
    if method is not Method.SAMPLE:
        verdict = _by_length(judge, goal, limits, method, say)
        if verdict.complete or verdict.counterexamples or method is Method.PROOF:
            return verdict
        notes += verdict.notes
    verdict = sample(judge, limits.samples, seed=limits.seed, most=limits.counterexamples, progress=progress)
    return replace(verdict, notes=(*verdict.notes, *notes))


def _by_length(judge: Judge, goal: Goal | None, limits: Limits, method: Method, say: Callable[[str], None]) -> Verdict:
    """Proofs for one length after the other; short words are run instead."""
    space = judge.space
    if goal is None or not isinstance(space, WordSpace):
        if method is Method.PROOF:
            got = "a specification that only running can check"
            raise ConfigError(place="--method proof", got=got, expected="a task of words, a claim, or a program")
        return _verdict(judge, 0, 0, "no proof was tried: what is right here can only be found by running")
    try:
        from transformer_programs.verify.symbolic import Found, Proved, Unprovable, prove
    except ModuleNotFoundError as error:
        if error.name != "z3":
            raise
        if method is Method.PROOF:
            raise ConfigError(place="--method proof", got="Z3 is not installed", expected=INSTALL) from error
        return _verdict(judge, 0, 0, f"no proof was tried: Z3 is not installed ({INSTALL})")

    covered, done, deadline = 0, 0, monotonic() + limits.seconds
    for length in space.lengths:
        part = replace(space, lengths=(length,))
        if part.count() <= SMALL and method is Method.AUTO:
            few = exhaust(replace(judge, space=part), most=limits.counterexamples, first=True)  # type: ignore[type-var]
            if few.counterexamples:
                return replace(few, notes=("found by running all words of up to this length", *few.notes))
        else:
            say(f"proving for {length} tokens between the markers")
            outcome = prove(judge.program, part, goal, deadline - monotonic())
            match outcome:
                case Proved():
                    pass
                case Found(tokens):
                    example = judge.example(tokens)
                    note = (
                        f"found by the prover: the first in order of the words of {length} tokens, the shortest wrong"
                    )
                    verdict = _verdict(judge, covered, done, note)
                    return replace(verdict, counterexamples=(example,), length=length)
                case Unprovable(reason):
                    return _verdict(judge, covered, done, f"unknown from {length} tokens on: {reason}")
                case _:
                    reason = f"the time limit of {limits.seconds:g} s came first"
                    return _verdict(judge, covered, done, f"unknown from {length} tokens on: {reason}")
        covered, done = covered + part.count(), length
    verdict = _verdict(judge, covered, done, f"proved for every input of up to {done} tokens")
    return replace(verdict, complete=True, token_accuracy=1.0, sequence_accuracy=1.0)


def _verdict(judge: Judge, covered: int, length: int, *notes: str) -> Verdict:
    known = (
        ()
        if not length or notes[0].startswith("proved")
        else (f"proved for all {covered:,} inputs of up to {length} tokens",)
    )
    return Verdict(
        method="proof",
        complete=False,
        inputs=covered,
        token_accuracy=None,
        sequence_accuracy=None,
        length=length,
        notes=(*known, *notes),
    )
