"""One compiled kernel for every program: it runs byte code on a block of sequences at a time.

A *column* holds one int64 a position: a number itself, or the index of a value in a list (lower.py knows which).
Column 0 is the token, column 1 the position. A *pattern* holds bit masks, one row of 64-bit words a query position,
bit j for key position j; patterns live on a small stack. An instruction is a row of six integers, its opcode first;
what does not fit in it stands in the *pool*, at the offset given. A *read* is four cells of the pool, (column, low,
high, stride): (min(max(value, low), high) - low) * stride; `reads` are several of them, summed, so that a table is
indexed by all its arguments.

    LOOK     out, table, reads, count        pool[table + reads]
    SHIFT    out, values, places             values[i + places], or values[0] where there is none
    SPELL    out, row                        what `spelled` has in that row for the word
    CHECK    column                          stop where a value is NOT_HERE
    SPAN     depth, low, high                the pattern low <= j - i <= high
    EQUAL    depth, keys, queries            keys[j] == queries[i]
    ONE      depth, base, wanted             key mask base + wanted[i]
    KEYS     base, read                      key mask base + 1 + read gets the positions with that key
    CLEAR    base, read                      undoes KEYS, at a cost that does not depend on how many keys there are
    AT_MOST  depth, keys, queries, more      keys[j] <= queries[i] + more
    GRID     depth, keys, queries, rows      bit number keys[j] of the words from pool[rows + queries[i]] on
    PREFER   depth, keys, queries, ranks     of the visible j those with the least pool[ranks + queries[i] + keys[j]],
                                             none where that is NEVER
    AND, OR  depth                           with the pattern at depth + 1
    NOT      depth
    CLOSEST  out, values                     of the pattern at depth 0, as all heads
    WIDTH    out
    TOTAL    out, values
    LARGEST  out, values                     of values > 0; 0 for no match
    BIAS     row                             starts the scores of every position
    SCORE    rows, reads, count              adds pool[rows + reads], one number a label
    LINEAR   weights, column                 adds value * pool[weights], one number a label
    POOL                                     sums the scores over the positions
    ARGMAX   pooled                          the answer: the first best label of each position, or of the sum
    PATH     first, follows                  the answer: the best sequence of labels; the scores of the first get the
                                             numbers at `first`, those after a label the ones at follows + its row
    EMIT     column, low                     the answer: a column, less `low`

Everything about a block (columns, patterns, scores) stays in a scratch space that fits the cache, its sequences side
by side ("lanes"): an instruction is decoded once a block, and every inner loop is one operation on a row of numbers,
which the compiler turns into vector instructions. Shorter sequences of a block have garbage past their end: no
pattern has a bit there, reads are clipped into their tables, and nothing from there is summed or written. Numbers
never overflow: lowering has bounded every one of them.

One file, opcodes included, since Numba's cache on disk looks at the time of the file with the entry alone. It holds
no lock, so threads share the work.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

from transformer_programs.batch.bits import leading, population, trailing
from transformer_programs.batch.compiled import entry, part

__all__ = ["BAD_INPUT", "DONE", "NEVER", "NOT_HERE", "REFUSED", "Op", "execute"]

NOT_HERE = -(2**63)
"""A table cell that the kernel has no answer for: it gives the batch back to a slower path."""

NEVER = 2**62
"""The rank of a key that a query never attends."""

DONE, BAD_INPUT, REFUSED = 0, 1, 2
"""What `execute` says: all answered; a sequence that the program does not take; a cell without an answer here."""


class Op(IntEnum):
    """Opcodes."""

    LOOK = 0
    CHECK = 1
    SPAN = 2
    EQUAL = 3
    ONE = 4
    AT_MOST = 5
    GRID = 6
    AND = 7
    OR = 8
    NOT = 9
    KEYS = 10
    CLEAR = 11
    CLOSEST = 12
    WIDTH = 13
    TOTAL = 14
    LARGEST = 15
    BIAS = 16
    SCORE = 17
    LINEAR = 18
    POOL = 19
    ARGMAX = 20
    EMIT = 21
    SPELL = 22
    PATH = 23
    SHIFT = 24
    PREFER = 25


LOOK, CHECK, SPAN, EQUAL, ONE, AT_MOST, GRID, AND, OR, NOT, KEYS, CLEAR, *_LATER = map(int, Op)
CLOSEST, WIDTH, TOTAL, LARGEST, BIAS, SCORE, LINEAR, POOL, ARGMAX, EMIT, SPELL, PATH, SHIFT, PREFER = _LATER
BIT, NONE, ALL = np.uint64(1), np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)

Array = Any  # as Numba infers them: int64, uint64 for patterns and visible, int32 for the batch; shapes in `execute`


@part
def _span(first: int, last: int, word: int) -> Any:
    """The bits of word number `word` that stand for positions first..last."""
    low = max(first - 64 * word, 0)
    high = min(last + 1 - 64 * word, 64)
    if low >= high:
        return NONE
    return (ALL >> np.uint64(64 - (high - low))) << np.uint64(low)


@part
def _index(columns: Array, pool: Array, width: int, i: int, base: int, reads: int, count: int, out: Array) -> None:
    """Where in the pool each lane finds its cell: `base` plus the reads."""
    lanes = columns.shape[1]
    for lane in range(lanes):
        out[lane] = base
    for read in range(reads, reads + 4 * count, 4):
        row = pool[read] * width + i
        low, high, stride = pool[read + 1], pool[read + 2], pool[read + 3]
        for lane in range(lanes):
            out[lane] += (min(max(columns[row, lane], low), high) - low) * stride


@part
def _pattern(
    op: int, a: int, b: int, c: int, d: int, n: int, width: int,
    pool: Array, columns: Array, visible: Array, patterns: Array, masks: Array,
) -> None:  # fmt: skip
    """One instruction that makes or changes the pattern at depth `a`."""
    words, lanes = visible.shape[0] // width, visible.shape[1]
    base = a * width * words
    if op >= AND:
        other = base + width * words
        for cell in range(n * words):
            for lane in range(lanes):
                here, there = patterns[base + cell, lane], visible[cell, lane]
                if op != NOT:
                    there = patterns[other + cell, lane]
                patterns[base + cell, lane] = here | there if op == OR else there & (here if op == AND else ~here)
        return
    compared = op != SPAN and op != ONE
    for i in range(n):
        query = c * width + i
        for word in range(words):
            cell = base + i * words + word
            whole = _span(i + b, i + c, word) if op == SPAN else NONE
            for lane in range(lanes):
                patterns[cell, lane] = whole
            if op == ONE:
                for lane in range(lanes):
                    patterns[cell, lane] = masks[np.uint64((b + columns[query, lane]) * words + word), lane]
            for j in range(64 * word, min(n, 64 * word + 64) if compared else 64 * word):
                shift = np.uint64(j & 63)
                key = b * width + j
                if op == EQUAL:
                    for lane in range(lanes):
                        same = columns[key, lane] == columns[query, lane]
                        patterns[cell, lane] |= BIT << shift if same else NONE
                elif op == AT_MOST:
                    for lane in range(lanes):
                        fits = columns[key, lane] <= columns[query, lane] + d
                        patterns[cell, lane] |= BIT << shift if fits else NONE
                else:
                    for lane in range(lanes):
                        place = columns[key, lane]
                        row = pool[np.uint64(d + columns[query, lane] + (place >> 6))]
                        patterns[cell, lane] |= (np.uint64(row >> (place & 63)) & BIT) << shift
            for lane in range(lanes):
                patterns[cell, lane] &= visible[i * words + word, lane]


@part
def _prefer(
    depth: int, keys: int, queries: int, ranks: int, n: int, width: int,
    pool: Array, columns: Array, visible: Array, patterns: Array, least: Array,
) -> None:  # fmt: skip
    """The pattern of the visible keys of least rank: semantics.prefer. Past a sequence's end nothing is visible."""
    words, lanes = visible.shape[0] // width, visible.shape[1]
    base = depth * width * words
    for i in range(n):
        query = queries * width + i
        for lane in range(lanes):
            least[lane] = NEVER - 1
        for word in range(words):
            for lane in range(lanes):
                patterns[base + i * words + word, lane] = NONE
        for last in range(2):
            for j in range(n):
                key, cell, shift = keys * width + j, i * words + (j >> 6), np.uint64(j & 63)
                for lane in range(lanes):
                    here = (visible[cell, lane] >> shift) & BIT
                    rank = pool[np.uint64(ranks + columns[query, lane] + columns[key, lane])]
                    if last == 0:
                        least[lane] = min(least[lane], rank if here != NONE else NEVER)
                    else:
                        patterns[base + cell, lane] |= here << shift if rank == least[lane] else NONE


