"""Sizes beside those of the facts' table, for the same programs, vocabularies and lengths."""

from __future__ import annotations

import pytest

from transformer_programs.compiler import compile_program
from transformer_programs.program import Program

from .library import LIBRARY, SIZED

TABLE = {
    # name: layers, heads, width, parameters; None where the table does not say
    "hist": (1, 1, 19, 1_200),
    "reverse": (4, None, 43, 19_700),
    "sort": (3, None, 43, 17_000),
    "sort_unique": (2, None, 23, 2_800),
    "frac_prevs": (2, None, 14, 1_100),
    "shuffle_dyck2": (8, 4, 55, 247_000),
    "shuffle_dyck3": (9, 6, 73, 725_000),
    "detect_pattern": (3, 2, 26, 6_600),
}
HALF = ("reverse", "sort", "shuffle_dyck2", "shuffle_dyck3")


@pytest.mark.parametrize("program", SIZED, ids=[program.name for program in SIZED])
def test_not_larger_anywhere(program: Program) -> None:
    sizes = compile_program(program).sizes
    layers, heads, width, parameters = TABLE[program.name]
    assert sizes.layers <= layers
    assert heads is None or sizes.heads <= heads
    assert sizes.width <= width
    assert sizes.uniform <= parameters
    if program.name in HALF:
        assert 2 * sizes.width <= width
        assert 2 * sizes.uniform <= parameters
        assert program.name == "sort" or 2 * sizes.layers <= layers


@pytest.mark.parametrize("program", LIBRARY, ids=[program.name for program in LIBRARY])
def test_compression_never_widens_or_deepens(program: Program) -> None:
    plain, small = compile_program(program), compile_program(program, compress=True)
    assert small.sizes.width <= plain.sizes.width
    assert small.sizes.layers == plain.sizes.layers
    assert small.sizes.heads == plain.sizes.heads


def test_compression_reaches_the_most_that_is_alive_at_once() -> None:
    """Directions that hold something at a half-step, or are erased by the MLP that follows it, bound the width."""
    for program in LIBRARY:
        small = compile_program(program, compress=True)
        plain = compile_program(program)
        last = 2 * plain.sizes.layers + 1
        alive = max(
            sum(1 for slot in plain.residual if slot.born <= time and time < _gone(slot.last, last))
            for time in range(last + 1)
        )
        assert small.sizes.width == alive


def _gone(read: int, last: int) -> int:
    """The half-step from which a direction can be written again: the first MLP that can erase it."""
    return last + 1 if read >= last - 1 and read % 2 else max(2, read + read % 2)


def test_the_map_names_every_direction() -> None:
    for program in LIBRARY:
        model = compile_program(program)
        assert sorted(slot.direction for slot in model.residual) == list(range(model.sizes.width))
        assert all(slot.holds for slot in model.residual)
        assert all(slot.born <= slot.last for slot in model.residual)
