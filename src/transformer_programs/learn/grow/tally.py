"""The force under every choice of every row, and the best choice of each.

A row of a predicate chooses a key value for one query value; the output that comes out then differs from token to
token. Of the cells (query value, choice, output) most have no token, above all where two outputs are read together:
so only those that occur are numbered and kept. As in `kernels` the compiled loops only fill what others have made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.learn.compiled import entry, part

__all__ = ["Tally", "choose", "gain_of", "tally"]


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Summed forces of the cells that occur, by query value, then choice, then output.

    Args:
        sums: the force of every cell.
        output: its output.
        starts: for query value a and choice b its cells begin at starts[a * choices + b] and end where the next begin.
        choices: how many for each query value; the last is "nothing".
        outputs: how many there can be.
    """

    sums: Float[np.ndarray, "cell force"]
    output: Int[np.ndarray, " cell"]
    starts: Int[np.ndarray, " choice_and_end"]
    choices: int
    outputs: int

    @property
    def queries(self) -> int:
        """Number of query values."""
        return (len(self.starts) - 1) // self.choices


def tally(
    query: Int[np.ndarray, " row"],
    queries: int,
    output: Int[np.ndarray, "row choice"],
    outputs: int,
    beside: Int[np.ndarray, " row"],
    besides: int,
    force: Float[np.ndarray, "row force"],
) -> Tally:
    """Adds up the force of every row under each choice.

    Args:
        query, queries: code of every row, and how many there are.
        output, outputs: for every row and every choice (a key value) the code that would come out, and how many.
        beside, besides: a code of every row that the output is read together with, and how many; it counts outermost.
        force: for every row gradient and curvature, side by side.

    >>> query, nothing = np.array([0, 1, 0], np.int32), np.zeros(3, np.int32)
    >>> output = np.array([[0], [1], [1]], np.int16)
    >>> found = tally(query, 2, output, 2, nothing, 1, np.array([[1.0, 1.0], [2.0, 1.0], [4.0, 1.0]]))
    >>> found.sums[:, 0].tolist(), found.output.tolist(), found.starts.tolist()
    ([1.0, 4.0, 2.0], [0, 1, 1], [0, 2, 3])
    """
    choices = output.shape[1]
    joint = besides * outputs
    place = np.zeros(queries * choices * joint, np.int32)
    starts = np.empty(queries * choices + 1, np.int64)
    cells = _number(query, output, beside, outputs, joint, place, starts)
    sums, found = np.zeros((cells, force.shape[1])), np.empty(cells, np.int32)
    _collect(query, output, beside, outputs, joint, place, force, sums, found)
    return Tally(sums, found, starts, choices, joint)


@entry
def _number(query: Any, output: Any, beside: Any, outputs: int, joint: int, place: Any, starts: Any) -> int:
    """Numbers the cells that occur; how many there are."""
    rows, choices = output.shape
    for r in range(rows):
        first = query[r] * choices * joint + beside[r] * outputs
        for b in range(choices):
            place[first + b * joint + output[r, b]] = 1
    used = 0
    for k in range(len(starts) - 1):
        starts[k] = used
        for cell in range(k * joint, (k + 1) * joint):
            if place[cell] > 0:
                place[cell] = used
                used += 1
    starts[len(starts) - 1] = used
    return used


@entry
def _collect(
    query: Any, output: Any, beside: Any, outputs: int, joint: int, place: Any, force: Any, sums: Any, found: Any
) -> None:
    rows, choices = output.shape
    for r in range(rows):
        joined = beside[r] * outputs
        first = query[r] * choices * joint + joined
        for b in range(choices):
            cell = place[first + b * joint + output[r, b]]
            found[cell] = joined + output[r, b]
            for c in range(force.shape[1]):
                sums[cell, c] += force[r, c]


