"""The agreement check that ends every conversion: do all executors say the same? (docs/design.md, the invariant.)"""

from __future__ import annotations

import random
from dataclasses import dataclass

from transformer_programs.batch import Batch
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.program import Program, dumps, loads
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset

__all__ = ["Agreement", "agreement"]


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
    executors = {
        "interpreter": Interpreter(program),
        "before simplification": Interpreter(learned),
        "printed Python, read back": Interpreter(read_python(print_python(program))),
        "JSON, read back": Interpreter(loads(dumps(program))),
    }
    answers = [[run(tokens) for tokens in inputs] for run in executors.values()]
    answers.append([list(answer) for answer in Batch(program).predict(inputs)])
    differences = sum(any(answer != first for answer in rest) for first, *rest in zip(*answers))
    return Agreement(inputs=len(inputs), differences=differences, executors=(*executors, "batch"))
