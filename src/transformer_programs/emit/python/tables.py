"""The ways to write a table, and the choice of the shortest.

A table maps every combination of its arguments' values to a value, to None (a predicate row without a match), to
several values (a predicate row with many) or to groups of them (an order of keys). It is written as a literal and an
access, such as `(3, 1, 2)` and `[x]`, or `{"a": 1}` and `.get(x, 0)`. The reader evaluates the access for every
combination, so all forms read alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TypeAlias

from transformer_programs.emit.python.cells import LARGEST
from transformer_programs.emit.python.literals import (
    WIDTH,
    Atom,
    Block,
    Literal,
    block,
    filled,
    is_word,
    mapping,
    text_of,
    tuple_of,
)
from transformer_programs.emit.python.syntax import JOINED
from transformer_programs.program import Value

__all__ = ["Cell", "Form", "forms", "letters", "shifted", "themselves"]

MOST_STEPS = 3
"""Thresholds that are still easy to read."""

MANY = 20_000
"""Cells beyond which a table is written by its exceptions alone, if they are few."""

FEW = 0.25
"""The share of cells that exceptions may be."""

Cell: TypeAlias = Value | tuple[Value | tuple[Value, ...], ...] | None


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a table: the literal and what follows it, both texts of Python.

    Args:
        literal: the table.
        access: how a value is found in it; "" where the literal is an expression of the arguments, no table.
        inline: it can stand on the line that uses it.
        oddity: lines that it must save to be preferred, each worth ten characters on the line that uses it.
    """

    literal: Literal
    access: str
    inline: bool = True
    oddity: int = 0


def letters(count: int) -> tuple[str, ...]:
    """Names of the arguments inside a comprehension.

    >>> letters(2), letters(4)
    (('x', 'y'), ('x1', 'x2', 'x3', 'x4'))
    """
    return ("x", "y", "z")[:count] if count <= 3 else tuple(f"x{i + 1}" for i in range(count))


def forms(domains: Sequence[Sequence[Value]], cells: Sequence[Cell]) -> list[Form]:
    """All ways to write the table: cells in the order of `itertools.product(*domains)`."""
    if len(cells) > MANY and len(domains) > 1:
        default = Counter(cells).most_common(1)[0][0]
        kept = {key: cell for key, cell in zip(product(*domains), cells) if cell != default}
        if len(kept) <= FEW * len(cells) or len(cells) > LARGEST:  # no other form is read back
            return list(_exceptions(kept, default, letters(len(domains))))
    whole = tuple(map(tuple, domains)), tuple(cells)
    return _forms(*whole, repr(whole))


@lru_cache(maxsize=1024)
def _forms(domains: tuple[tuple[Value, ...], ...], cells: tuple[Cell, ...], spelled: str) -> list[Form]:
    """Kept, since the passes print a program many times; `spelled` tells 1 from True."""
    table = dict(zip(product(*domains), cells))
    if len(domains) == 1:
        return list(_of_one(domains[0], cells))
    return list(_of_several(domains, table))


def _of_one(domain: Sequence[Value], cells: Sequence[Cell], key: str = "x") -> Iterator[Form]:
    """Forms of a table of one argument, or of one expression of several (`key`)."""
    if None not in cells:
        yield Form(_row(domain, cells), f"[{key}]")
    elif _is_range(domain):
        yield Form(tuple_of([text_of(cell) for cell in cells]), f"[{key}]")
    default = _commonest(cells)
    kept = {value: cell for value, cell in zip(domain, cells) if not _same(cell, default)}
    access = f".get({key})" if default is None else f".get({key}, {text_of(default).text})"
    yield Form(mapping((repr(value), text_of(cell)) for value, cell in kept.items()), access)
    moved = {value: cell for value, cell in zip(domain, cells) if not _same(value, cell)}
    if 2 * len(moved) < len(domain):
        yield Form(mapping((repr(value), text_of(cell)) for value, cell in moved.items()), f".get({key}, {key})")
    yield from _steps(domain, cells, key)
    if _is_range(domain):
        yield from _listed(cells, key)
    words = [str(value) for value in domain]
    if all(isinstance(value, str) for value in domain) and all(map(is_word, words)) and None not in cells:
        if all(map(_same, kept, kept.values())):
            yield Form(themselves(map(str, kept)), access, inline=False)
        yield Form(_classes(dict(zip(words, cells))), f"[{key}]", inline=False)
        yield Form(_classes({str(value): cell for value, cell in kept.items()}), access, inline=False)


def _steps(domain: Sequence[Value], cells: Sequence[Cell], key: str) -> Iterator[Form]:
    """Few values on long runs of whole numbers: `("low", "high")[x >= 3]`, the thresholds passed counted."""
    if not all(type(value) is int for value in domain):
        return
    starts = [i for i in range(1, len(cells)) if not _same(cells[i - 1], cells[i])]
    if 0 < len(starts) <= MOST_STEPS:
        passed = [f"{key} >= {domain[i]}" for i in starts]
        index = passed[0] if len(passed) == 1 else " + ".join(f"({one})" for one in passed)
        yield Form(tuple_of([text_of(cells[i]) for i in (0, *starts)]), f"[{index}]", oddity=len(starts) - 1)