@part
def _closest(i: int, width: int, words: int, patterns: Array, left: Array, right: Array) -> None:
    """The closest match to i, into `left`: semantics.closest by counting zeros to both sides of i.

    The nearest match on the left wins unless the one on the right is nearer; without either, i itself if it matches
    or position 0. `far` stands for none: it loses against every position, and is no position.
    """
    lanes = patterns.shape[1]
    here, far = i >> 6, 4 * width
    below = (BIT << np.uint64(i & 63)) - BIT
    itself = below + BIT
    above = ~(below + itself)
    for lane in range(lanes):
        left[lane] = -far
        right[lane] = far
    for word in range(here + 1):
        keep = below if word == here else ALL
        for lane in range(lanes):
            mask = patterns[i * words + word, lane] & keep
            left[lane] = left[lane] if mask == NONE else 64 * word + 63 - leading(mask)
    for word in range(words - 1, here - 1, -1):
        keep = above if word == here else ALL
        for lane in range(lanes):
            mask = patterns[i * words + word, lane] & keep
            right[lane] = right[lane] if mask == NONE else 64 * word + trailing(mask)
    for lane in range(lanes):
        alone = i if patterns[i * words + here, lane] & itself != NONE else 0
        found = left[lane] if i - left[lane] <= right[lane] - i else right[lane]
        left[lane] = found if 0 <= found < width else alone


