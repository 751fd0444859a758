"""The opposite of simplifying: equal programs with copies, detours and arguments that do not matter."""

from __future__ import annotations

import random
from dataclasses import replace

from transformer_programs.program import (
    Classify,
    Closest,
    Finite,
    LinearScore,
    Node,
    Offset,
    Output,
    Program,
    Read,
    Ref,
    Score,
    Step,
    Table,
    TableScore,
    check,
    domains,
    read_domain,
    rename,
)

__all__ = ["thickened"]


def thickened(program: Program, rng: random.Random) -> Program:
    """An equal program with two to five things that do not matter."""
    for _ in range(rng.randint(2, 5)):
        program = check(rng.choice((_copied, _looked_at_itself, _detoured, _argument, _scores))(program, rng))
    return program


def _copied(program: Program, rng: random.Random) -> Program:
    """A variable twice; later readers read either."""
    if not program.steps:
        return program
    at = rng.randrange(len(program.steps))
    step = program.steps[at]
    return _inserted(program, at + 1, Step(_fresh(program), step.node), step.name, rng)


def _looked_at_itself(program: Program, rng: random.Random) -> Program:
    """A head that looks at its own position."""
    at = rng.randrange(len(program.steps) + 1)
    name = rng.choice(["tokens", "positions", *(step.name for step in program.steps[:at])])
    return _inserted(program, at, Step(_fresh(program), Closest(Offset(0, 0), name)), name, rng)


def _detoured(program: Program, rng: random.Random) -> Program:
    """A table that renames a variable's values, and later readers of finite values that undo it."""
    known = domains(program)
    choices = [name for name, domain in known.items() if isinstance(domain, Finite) and len(domain.values) < 10]
    if not choices:
        return program
    name = rng.choice(choices)
    values = read_domain(Read(name), known)
    codes = rng.sample(range(2 * len(values)), len(values))
    fresh = _fresh(program)
    order = sorted(codes)
    old = dict(zip(codes, values))

    def through(node: Node) -> Node:
        match node:
            case Table((read,), cells) if read == Read(name):
                table = dict(zip(values, cells))
                return Table((Read(fresh),), tuple(table[old[code]] for code in order))
            case _:
                return node

    names = ["tokens", "positions", *(step.name for step in program.steps)]
    at = names.index(name) - 1
    later = tuple(Step(step.name, through(step.node)) for step in program.steps[at:])
    output: Output = program.output
    if isinstance(output, Classify):
        scores: list[Score] = []
        for score in output.scores:
            if isinstance(score, TableScore) and score.read == Read(name):
                rows = dict(zip(values, score.rows))
                scores.append(TableScore(Read(fresh), tuple(rows[old[code]] for code in order)))
            else:
                scores.append(score)
        output = replace(output, scores=tuple(scores))
    step = Step(fresh, Table((Read(name),), tuple(codes)))
    return replace(program, steps=(*program.steps[:at], step, *later), output=output)


def _argument(program: Program, rng: random.Random) -> Program:
    """A table with one more argument, which it ignores, or which is one of its own again."""
    tables = [i for i, step in enumerate(program.steps) if isinstance(step.node, Table)]
    if not tables:
        return program
    at = rng.choice(tables)
    node = program.steps[at].node
    assert isinstance(node, Table)
    known = domains(replace(program, steps=program.steps[:at]))
    candidates = (Read("tokens"), Read("positions", 1), *node.reads)
    finite = [read for read in candidates if read.limit is not None or isinstance(known[read.variable], Finite)]
    extra = rng.choice(finite)
    size = len(read_domain(extra, known))
    cells = tuple(cell for cell in node.cells for _ in range(size))
    made = Step(program.steps[at].name, Table((*node.reads, extra), cells))
    return replace(program, steps=(*program.steps[:at], made, *program.steps[at + 1 :]))


def _scores(program: Program, rng: random.Random) -> Program:
    """Scores times a number, rows shifted, a score in two halves, zeros."""
    output = program.output
    if not isinstance(output, Classify):
        return program
    times = rng.randint(1, 3)
    scores: list[Score] = []
    for score in output.scores:
        match score:
            case LinearScore(variable, weights):
                scores.append(LinearScore(variable, _shifted(tuple(times * w for w in weights), rng)))
            case TableScore(read, rows):
                half = tuple(tuple(rng.randint(-5, 5) for _ in row) for row in rows)
                other = tuple(tuple(times * a - b for a, b in zip(row, part)) for row, part in zip(rows, half))
                scores.append(TableScore(read, tuple(_shifted(row, rng) for row in other)))
                scores.append(TableScore(read, half))
    rng.shuffle(scores)
    bias = _shifted(tuple(times * b for b in output.bias), rng)
    return replace(program, output=replace(output, bias=bias, scores=tuple(scores)))


def _shifted(row: tuple[int, ...], rng: random.Random) -> tuple[int, ...]:
    by = rng.randint(-4, 4)
    return tuple(score + by for score in row)


def _fresh(program: Program) -> Ref:
    names = {step.name for step in program.steps}
    return next(f"more_{i}" for i in range(1000) if f"more_{i}" not in names)


def _inserted(program: Program, at: int, step: Step, name: Ref, rng: random.Random) -> Program:
    """The program with a step that always equals the variable `name`; some later reads go to it."""

    def new(ref: Ref) -> Ref:
        return step.name if ref == name and rng.random() < 0.7 else ref

    later = tuple(Step(one.name, rename(one.node, new)) for one in program.steps[at:])
    return replace(program, steps=(*program.steps[:at], step, *later), output=rename(program.output, new))
