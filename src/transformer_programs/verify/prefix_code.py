"""The byte code of a program as the walk over prefixes reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Int

from transformer_programs.batch.alphabet import CannotLower
from transformer_programs.batch.kernel import Op
from transformer_programs.batch.lower import lower
from transformer_programs.program import (
    Both,
    Either,
    Negate,
    Prefer,
    Program,
    Relation,
    Selector,
    Step,
    Value,
    domains,
    read_domain,
    selector_of,
)
from transformer_programs.verify.prefix_kernel import OPCODES

__all__ = ["PrefixCode", "one_to_one", "translated"]


@dataclass(frozen=True, slots=True, eq=False)
class PrefixCode:
    """As `batch.code.Code`, with the opcodes of `prefix_kernel`.

    Args:
        values: what the integers it answers stand for.
    """

    instructions: Int[np.ndarray, "instruction field"]
    pool: Int[np.ndarray, " cell"]
    columns: int
    depth: int
    labels: int
    values: Sequence[Value]


def translated(program: Program, vocabulary: Sequence[str], n: int) -> PrefixCode | None:
    """The byte code; None where the program has none, or none that the walk reads.

    Masks of key positions (KEYS, ONE) are made for whole sequences; here each position's key gets a column instead,
    and is compared.
    """
    try:
        lowered = lower(one_to_one(program), vocabulary, n)
    except CannotLower:
        return None
    code, number = lowered.code, {name: opcode for opcode, name in enumerate(OPCODES)}
    columns, keys = code.columns, dict[int, int]()
    instructions = []
    for op, *fields in code.instructions.tolist():
        match Op(op).name, fields:
            case "KEYS", [base, reads, *_]:
                keys[base] = columns
                instructions.append([number["PLACE"], columns, reads, 0, 0, 0])
                columns += 1
            case "ONE", [depth, base, wanted, *_]:
                instructions.append([number["EQUAL"], depth, keys[base], wanted, 0, 0])
            case "CLEAR", _:
                pass
            case name, _ if name in number:
                instructions.append([number[name], *fields])
            case _:
                return None
    array = np.array(instructions, np.int64).reshape(-1, 6)
    return PrefixCode(array, code.pool, columns, code.depth, code.labels, lowered.values)


def one_to_one(program: Program) -> Program:
    """The same program with every one-to-many predicate as a union of one-to-one predicates."""
    known = domains(program)

    def split(selector: Selector) -> Selector:
        match selector:
            case Both(left, right) | Either(left, right):
                return type(selector)(split(left), split(right))
            case Negate(inner):
                return Negate(split(inner))
            case Relation(keys, queries, rows) if any(len(row) > 1 for row in rows):
                domain = read_domain(keys, known)
                missing = tuple(tuple(value for value in domain if value not in row) for row in rows)
                if max(map(len, missing)) < max(map(len, rows)):
                    return Negate(split(Relation(keys, queries, missing)))
                parts = [
                    Relation(keys, queries, tuple(row[k : k + 1] for row in rows)) for k in range(max(map(len, rows)))
                ]
                union: Selector = parts[0]
                for part in parts[1:]:
                    union = Either(union, part)
                return union
            case _:
                return selector

    steps = []
    for step in program.steps:
        selector = selector_of(step.node)
        node: Any = step.node
        if selector is not None and not isinstance(selector, Prefer):
            node = replace(node, selector=split(selector))
        steps.append(Step(step.name, node))
    return replace(program, steps=tuple(steps))
