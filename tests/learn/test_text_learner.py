"""The learner `text`: what it computes with is what its program computes; real text is learned."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from transformer_programs.batch import Batch, evaluate
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.errors import ConfigError
from transformer_programs.learn.text import Text, distribution
from transformer_programs.learn.text.classes import NONE, named, parse_factors, word_classes
from transformer_programs.learn.text.corpus import Corpus
from transformer_programs.learn.text.design import design_of
from transformer_programs.learn.text.distribution import text_vectors
from transformer_programs.learn.text.entities import entity_f1
from transformer_programs.learn.text.fit import Rows, naive_bayes, scores_of
from transformer_programs.learn.text.learner import CHOSEN, _program
from transformer_programs.learn.text.variables import Tokens, steps_of
from transformer_programs.program import (
    Classify,
    Decode,
    Emit,
    Frame,
    Program,
    Table,
    TableScore,
    check,
    domains,
    dumps,
    loads,
    read_domain,
)
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Example, Kind, Vectors, framed, load_dataset

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


def wikigold() -> Dataset:
    folder = EXAMPLES / "wikigold"
    files = {part: folder / f"{part}.conll" for part in ("valid", "test")}
    data = load_dataset(
        folder / "train.conll", kind="tagging", validation=files["valid"], test=files["test"], limit=120, min_count=1
    )
    return framed(data)


def vectors_file(folder: Path, words: tuple[str, ...]) -> Path:
    """Vectors that say how long a word is and whether it begins with a capital; none for words of two letters."""
    rows = [(w, len(w), 9.0 * w[:1].isupper()) for w in words if len(w) != 2]
    path = folder / "v.npz"
    np.savez(path, words=np.array([w for w, *_ in rows]), vectors=np.array([v for _, *v in rows], float))
    return path


@pytest.fixture(scope="module")
def tags(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Text]:
    data = wikigold()
    file = vectors_file(tmp_path_factory.mktemp("vectors"), data.vocabulary)
    return data, Text(vectors=str(file), classes="5,2x4,2x4p", pairs=5, frequent=20, steps=30)


@pytest.fixture(scope="module")
def surface(tags: tuple[Dataset, Text], tmp_path_factory: pytest.TempPathFactory) -> Text:
    file = tmp_path_factory.mktemp("lists") / "places.txt"
    file.write_text("New York\nLondon\n", encoding="utf-8")
    features = f"shape,prefix,suffix,lower,words,gazetteer={file}"
    return replace(tags[1], classes="5,2x4", features=features, decode=True)


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Text]:
    folder = EXAMPLES / "snips"
    files = {part: folder / f"{part}.jsonl" for part in ("valid", "test")}
    data = load_dataset(
        folder / "train.jsonl",
        kind="classification",
        validation=files["valid"],
        test=files["test"],
        limit=300,
        min_count=1,
    )
    data = framed(data)
    file = vectors_file(tmp_path_factory.mktemp("vectors"), data.vocabulary)
    return data, Text(vectors=str(file), classes="5", pairs=5, frequent=60, opening=True, scope="the,play,nowhere")


@pytest.mark.parametrize("case", ["tags", "surface", "requests"])
def test_columns_are_those_of_the_interpreter(
    case: str, tags: tuple[Dataset, Text], surface: Text, requests: tuple[Dataset, Text]
) -> None:
    data, config = {"tags": tags, "surface": (tags[0], surface), "requests": requests}[case]
    corpus = Corpus.of(data, data.train)
    variables = design_of(config, data, corpus, seed=0).variables
    program = check(
        Program(
            name="columns",
            vocabulary=data.vocabulary,
            max_length=None,
            steps=steps_of(variables),
            output=Emit("tokens"),
        )
    )
    known = domains(program)
    held = Corpus.of(data, data.test[:20])
    traces = [Interpreter(program).trace(example.tokens).columns for example in data.test[:20]]
    for variable in variables:
        assert known[variable.name].values == variable.values
        meant = [value for columns in traces for value in columns[variable.name]]
        assert [variable.values[code] for code in variable.codes(held).tolist()] == meant


@pytest.mark.parametrize("case", ["tags", "requests"])
def test_scores_of_the_fit_are_those_of_the_program(
    case: str, tags: tuple[Dataset, Text], requests: tuple[Dataset, Text]
) -> None:
    data, config = {"tags": tags, "requests": requests}[case]
    corpus = Corpus.of(data, data.train)
    design = design_of(config, data, corpus, seed=0)
    held = Corpus.of(data, data.test[:20], outside=0)
    groups = held.groups if held.pooled else None
    rows = Rows.of([variable.codes(held) for variable in design.variables], design.sizes, held.labels, groups)
    weights = np.random.default_rng(0).integers(-9, 10, size=(rows.width, len(data.labels)))
    interpreter = Interpreter(_program(data, design.variables, weights, (), False))
    meant = [list(row) for example in data.test[:20] for row in interpreter.trace(example.tokens).scores]
    assert scores_of(rows, weights).tolist() == meant


def test_the_scope_of_a_word_is_three_places(requests: tuple[Dataset, Text]) -> None:
    data, config = requests
    program = config(data, seed=0)
    trace = Interpreter(program).trace(("<s>", "Play", "the", "new", "album", "by", "the", "</s>"))
    assert list(trace.columns["scope"]) == ["<other>"] * 3 + ["<after>"] * 3 + ["<other>", "<after>"]
    assert set(trace.columns["opening"]) == {"Play"}
    sequences = [example.tokens for example in data.test[:50]]
    expected = [Interpreter(program)(tokens) for tokens in sequences]
    assert Batch(program).predict(sequences) == expected
    module: dict[str, Any] = {"__name__": "printed"}
    exec(compile(print_python(program), "program.py", "exec"), module)
    assert [module["run"](tokens) for tokens in sequences] == expected
    known = domains(program)
    assert isinstance(program.output, Classify)
    for score in program.output.scores:
        assert isinstance(score, TableScore)
        for value, row in zip(read_domain(score.read, known), score.rows):
            if value in ("*", "<rare>", "<none>"):  # in a sum they would only count words
                assert not any(row)
            assert not str(value).startswith("<rare>+")
            assert not str(value).endswith("+<none>")
    with pytest.raises(ConfigError, match="scope: got 'zzz'; expected words that training has"):
        replace(config, scope="zzz")(data)


def test_scores_of_seldom_words_lean_on_their_vectors(tmp_path: Path) -> None:
    good, bad = [f"good{i}" for i in range(8)], [f"bad{i}" for i in range(8)]
    rng = np.random.default_rng(0)

    def examples(words: dict[str, list[str]], count: int) -> tuple[Example, ...]:
        made = []
        for _ in range(count):
            label = ("no", "yes")[int(rng.integers(2))]
            made.append(Example((str(rng.choice(words[label])), str(rng.choice(["x", "y"]))), (label,)))
        return tuple(made)

    seen, unseen = {"yes": good[:4], "no": bad[:4]}, {"yes": good[4:], "no": bad[4:]}
    data = framed(
        Dataset(
            name="d",
            kind=Kind.CLASSIFICATION,
            vocabulary=("<unk>", "x", "y", *good, *bad),
            labels=("no", "yes"),
            max_length=2,
            train=examples(seen, 60),
            validation=examples(unseen, 40),
            test=examples(unseen, 40),
        )
    )
    file = tmp_path / "v.npz"
    vectors = [*([1.0, rng.normal()] for _ in good), *([-1.0, rng.normal()] for _ in bad)]
    np.savez(file, words=np.array([*good, *bad]), vectors=np.array(vectors))
    config = Text(vectors=str(file), classes="")
    assert evaluate(config(data, seed=0), data, data.test).token_accuracy == 1.0
    assert evaluate(replace(config, draw=0.0)(data, seed=0), data, data.test).token_accuracy < 0.8
    # Of words outside the vocabulary only the surface feature knows anything.
    small = replace(data, vocabulary=(*(word for word in data.vocabulary if word not in (*good[4:], *bad[4:])),))
    assert evaluate(config(small, seed=0), small, small.test).token_accuracy < 0.8
    program = replace(config, features="unseen")(small, seed=0)
    assert evaluate(program, small, small.test).token_accuracy == 1.0
    sequences = [example.tokens for example in small.test]
    assert Batch(program).predict(sequences) == [Interpreter(program)(tokens) for tokens in sequences]
    assert dict(program.about)["beyond"] == "unseen"
    with pytest.raises(ConfigError, match="features: got unseen; expected classification with word vectors"):
        replace(config, vectors="", features="unseen")(small)


def test_tags_of_real_text(tags: tuple[Dataset, Text]) -> None:
    data, config = tags
    program = config(data, seed=0)
    assert program == config(data, seed=0)
    assert program.max_length is None
    assert evaluate(program, data, data.train).token_accuracy > 0.9
    assert evaluate(program, data, data.test).token_accuracy > 0.8
    sequences = [example.tokens for example in data.test[:10]]
    assert Batch(program).predict(sequences) == [Interpreter(program)(tokens) for tokens in sequences]


def test_surface_features_and_legal_tags(tags: tuple[Dataset, Text], surface: Text) -> None:
    data = tags[0]
    program = surface(data, seed=0)
    assert isinstance(program.output, Decode)
    sequences = [("<s>", *rest) for rest in (("Zyx", "Corp", "."), ("of", "NEW", "1990-91"), ("unheard", "</s>"))]
    sequences += [example.tokens for example in data.test[:30]]
    expected = [Interpreter(program)(tokens) for tokens in sequences]
    assert Batch(program).predict(sequences) == expected
    module: dict[str, Any] = {"__name__": "printed"}
    text = print_python(program)
    exec(compile(text, "program.py", "exec"), module)
    assert [module["run"](tokens) for tokens in sequences] == expected
    assert read_python(text) == program == loads(dumps(program))
    for answer in expected:
        for left, right in pairwise(["O", *answer]):
            assert right[:2] != "I-" or left[2:] == right[2:]


def test_a_feature_that_there_is_not(tags: tuple[Dataset, Text]) -> None:
    data, config = tags
    with pytest.raises(
        ConfigError, match="features: got 'shapes'; expected shape, prefix, suffix, lower, words, unseen, gaz"
    ):
        replace(config, features="shapes")(data)


def test_labels_that_are_no_iob2_are_not_decoded(tags: tuple[Dataset, Text]) -> None:
    data = replace(tags[0], labels=tuple(label.replace("B-", "b") for label in tags[0].labels))
    with pytest.raises(ConfigError, match="decode: got labels such as"):
        replace(tags[1], decode=True)(data)


def test_classes_of_real_text() -> None:
    folder = EXAMPLES / "snips"
    data = load_dataset(
        folder / "train.jsonl",
        kind="classification",
        validation=folder / "valid.jsonl",
        test=folder / "test.jsonl",
        limit=300,
    )
    data = framed(data)
    program = Text(frequent=60)(data, seed=0)
    assert evaluate(program, data, data.test).token_accuracy > 0.85


def test_classes_are_named_after_their_most_frequent_word() -> None:
    words = ("a", "rome", "paris", "oslo")
    vectors = Vectors(words, np.array([[0, 0], [1, 0.1], [1, 0], [1, 0.05]]), np.array([False, True, True, True]))
    for factors in parse_factors("2,2x3,2x3p"):
        for classes in word_classes(vectors, factors, seed=0):
            names = named(words, classes, {"oslo": 5, "paris": 2})
            assert names[0] == NONE
            assert names[3] == "oslo"
            assert set(names[1:]) <= set(words[1:])


@pytest.mark.parametrize("wrong", ["x", "1", "0x4", "99x99x9", "4x32q"])
def test_factors_that_are_none(wrong: str) -> None:
    with pytest.raises(ConfigError, match="classes: got"):
        parse_factors(f"100,{wrong}")


def test_entities_are_counted_as_the_strict_scorer_does() -> None:
    seqeval = pytest.importorskip("seqeval.metrics")
    scheme = pytest.importorskip("seqeval.scheme")
    labels = ("O", "B-A", "I-A", "B-B", "I-B")
    rng = np.random.default_rng(0)
    for _ in range(30):
        lengths = rng.integers(1, 7, size=5)
        gold, guess = (rng.integers(0, len(labels), size=lengths.sum()) for _ in range(2))
        guess = np.where(rng.random(len(gold)) < 0.5, gold, guess)
        starts = np.zeros(len(gold), bool)
        starts[np.cumsum(lengths) - lengths] = True
        cut = np.cumsum(lengths)[:-1]
        true, answer = ([[labels[c] for c in part] for part in np.split(codes, cut)] for codes in (gold, guess))
        expected = seqeval.f1_score(true, answer, mode="strict", scheme=scheme.IOB2, zero_division=0)
        assert entity_f1(labels, gold, guess, starts) == pytest.approx(expected)


# --- classes of the training text itself --------------------------------------------------------------------------


def towns_and_words() -> Dataset:
    """Towns stand after `in`, names after `Mr`, each seen a few times; two of each never with a label of its own."""
    towns, names = [f"town{i}" for i in range(12)], [f"name{i}" for i in range(12)]
    pairs = [(("in", town, "today"), ("O", "B-LOC", "O")) for town in towns for _ in range(3)]
    pairs += [(("Mr", name, "said"), ("O", "B-PER", "O")) for name in names for _ in range(3)]
    examples = tuple(Example(tokens, labels) for tokens, labels in pairs)
    data = Dataset(
        name="towns",
        kind=Kind.TAGGING,
        vocabulary=("<unk>", "in", "today", "Mr", "said", "once", *towns, *names),
        labels=("O", "B-LOC", "B-PER"),
        max_length=3,
        train=(*examples, Example(("once",), ("O",))),
        validation=examples[::5],
        test=(),
    )
    return framed(data)


@pytest.mark.parametrize("speaking", [0.0, 3.0])
def test_words_that_stand_alike_are_a_class(speaking: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "SPEAKING", speaking)
    data = towns_and_words()
    program = Text(own=True, classes="4", pairs=4, steps=20)(data)
    (table,) = [step.node for step in program.steps if step.name == "class4a"]
    assert isinstance(table, Table)
    assert program.vocabulary is not None
    classes = dict(zip(program.vocabulary, table.cells))
    assert len({classes[f"town{i}"] for i in range(12)}) == 1
    assert len({classes[f"name{i}"] for i in range(12)}) == 1
    assert classes["town3"] != classes["name3"]
    assert classes["once"] == NONE
    assert str(classes["town3"]) in {f"town{i}" for i in range(12)}
    assert [Interpreter(program)(["<s>", "in", "town7", "today", "</s>"])[2]] == ["B-LOC"]
    assert read_python(print_python(program)) == program


def test_vectors_of_the_text_do_not_look_over_the_ends_of_sentences() -> None:
    data = replace(towns_and_words(), frame=Frame())
    one = Example(("in", "town1"), ("O", "B-LOC"))
    other = Example(("said", "Mr"), ("O", "O"))
    tokens = Tokens("tokens", data.vocabulary, 0)
    found = [
        text_vectors(tokens, Corpus.of(data, [first, second] * 4), 3).matrix[data.vocabulary.index("said"), :50]
        for first, second in ((one, other), (other, one))
    ]
    assert np.allclose(np.abs(found[0]), np.abs(found[1]), atol=1e-5)


def test_requests_have_classes_of_their_own() -> None:
    folder = EXAMPLES / "snips"
    files = {part: folder / f"{part}.jsonl" for part in ("valid", "test")}
    data = load_dataset(
        folder / "train.jsonl", kind="classification", validation=files["valid"], test=files["test"], limit=150
    )
    data = framed(data)
    program = Text(own=True, classes="8", pairs=8, steps=15)(data)
    assert "class8a" in {step.name for step in program.steps}
    assert Batch(program).predict([e.tokens for e in data.test[:40]]) == [
        Interpreter(program)(e.tokens) for e in data.test[:40]
    ]


def test_naive_bayes_of_the_first_variables_only() -> None:
    labels = np.array([0, 0, 1])
    rows = Rows.of([np.array([0, 1, 1]), np.array([0, 0, 1])], [2, 2], labels, np.arange(3))
    found = naive_bayes(rows, [2], 2)
    share = np.log([[1.5 / 3, 0.5 / 2], [1.5 / 3, 1.5 / 2]])
    assert np.allclose(found[1:3], share - share.mean(axis=1, keepdims=True))
    assert not found[0].any()
    assert not found[3:].any()


def test_naive_bayes_helps_where_validation_says_so() -> None:
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(300)]
    odds = rng.permutation(np.linspace(-1, 1, 300))

    def example(label: int) -> Example:
        weights = np.exp(0.5 * odds * (1 if label else -1))
        return Example(tuple(rng.choice(words, 12, p=weights / weights.sum())), ("yes" if label else "no",))

    train, held = ([example(i % 2) for i in range(size)] for size in (300, 400))
    data = Dataset(
        name="many-weak-words",
        kind=Kind.CLASSIFICATION,
        vocabulary=("<unk>", *words),
        labels=("no", "yes"),
        max_length=12,
        train=tuple(train),
        validation=tuple(held),
        test=(),
    )
    data = framed(data)
    program = Text()(data)
    assert dict(program.about)["added"].startswith("naive Bayes")
    assert Batch(program).predict([e.tokens for e in data.train[:20]]) == [
        Interpreter(program)(e.tokens) for e in data.train[:20]
    ]
    again = Text(refit=True)(data)
    right = evaluate(program, data, data.validation).sequence_accuracy
    assert dict(again.about)[CHOSEN] == f"{right:.4f}"
    assert evaluate(again, data, data.validation).sequence_accuracy > right
