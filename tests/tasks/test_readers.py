"""Readers of users' files: what they take, and the message with file and line for what they do not."""

import gzip
import json
import re
from pathlib import Path

import pytest

from transformer_programs.errors import ConfigError, DataError, TransformerProgramError
from transformer_programs.program import Reading
from transformer_programs.tasks import Columns, Kind, tokenize
from transformer_programs.tasks import lines as lines_module
from transformer_programs.tasks.source import file_source


def read(path: Path, kind: str, content: str | bytes, columns: Columns | None = None, format: str | None = None):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = file_source(path, Kind(kind), columns or Columns(), format)
    return [(record.line, record.tokens, record.labels) for record in source.records()]


TWO = [(1, ("a", "b"), ("X", "Y")), (2, ("c",), ("X",))]


def test_jsonl_tagging(tmp_path):
    content = '{"tokens": ["a", "b"], "labels": ["X", "Y"]}\n{"labels": ["X"], "tokens": ["c"], "id": 3}\n'
    assert read(tmp_path / "d.jsonl", "tagging", content) == TWO


def test_jsonl_classification_of_text_and_of_tokens(tmp_path):
    content = '{"text": "Hi, you!", "label": "World News"}\n\n{"tokens": ["Hi,", "you!"], "label": 3}'
    assert read(tmp_path / "d.jsonl", "classification", content) == [
        (1, ("Hi", ",", "you", "!"), ("World News",)),
        (3, ("Hi,", "you!"), ("3",)),
    ]


def test_jsonl_numbers_and_truth_values_are_words_and_null_asks_nothing(tmp_path):
    content = '{"tokens": [3, true, "x"], "labels": [1, null, "n"]}'
    assert read(tmp_path / "d.jsonl", "tagging", content) == [(1, ("3", "true", "x"), ("1", None, "n"))]


def test_conll(tmp_path):
    content = "-DOCSTART- O\n\n# sent_id = 1\n# text = a b\na X\nb Y\n\n\n# O\nc X"
    assert read(tmp_path / "d.conll", "tagging", content) == [
        (5, ("a", "b"), ("X", "Y")),
        (9, ("#", "c"), ("O", "X")),
    ]


def test_conll_takes_the_first_and_the_last_column_or_those_named(tmp_path):
    content = "1\tin\tIN\tO\n2\tNew York\tNNP\tB\n".replace("New York", "York")
    assert read(tmp_path / "d.iob2", "tagging", content) == [(1, ("1", "2"), ("O", "B"))]
    named = Columns(tokens=1, labels="2")
    assert read(tmp_path / "d.txt", "tagging", content, named) == [(1, ("in", "York"), ("IN", "NNP"))]


def test_csv_with_quotes_and_line_ends_in_a_cell(tmp_path):
    content = 'label,text\npos,"good, ""so"" good\nfilm"\nneg,bad\n'
    assert read(tmp_path / "d.csv", "classification", content) == [
        (2, ("good", ",", '"', "so", '"', "good", "film"), ("pos",)),
        (4, ("bad",), ("neg",)),
    ]


def test_tsv_and_csv_tagging(tmp_path):
    expected = [(2, ("a", "b"), ("X", "Y")), (3, ('"c',), ("X",))]
    assert read(tmp_path / "d.tsv", "tagging", 'tokens\tlabels\na b\tX Y\n"c\tX\n') == expected
    assert read(tmp_path / "d.csv", "tagging", 'tokens,labels\na b,X Y\n"""c",X\n') == expected


def test_columns_by_name_and_ready_tokens(tmp_path):
    content = "id,review,stars\n1,So-so.,3\n"
    columns = Columns(tokens="review", labels="stars")
    assert read(tmp_path / "d.csv", "classification", content, columns) == [(2, ("So", "-", "so", "."), ("3",))]
    assert read(tmp_path / "d.csv", "classification", "tokens,label\nSo-so.,3\n") == [(2, ("So-so.",), ("3",))]


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("d.jsonl", "tagging", '{"tokens": ["é", "b"], "labels": ["X", "Y"]}\n{"tokens": ["c"], "labels": ["X"]}\n'),
        ("d.conll", "tagging", "é X\nb Y\n\nc X\n"),
        ("d.csv", "tagging", "tokens,labels\né b,X Y\nc,X\n"),
        ("d.tsv", "tagging", "tokens\tlabels\né b\tX Y\nc\tX\n"),
    ],
)
def test_byte_order_mark_line_ends_and_gzip_change_nothing(tmp_path, name, kind, content):
    plain = read(tmp_path / name, kind, content)
    assert [tokens for _, tokens, _ in plain] == [("é", "b"), ("c",)]
    assert read(tmp_path / name, kind, "\ufeff" + content) == plain
    assert read(tmp_path / name, kind, content.replace("\n", "\r\n")) == plain
    assert read(tmp_path / name, kind, content.rstrip("\n")) == plain
    assert read(tmp_path / f"{name}.gz", kind, gzip.compress(content.encode())) == plain


