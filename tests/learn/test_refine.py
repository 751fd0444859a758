"""Refinement of any program: damage is mended, nothing gets worse, what is not needed goes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import programs
from transformer_programs.batch import exhaustive
from transformer_programs.cli import main
from transformer_programs.errors import TransformerProgramError
from transformer_programs.learn.refine import Refine, refine
from transformer_programs.learn.refine.measure import Sample, right
from transformer_programs.learn.refine.proposals import spots
from transformer_programs.program import (
    Both,
    Classify,
    Closest,
    Compare,
    Emit,
    Frame,
    LinearScore,
    Offset,
    Prefer,
    Program,
    Read,
    Relation,
    Step,
    Table,
    TableScore,
    Width,
    check,
    dumps,
    references,
)
from transformer_programs.run import Interpreter
from transformer_programs.simplify import Inputs, task_inputs
from transformer_programs.tasks import make_task

SORT = make_task("sort", vocabulary_size=6, max_length=6)
FAST = Refine(minutes=1.0, rounds=0)


def sort() -> Program:
    """An exact sort by counts: token c stands at i where fewer than i letters are smaller, and scores say so."""
    letters = SORT.labels
    words = SORT.vocabulary
    steps = tuple(
        Step(f"count_{c}", Width(Relation(Read("tokens"), Read("tokens"), ((c,),) * len(words)))) for c in letters[:-1]
    )
    # Label k gains 2 i from the place and loses 2 for each smaller letter, one more for each label: a staircase.
    places = tuple(tuple(2 * i * k for k in range(len(letters))) for i in range(SORT.max_length))
    weights = [tuple(-2 * max(k - c, 0) for k in range(len(letters))) for c in range(len(letters) - 1)]
    bias = tuple(-k for k in range(len(letters)))
    scores = (TableScore(Read("positions"), places), *(LinearScore(s.name, w) for s, w in zip(steps, weights)))
    return Program(
        name="sort", vocabulary=words, max_length=SORT.max_length, frame=Frame(("<s>",), ("</s>",)), steps=steps,
        output=Classify(letters, bias, scores),
    )  # fmt: skip


def with_step(program: Program, place: int, step: Step) -> Program:
    return check(replace(program, steps=(*program.steps[:place], step, *program.steps[place + 1 :])))


def damaged(program: Program) -> Program:
    """Two predicates look for other letters, in some of their rows, and one score is another."""
    for place, letter in ((0, "2"), (1, "0")):
        step = program.steps[place]
        assert isinstance(step.node, Width)
        assert isinstance(step.node.selector, Relation)
        relation = step.node.selector
        rows = tuple((letter,) if row % 2 else keys for row, keys in enumerate(relation.rows))
        program = with_step(program, place, Step(step.name, Width(replace(relation, rows=rows))))
    output = program.output
    assert isinstance(output, Classify)
    return replace(program, output=replace(output, bias=(3, *output.bias[1:])))


def test_the_sort_program_is_exact() -> None:
    assert exhaustive(sort(), SORT).sequence_accuracy == 1.0


def test_a_damaged_sort_is_mended() -> None:
    program, inputs = damaged(sort()), task_inputs(SORT, 10**6)
    assert inputs.complete
    assert exhaustive(program, SORT).sequence_accuracy < 0.5
    found = refine(program, inputs, config=FAST)
    assert found.before < found.after == found.asked
    assert exhaustive(found.program, SORT).sequence_accuracy == 1.0
    assert found.finished
    assert len(found.steps) >= 2
    assert refine(program, inputs, config=FAST).program == found.program, "same seed, same program"


PREFERS = Prefer(Read("tokens"), Read("tokens"), ((("</s>",),),) * 4 + ((("1",), ("</s>",)),))
"""The end, but that a 1 would rather find another 1."""


def reverse() -> Program:
    """Reverse as a person writes it; at most six tokens, markers included."""
    n, words = 6, ("<s>", "</s>", "0", "1", "2")
    target = tuple(max(n - 1 - i, 0) for i in range(n))
    steps = (
        Step("end", Closest(Relation(Read("tokens"), Read("tokens"), (("</s>",),) * len(words)), "positions")),
        Step("target", Table((Read("positions"), Read("end")), tuple(e - i for i in range(n) for e in range(n)))),
        Step("answer", Closest(Compare("positions", "==", "target"), "tokens")),
    )
    assert target[0] == n - 1
    return Program(
        name="reverse", vocabulary=words, max_length=n, frame=Frame(("<s>",), ("</s>",)), steps=steps,
        output=Emit("answer"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "place", "step"),
    [
        ("a comparison", 2, Step("answer", Closest(Compare("positions", "<", "target"), "tokens"))),
        ("a gate", 2, Step("answer", Closest(Compare("positions", "==", "end"), "tokens"))),
        ("values", 2, Step("answer", Closest(Compare("positions", "==", "target"), "positions"))),
        (
            "a row",
            0,
            Step("end", Closest(Relation(Read("tokens"), Read("tokens"), (("</s>",),) * 4 + (("1",),)), "positions")),
        ),
        ("a preference", 0, Step("end", Closest(PREFERS, "positions"))),
    ],
)
def test_each_kind_of_damage(what: str, place: int, step: Step) -> None:
    task = make_task("reverse", vocabulary_size=6, max_length=6)
    program = with_step(reverse(), place, step)
    assert exhaustive(reverse(), task).sequence_accuracy == 1.0
    assert exhaustive(program, task).sequence_accuracy < 1.0
    found = refine(program, task_inputs(task, 10**6), config=FAST)
    assert exhaustive(found.program, task).sequence_accuracy == 1.0, what


def test_distances_and_nested_predicates() -> None:
    """The letter two places before, as far as it is the same: another distance is found inside a conjunction."""
    words = ("a", "b")

    def program(low: int) -> Program:
        selector = Both(Offset(low, low), Compare("tokens", "==", "tokens"))
        count = Step("count_1", Width(selector))
        score = TableScore(Read("count_1", 1), ((1, 0), (0, 1)))
        return Program(
            name="p", vocabulary=words, max_length=5, steps=(count,), output=Classify(("n", "y"), (0, 0), (score,))
        )

    inputs = labelled(program(-2))
    found = refine(program(-1), inputs, config=FAST)
    assert found.after == found.asked
    assert dumps(replace(found.program, about=())) != dumps(program(-1))


def labelled(program: Program, seed: int = 0) -> Inputs:
    """Random inputs with the program's own answers, so that it is exact on them."""
    assert program.vocabulary is not None
    assert program.max_length is not None
    random = np.random.default_rng(seed)
    lengths = random.integers(1, program.max_length + 1, 200)
    tokens = random.integers(0, len(program.vocabulary), (200, program.max_length)).astype(np.int32)
    tokens[np.arange(program.max_length) >= lengths[:, None]] = 0
    answers = [Interpreter(program)([program.vocabulary[t] for t in row[:n]]) for row, n in zip(tokens, lengths)]
    labels = tuple(dict.fromkeys(str(value) for answer in answers for value in answer))
    pooled = isinstance(program.output, Classify) and program.output.pooled
    wanted = np.full((200, 1 if pooled else program.max_length), -1, np.int32)
    for row, answer in zip(wanted, answers):
        row[: len(answer)] = [labels.index(str(value)) for value in answer]
    return Inputs(
        vocabulary=program.vocabulary, tokens=tokens, lengths=lengths.astype(np.int32), asked=wanted >= 0,
        labels=labels, right=wanted, complete=False, what="random inputs",
    )  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_never_worse_than_before(draw: st.DataObject) -> None:
    """Any program, on answers that are another program's: what comes out is right at least as often."""
    program = draw.draw(programs())
    if program.vocabulary is None or program.max_length is None:
        return
    try:
        inputs = labelled(program)
        random = np.random.default_rng(1)
        assert inputs.right is not None
        flipped = np.where(random.random(inputs.right.shape) < 0.3, 0, inputs.right)
        inputs = replace(inputs, right=np.where(inputs.asked, flipped, -1).astype(np.int32))
        before = int(right(program, inputs).sum())
    except (TransformerProgramError, ArithmeticError, TypeError, ValueError):
        return
    found = refine(program, inputs, config=Refine(minutes=0.05, changes=3, rounds=0))
    assert found.before == before <= found.after
    assert found.after == int(right(found.program, inputs).sum())
    check(found.program)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_changed_row_alters_only_examples_that_look_it_up(draw: st.DataObject) -> None:
    program = draw.draw(programs(learned_only=True))
    inputs = labelled(program)
    sample = Sample.of(program, inputs, np.zeros_like(inputs.asked), 0)
    for spot in spots(program, sample, inputs.labels)[:12]:
        if not spot.what.startswith(("row", "what")) or spot.used.all():
            continue
        for option in list(spot.options())[:3]:
            try:
                changed = right(check(option), sample.inputs)
            except TransformerProgramError:
                continue
            same = (changed == right(program, sample.inputs)).all(axis=1)
            assert same[~spot.used].all(), spot.what


