"""A walk over the tree of all words with a causal program: every prefix is computed once, one position at a time.

Answers of a causal program at a position depend on the prefix up to it only, so of all words of n letters over b
letters the work is b + b^2 + ... + b^n positions instead of n * b^n. The words stand side by side in lanes: lane l
has the digits of l as its first letters, and the walk goes, depth first, over the letters that follow, which are the
same in all lanes. So nothing is ever copied: the columns up to a position stay where the walk to it left them.

It reads the byte code of `batch.kernel` as `prefix_code` translates it; the meaning of an instruction is the one it has
there, for one position. The one that is new is PLACE out, reads: 1 + reads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.batch.bits import leading, population
from transformer_programs.batch.compiled import entry, part

__all__ = ["KEPT", "OPCODES", "walk"]

KEPT = 8
"""Failing prefixes kept a position, the first ones."""

OPCODES = (
    "LOOK", "CHECK", "SPAN", "EQUAL", "AT_MOST", "PLACE", "PREFER", "AND", "OR", "NOT", "CLOSEST",
    "WIDTH", "TOTAL", "LARGEST", "BIAS", "SCORE", "LINEAR", "ARGMAX", "EMIT",
)  # fmt: skip
"""This kernel's own numbers, since Numba's cache on disk only sees changes of this file."""

LOOK, CHECK, SPAN, EQUAL, AT_MOST, PLACE, PREFER, AND, OR, NOT, CLOSEST = range(11)
WIDTH, TOTAL, LARGEST, BIAS, SCORE, LINEAR, ARGMAX, EMIT = range(11, 19)
NEVER = 2**62
NOT_HERE = -(2**63)
BIT, NONE = np.uint64(1), np.uint64(0)

Array = Any


@part
def _index(columns: Array, pool: Array, width: int, i: int, base: int, reads: int, count: int, out: Array) -> None:
    lanes = columns.shape[1]
    for lane in range(lanes):
        out[lane] = base
    for read in range(reads, reads + 4 * count, 4):
        row = pool[read] * width + i
        low, high, stride = pool[read + 1], pool[read + 2], pool[read + 3]
        for lane in range(lanes):
            out[lane] += (min(max(columns[row, lane], low), high) - low) * stride


@part
def _match(
    op: int, depth: int, b: int, c: int, d: int, p: int, width: int, columns: Array, patterns: Array
) -> None:  # fmt: skip
    """The pattern at a depth, for query position p and the keys 0..p."""
    lanes = columns.shape[1]
    visible = ~NONE >> np.uint64(63 - p)
    if op == NOT:
        for lane in range(lanes):
            patterns[depth, lane] = visible & ~patterns[depth, lane]
    elif op == AND:
        for lane in range(lanes):
            patterns[depth, lane] &= patterns[depth + 1, lane]
    elif op == OR:
        for lane in range(lanes):
            patterns[depth, lane] |= patterns[depth + 1, lane]
    elif op == SPAN:
        whole = NONE
        for j in range(max(p + b, 0), min(p + c, p) + 1):
            whole |= BIT << np.uint64(j)
        for lane in range(lanes):
            patterns[depth, lane] = whole
    else:
        for lane in range(lanes):
            patterns[depth, lane] = NONE
        query = c * width + p
        for j in range(p + 1):
            shift, key = np.uint64(j), b * width + j
            if op == EQUAL:
                for lane in range(lanes):
                    patterns[depth, lane] |= np.uint64(columns[key, lane] == columns[query, lane]) << shift
            else:
                for lane in range(lanes):
                    patterns[depth, lane] |= np.uint64(columns[key, lane] <= columns[query, lane] + d) << shift


@part
def _prefer(
    depth: int, keys: int, queries: int, ranks: int, p: int, width: int,
    pool: Array, columns: Array, patterns: Array, least: Array,
) -> None:  # fmt: skip
    """The pattern of the keys 0..p of least rank, for query position p."""
    lanes = columns.shape[1]
    query = queries * width + p
    for lane in range(lanes):
        least[lane] = NEVER
        patterns[depth, lane] = NONE
    for j in range(p + 1):
        key, bit = keys * width + j, BIT << np.uint64(j)
        for lane in range(lanes):
            rank = pool[np.uint64(ranks + columns[query, lane] + columns[key, lane])]
            kept = patterns[depth, lane] if rank >= least[lane] else NONE
            patterns[depth, lane] = kept | bit if rank <= least[lane] and rank < NEVER else kept
            least[lane] = min(least[lane], rank)


@part
def _head(op: int, out: int, values: int, p: int, width: int, columns: Array, patterns: Array) -> None:
    lanes = columns.shape[1]
    row = out * width + p
    if op == CLOSEST:
        below, itself = (BIT << np.uint64(p)) - BIT, BIT << np.uint64(p)
        for lane in range(lanes):
            mask = patterns[0, lane] & below
            alone = p if patterns[0, lane] & itself != NONE else 0
            found = alone if mask == NONE else 63 - leading(mask)
            columns[row, lane] = columns[np.uint64(values * width + found), lane]
    elif op == WIDTH:
        for lane in range(lanes):
            columns[row, lane] = population(patterns[0, lane])
    else:
        for lane in range(lanes):
            columns[row, lane] = 0
        for j in range(p + 1):
            shift, source = np.uint64(j), values * width + j
            for lane in range(lanes):
                kept = columns[source, lane] & -np.int64((patterns[0, lane] >> shift) & BIT)
                columns[row, lane] = columns[row, lane] + kept if op == TOTAL else max(columns[row, lane], kept)


@part
def _step(
    p: int, instructions: Array, pool: Array, width: int, labels: int, columns: Array, patterns: Array, scores: Array,
    one: Array, two: Array, answer: Array,
) -> bool:  # fmt: skip
    """All variables and the answer at position p; False where a table has no answer here."""
    lanes = columns.shape[1]
    for at in range(len(instructions)):
        op, a, b = instructions[at, 0], instructions[at, 1], instructions[at, 2]
        c, d = instructions[at, 3], instructions[at, 4]
        if op == LOOK:
            _index(columns, pool, width, p, b, c, d, one)
            for lane in range(lanes):
                columns[a * width + p, lane] = pool[np.uint64(one[lane])]
        elif op == CHECK:
            for lane in range(lanes):
                if columns[a * width + p, lane] == NOT_HERE:
                    return False
        elif op == PLACE:
            _index(columns, pool, width, p, 1, b, 1, one)
            for lane in range(lanes):
                columns[a * width + p, lane] = one[lane]
        elif op == PREFER:
            _prefer(a, b, c, d, p, width, pool, columns, patterns, one)
        elif op <= NOT:
            _match(op, a, b, c, d, p, width, columns, patterns)
        elif op <= LARGEST:
            _head(op, a, b, p, width, columns, patterns)
        elif op <= LINEAR:
            if op == SCORE:
                _index(columns, pool, width, p, a, b, c, one)
            for label in range(labels):
                weight = pool[a + label]
                for lane in range(lanes):
                    if op == BIAS:
                        scores[label, lane] = weight
                    elif op == SCORE:
                        scores[label, lane] += pool[np.uint64(one[lane] + label)]
                    else:
                        scores[label, lane] += weight * columns[b * width + p, lane]
        elif op == ARGMAX:
            for lane in range(lanes):
                answer[lane] = 0
                two[lane] = scores[0, lane]
            for label in range(1, labels):
                for lane in range(lanes):
                    answer[lane] = label if scores[label, lane] > two[lane] else answer[lane]
                    two[lane] = max(scores[label, lane], two[lane])
        else:
            for lane in range(lanes):
                answer[lane] = columns[a * width + p, lane] - b
    return True


@part
def _keep(found: Array, code: int) -> None:
    """Puts a code among the smallest, ascending; -1 stands for none."""
    at = len(found)
    while at > 0 and (found[at - 1] < 0 or code < found[at - 1]):
        at -= 1
    for k in range(len(found) - 1, at, -1):
        found[k] = found[k - 1]
    if at < len(found):
        found[at] = code


@entry
def walk(
    instructions: Array, pool: Array, sizes: Array, markers: Array, letters: Array, across: int, fixed: Array,
    after: Array, wanted: Array, meaning: Array, wrong_answers: Array, right_words: Array, found: Array,
) -> bool:  # fmt: skip
    """Judges all words that begin with any `across` letters and then the letters `fixed`.

    Args:
        instructions, pool: see batch/kernel.py; of a program that is causal and not pooled.
        sizes: int64 (4,): columns, depth, labels, positions (markers and letters, at most 64).
        markers: int64 (marker,): the program's tokens before each word.
        letters: int64 (letter,): the program's token for each letter.
        across: how many letters stand in the lanes.
        fixed: int64 (letter,): the letters that follow those.
        after, wanted: the automaton: int32 (state, letter) and int32 (state,).
        meaning: int32 (answer,): the label that each answer of the program is, -1 for none.
        wrong_answers: int64 (position,), added to: distinct prefixes with a wrong answer at their end.
        right_words: int64 (position,), added to: prefixes without a wrong answer.
        found: int64 (position, KEPT): the first prefixes whose first wrong answer is there, as numbers in base (number
            of letters); -1 for none.

    A prefix that several calls go through is counted in the one whose remaining fixed letters are all 0.

    Returns:
        False where the program's tables have no answer for some prefix.
    """
    width, base, labels, first = sizes[3], len(letters), sizes[2], len(markers)
    lanes = base**across
    columns = np.zeros((sizes[0] * width, lanes), np.int64)
    patterns = np.zeros((sizes[1] + 1, lanes), np.uint64)
    scores = np.zeros((max(labels, 1), lanes), np.int64)
    one, two, answer = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    states = np.zeros((width + 1, lanes), np.int32)
    wrong = np.zeros((width + 1, lanes), np.uint8)
    digits, codes = np.zeros(width + 1, np.int64), np.zeros(width + 1, np.int64)
    for i in range(width):
        for lane in range(lanes):
            columns[width + i, lane] = i
    free = first + across + len(fixed)
    for k in range(len(fixed)):
        digits[first + across + k] = fixed[k]
    p = 0
    while True:
        if p >= free and digits[p] == base:
            p -= 1
            if p < free:
                return True
            digits[p] += 1
            continue
        if p < first:
            for lane in range(lanes):
                columns[p, lane] = markers[p]
        elif p < first + across:
            span = base ** (first + across - 1 - p)
            for lane in range(lanes):
                columns[p, lane] = letters[lane // span % base]
        else:
            for lane in range(lanes):
                columns[p, lane] = letters[digits[p]]
        if not _step(p, instructions, pool, width, labels, columns, patterns, scores, one, two, answer):
            return False
        if p >= first:
            repeated = 1
            counted = True
            if p < first + across:
                repeated = base ** (first + across - 1 - p)
            else:
                codes[p] = codes[p - 1] * base + digits[p]
            for k in range(max(p + 1 - first - across, 0), len(fixed)):
                counted = counted and fixed[k] == 0
            here = base ** max(p + 1 - first - across, 0)
            bad_here, right_here = 0, 0
            for lane in range(lanes):
                digit = lane // repeated % base if p < first + across else digits[p]
                state = after[states[p, lane], digit]
                states[p + 1, lane] = state
                bad = meaning[answer[lane]] != wanted[state]
                before = wrong[p, lane] != 0
                wrong[p + 1, lane] = 1 if bad or before else 0
                if lane % repeated == 0:
                    bad_here += 1 if bad else 0
                    right_here += 0 if bad or before else 1
                    if bad and not before and counted:
                        code = lane // repeated * here + codes[p]
                        if found[p, KEPT - 1] < 0 or code < found[p, KEPT - 1]:
                            _keep(found[p], code)
            if counted:
                wrong_answers[p] += bad_here
                right_words[p] += right_here
        if p == width - 1:
            if p < free:
                return True
            digits[p] += 1
        else:
            p += 1
            if p >= free:
                digits[p] = 0
