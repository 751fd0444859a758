"""Neither exhausted nor proved: random inputs, and an exact bound on what they do not show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from random import Random

import numpy as np

from transformer_programs.verify.judge import Judge, shrunk
from transformer_programs.verify.verdict import Verdict

__all__ = ["sample", "upper_bound"]

CONFIDENCE = 0.95
BLOCK = 8192


def upper_bound(wrong: int, drawn: int, confidence: float = CONFIDENCE) -> float:
    """Clopper-Pearson: the largest share of wrong inputs under which so few would turn up with chance 1 - confidence.

    The p with P(Binomial(drawn, p) <= wrong) = 1 - confidence, that is the quantile of Beta(wrong + 1, drawn - wrong).

    >>> round(upper_bound(0, 100), 4)
    0.0295
    """
    from scipy.special import betaincinv

    return 1.0 if wrong >= drawn else float(betaincinv(wrong + 1, drawn - wrong, confidence))


def sample(
    judge: Judge,
    samples: int,
    *,
    seed: int = 0,
    most: int = 3,
    progress: Callable[[int, int], None] | None = None,
    draw: Callable[[Random], tuple[str, ...]] | None = None,
) -> Verdict:
    """Judges random inputs.

    Args:
        samples: how many.
        seed: of them.
        most: counterexamples that are kept, shrunk, the smallest first.
        progress: called with the number of inputs done and of all.
        draw: one input; None: as the space draws.
    """
    rng, space = Random(seed), judge.space
    index = {token: code for code, token in enumerate(space.vocabulary)}
    draw = draw or space.draw
    answers = right_answers = wrong = done = 0
    found: set[tuple[str, ...]] = set()
    while done < samples:
        groups: dict[int, list[list[int]]] = defaultdict(list)
        for _ in range(min(BLOCK, samples - done)):
            tokens = draw(rng)
            groups[len(tokens)].append([index[token] for token in tokens])
            done += 1
        for _, rows in sorted(groups.items()):
            right, asked = judge(np.array(rows, np.int32))
            good = (right | ~asked).all(axis=1)
            answers += int(np.count_nonzero(asked))
            right_answers += int(np.count_nonzero(right & asked))
            wrong += int(np.count_nonzero(~good))
            if len(found) < 20 * most:
                for row in np.array(rows)[~good][:most].tolist():
                    found.add(tuple(space.vocabulary[code] for code in row))
        if progress is not None:
            progress(done, samples)
    small = {shrunk(judge, tokens) for tokens in sorted(found, key=len)[: 2 * most]}
    ordered = sorted(small, key=lambda tokens: (len(tokens), [index[token] for token in tokens]))
    bound = upper_bound(wrong, samples)
    note = (
        f"a sample, no proof: with {100 * CONFIDENCE:g} % confidence at most {100 * bound:.4g} % of the inputs, "
        f"as they are drawn, are wrong (Clopper-Pearson, {wrong} of {samples:,} seen)"
    )
    return Verdict(
        method="sample",
        complete=False,
        inputs=samples,
        token_accuracy=right_answers / max(answers, 1),
        sequence_accuracy=1 - wrong / samples,
        counterexamples=tuple(judge.example(tokens) for tokens in ordered[:most]),
        length=space.longest,
        notes=(note,),
    )