def _listed(cells: Sequence[Cell], key: str) -> Iterator[Form]:
    """The cells as words of one text."""
    if all(type(cell) is int for cell in cells):
        pattern = "[int(z) for z in {}.split()]"
    elif all(isinstance(cell, str) and is_word(cell) for cell in cells):
        pattern = "{}.split()"
    else:
        return
    words = [str(cell) for cell in cells]
    line = pattern.format(repr(" ".join(words)))
    if len(line) <= WIDTH - 16:
        yield Form(Atom(line), f"[{key}]", inline=False)
    else:
        rows = list(filled(words, WIDTH - 4))
        yield Form(Block(pattern.format(block(rows)), len(rows) + 2), f"[{key}]", inline=False)


def _of_whole_numbers(domains: Sequence[Sequence[Value]], table: Mapping[tuple[Value, ...], Cell]) -> Iterator[Form]:
    """Forms of a table of two whole numbers that only looks at their difference or at their sum."""
    if not all(type(value) is int for domain in domains for value in domain):
        return
    for key, sign_x, sign_y in (("x - y", 1, -1), ("y - x", -1, 1), ("x + y", 1, 1)):
        of_key: dict[int, Cell] = {}
        for (x, y), cell in table.items():
            if not _same(of_key.setdefault(sign_x * int(x) + sign_y * int(y), cell), cell):
                break
        else:
            yield from _expressions(key, of_key)
            ordered = sorted(of_key)
            yield from _of_one(ordered, [of_key[value] for value in ordered], key)


def _expressions(key: str, of_key: Mapping[int, Cell]) -> Iterator[Form]:
    """`min(x + y, 7)`, `max(x - y, 0)`, `x - y + 8`, where that is all a table of whole numbers says."""
    if not all(type(cell) is int for cell in of_key.values()):
        return
    cells = {value: int(cell) for value, cell in of_key.items() if type(cell) is int}
    most, least = max(cells.values()), min(cells.values())
    if all(cell == min(value, most) for value, cell in cells.items()):
        yield Form(Atom(f"min({key}, {most})"), "")
    if all(cell == max(value, least) for value, cell in cells.items()):
        yield Form(Atom(f"max({key}, {least})"), "")
    by = {cell - value for value, cell in cells.items()}
    if len(by) == 1 and by != {0}:
        yield Form(Atom(_plus(key, by.pop())), "")


def shifted(asked: Sequence[Value], one: Sequence[Cell], keys: Sequence[Value]) -> Iterator[Form]:
    """`x - 1`, where each query matches the key that far from it, if there is such a key.

    >>> [form.literal.text for form in shifted((0, 1, 2), (None, 0, 1), (0, 1, 2))]
    ['x - 1']
    """
    if not all(type(value) is int for value in (*asked, *keys)):
        return
    by = {int(cell) - int(value) for value, cell in zip(asked, one) if type(cell) is int}
    if len(by) != 1 or by == {0}:
        return
    away = by.pop()
    if all((int(value) + away if int(value) + away in keys else None) == cell for value, cell in zip(asked, one)):
        yield Form(Atom(_plus("x", away)), "")


def _plus(key: str, number: int) -> str:
    return f"{key} {'+' if number > 0 else '-'} {abs(number)}"


def _of_several(domains: Sequence[Sequence[Value]], table: Mapping[tuple[Value, ...], Cell]) -> Iterator[Form]:
    names = letters(len(domains))
    yield Form(_nested(domains, table, ()), "".join(f"[{name}]" for name in names))
    default = _commonest(list(table.values()))
    kept = {key: cell for key, cell in table.items() if not _same(cell, default)}
    yield from _exceptions(kept, default, names)
    if len(domains) != 2:
        return
    yield from _of_whole_numbers(domains, table)
    rows = {x: {y: kept[x, y] for y in domains[1] if (x, y) in kept} for x in domains[0]}
    pairs = ((repr(x), mapping((repr(y), text_of(cell)) for y, cell in row.items())) for x, row in rows.items() if row)
    dense = 2 * len(kept) > len(table)
    yield Form(mapping(pairs), f".get(x, {{}}).get(y, {text_of(default).text})", oddity=2 * dense)
    full = {x: tuple(table[x, y] for y in domains[1]) for x in domains[0]}
    usual = Counter(full.values()).most_common(1)[0][0]
    odd = ((repr(x), _row(domains[1], row)) for x, row in full.items() if repr(row) != repr(usual))
    yield Form(mapping(odd), f".get(x, {_row(domains[1], usual).text})[y]", oddity=2)
    if all(map(_is_range, domains)):
        yield from _grid(list(full.values()))