def test_needless_parts_go_where_as_many_answers_stay_right() -> None:
    words = ("a", "b")
    idle = Step("idle", Table((Read("tokens"), Read("positions")), tuple(range(10))))
    count = Step("count_1", Width(Compare("tokens", "==", "tokens")))
    rows = ((0, 0), (1, 0), (0, 1), (0, 1), (0, 1), (0, 1))
    scores = (TableScore(Read("count_1"), rows), TableScore(Read("idle"), ((0, 1), *((0, 0),) * 9)))
    program = Program(
        name="p", vocabulary=words, max_length=5, steps=(idle, count), output=Classify(("n", "y"), (0, 0), scores)
    )
    inputs = labelled(replace(program, output=Classify(("n", "y"), (0, 0), scores[:1])))
    assert inputs.right is not None
    wrong = inputs.right.copy()
    wrong[0, 0] = 1 - wrong[0, 0]
    found = refine(program, replace(inputs, right=wrong), config=replace(FAST, changes=0))
    assert found.after >= found.before
    read = {
        ref for part in (*(step.node for step in found.program.steps), found.program.output) for ref in references(part)
    }
    assert "positions" not in read


def test_the_command_mends_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "broken.json"
    place.write_text(dumps(damaged(sort())), encoding="utf-8")
    out = tmp_path / "mended"
    command = ["refine", str(place), "--task", "sort", "--out", str(out)]
    assert main([*command, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["before"]["right"] < report["after"]["right"] == report["answers"]
    assert report["complete"]
    assert main(["eval", str(out), "--task", "sort", "--exhaustive", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sequence_accuracy"] == 1.0
    assert main(command) == 2
    assert "a file that exists" in capsys.readouterr().err


def test_the_command_on_a_file_holds_examples_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, data = tmp_path / "broken.json", tmp_path / "data.jsonl"
    place.write_text(dumps(damaged(sort())), encoding="utf-8")
    examples = SORT.dataset(size=300, seed=0).train
    lines = (
        json.dumps({"tokens": list(e.tokens[1:-1]), "labels": [label for label in e.labels if label is not None]})
        for e in examples
    )
    data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(["refine", str(place), "--data", str(data), "--kind", "tagging", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["inputs"] == len(examples)
    assert report["after"]["right"] == report["answers"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "neither"),
        (["--task", "sort", "--data", "x"], "both"),
        (["--data", "x"], "--kind"),
        (["--task", "sort", "--minutes", "-1"], "minutes"),
        (["--task", "dyck1"], "dyck1"),
    ],
)
def test_bad_flags(flags: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "sort.json"
    place.write_text(dumps(sort()), encoding="utf-8")
    assert main(["refine", str(place), *flags]) == 2
    assert words in capsys.readouterr().err
