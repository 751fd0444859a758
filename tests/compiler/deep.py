"""Random programs whose answer depends on many of their steps: deeper than those of the shared strategies."""

from __future__ import annotations

import random
from dataclasses import replace

from transformer_programs.program import (
    Apply,
    Both,
    Classify,
    Closest,
    Compare,
    Either,
    Emit,
    Finite,
    Full,
    Integers,
    Largest,
    LinearScore,
    Mean,
    Negate,
    Node,
    Offset,
    Output,
    Program,
    Read,
    Relation,
    Selector,
    Smallest,
    Step,
    Table,
    TableScore,
    Total,
    Width,
    check,
    domains,
    read_domain,
)

__all__ = ["deep_program", "scored"]


def deep_program(seed: int) -> Program:
    """A random program; recent variables are read more often."""
    return _Maker(random.Random(seed)).program()


class _Maker:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.vocabulary = tuple("abc"[: rng.randint(2, 3)])
        self.length = rng.randint(2, 5)
        self.causal = rng.random() < 0.4
        self.steps: list[Step] = []
        self.kinds = {"tokens": "text", "positions": "number"}

    def program(self) -> Program:
        for index in range(self.rng.randint(2, 8)):
            node, kind = self.node()
            self.steps.append(Step(f"v{index}", node))
            self.kinds[f"v{index}"] = kind
        return check(self.made(self.output()))

    def made(self, output: Output) -> Program:
        return Program(
            name="deep",
            vocabulary=self.vocabulary,
            max_length=self.length,
            causal=self.causal,
            steps=tuple(self.steps),
            output=output,
        )

    def output(self) -> Output:
        last = self.steps[-1].name
        read = self.readable(last)
        if read is None or self.rng.random() < 0.6:
            return Emit(last)
        size = len(read_domain(read, domains(self.made(Emit("tokens")))))
        rows = tuple(tuple(self.rng.randint(-2, 2) for _ in range(3)) for _ in range(size))
        return Classify(("x", "y", "z"), (0, 1, 0), (TableScore(read, rows),), pooled=self.rng.random() < 0.5)

    def pick(self, *kinds: str) -> str:
        names = [name for name, kind in self.kinds.items() if kind in kinds]
        return self.rng.choices(names, weights=range(1, len(names) + 1))[0]

    def readable(self, name: str) -> Read | None:
        match domains(self.made(Emit("tokens")))[name]:
            case Finite(values) if len(values) <= 8:
                return Read(name)
            case Integers():
                return Read(name, self.rng.randint(1, 4))
            case _:
                return None

    def node(self) -> tuple[Node, str]:
        rng = self.rng
        choice = rng.random()
        if choice < 0.2:
            reads = [self.readable(self.pick("text", "number")) for _ in range(rng.randint(1, 2))]
            kept = tuple(read for read in reads if read is not None)
            known = domains(self.made(Emit("tokens")))
            size = 1
            for read in kept:
                size *= len(read_domain(read, known))
            if kept and size <= 64:
                if rng.random() < 0.5:
                    return Table(kept, tuple(rng.choice("abc") for _ in range(size))), "text"
                return Table(kept, tuple(rng.randint(-2, 3) for _ in range(size))), "number"
        if choice < 0.45:
            numbers = (self.pick("number"), self.pick("number"))
            operator = rng.choice(("+", "-", "*", "min", "max", "<", "==", ">=", "/", "%"))
            return Apply(operator, numbers), "number"
        selector = self.selector(2)
        head = rng.choice((Closest, Closest, Total, Width, Mean, Mean, Largest, Smallest))
        if head is Width:
            return Width(selector), "number"
        if head is Total:
            return Total(selector, self.pick("number")), "number"
        values = self.pick("text", "number")
        if head is Closest:
            return Closest(selector, values), self.kinds[values]
        if head is Mean:
            values = self.pick("number") if rng.random() < 0.8 else values
        default = rng.choice("abz") if self.kinds[values] == "text" else rng.randint(-3, 3)
        return head(selector, values, default), self.kinds[values]

    def selector(self, depth: int) -> Selector:
        rng = self.rng
        choice = rng.random()
        if depth and choice < 0.3:
            make = rng.choice((Both, Either))
            return make(self.selector(depth - 1), self.selector(depth - 1))
        if depth and choice < 0.4:
            return Negate(self.selector(depth - 1))
        if choice < 0.5:
            low = rng.randint(-3, 2)
            return Offset(low, low + rng.randint(0, 2))
        if choice < 0.55:
            return Full()
        if choice < 0.75:
            keys, queries = self.readable(self.pick("text", "number")), self.readable(self.pick("text", "number"))
            if keys is not None and queries is not None:
                known = domains(self.made(Emit("tokens")))
                values = read_domain(keys, known)
                rows = tuple(
                    tuple(value for value in values if rng.random() < 1.5 / len(values))
                    for _ in read_domain(queries, known)
                )
                return Relation(keys, queries, rows)
        kind = rng.choice(("text", "number"))
        return Compare(self.pick(kind), rng.choice(("==", "!=", "<", "<=", ">", ">=")), self.pick(kind))


def scored(program: Program, seed: int) -> Program:
    """The program with an answer to which every one of its variables adds scores."""
    rng = random.Random(seed)
    known = domains(program)
    scores: list[TableScore | LinearScore] = []
    for step in program.steps:
        domain = known[step.name]
        if isinstance(domain, Integers) and rng.random() < 0.3:
            scores.append(LinearScore(step.name, tuple(rng.randint(-2, 2) for _ in range(3))))
            continue
        if isinstance(domain, Integers):
            read = Read(step.name, rng.randint(0, 4))
        elif isinstance(domain, Finite):
            read = Read(step.name)
        else:
            continue
        rows = tuple(tuple(rng.randint(-3, 3) for _ in range(3)) for _ in read_domain(read, known))
        scores.append(TableScore(read, rows))
    output = Classify(("x", "y", "z"), (1, 0, 0), tuple(scores), pooled=rng.random() < 0.3)
    return check(replace(program, output=output))
