"""Programs that read spellings and decode a best sequence of labels."""

from __future__ import annotations

from itertools import product

from transformer_programs.cli import main
from transformer_programs.explain import changes, explain, word_classes
from transformer_programs.explain.classes import class_features
from transformer_programs.program import Decode, Program, Read, Spelled, Step, Table, TableScore, check, dumps
from transformer_programs.run import Interpreter

LABELS = ("O", "B", "I")


def tagger() -> Program:
    """Capital letters begin or continue a name; `I` stands behind `B` or `I` only."""
    kind = Step("kind", Table((Read("tokens"),), ("word", "word", "title")))
    shape = Step("shape_1", Spelled("shape", ("Xx", "X"), ("high", "high"), "low"))
    scores = (
        TableScore(Read("kind"), ((0, 2, 1), (1, 0, 0))),
        TableScore(Read("shape_1"), ((0, 3, 3), (2, 0, 0))),
    )
    follows = ((0, 0, None), (0, -1, 2), (0, -1, 1))
    output = Decode(LABELS, (0, 0, 0), scores, (0, 0, None), follows)
    return check(
        Program(name="tagger", vocabulary=("<unk>", "the", "Mr"), max_length=6, steps=(kind, shape), output=output)
    )


def test_between_its_neighbours_the_chosen_label_is_the_best() -> None:
    program = tagger()
    interpreter = Interpreter(program)
    for tokens in product(("the", "Mr", "Rome", "odd"), repeat=3):
        found = explain(program, tokens)
        assert [answer.value for answer in found.answers] == interpreter(tokens)
        for answer in found.answers:
            assert tuple(map(sum, zip(*(feature.amounts for feature in answer.features)))) == answer.scores
            if len(answer.labels) > 1:
                why = answer.why()
                assert sum(why.amounts) == why.margin >= 0
        assert "I" not in found.answers[0].labels


def test_a_change_runs_the_whole_sequence_anew() -> None:
    program = tagger()
    tokens = ("Rome", "Rome", "the")
    before = Interpreter(program)(tokens)
    other = "O" if before[1] != "O" else "B"
    for change in changes(program, tokens, 1, other).found:
        if change.variable == "tokens":
            changed = [*tokens]
            changed[change.position] = change.instead
            assert Interpreter(program)(changed)[1] == other


def test_on_the_terminal(tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "tagger.json"
    path.write_text(dumps(tagger()), encoding="utf-8")
    assert main(["explain", str(path), "the", "Rome", "Bern"]) == 0
    assert "shape_1" in capsys.readouterr().out
    assert main(["explain", str(path), "the", "Rome", "Bern", "--position", "2", "--json"]) == 0
    assert "label before" in capsys.readouterr().out
    assert main(["explain", str(path), "the", "Rome", "Bern", "--position", "1"]) == 0
    assert "label after is I" in capsys.readouterr().out
    assert main(["show", str(path), "--as", "tree", "the", "Rome"]) == 0
    capsys.readouterr()
    assert main(["explain", str(path), "the", "--coverage"]) == 2
    assert "as they are written" in capsys.readouterr().err


def test_words_of_a_program_that_decodes() -> None:
    assert {c.value: c.words for c in word_classes(tagger())["kind"]}["title"] == ("Mr",)
    assert class_features(tagger(), "B", "I")[0].difference in (1, -1)