def _exceptions(kept: Mapping[tuple[Value, ...], Cell], default: Cell, names: Sequence[str]) -> Iterator[Form]:
    """A dictionary of what is not the default."""
    access = f".get(({', '.join(names)}), {text_of(default).text})"
    yield Form(mapping((repr(key), text_of(cell)) for key, cell in kept.items()), access)
    rows: dict[str, list[str]] = {}
    others: dict[tuple[Value, ...], Cell] = {}
    for key, cell in kept.items():
        words = [part for part in key if isinstance(part, str) and is_word(part)]
        if len(words) == len(key) == 2 and cell == "+".join(words):
            rows.setdefault(words[0], []).append(words[1])
        else:
            others[key] = cell
    if 4 * len(others) < 3 * len(kept):
        yield Form(_joined(rows, others), access, inline=False)


def _joined(rows: Mapping[str, Sequence[str]], others: Mapping[tuple[Value, ...], Cell]) -> Block:
    """Pairs of words whose value is both: a first word and its second ones a line; `others` as they are."""
    lines = [f"{x} {line}" for x, row in rows.items() for line in filled(row, max(WIDTH - 5 - len(x), 40))]
    literal = JOINED.replace("_TEXT", block(lines))
    height = len(lines) + 9
    if others:
        rest = mapping((repr(key), text_of(cell)) for key, cell in others.items())
        literal, height = f"{literal} | {rest.text}", height + 2 + rest.lines(4)
    return Block(literal, height)


def _nested(
    domains: Sequence[Sequence[Value]], table: Mapping[tuple[Value, ...], Cell], prefix: tuple[Value, ...]
) -> Literal:
    if len(domains) == 1:
        return _row(domains[0], [table[*prefix, value] for value in domains[0]])
    inner = [_nested(domains[1:], table, (*prefix, value)) for value in domains[0]]
    return tuple_of(inner) if _is_range(domains[0]) else mapping(zip(map(repr, domains[0]), inner))


def _row(domain: Sequence[Value], cells: Sequence[Cell]) -> Literal:
    """One value for each of a domain, to be read by `[x]`."""
    items = [text_of(cell) for cell in cells]
    return tuple_of(items) if _is_range(domain) else mapping(zip(map(repr, domain), items))


def _classes(values: Mapping[str, Cell]) -> Literal:
    """Many words, few values: the words of each value together, spread by a comprehension."""
    classes: dict[str, list[str]] = {}
    for word, cell in sorted(values.items(), key=lambda pair: _order(pair[1])):
        classes.setdefault(text_of(cell).text, []).append(word)
    pairs = []
    for value, words in classes.items():
        line = " ".join(words)
        short = len(line) + len(value) + 16 <= WIDTH
        text = block(filled(words, WIDTH - 4))
        pairs.append((value, Atom(repr(line)) if short else Block(text, text.count("\n") + 1)))
    body = "".join(f"{value}: {item.text}, " for value, item in pairs)
    text = f"{{x: value for value, words in {{{body}}}.items() for x in words.split()}}"
    return Block(text, 6 + sum(item.lines(8) for _, item in pairs))


def themselves(words: Iterable[str]) -> Block:
    """A dictionary that has every word for itself."""
    words = tuple(words)
    line = f"{{x: x for x in {' '.join(words)!r}.split()}}"
    if len(line) <= WIDTH - 30:
        return Block(line, 1)
    text = block(filled(words, WIDTH - 4))
    return Block(f"{{x: x for x in {text}.split()}}", text.count("\n") + 3)


def _grid(rows: Sequence[Sequence[Cell]]) -> Iterator[Form]:
    """Rows of aligned words or whole numbers, for tables that are too wide for tuples, or full of quotes."""
    cells = [cell for row in rows for cell in row]
    width = max(len(str(cell)) for cell in cells)
    text = block(" ".join(str(cell).rjust(width) for cell in row) for row in rows)
    if all(type(cell) is int for cell in cells):
        literal = f"[[int(z) for z in row.split()] for row in {text}.strip().splitlines()]"
        yield Form(Block(literal, len(rows) + 2), "[x][y]", inline=False, oddity=2)
    elif all(isinstance(cell, str) and is_word(cell) for cell in cells):
        literal = f"[row.split() for row in {text}.strip().splitlines()]"
        yield Form(Block(literal, len(rows) + 2), "[x][y]", inline=False)


def _order(cell: Cell) -> tuple[str, Cell]:
    """Sort key that keeps types apart."""
    if isinstance(cell, tuple) and any(isinstance(part, tuple) for part in cell):
        return "tuple of tuples", repr(cell)
    return type(cell).__name__, cell


def _is_range(domain: Sequence[Value]) -> bool:
    return all(type(value) is int and value == i for i, value in enumerate(domain))


def _commonest(cells: Sequence[Cell]) -> Cell:
    texts = Counter(map(repr, cells))
    return max(cells, key=lambda cell: texts[repr(cell)])


def _same(a: Cell, b: Cell) -> bool:
    return repr(a) == repr(b)