def test_a_format_told_goes_before_the_ending(tmp_path):
    assert read(tmp_path / "d.data", "tagging", "a X\n", format="conll") == [(1, ("a",), ("X",))]


LONG = " ".join(["w"] * 10_001)
BAD = {
    "broken JSON": (
        "d.jsonl",
        "tagging",
        '{"tokens": ["a"], "labels": ["X"]}\n{"a": [',
        "line 2: got broken JSON",
    ),
    "JSON of another shape": ("d.jsonl", "tagging", "[1]\n", "line 1: got a JSON list"),
    "deep JSON": ("d.jsonl", "tagging", "[" * 100_000, "line 1: got JSON that is not of use"),
    "a key twice": ("d.jsonl", "classification", '{"text": "a", "text": "b", "label": "x"}', "key 'text' twice"),
    "no tokens key": ("d.jsonl", "tagging", '{"labels": ["X"]}', "line 1, keys: got only 'labels'; expected tokens"),
    "no label key": ("d.jsonl", "classification", '{"text": "a"}', "expected labels or label"),
    "text for tagging": ("d.jsonl", "tagging", '{"text": "a", "labels": ["X"]}', "line 1: got tokens that are a str"),
    "lengths JSONL": ("d.jsonl", "tagging", '{"tokens": ["a", "b"], "labels": ["X"]}', "line 1: got 1 labels for 2"),
    "lengths CSV": ("d.csv", "tagging", "tokens,labels\na b,X\n", "line 2: got 1 labels for 2 tokens"),
    "lengths TSV": ("d.tsv", "tagging", "tokens\tlabels\na\tX\na b\tX\n", "line 3: got 1 labels for 2 tokens"),
    "no tokens": ("d.jsonl", "classification", '{"text": " ", "label": "x"}', "line 1: got no tokens"),
    "too many tokens": ("d.csv", "classification", f"text,label\n{LONG},x\n", "line 2: got 10001 tokens"),
    "a sentence without end": ("d.conll", "tagging", "\n" + "a X\n" * 20_000, "line 2: got 10001 tokens"),
    "white space": ("d.jsonl", "tagging", '{"tokens": ["New York"], "labels": ["X"]}', "white space in the token"),
    "white space in a tag": ("d.jsonl", "tagging", '{"tokens": ["a"], "labels": ["X Y"]}', "white space in the label"),
    "line end in a label": ("d.jsonl", "classification", '{"text": "a", "label": "x\\ny"}', "white space in the label"),
    "an empty token": ("d.jsonl", "tagging", '{"tokens": [""], "labels": ["X"]}', "line 1: got an empty token"),
    "an empty label": ("d.csv", "classification", "text,label\na,\n", "line 2: got an empty label"),
    "a label that is a list": ("d.jsonl", "classification", '{"text": "a", "label": ["x"]}', "got a label ['x']"),
    "a null label": ("d.jsonl", "classification", '{"text": "a", "label": null}', "got a label None"),
    "a number with a point": ("d.jsonl", "tagging", '{"tokens": [1.5], "labels": ["x"]}', "got a token 1.5"),
    "half a character": ("d.jsonl", "tagging", '{"tokens": ["\\ud800"], "labels": ["x"]}', "half a character"),
    "columns CoNLL": ("d.conll", "tagging", "a X\nb\n", "line 2: got 1 column(s); expected 2, as in line 1"),
    "one column CoNLL": ("d.conll", "tagging", "\na\n", "line 2: got 1 column(s); expected at least 2"),
    "columns CSV": ("d.csv", "classification", "text,label\na,b,c\n", "line 2: got 3 column(s); expected 2"),
    "columns TSV": ("d.tsv", "classification", "text\tlabel\n\na\n", "line 3: got 1 column(s); expected 2"),
    "a header twice": ("d.csv", "classification", "text,label,text\na,b,c\n", "line 1: got the header 'text' twice"),
    "no header": ("d.csv", "classification", "good film,pos\n", "line 1, header: got only 'good film', 'pos'"),
    "an open quote": ("d.csv", "classification", 'text,label\na,b\n"c,d\n', "line 3: got a row that cannot be read"),
    "a cell too large": ("d.csv", "classification", f"text,label\n{'a' * 200_000},b\n", "field larger than"),
    "not UTF-8": ("d.conll", "tagging", b"a X\ncaf\xe9 X\n", "line 2: got byte 0xe9 at 4; expected UTF-8"),
    "UTF-16": ("d.csv", "classification", "text,label\n".encode("utf-16"), "line 1: got byte 0xff at 1"),
    "not gzip": ("d.csv.gz", "classification", "text,label\na,b\n", "got a damaged gzip file"),
    "cut gzip": ("d.csv.gz", "classification", gzip.compress(b"text,label\na,b\n")[:-9], "got a damaged gzip file"),
    "broken gzip": ("d.jsonl.gz", "tagging", b"\x1f\x8b\x08\x00" + b"\xff" * 40, "got a damaged gzip file"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_named_with_their_line(tmp_path, case):
    name, kind, content, message = BAD[case]
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read(tmp_path / name, kind, content)
    assert str(caught.value).startswith(str(tmp_path / name))


def test_files_that_are_not_there_or_not_files(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        file_source(tmp_path / "none.csv", Kind.TAGGING, Columns(), None)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="got a directory"):
        list(file_source(tmp_path / "folder.csv", Kind.TAGGING, Columns(), None).records())


def test_unknown_formats(tmp_path):
    with pytest.raises(ConfigError, match=re.escape("got the ending '.json'; expected .jsonl")):
        read(tmp_path / "d.json", "tagging", "[]")
    with pytest.raises(ConfigError, match="expected jsonl, conll, csv, tsv"):
        read(tmp_path / "d.csv", "tagging", "", format="xml")
    with pytest.raises(ConfigError, match="CoNLL columns for classification"):
        read(tmp_path / "d.conll", "classification", "a X\n")
    with pytest.raises(ConfigError, match="a column's number"):
        read(tmp_path / "d.conll", "tagging", "a X\n", Columns(tokens="word"))


def test_a_line_too_long_ends_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(lines_module, "MAX_LINE", 20)
    with pytest.raises(DataError, match="line 2: got more than 20 bytes"):
        read(tmp_path / "d.conll", "tagging", "a X\n" + "b" * 30)


def test_records_come_one_at_a_time(tmp_path):
    # A file with an error far on gives all records before it first: nothing reads ahead.
    path = tmp_path / "d.jsonl"
    path.write_text('{"text": "a", "label": "x"}\n' * 3 + "oops\n")
    records = file_source(path, Kind.CLASSIFICATION, Columns(), None).records()
    assert [next(records).line for _ in range(3)] == [1, 2, 3]
    with pytest.raises(TransformerProgramError):
        next(records)


def test_tokenizer():
    assert tokenize("Mr. O’Neil paid $1,000.50 (4x4) at 10:30—really?!") == [
        *("Mr", ".", "O’Neil", "paid", "$", "1,000.50", "(", "4x4", ")"),
        *("at", "10:30", "—", "really", "?", "!"),
    ]
    assert tokenize(" \n") == []


def test_how_words_are_read():
    assert [Reading(lower=True, digits=True)(token) for token in ("Ab", "12a3")] == ["ab", "0a0"]
    assert Reading()("Ab1") == "Ab1"
    assert json.dumps(Reading().notes) == "[]"


@pytest.mark.parametrize("name", ["d.conll", "d.conll.gz"])
def test_reading_tells_how_far_it_is(tmp_path, name):
    content = b"a X\n\n" * 5000
    told = []
    with lines_module.watched(lambda *event: told.append(event)):
        read(tmp_path / name, "tagging", gzip.compress(content) if name.endswith("gz") else content)
    size = (tmp_path / name).stat().st_size
    assert told[-1] == (name, size, size)
    assert len(told) == 3
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    read(tmp_path / name, "tagging", (tmp_path / name).read_bytes())
    assert len(told) == 3
