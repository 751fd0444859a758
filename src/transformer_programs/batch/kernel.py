"""One compiled kernel for every program: it runs the byte code of code.py on a block of sequences at a time.

Everything about a block (columns, patterns, scores) stays in a scratch space of some kilobytes, its sequences side by
side ("lanes"): an instruction is decoded once a block, and every inner loop is one operation on a row of numbers,
which the compiler turns into vector instructions. Shorter sequences of a block have garbage past their end: no
pattern has a bit there, reads are clipped into their tables, and nothing from there is summed or written.

Compiled once and cached between processes; it holds no lock, so threads share the work.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from transformer_programs.batch.code import NOT_HERE, Op
from transformer_programs.batch.kernel_heads import head
from transformer_programs.batch.kernel_patterns import index, pattern, span
from transformer_programs.batch.kernel_scores import answer, score

__all__ = ["BAD_INPUT", "DONE", "REFUSED", "execute"]

DONE, BAD_INPUT, REFUSED = 0, 1, 2
"""What `execute` says: all answered; a sequence that the program does not take; a cell without an answer here."""

LOOK, CHECK, NOT, LARGEST, LINEAR = int(Op.LOOK), int(Op.CHECK), int(Op.NOT), int(Op.LARGEST), int(Op.LINEAR)

Array = Any  # as Numba infers them: int64 here, uint64 for patterns, int32 for the batch; shapes in `execute`


@njit(nogil=True, no_rewrites=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _load(
    start: int, filled: int, causal: bool, longest: int, translation: Array, tokens: Array, lengths: Array,
    columns: Array, visible: Array, size: Array,
) -> int:  # fmt: skip
    """Tokens and visible positions of a block: the first lane that the program does not take, or -1."""
    width = tokens.shape[1]
    words = visible.shape[0] // max(width, 1)
    for lane in range(filled):
        length = lengths[start + lane]
        if length < 1 or length > longest:
            return lane
        size[lane] = length
        for i in range(length):
            token = tokens[start + lane, i]
            if token < 0 or token >= len(translation) or translation[token] < 0:
                return lane
            columns[i, lane] = translation[token]
        for i in range(width):
            last = min(i, length - 1) if causal else length - 1
            for word in range(words):
                visible[i * words + word, lane] = span(0, last, word)
    return -1


@njit(nogil=True, cache=True, no_rewrites=True)
def execute(
    instructions: Array, pool: Array, sizes: Array, translation: Array, tokens: Array, lengths: Array, answers: Array
) -> tuple[int, int]:
    """Answers all sequences, or says which one it cannot answer.

    Args:
        instructions: int64 (instruction, 6), see code.py.
        pool: int64 (cell,), see code.py.
        sizes: int64 (5,): columns, depth, labels, 1 if causal, the most tokens the program takes.
        translation: int32 (word,): the program's token for each number in `tokens`, -1 where it has none.
        tokens: int32 (sequence, position); what stands past a length is not read.
        lengths: int32 (sequence,).
        answers: int32 (sequence, answer), written up to each length, or at 0 where pooled.

    Returns:
        DONE, BAD_INPUT or REFUSED, and the sequence.
    """
    width = tokens.shape[1]
    lanes = 128 if width <= 16 else 64 if width <= 64 else max(4096 // width, 1)
    words = (width + 63) >> 6
    labels, causal, longest = sizes[2], sizes[3] != 0, min(sizes[4], width)
    columns = np.zeros((sizes[0] * width, lanes), np.int64)
    patterns = np.zeros((sizes[1] * width * words, lanes), np.uint64)
    visible = np.zeros((width * words, lanes), np.uint64)
    scores = np.zeros((width * labels, lanes), np.int64)
    size = np.ones(lanes, np.int64)
    one, two = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    for i in range(width):
        for lane in range(lanes):
            columns[width + i, lane] = i

    for start in range(0, len(lengths), lanes):
        filled = min(lanes, len(lengths) - start)
        bad = _load(start, filled, causal, longest, translation, tokens, lengths, columns, visible, size)
        if bad >= 0:
            return BAD_INPUT, start + bad
        n = 0
        for lane in range(filled):
            n = max(n, size[lane])
        for at in range(len(instructions)):
            op, a, b = instructions[at, 0], instructions[at, 1], instructions[at, 2]
            c, d = instructions[at, 3], instructions[at, 4]
            if op == LOOK:
                for i in range(n):
                    index(columns, pool, width, i, b, c, d, one)
                    for lane in range(lanes):
                        columns[a * width + i, lane] = pool[np.uint64(one[lane])]
            elif op == CHECK:
                for lane in range(filled):
                    for i in range(size[lane]):
                        if columns[a * width + i, lane] == NOT_HERE:
                            return REFUSED, start + lane
            elif op <= NOT:
                pattern(op, a, b, c, d, n, width, pool, columns, visible, patterns)
            elif op <= LARGEST:
                head(op, a, b, n, width, words, columns, patterns, one, two)
            elif op <= LINEAR:
                score(op, a, b, c, n, width, labels, pool, columns, scores, one)
            else:
                answer(op, a, b, n, width, labels, start, filled, size, columns, scores, answers, one, two)
    return DONE, 0
