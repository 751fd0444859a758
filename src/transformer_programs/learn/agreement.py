"""The agreement check that ends every conversion: do all executors say the same? (docs/design.md, the invariant.)"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from transformer_programs.batch import Batch
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.program import Program, dumps, loads
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Encoded

__all__ = ["Agreement", "agreement", "with_learner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How many inputs were compared, on which executors, and on how many any two differed."""

    inputs: int
    differences: int
    executors: tuple[str, ...]


def agreement(program: Program, learned: Program, data: Dataset, *, seed: int = 0, samples: int = 200) -> Agreement:
    """Compares the executors on inputs of the data and on as many random ones.

    Args:
        program: the simplified program.
        learned: as it left the learner, before simplification.
        data: where half of the inputs come from.
        seed: of the choice.
        samples: inputs of each half.
    """
    rng = random.Random(seed)
    known = [example.tokens for example in (*data.validation, *data.test, *data.train)[: samples * 10]]
    inputs = [tokens for tokens in rng.sample(known, min(samples, len(known))) if len(tokens) <= data.max_length]
    lengths = [rng.randint(1, min(data.max_length, 40)) for _ in range(samples)]
    inputs += [tuple(rng.choices(data.vocabulary, k=length)) for length in lengths]
    executors: dict[str, Callable[[Sequence[str]], list[Any]]] = {
        "interpreter": Interpreter(program),
        "before simplification": Interpreter(learned),
        "printed Python": _printed(print_python(program)),
        "printed Python, read back": Interpreter(read_python(print_python(program))),
        "JSON, read back": Interpreter(loads(dumps(program))),
    }
    answers = [[list(run(tokens)) for tokens in inputs] for run in executors.values()]
    answers.append([list(answer) for answer in Batch(program).predict(inputs)])
    differences = sum(any(answer != first for answer in rest) for first, *rest in zip(*answers))
    return Agreement(inputs=len(inputs), differences=differences, executors=(*executors, "batch"))


def with_learner(
    program: Program,
    data: Dataset,
    part: Encoded,
    labels: Int[np.ndarray, " answer"],
    written: Sequence[Sequence[str]] | None = None,
) -> tuple[str, str]:
    """Compares a program with what its learner computed before there was a program: a fact for `Program.about`.

    Args:
        program: as it left the learner.
        data: gives codes their meaning.
        part: encoded examples.
        labels: the learner's own answer wherever one is asked, in the order of sequences and positions.
        written: the tokens as they are written, where the learner saw those; None: those of the vocabulary.
    """
    sequences = written or [
        [data.vocabulary[code] for code in row[:n]] for row, n in zip(part.tokens, part.lengths.tolist())
    ]
    answers = Batch(program).predict(sequences)
    asked = [answer[place] for row, answer in zip(part.labels, answers) for place in np.flatnonzero(row >= 0)]
    differences = sum(answer != data.labels[label] for answer, label in zip(asked, labels, strict=True))
    return ("agreement with the learner", f"{differences} differences on {len(asked):,} answers")


def _printed(text: str) -> Callable[[Sequence[str]], list[Any]]:
    """The printed file, executed as an import would."""
    module: dict[str, Any] = {"__name__": "printed"}
    exec(compile(text, "program.py", "exec"), module)
    run: Callable[[Sequence[str]], list[Any]] = module["run"]
    return lambda tokens: run(list(tokens))
