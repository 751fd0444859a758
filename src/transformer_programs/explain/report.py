"""An explanation as plain data, for `--json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformer_programs.errors import InputError
from transformer_programs.explain.answer import Answer, Difference, Feature
from transformer_programs.explain.attribution import Explanation
from transformer_programs.explain.counterfactual import changes
from transformer_programs.explain.derivation import Derivation, derive
from transformer_programs.explain.values import some
from transformer_programs.program import Emit

__all__ = ["as_json", "asked", "other_answer"]


def asked(found: Explanation, position: int | None, label: str | None, other: str | None) -> tuple[Answer, ...]:
    """The answers to explain: all, or the one at a position; one alone where labels are named.

    Raises:
        InputError: no such position; labels named for several answers; a label that the program does not have.
    """
    answers = found.answers if position is None else (found.at(position),)
    if (label, other) != (None, None):
        if len(answers) > 1:
            todo = "say which: --position I"
            raise InputError(place="--why", got=f"{len(answers)} answers", expected="one", todo=todo)
        if answers[0].labels:
            answers[0].why(label, other)
        elif label is not None and label != str(answers[0].value):
            got = f"{label!r}, where the answer is {answers[0].value}"
            todo = f"what would give {label}: --not {label}"
            raise InputError(place="--why", got=got, expected="the answer, of a program without scores", todo=todo)
        elif other is not None:
            possible = possible_answers(found)
            if possible is not None and other not in possible:
                raise InputError(place="--not", got=f"label {other!r}", expected=f"one of {some(possible)}")
    return answers


def possible_answers(found: Explanation) -> tuple[str, ...] | None:
    """The texts of all answers that the program can give; None where nothing is known of them."""
    from transformer_programs.program import Finite, domains

    output = found.program.output
    if not isinstance(output, Emit):
        return output.labels
    domain = domains(found.program)[output.variable]
    return tuple(map(str, domain.values)) if isinstance(domain, Finite) else None


def other_answer(answer: Answer, label: str | None, other: str | None) -> str | None:
    """The label that the answer would have to be instead: the one named, else the second."""
    if other is not None and other != str(answer.value):
        return other
    if label is not None and label != str(answer.value):
        return label
    return answer.runner_up


def as_json(
    found: Explanation,
    tokens: Sequence[str],
    *,
    position: int | None = None,
    label: str | None = None,
    other: str | None = None,
) -> dict[str, Any]:
    """All of it: variables, heads, answers; for one answer also its derivation and the changes to another.

    Raises:
        InputError: as `asked`.
    """
    answers = asked(found, position, label, other)
    alone = position is not None
    output = found.program.output
    return {
        "program": found.program.name,
        "tokens": list(found.tokens),
        "variables": [
            {"name": v.name, "layer": v.layer, "meaning": v.meaning, "values": list(v.values)} for v in found.variables
        ],
        "heads": [
            {
                "name": head.name,
                "layer": head.layer,
                "selects": head.selects,
                "reads": head.reads,
                "matches": [list(row) for row in head.matches],
                "looks": list(head.looks),
            }
            for head in found.heads
        ],
        "labels": list(answers[0].labels),
        "answers": [
            {
                "position": answer.position,
                "answer": answer.value,
                "scores": list(answer.scores),
                "features": [_feature(feature) for feature in answer.features],
                "why": _why(answer.why(label, other)) if len(answer.labels) > 1 else None,
                **(_more(found, tokens, answer, label, other, getattr(output, "variable", None)) if alone else {}),
            }
            for answer in answers
        ],
    }


def _more(
    found: Explanation, tokens: Sequence[str], answer: Answer, label: str | None, other: str | None, emitted: str | None
) -> dict[str, Any]:
    more: dict[str, Any] = {"derivation": None, "changes": None}
    if answer.position is not None and emitted is not None:
        more["derivation"] = _derivation(derive(found, emitted, answer.position))
    instead = other_answer(answer, label, other)
    if instead is not None:
        there = changes(found.program, tokens, answer.position or 0, instead)
        more["changes"] = {
            "answer": instead,
            "tried": there.tried,
            "complete": there.complete,
            "found": [
                {"variable": c.variable, "position": c.position, "value": c.value, "instead": c.instead}
                for c in there.found
            ],
        }
    return more


def _feature(feature: Feature) -> dict[str, Any]:
    return {
        "variable": feature.variable,
        "value": feature.value,
        "positions": list(feature.positions),
        "amounts": list(feature.amounts),
    }


def _why(why: Difference) -> dict[str, Any]:
    return {
        "label": why.label,
        "not": why.other,
        "margin": why.margin,
        "features": [
            {"variable": feature.variable, "value": feature.value, "difference": amount}
            for feature, amount in zip(why.features, why.amounts)
        ],
    }


def _derivation(node: Derivation) -> dict[str, Any]:
    return {
        "variable": node.variable,
        "position": node.position,
        "value": node.value,
        "reason": node.reason,
        "parts": [_derivation(part) for part in node.parts],
    }
