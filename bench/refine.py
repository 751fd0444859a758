"""Shipped programs with random rows changed, refined: answers right before and after, seconds.

Run: python bench/refine.py [TASK ...]
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from transformer_programs.errors import TransformerProgramError
from transformer_programs.files import load_program
from transformer_programs.learn.refine import refine
from transformer_programs.program import (
    Closest,
    Compare,
    Node,
    Program,
    Relation,
    Selector,
    Step,
    Table,
    Width,
    check,
    domains,
    read_domain,
)
from transformer_programs.simplify import task_inputs
from transformer_programs.tasks import task_for

PROGRAMS = Path(__file__).resolve().parent.parent / "programs"

DAMAGE = {
    "sort": (0, 2),
    "reverse": (0, 2),
    "hist": (1, 2),
    "double_hist": (2, 3),
    "most_freq": (1, 3),
    "dyck1": (1, 3),
    "dyck2": (3, 2),
}
"""Seed and number of changes."""


def main(names: Sequence[str]) -> None:
    """Prints a row a program."""
    print("| program | changed | answers right before | after | seconds |")
    print("| --- | --- | --- | --- | --- |")
    for name in names or DAMAGE:
        seed, times = DAMAGE[name]
        program = load_program(PROGRAMS / name)
        rng, changed = random.Random(seed), list[str]()
        for _ in range(times):
            program, what = damaged(program, rng)
            changed.append(what)
        task = task_for(name, program)
        inputs = task_inputs(task, 1_000_000 if task.count() <= 1_000_000 else 20_000)
        start = time.monotonic()
        found = refine(program, inputs)
        seconds = time.monotonic() - start
        after = "all" if found.after == found.asked else f"{found.after:,}"
        print(
            f"| {name} | {', '.join(changed)} | {found.before:,} of {found.asked:,} | {after} | {seconds:.1f} |",
            flush=True,
        )


def damaged(program: Program, rng: random.Random) -> tuple[Program, str]:
    """The program with one cell, row or comparison changed."""
    known = domains(program)
    while True:
        place = rng.randrange(len(program.steps))
        step = program.steps[place]
        node = changed(step.node, known, rng)
        if node is None or node == step.node:
            continue
        steps = (*program.steps[:place], Step(step.name, node), *program.steps[place + 1 :])
        try:
            return check(replace(program, steps=steps)), step.name
        except TransformerProgramError:
            continue


def changed(node: Node, known: dict, rng: random.Random) -> Node | None:  # type: ignore[type-arg]
    """A node with one entry drawn anew."""
    match node:
        case Table(reads, cells):
            at, cell = rng.randrange(len(cells)), rng.choice(list(dict.fromkeys(cells)))
            return Table(reads, (*cells[:at], cell, *cells[at + 1 :]))
        case Closest(selector, values):
            other = another(selector, known, rng)
            return None if other is None else Closest(other, values)
        case Width(selector):
            other = another(selector, known, rng)
            return None if other is None else Width(other)
    return None


def another(selector: Selector, known: dict, rng: random.Random) -> Selector | None:  # type: ignore[type-arg]
    """A selector with one row or its comparison drawn anew."""
    match selector:
        case Relation(keys, queries, rows):
            matches, at = read_domain(keys, known), rng.randrange(len(rows))
            return Relation(keys, queries, (*rows[:at], (rng.choice(matches),), *rows[at + 1 :]))
        case Compare(keys, _, queries):
            return Compare(keys, rng.choice(["<", ">", "==", "!="]), queries)
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