@part
def _head(
    op: int, out: int, values: int, n: int, width: int, words: int,
    columns: Array, patterns: Array, one: Array, two: Array,
) -> None:  # fmt: skip
    """One instruction that reads the pattern and fills a column."""
    lanes = columns.shape[1]
    for i in range(n):
        row = out * width + i
        if op == CLOSEST:
            _closest(i, width, words, patterns, one, two)
            for lane in range(lanes):
                columns[row, lane] = columns[np.uint64(values * width + one[lane]), lane]
            continue
        for lane in range(lanes):
            columns[row, lane] = 0
        if op == WIDTH:
            for word in range(words):
                for lane in range(lanes):
                    columns[row, lane] += population(patterns[i * words + word, lane])
        else:
            for j in range(n):
                cell, shift, source = i * words + (j >> 6), np.uint64(j & 63), values * width + j
                for lane in range(lanes):
                    kept = columns[source, lane] & -np.int64((patterns[cell, lane] >> shift) & BIT)
                    columns[row, lane] = columns[row, lane] + kept if op == TOTAL else max(columns[row, lane], kept)


@part
def _score(
    op: int, a: int, b: int, c: int, n: int, width: int, labels: int,
    pool: Array, columns: Array, scores: Array, one: Array,
) -> None:  # fmt: skip
    """One instruction that starts the scores or adds to them."""
    lanes = columns.shape[1]
    for i in range(n):
        if op == SCORE:
            _index(columns, pool, width, i, a, b, c, one)
        for label in range(labels):
            cell = i * labels + label
            if op == SCORE:
                for lane in range(lanes):
                    scores[cell, lane] += pool[np.uint64(one[lane] + label)]
            else:
                weight = pool[a + label]
                if op == BIAS:
                    for lane in range(lanes):
                        scores[cell, lane] = weight
                else:
                    for lane in range(lanes):
                        scores[cell, lane] += weight * columns[b * width + i, lane]


@part
def _answer(
    op: int, a: int, b: int, n: int, width: int, labels: int, start: int, filled: int,
    size: Array, columns: Array, scores: Array, answers: Array, one: Array, two: Array,
) -> None:  # fmt: skip
    """One instruction that makes answers; those past a sequence's end are left alone."""
    lanes = columns.shape[1]
    if op == POOL:
        for i in range(1, n):
            for label in range(labels):
                for lane in range(lanes):
                    scores[label, lane] += scores[i * labels + label, lane] if i < size[lane] else 0
        return
    for i in range(1 if op == ARGMAX and a else n):
        if op == ARGMAX:
            for lane in range(lanes):
                one[lane] = 0
                two[lane] = scores[i * labels, lane]
            for label in range(1, labels):
                for lane in range(lanes):
                    better = scores[i * labels + label, lane] > two[lane]
                    one[lane] = label if better else one[lane]
                    two[lane] = max(scores[i * labels + label, lane], two[lane])
        else:
            for lane in range(lanes):
                one[lane] = columns[a * width + i, lane] - b
        for lane in range(filled):
            if i < size[lane]:
                answers[start + lane, i] = one[lane]


@part
def _path(
    first: int, follows: int, n: int, labels: int, start: int, filled: int,
    size: Array, pool: Array, scores: Array, answers: Array, best: Array,
) -> None:  # fmt: skip
    """The best sequence of labels, semantics.best_path: each score gets the best of what may come after it."""
    lanes = scores.shape[1]
    for i in range(n - 2, -1, -1):
        for label in range(labels):
            moves, after = follows + label * labels, (i + 1) * labels
            for lane in range(lanes):
                best[lane] = pool[moves] + scores[after, lane]
            for other in range(1, labels):
                move = pool[moves + other]
                for lane in range(lanes):
                    best[lane] = max(best[lane], move + scores[after + other, lane])
            for lane in range(lanes):
                scores[i * labels + label, lane] += best[lane] if i + 1 < size[lane] else 0
    for lane in range(filled):
        moves = first
        for i in range(size[lane]):
            chosen, most = 0, pool[moves] + scores[i * labels, lane]
            for label in range(1, labels):
                value = pool[moves + label] + scores[i * labels + label, lane]
                if value > most:
                    chosen, most = label, value
            answers[start + lane, i] = chosen
            moves = follows + chosen * labels


