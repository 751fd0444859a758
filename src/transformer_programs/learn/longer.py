"""How a length-free program does on inputs longer than any that it was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from transformer_programs.batch import Accuracy, evaluate
from transformer_programs.errors import ConfigError
from transformer_programs.program import Program
from transformer_programs.tasks import Dataset, Example, Kind, Task
from transformer_programs.tasks.sampling import seeded

__all__ = ["LENGTHS", "SAMPLES", "accuracy_at", "beyond"]

LENGTHS: Mapping[str, tuple[int, ...]] = {
    "11 to 20": tuple(range(11, 21)),
    "20": (20,),
    "50": (50,),
    "200": (200,),
}
"""Numbers of tokens, markers counted, at which a length-free program is measured after training."""

SAMPLES = 1_000
"""Random inputs for each."""


def beyond(program: Program, task: Task, *, samples: int = SAMPLES, seed: int = 1_000_003) -> dict[str, Accuracy]:
    """Accuracy at each of LENGTHS that is longer than what the task was trained at; nothing for other programs."""
    if program.max_length is not None:
        return {}
    found = {}
    for words, lengths in LENGTHS.items():
        possible = [length for length in lengths if length > task.max_length and _has(task, length)]
        if possible:
            found[words] = accuracy_at(program, task, possible, samples=samples, seed=seed)
    return found


def accuracy_at(
    program: Program, task: Task, lengths: Sequence[int], *, samples: int = SAMPLES, seed: int = 0
) -> Accuracy:
    """Accuracy on random inputs of these numbers of tokens, evenly.

    Args:
        program: of the task's tokens.
        task: of any maximum length.
        lengths: markers counted.
        samples: inputs in all.
        seed: of the samples.

    Raises:
        ConfigError: the task has no input of one of the lengths.
        InputError: the program takes no inputs so long.
    """
    rng = seeded(seed)
    longest = replace(task, max_length=max(lengths))
    inputs = (task.sample_at(rng, lengths[turn % len(lengths)]) for turn in range(samples))
    data = Dataset(
        name=task.name,
        kind=Kind.TAGGING,
        vocabulary=task.vocabulary,
        labels=longest.labels,
        max_length=longest.max_length,
        causal=task.causal,
        frame=task.frame,
        train=(),
        validation=(),
        test=tuple(Example(tokens, longest.oracle(tokens)) for tokens in inputs),
    )
    return evaluate(program, data, data.test)


def _has(task: Task, length: int) -> bool:
    """Whether the task has inputs of that length."""
    try:
        replace(task, max_length=length)
    except ConfigError:
        return False
    return True
