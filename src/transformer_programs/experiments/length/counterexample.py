"""The conjunction of 20 bits, the last five always 1 in training: min-degree interpolator, Transformer, program.

Zhou et al., ICLR 2024, section 4.1: what generalises is decided by what is short in RASP-L, not by what has low degree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transformer_programs.experiments.length.interpolator import (
    MOST_BITS,
    Bits,
    all_bits,
    conjunction_inputs,
    min_degree,
    min_degree_of_cube,
)
from transformer_programs.experiments.length.model import Size
from transformer_programs.experiments.length.samples import FIRST, Format, Random, Sample, asked
from transformer_programs.experiments.length.training import Protocol, exact_match, train_decoder

__all__ = ["CONJUNCTION", "Columns", "counterexample"]

CONJUNCTION = "next = 0 if has_seen(tokens, full(tokens, 0)) else 1;"
"""The RASP-L program: is there a 0 before me? One head."""

OFF, ON = "off the training support", "on it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Accuracies of the three.

    Args:
        where: which inputs.
        interpolator: rounded to 0 or 1.
        transformer: trained on inputs whose last bits are 1.
        program: `CONJUNCTION`, run as RASP-L.
    """

    where: str
    interpolator: float
    transformer: float
    program: float


def counterexample(
    bits: int = 20, fixed: int = 5, *, seed: int = 0, steps: int = 600, count: int = 400
) -> tuple[Columns, Columns]:
    """Trains, computes and compares, on and off the training support.

    Args:
        bits, fixed: how many, and how many of the last are always 1 in training.
        seed: of the Transformer and of the inputs.
        steps: of training.
        count: inputs of each kind.
    """
    free, last = list(range(bits - fixed)), list(range(bits - fixed, bits))
    task = _format(bits, free)
    size = Size(layers=2, heads=2, width=32, context=2 * task.size(bits))
    model = train_decoder(task, size, Protocol(longest=bits, room=bits, steps=steps, rows=16, rate=3e-3), seed)
    random = np.random.default_rng([seed, 4])
    found = []
    for where, inputs in (
        (ON, conjunction_inputs(random, count, bits, free)),
        (OFF, conjunction_inputs(random, count, bits, range(bits), always=last)),
    ):
        truth = inputs.all(axis=1)
        samples = [_sample(row) for row in inputs]
        found.append(
            Columns(
                where=where,
                interpolator=_share(_interpolated(inputs, bits, fixed) == truth),
                transformer=exact_match(model, task, size, samples, seed),
                program=_share(_programmed(inputs) == truth),
            )
        )
    return found[0], found[1]


def _share(right: np.ndarray) -> float:
    return float(right.mean())


def _interpolated(inputs: Bits, bits: int, fixed: int) -> np.ndarray:
    """From the definition where that can be computed, else from the closed form."""
    if bits <= MOST_BITS:
        every = all_bits(bits)
        seen = every[every[:, bits - fixed :].all(axis=1)]
        return np.asarray(min_degree(seen, seen.all(axis=1).astype(float))(inputs) > 0.5)
    used, _ = min_degree_of_cube(bits, fixed)
    return np.asarray(inputs[:, :used].all(axis=1))


def _programmed(inputs: Bits) -> np.ndarray:
    from transformer_programs.rasp.raspl import RaspLSession
    from transformer_programs.rasp.raspl.stream import Stream

    session = RaspLSession()
    session.run(CONJUNCTION, "the conjunction")
    sop = session.sop("next").expr
    answers = []
    for row in inputs.tolist():
        stream = Stream(sop)
        answers.append([stream.push(bit) for bit in row][-1])
    return np.array(answers, bool)


def _sample(row: np.ndarray) -> Sample:
    return asked([FIRST + int(bit) for bit in row], [FIRST + int(row.all())])


def _format(bits: int, free: list[int]) -> Format:
    def draw(random: Random, length: int, symbols: int) -> Sample:
        return _sample(conjunction_inputs(random, 1, bits, free)[0])

    return Format(
        name="conjunction",
        summary=f"the conjunction of {bits} bits",
        symbols=lambda longest: ("0", "1"),
        draw=draw,
        size=lambda length: bits + 4,
        witness=None,
        expected="generalises",
    )