def choose(tally: Tally, damping: float, price: float, passes: int) -> tuple[np.ndarray, float, float]:
    """One choice for every query value, by coordinate ascent on the gain of the variable that results.

    Every row begins at "nothing" (the last choice), which is free; any other costs `price`. First the rows are gone
    through, those with most to gain alone first, then `passes` times more with the others held fixed.

    Returns:
        the choices, the gain of the variable they make, and that of matching nothing (prices are not subtracted).
    """
    queries, choices, width = tally.queries, tally.choices, tally.sums.shape[1]
    promise = np.zeros(queries)
    _promise(tally.sums, tally.starts, choices, damping, promise)
    rows = np.full(queries, choices - 1, np.int64)
    total = np.zeros((tally.outputs, width))
    nothing = _gain_of(tally.sums, tally.output, tally.starts, choices, rows, damping, total)
    order = np.argsort(-promise)
    held = np.empty(tally.outputs)
    for _ in range(passes + 1):
        if not _ascend(
            tally.sums, tally.output, tally.starts, choices, damping, price, promise, order, rows, total, held
        ):
            break
    total[:] = 0.0
    return rows, _gain_of(tally.sums, tally.output, tally.starts, choices, rows, damping, total), nothing


def gain_of(tally: Tally, rows: Int[np.ndarray, " query"], damping: float) -> float:
    """The gain of the variable that these choices make."""
    total = np.zeros((tally.outputs, tally.sums.shape[1]))
    return float(_gain_of(tally.sums, tally.output, tally.starts, tally.choices, rows, damping, total))


@part
def _add(sums: Any, output: Any, first: int, last: int, sign: float, total: Any) -> None:
    for k in range(first, last):
        v = output[k]
        for c in range(sums.shape[1]):
            total[v, c] += sign * sums[k, c]


@entry
def _gain_of(sums: Any, output: Any, starts: Any, choices: int, rows: Any, damping: float, total: Any) -> float:
    """Adds up what the rows choose, and the gain of that."""
    for a in range(len(rows)):
        k = a * choices + rows[a]
        _add(sums, output, starts[k], starts[k + 1], 1.0, total)
    classes = total.shape[1] // 2
    gain = 0.0
    for v in range(len(total)):
        for c in range(classes):
            gain += total[v, c] * total[v, c] / (total[v, classes + c] + damping)
    return 0.5 * gain


@entry
def _promise(sums: Any, starts: Any, choices: int, damping: float, promise: Any) -> None:
    """What the best choice of every row gains alone."""
    for a in range(len(promise)):
        for b in range(a * choices, (a + 1) * choices):
            alone = 0.0
            for k in range(starts[b], starts[b + 1]):
                alone += _gain(sums, k, damping)
            promise[a] = max(promise[a], alone)


@entry
def _ascend(
    sums: Any, output: Any, starts: Any, choices: int, damping: float, price: float, promise: Any, order: Any,
    rows: Any, total: Any, held: Any,
) -> bool:  # fmt: skip
    """One pass over the rows; whether any of them changed.

    `held` keeps the gain of every output without the row that is looked at, once it is asked for.
    """
    changed = False
    for turn in range(len(order)):
        a = order[turn]
        if promise[a] <= 0.0:
            continue
        now = rows[a]
        first = a * choices
        _add(sums, output, starts[first + now], starts[first + now + 1], -1.0, total)
        for v in range(len(held)):
            held[v] = -1.0
        best = choices - 1
        best_gain = -np.inf
        for less in range(1, choices + 1):
            b = first + choices - less
            gain = 0.0 if less == 1 else -price
            for k in range(starts[b], starts[b + 1]):
                v = output[k]
                if held[v] < 0.0:
                    held[v] = _gain(total, v, damping)
                gain += _joint(total, v, sums, k, damping) - held[v]
            if gain > best_gain + 1e-9:
                best_gain = gain
                best = b - first
        rows[a] = best
        changed = changed or best != now
        _add(sums, output, starts[first + best], starts[first + best + 1], 1.0, total)
    return changed


@part
def _gain(sums: Any, row: int, damping: float) -> float:
    """Second-order gain of one value, as in `kernels`: compiled code is shared within a file only."""
    classes = sums.shape[1] // 2
    total = 0.0
    for c in range(classes):
        total += sums[row, c] * sums[row, c] / (sums[row, classes + c] + damping)
    return 0.5 * total


@part
def _joint(one: Any, i: int, other: Any, j: int, damping: float) -> float:
    """That of two rows added up."""
    classes = one.shape[1] // 2
    total = 0.0
    for c in range(classes):
        both = one[i, c] + other[j, c]
        total += both * both / (one[i, classes + c] + other[j, classes + c] + damping)
    return 0.5 * total
