"""Programs made by hand: exact ones, and ones that are nearly right, as learned programs are.

`python tests/verify/handmade.py` writes the files of tests/verify/programs.
"""

from __future__ import annotations

from pathlib import Path

from transformer_programs.program import (
    Both,
    Classify,
    Closest,
    Compare,
    Either,
    Emit,
    Frame,
    Full,
    Program,
    Read,
    Relation,
    Step,
    Table,
    TableScore,
    Width,
    check,
    dumps,
)

LETTERS = ("0", "1", "2", "3", "4")
VOCABULARY = ("<s>", "</s>", *LETTERS)
BOTH = Frame(("<s>",), ("</s>",))


def sort_program(defect: bool = False) -> Program:
    """Each letter's place is the number of those before it in order; the answer is the letter with this place."""
    key = Step("key", Table((Read("tokens"),), (-1, 9, 0, 1, 2, 3, 4)))
    ties = Both(Compare("key", "==", "key"), Compare("positions", "<", "positions"))
    place = Step("place", Width(Either(Compare("key", "<", "key"), ties)))
    answer = Step("answer", Closest(Compare("place", "==", "positions"), "tokens"))
    steps = (key, place, answer)
    if defect:
        like = ("1234", "1234", "1234", "23", "1")
        return _nearly("sort98", steps, [set(letters) for letters in like], at=4, says="2")
    return check(
        Program(name="sort", vocabulary=VOCABULARY, max_length=8, frame=BOTH, steps=steps, output=Emit("answer"))
    )


def reverse_program(defect: bool = False) -> Program:
    """The answer is the letter at the mirrored position."""
    size = Step("size", Width(Full()))
    cells = tuple(max(n - 1 - i, 0) for n in range(9) for i in range(8))
    mirror = Step("mirror", Table((Read("size"), Read("positions")), cells))
    answer = Step("answer", Closest(Compare("positions", "==", "mirror"), "tokens"))
    steps = (size, mirror, answer)
    if defect:
        like = ("01234", "34", "1234", "34", "234", "1")
        return _nearly("reverse98", steps, [set(letters) for letters in like], at=2, says="0")
    return check(
        Program(name="reverse", vocabulary=VOCABULARY, max_length=8, frame=BOTH, steps=steps, output=Emit("answer"))
    )


def _nearly(name: str, steps: tuple[Step, ...], like: list[set[str]], at: int, says: str) -> Program:
    """The program with one wrong rule: on words whose letters are like these, it says this at a position."""
    cells = tuple(0 < i <= len(like) and token in like[i - 1] for token in VOCABULARY for i in range(8))
    alike = Step("alike", Table((Read("tokens"), Read("positions")), cells))
    number = Step("number", Width(Relation(Read("alike"), Read("alike"), ((True,), (True,)))))
    rule = tuple("rule" if n == len(like) and i == at else "none" for n in range(len(like) + 1) for i in range(8))
    odd = Step("odd", Table((Read("number", len(like)), Read("positions")), rule))
    right = TableScore(Read("answer"), tuple(tuple(2 * (a == b) for b in LETTERS) for a in VOCABULARY))
    wrong = TableScore(Read("odd"), ((0,) * 5, tuple(3 * (b == says) for b in LETTERS)))
    output = Classify(LETTERS, (0,) * 5, (right, wrong))
    return check(
        Program(
            name=name,
            vocabulary=VOCABULARY,
            max_length=8,
            frame=BOTH,
            steps=(*steps, alike, number, odd),
            output=output,
        )
    )


def hist_program(most: int = 8, letters: int = 6) -> Program:
    """Each letter's count."""
    vocabulary = ("<s>", *map(str, range(letters)))
    count = Step("count", Width(Compare("tokens", "==", "tokens")))
    return check(
        Program(
            name="hist",
            vocabulary=vocabulary,
            max_length=most,
            frame=Frame(("<s>",)),
            steps=(count,),
            output=Emit("count"),
        )
    )


def dyck1_program(most: int, fooled: bool = False) -> Program:
    """Height of each prefix, then whether any prefix went below 0; `fooled` does not look for that."""
    vocabulary = ("<s>", "(", ")")
    opened = Step("opened", Width(_token("(")))
    closed = Step("closed", Width(_token(")")))
    below = tuple(c > o for o in range(most + 1) for c in range(most + 1))
    fell = Step("fell", Table((Read("opened"), Read("closed")), below))
    falls = Step("falls", Width(Relation(Read("fell"), Read("tokens"), ((True,),) * 3)))
    same = tuple("T" if c == o else "P" for o in range(most + 1) for c in range(most + 1))
    level = Step("level", Table((Read("opened"), Read("closed")), same))
    cells = ("P", "T", "P", "T") if fooled else ("P", "T", "F", "F")
    answer = Step("answer", Table((Read("falls", 1), Read("level")), cells))
    steps = (opened, closed, fell, falls, level, answer)
    return check(
        Program(
            name="dyck1",
            vocabulary=vocabulary,
            max_length=most,
            causal=True,
            frame=Frame(("<s>",)),
            steps=steps,
            output=Emit("answer"),
        )
    )


def _token(token: str) -> Relation:
    return Relation(Read("tokens"), Read("tokens"), ((token,),) * 3)


if __name__ == "__main__":
    folder = Path(__file__).parent / "programs"
    for program in (sort_program(), sort_program(True), reverse_program(), reverse_program(True)):
        (folder / f"{program.name}.json").write_text(dumps(program), encoding="utf-8")
