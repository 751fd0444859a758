"""The goals in logic: under which condition the answers to a word are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from transformer_programs.tasks.counting import DoubleHist, Hist, MostFreq
from transformer_programs.tasks.dyck import Dyck1, Dyck2
from transformer_programs.tasks.sequences import Reverse, Sort
from transformer_programs.tasks.task import BOS
from transformer_programs.tasks.words import Words
from transformer_programs.verify.claims import Claim, Never, OnlyIf, Permutation, Sorted
from transformer_programs.verify.symbolic.logic import (
    Bit,
    CannotProve,
    Cell,
    count,
    either,
    every,
    known,
    merged,
    opposite,
    same,
)

__all__ = ["breaks", "wanted"]


def wanted(task: Words, word: Sequence[Cell]) -> list[Cell]:
    """The right label of every letter."""
    match task:
        case Reverse():
            return list(reversed(word))
        case Sort():
            return _sorted(word, task.letters)
        case Hist():
            return [merged((str(value), bit) for value, bit in _count_of(word, i).items()) for i in range(len(word))]
        case DoubleHist():
            return _double_hist(word, task.letters)
        case MostFreq():
            return _most_freq(word, task.letters)
        case Dyck1() | Dyck2():
            return _dyck(word, task.kinds)
        case _:
            raise CannotProve(f"the prover does not know the task {task.name}")


def _sorted(word: Sequence[Cell], letters: Sequence[str]) -> list[Cell]:
    """Letter c stands at place i where more than i letters are c or below, but not more than i are below c."""
    below = []
    for most in range(len(letters)):
        some = [either(cell.get(letter, False) for letter in letters[: most + 1]) for cell in word]
        below.append(count(some))
    rows = []
    for i in range(len(word)):
        more = [either(bit for value, bit in cell.items() if value > i) for cell in below]
        rows.append(merged((c, every((more[k], opposite(more[k - 1]) if k else True))) for k, c in enumerate(letters)))
    return rows


def _count_of(word: Sequence[Cell], i: int) -> Cell:
    return count(same(word[i], cell) for cell in word)


def _double_hist(word: Sequence[Cell], letters: Sequence[str]) -> list[Cell]:
    counts = [count(cell.get(letter, False) for cell in word) for letter in letters]
    sharing = {k: count(cell.get(k, False) for cell in counts) for k in range(1, len(word) + 1)}
    rows = []
    for i in range(len(word)):
        own = _count_of(word, i)
        rows.append(
            merged(
                (str(number), every((here, bit)))
                for k, here in own.items()
                for number, bit in sharing[k].items()
                if number
            )
        )
    return rows


def _most_freq(word: Sequence[Cell], letters: Sequence[str]) -> list[Cell]:
    """A letter's place is the number of letters before it: more frequent, or as frequent and first seen earlier."""
    counts = [count(cell.get(letter, False) for cell in word) for letter in letters]
    seen = [[either(cell.get(letter, False) for cell in word[: j + 1]) for j in range(len(word))] for letter in letters]
    ranks = []
    for t in range(len(letters)):
        before = []
        for u in range(len(letters)):
            if u == t:
                continue
            more = either(every((a, b)) for x, a in counts[u].items() for y, b in counts[t].items() if x > y)
            earlier = either(every((seen[u][j], opposite(seen[t][j]))) for j in range(len(word)))
            before.append(either((more, every((same(counts[u], counts[t]), earlier)))))
        ranks.append(count(before))
    rows = []
    for i in range(len(word)):
        at = [(c, every((seen[t][-1], ranks[t].get(i, False)))) for t, c in enumerate(letters)]
        rows.append(merged([*at, (BOS, opposite(either(bit for _, bit in at)))]))
    return rows


def _dyck(word: Sequence[Cell], kinds: Sequence[tuple[str, str]]) -> list[Cell]:
    """The stack itself: how deep it is, and which bracket stands at each depth."""
    failed: Bit = False
    depth = known(0)
    stack: list[list[Bit]] = [[False] * len(kinds) for _ in word]
    rows = []
    for cell in word:
        opens = [cell.get(opening, False) for opening, _ in kinds]
        closes = [cell.get(closing, False) for _, closing in kinds]
        opening = either(opens)
        top = [either(every((bit, stack[d - 1][k])) for d, bit in depth.items() if d) for k in range(len(kinds))]
        failed = either((failed, *(every((closes[k], opposite(top[k]))) for k in range(len(kinds)))))
        for d, bit in depth.items():
            push = every((opening, bit))
            if d < len(stack):
                stack[d] = [
                    either((every((push, opens[k])), every((opposite(push), stack[d][k])))) for k in range(len(kinds))
                ]
        closing = opposite(opening)
        depth = merged(
            part for d, bit in depth.items()
            for part in ((d + 1, every((bit, opening))), (max(d - 1, 0), every((bit, closing))))
        )  # fmt: skip
        empty = depth.get(0, False)
        fine = opposite(failed)
        rows.append(merged((("F", failed), ("T", every((fine, empty))), ("P", every((fine, opposite(empty)))))))
    return rows


def breaks(claim: Claim, word: Sequence[Cell], answers: Sequence[Cell]) -> Bit:
    """The condition under which a claim does not hold; `claims.holds` in logic."""
    match claim:
        case Permutation():
            letters = dict.fromkeys(value for cell in (*word, *answers) for value in cell)
            return either(
                opposite(same(*(count(cell.get(letter, False) for cell in side) for side in (word, answers))))
                for letter in letters
            )
        case Sorted(order):
            place = {token: i for i, token in enumerate(order)}
            strange = (bit for cell in answers for value, bit in cell.items() if value not in place)
            falls = (
                every((a, b))
                for left, right in pairwise(answers)
                for x, a in left.items()
                for y, b in right.items()
                if x in place and y in place and place[x] > place[y]
            )
            return either((*strange, *falls))
        case Never(label, earlier, adjacent):
            return either(
                every((answers[i].get(earlier, False), answers[j].get(label, False)))
                for j in range(len(answers))
                for i in (range(max(j - 1, 0), j) if adjacent else range(j))
            )
        case OnlyIf(label, tokens, where):
            bad = []
            for i, cell in enumerate(answers):
                seen = word[i : i + 1] if where == "here" else word[:i] if where == "before" else word
                there = either(key.get(token, False) for key in seen for token in tokens)
                bad.append(every((cell.get(label, False), opposite(there))))
            return either(bad)