@part
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
                visible[i * words + word, lane] = _span(0, last, word)
    return -1


@entry
def execute(
    instructions: Array, pool: Array, causal: bool, longest: int, translation: Array,
    tokens: Array, lengths: Array, answers: Array, spelled: Array, scratch: Array,
) -> tuple[int, int]:  # fmt: skip
    """Answers all sequences, or says which one it cannot answer.

    Args:
        instructions: int64 (instruction, 6).
        pool: int64 (cell,).
        causal: whether a position sees only itself and what is before it.
        longest: the most tokens the program takes, at most the positions of `tokens`.
        translation: int32 (word,): the program's token for each number in `tokens`, -1 where it has none.
        tokens: int32 (sequence, position); what stands past a length is not read.
        lengths: int32 (sequence,).
        answers: int32 (sequence, answer), written up to each length, or at 0 where pooled.
        spelled: int32 (spelling, word): for each number in `tokens` what the dictionaries of spellings have.
        scratch: zeros, see Code.scratch: columns int64 (column * position, lane), scores int64 (position * label,
            lane), patterns uint64 (depth * position * word, lane), visible (position * word, lane), key masks
            (mask * word, lane), and three rows of lanes, int64.

    Returns:
        DONE, BAD_INPUT or REFUSED, and the sequence.
    """
    columns, scores, patterns, visible, masks, size, one, two = scratch
    width, lanes = tokens.shape[1], columns.shape[1]
    words = (width + 63) >> 6
    labels = scores.shape[0] // max(width, 1)
    for i in range(width):
        for lane in range(lanes):
            columns[width + i, lane] = i

    for start in range(0, len(lengths), lanes):
        filled = min(lanes, len(lengths) - start)
        bad = _load(start, filled, causal, longest, translation, tokens, lengths, columns, visible, size)
        if bad >= 0:
            return BAD_INPUT, start + bad
        n = size[0]  # not 0: a literal has a type of its own, and everything below would be compiled for it too
        for lane in range(1, filled):
            n = max(n, size[lane])
        for at in range(len(instructions)):
            op, a, b = instructions[at, 0], instructions[at, 1], instructions[at, 2]
            c, d = instructions[at, 3], instructions[at, 4]
            if op == LOOK:
                for i in range(n):
                    _index(columns, pool, width, i, b, c, d, one)
                    for lane in range(lanes):
                        columns[a * width + i, lane] = pool[np.uint64(one[lane])]
            elif op == SHIFT:
                for i in range(n):
                    there = i + c
                    for lane in range(lanes):
                        inside = 0 <= there < size[lane]
                        columns[a * width + i, lane] = columns[b * width + (there if inside else 0), lane]
            elif op == SPELL:
                for lane in range(filled):
                    for i in range(size[lane]):
                        columns[a * width + i, lane] = spelled[b, tokens[start + lane, i]]
            elif op == CHECK:
                for lane in range(filled):
                    for i in range(size[lane]):
                        if columns[a * width + i, lane] == NOT_HERE:
                            return REFUSED, start + lane
            elif op == PREFER:
                _prefer(a, b, c, d, n, width, pool, columns, visible, patterns, one)
            elif op <= NOT:
                _pattern(op, a, b, c, d, n, width, pool, columns, visible, patterns, masks)
            elif op <= CLEAR:
                for j in range(n):
                    _index(columns, pool, width, j, a + 1, b, 1, one)
                    for lane in range(lanes):
                        row = one[lane] * words + (j >> 6)
                        masks[row, lane] = masks[row, lane] | BIT << np.uint64(j & 63) if op == KEYS else NONE
            elif op <= LARGEST:
                _head(op, a, b, n, width, words, columns, patterns, one, two)
            elif op <= LINEAR:
                _score(op, a, b, c, n, width, labels, pool, columns, scores, one)
            elif op == PATH:
                _path(a, b, n, labels, start, filled, size, pool, scores, answers, one)
            else:
                _answer(op, a, b, n, width, labels, start, filled, size, columns, scores, answers, one, two)
    return DONE, 0
