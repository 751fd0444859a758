"""Programs that a person would write for the paper's tasks, in the form that learning finds."""

from __future__ import annotations

from transformer_programs.program import (
    Classify,
    Closest,
    Compare,
    Emit,
    Frame,
    LinearScore,
    Program,
    Read,
    Relation,
    Score,
    Step,
    Table,
    TableScore,
    Width,
    check,
)

__all__ = ["HANDMADE", "double_hist", "dyck1", "hist", "reverse", "sort"]

TOKENS, POSITIONS = Read("tokens"), Read("positions")


def hist() -> Program:
    """How often each token occurs: scores for the seven labels, as a learner leaves them."""
    vocabulary = ("<s>", *"012345")
    same = Relation(TOKENS, TOKENS, tuple((token,) for token in vocabulary))
    rows = tuple(tuple(5 * (label == max(count, 1)) for label in range(1, 8)) for count in range(8))
    return check(
        Program(
            name="hist",
            vocabulary=vocabulary,
            max_length=8,
            frame=Frame(("<s>",)),
            steps=(Step("count_7", Width(same)),),
            output=Classify(tuple("1234567"), (0,) * 7, (TableScore(Read("count_7", 7), rows),)),
            about=(("learned", "by hand"), ("accuracy", "100 % of all 335,922 inputs")),
        )
    )


def double_hist() -> Program:
    """How many distinct letters occur as often as this one: positions with that count, divided by the count."""

    def answer(count: int, same: int) -> str:
        return str(max(1, (same - (count == 1)) // count)) if count else "1"

    cells = tuple(answer(count, same) for count in range(5) for same in range(8))
    steps = (
        Step("count_1", Width(Compare("tokens", "==", "tokens"))),
        Step("count_2", Width(Compare("count_1", "==", "count_1"))),
        Step("table_1", Table((Read("count_1", 4), Read("count_2", 7)), cells)),
    )
    return check(
        Program(
            name="double_hist",
            vocabulary=("<s>", *"012345"),
            max_length=8,
            frame=Frame(("<s>",)),
            steps=steps,
            output=Emit("table_1"),
            about=(("learned", "by hand"),),
        )
    )


def reverse() -> Program:
    """The token at (position of the end marker) - (own position)."""
    vocabulary = ("<s>", "</s>", *"01234")
    steps = (
        Step("head_1", Closest(Relation(TOKENS, TOKENS, (("</s>",),) * 7), "positions")),
        Step("table_1", Table((Read("head_1"), POSITIONS), tuple(max(n - i, 0) for n in range(8) for i in range(8)))),
        Step("head_2", Closest(Compare("positions", "==", "table_1"), "tokens")),
    )
    return check(
        Program(
            name="reverse",
            vocabulary=vocabulary,
            max_length=8,
            frame=Frame(("<s>",), ("</s>",)),
            steps=steps,
            output=Emit("head_2"),
            about=(("learned", "by hand"),),
        )
    )


def sort() -> Program:
    """Score of letter t at position i: sum over s < t of (i - 1/2 - letters up to s), doubled: largest at the i-th."""
    letters = "01234"
    steps = tuple(
        Step(f"count_{k + 1}", Width(Relation(TOKENS, TOKENS, ((letter,),) * 7))) for k, letter in enumerate(letters)
    )
    rows = tuple(tuple((2 * position - 1) * t for t in range(5)) for position in range(8))
    scores: list[Score] = [TableScore(POSITIONS, rows)]
    for k in range(5):
        scores.append(LinearScore(f"count_{k + 1}", tuple(-2 * max(t - k, 0) for t in range(5))))
    return check(
        Program(
            name="sort",
            vocabulary=("<s>", "</s>", *letters),
            max_length=8,
            frame=Frame(("<s>",), ("</s>",)),
            steps=steps,
            output=Classify(tuple(letters), (0,) * 5, tuple(scores)),
            about=(("learned", "by hand"),),
        )
    )


def dyck1() -> Program:
    """Brackets of each kind so far; below zero here; below zero anywhere before."""
    opened, closed = (Width(Relation(TOKENS, TOKENS, ((token,),) * 3)) for token in "()")
    sign = tuple(0 if a < b else 1 if a == b else 2 for a in range(16) for b in range(16))
    steps = (
        Step("count_1", opened),
        Step("count_2", closed),
        Step("table_1", Table((Read("count_1", 15), Read("count_2", 15)), sign)),
        Step("count_3", Width(Relation(Read("table_1"), Read("table_1"), ((0,),) * 3))),
        Step("table_2", Table((Read("table_1"), Read("count_3", 1)), ("F", "F", "T", "F", "P", "F"))),
    )
    return check(
        Program(
            name="dyck1",
            vocabulary=("<s>", "(", ")"),
            max_length=16,
            causal=True,
            frame=Frame(("<s>",)),
            steps=steps,
            output=Emit("table_2"),
            about=(("learned", "by hand"),),
        )
    )


HANDMADE = (hist, double_hist, reverse, sort, dyck1)
