"""Programs that read spellings and decode a best sequence of labels."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import inputs, programs, texts
from transformer_programs.cli import main
from transformer_programs.errors import InputError
from transformer_programs.explain import (
    Question,
    ablate,
    changes,
    circuit,
    coverage,
    explain,
    failures,
    given_inputs,
    label_question,
    word_classes,
)
from transformer_programs.explain.ablation import partners
from transformer_programs.explain.classes import class_features
from transformer_programs.explain.inputs import data_inputs
from transformer_programs.files import load_program
from transformer_programs.passes.rebuild import rebuild
from transformer_programs.program import (
    Constant,
    Decode,
    Frame,
    Program,
    Read,
    Spelled,
    Step,
    Table,
    TableScore,
    check,
    dumps,
)
from transformer_programs.program.semantics import SPELLINGS
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Example, Kind

FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

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
    assert main(["explain", str(path), "the", "Rome", "--coverage"]) == 0
    assert "shape_1  shape       3     2         2     2  shape X" in capsys.readouterr().out
    assert main(["explain", str(path), "--coverage"]) == 2
    assert "unknown ones too; expected a program whose inputs can be listed; name inputs" in capsys.readouterr().err


def test_errors_circuits_and_ablations_on_a_file(tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    path, data = tmp_path / "tagger.json", tmp_path / "data.conll"
    path.write_text(dumps(tagger()), encoding="utf-8")
    data.write_text("the O\nRome B\nNord I\n\nUS B\nroad O\n\nBern O\nMr B\n", encoding="utf-8")
    named = ["--data", str(data), "--kind", "tagging"]
    assert main(["explain", str(path), *named, "--errors"]) == 1
    out = capsys.readouterr().out
    assert "1 of 3 wrong" in out
    assert "Bern Mr" in out
    assert main(["explain", str(path), *named, "--ablate", "--json"]) == 0
    effects = {e["variable"]: e for e in json.loads(capsys.readouterr().out)["effects"]}
    assert effects["shape_1"]["by_default"] > 0 == effects["kind"]["by_default"]
    for question in (["--circuit", "B"], ["--circuit-of", "inputs"], ["--circuit-of", "errors"]):
        assert main(["explain", str(path), *named, *question, "--out", str(tmp_path / question[-1])]) == 0
        capsys.readouterr()
        assert json.loads((tmp_path / question[-1] / "report.json").read_text(encoding="utf-8"))["changed"] == 0
    assert [step.name for step in load_program(tmp_path / "B").steps] == ["shape_1"]
    for question in ("B", "inputs", "errors"):
        assert main(["run", str(tmp_path / question), "the", "Unseen"]) == 0
    assert main(["explain", str(path), "the", "Rome", "--circuit-of", "inputs"]) == 0


def words_of(program: Program, data: st.DataObject) -> list[list[str]]:
    words = inputs(program, most=4)
    if program.vocabulary is not None and "<unk>" in program.vocabulary:
        words = st.lists(texts(), min_size=1, max_size=min(program.max_length or 4, 4))
    return data.draw(st.lists(words, min_size=1, max_size=5))


@FEW
@given(st.data())
def test_a_circuit_decides_as_the_program(data: st.DataObject) -> None:
    program = replace(data.draw(programs(text=True, most_steps=4)), frame=Frame())
    sequences = words_of(program, data)
    whole = Interpreter(program)
    label = str(data.draw(st.sampled_from([value for tokens in sequences for value in whole(tokens)])))
    try:
        found = circuit(program, label_question(program, label, given_inputs(program, sequences)))
    except InputError:
        return  # the value is no label in print
    part = Interpreter(check(found.program))
    assert found.changed == 0
    for tokens in sequences:
        assert [str(v) == label for v in part(tokens)] == [str(v) == label for v in whole(tokens)]


@FEW
@given(st.data())
def test_effects_are_those_of_the_program_with_a_constant(data: st.DataObject) -> None:
    program = replace(data.draw(programs(text=True, pooled=False, most_steps=4)), frame=Frame())
    sequences = words_of(program, data)
    asked, whole = given_inputs(program, sequences), Interpreter(program)
    for effect in ablate(program, Question(text="", inputs=asked), asked):
        part = Interpreter(rebuild(program, nodes={effect.variable: Constant(effect.default)}))
        differences = [str(a) != str(b) for tokens in sequences for a, b in zip(whole(tokens), part(tokens))]
        assert effect.by_default == sum(differences)
        assert effect.decisions == len(differences)


@FEW
@given(st.data())
def test_entries_are_counted_word_by_word(data: st.DataObject) -> None:
    program = replace(data.draw(programs(text=True)), frame=Frame())
    sequences = words_of(program, data)
    nodes = {step.name: step.node for step in program.steps if isinstance(step.node, Spelled)}
    for table in coverage(program, given_inputs(program, sequences)).tables:
        if table.kind == "spelling":
            node = nodes.pop(table.variable)
            spelled = [SPELLINGS[node.function](word) for tokens in sequences for word in tokens]
            counts = [spelled.count(key) for key in node.keys]
            assert table.used.tolist() == [*counts, len(spelled) - sum(counts)]
    assert not nodes


def test_others_of_another_list_of_words_keep_their_spelling() -> None:
    program = tagger()
    one, other = given_inputs(program, [["the", "Rome"]]), given_inputs(program, [["Bern", "NATO"]])
    mixed = partners(one, other)
    assert mixed.sequence(0) == ("Bern", "NATO")
    assert Interpreter(program)(mixed.sequence(0)) == mixed.answers(program).decode()[0]


def test_a_mended_entry_mends_the_errors() -> None:
    """The dictionary lacks the shape of U.S., and says so of another."""
    data = Dataset(
        name="d",
        kind=Kind.TAGGING,
        vocabulary=("<unk>", "the", "Mr"),
        labels=LABELS,
        max_length=6,
        train=(),
        validation=(),
        test=(
            *(Example(("the", word), ("O", "O")) for word in ("Rome", "Bern", "Oslo")),
            Example(("US",), ("B",)),
        ),
    )
    found = failures(tagger(), data_inputs(data, "d"))
    assert len(found.rows) == 3
    (best, *_) = [repair for repair in found.repairs if repair.suspect.table.kind == "spelling"]
    assert (best.suspect.text, best.instead, best.mended, best.broken) == ("shape_1 row shape Xx", "low", 3, 0)


def test_words_of_a_program_that_decodes() -> None:
    assert {c.value: c.words for c in word_classes(tagger())["kind"]}["title"] == ("Mr",)
    assert class_features(tagger(), "B", "I")[0].difference in (1, -1)
