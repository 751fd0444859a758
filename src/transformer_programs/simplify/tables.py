"""Table rows that never occur are free: they are filled so that the table loses arguments and prints short.

Rows that no input reads (value-set analysis by looking at all of them) can hold anything. So a table that is a sum on
what occurs becomes one everywhere, and one that needs an argument for rows that never come loses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

from transformer_programs.passes.rebuild import rebuild
from transformer_programs.program import Ref, Table, Value, read_domain
from transformer_programs.simplify.view import Proposal, View

__all__ = ["fill_tables", "fillings"]

Key = tuple[Value, ...]


def fill_tables(view: View, name: Ref | None = None) -> Iterator[Proposal]:
    """Every table with free rows (or the one of this name), filled in several ways."""
    for step in reversed(view.program.steps):
        if not isinstance(step.node, Table) or name not in (None, step.name):
            continue
        reads = step.node.reads
        sizes = [read_domain(read, view.known) for read in reads]
        for asked in (False, True):
            seen = view.seen(reads, asked=asked)
            if seen.all():
                continue
            partial = {key: cell for key, cell, s in zip(product(*sizes), step.node.cells, seen.tolist()) if s}
            for kept, cells in fillings(sizes, partial):
                table = Table(tuple(reads[i] for i in kept), cells)
                made = rebuild(view.program, nodes={step.name: table})
                yield f"{step.name}: rows that never occur filled", made


def fillings(
    sizes: Sequence[Sequence[Value]], partial: Mapping[Key, Value]
) -> Iterator[tuple[tuple[int, ...], tuple[Value, ...]]]:
    """Total tables that hold the given cells: the arguments kept, and the cells.

    >>> for kept, cells in fillings([(0, 1), (0, 1, 2)], {(0, 1): 1, (1, 2): 3}):
    ...     print(kept, cells)
    (1,) (1, 1, 3)
    (1,) (1, 1, 3)
    (1,) (1, 1, 3)
    """
    if not partial:
        return
    kept, rest = tuple(range(len(sizes))), dict(partial)
    for i in range(len(sizes)):
        at = kept.index(i)
        fewer: dict[Key, Value] = {}
        if len(kept) > 1 and all(
            repr(fewer.setdefault(key[:at] + key[at + 1 :], cell)) == repr(cell) for key, cell in rest.items()
        ):
            kept, rest = kept[:at] + kept[at + 1 :], fewer
    left = [sizes[i] for i in kept]
    for fill in (_forward, _backward, _commonest, *_PATTERNS):
        cells = fill(left, rest)
        if cells is not None:
            yield kept, cells


def _commonest(sizes: Sequence[Sequence[Value]], partial: Mapping[Key, Value]) -> tuple[Value, ...]:
    counts = Counter(map(repr, partial.values()))
    usual = max(partial.values(), key=lambda cell: counts[repr(cell)])
    return tuple(partial.get(key, usual) for key in product(*sizes))


def _forward(sizes: Sequence[Sequence[Value]], partial: Mapping[Key, Value]) -> tuple[Value, ...]:
    """What is free is as the row before it, or else as the one after."""
    cells = dict(partial)
    keys = list(product(*sizes))
    for order in (keys, keys[::-1]):
        last: dict[Key, Value] = {}
        for key in order:
            if key in cells:
                last[key[:-1]] = cells[key]
            elif key[:-1] in last:
                cells[key] = last[key[:-1]]
    usual = _commonest(sizes, partial)
    return tuple(cells.get(key, usual[i]) for i, key in enumerate(keys))


def _backward(sizes: Sequence[Sequence[Value]], partial: Mapping[Key, Value]) -> tuple[Value, ...]:
    """What is free is as the row after it, or else as the one before."""
    turned = [tuple(reversed(size)) for size in sizes]
    cells = dict(zip(product(*turned), _forward(turned, partial)))
    return tuple(cells[key] for key in product(*sizes))


def _fitted(rule: Callable[[Key], Value | None]) -> Callable[..., tuple[Value, ...] | None]:
    """Filled by a rule, if the rule gives all known cells."""

    def fill(sizes: Sequence[Sequence[Value]], partial: Mapping[Key, Value]) -> tuple[Value, ...] | None:
        if not all(type(value) is int for size in sizes for value in size):
            return None
        if not all(type(cell) is int and rule(key) == cell for key, cell in partial.items()):
            return None
        found = [rule(key) for key in product(*sizes)]
        return None if None in found else tuple(cell for cell in found if cell is not None)

    return fill


def _by_key(key_of: Callable[[Key], int]) -> Callable[..., tuple[Value, ...] | None]:
    """A table of a sum or a difference."""

    def fill(sizes: Sequence[Sequence[Value]], partial: Mapping[Key, Value]) -> tuple[Value, ...] | None:
        if len(sizes) != 2 or not all(type(value) is int for size in sizes for value in size):
            return None
        of_key: dict[Key, Value] = {}
        for key, cell in partial.items():
            if repr(of_key.setdefault((key_of(key),), cell)) != repr(cell):
                return None
        span = tuple(sorted({key_of(key) for key in product(*sizes)}))
        filled = dict(zip(span, _forward([span], of_key)))
        return tuple(filled[key_of(key)] for key in product(*sizes))

    return fill


def _number(value: Value) -> int:
    return int(value)


def _shift(sizes: Sequence[Sequence[Value]], partial: Mapping[Key, Value]) -> tuple[Value, ...] | None:
    """x + c, where that stays at 0 or above."""
    (key, cell), *_ = partial.items()
    if len(sizes) != 1 or type(cell) is not int or type(key[0]) is not int:
        return None
    by = int(cell) - int(key[0])
    return _fitted(lambda k: max(_number(k[0]) + by, 0))(sizes, partial)


_PATTERNS = (
    _shift,
    _by_key(lambda key: _number(key[0]) + _number(key[1])),
    _by_key(lambda key: _number(key[0]) - _number(key[1])),
)
