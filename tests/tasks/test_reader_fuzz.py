"""Random and mutated files give a data set or one of our errors, never a traceback.

TPROG_FUZZ_EXAMPLES sets how many files of each of the eight kinds are tried (25 unless told, 200 in all).
"""

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transformer_programs.errors import TransformerProgramError
from transformer_programs.program import Reading
from transformer_programs.tasks import Dataset, encode, load_dataset

EXAMPLES = int(os.environ.get("TPROG_FUZZ_EXAMPLES", "25"))
SETTINGS = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))

GOOD = {
    ("jsonl", "tagging"): '{"tokens": ["a", "b"], "labels": ["X", "Y"]}\n{"tokens": ["c"], "labels": ["X"]}\n' * 3,
    ("jsonl", "classification"): '{"text": "good film", "label": "p"}\n{"tokens": ["bad"], "label": "n"}\n' * 3,
    ("conll", "tagging"): "# id = 1\na X\nb Y\n\n-DOCSTART- O\nc X\n\n" * 3,
    ("csv", "tagging"): "tokens,labels\n" + 'a b,X Y\n"c",X\n' * 3,
    ("csv", "classification"): "id,text,label\n" + '1,"good, ""very""",p\n2,bad,n\n' * 3,
    ("tsv", "tagging"): "tokens\tlabels\n" + "a b\tX Y\nc\tX\n" * 3,
    ("tsv", "classification"): "text\tlabel\n" + "good film\tp\nbad\tn\n" * 3,
}

# What readers stumble over: structure of every format, odd spaces and line ends, broken UTF-8, large numbers.
PIECES = [
    *(sign.encode() for sign in '{}[]",:#=\n\r\t \x00\x1c\x85\u2028\u00a0\ufeffabXY'),
    *(b"\\", b"\\u0000", b"\\ud800", b"null", b"true", b"1e999", b"NaN", b"-0", b"-DOCSTART-", b"\r\n", b"\n\n"),
    *(b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1f\x8b", b"9" * 5000, b"[" * 2000, b'{"a":' * 2000),
    *(b'"tokens"', b'"labels"', b'"text"', b'"label"', b"tokens", b"labels", b"text", b"label"),
]
# Mostly text, or nearly every file would end at a byte that is not UTF-8.
SOME = st.text(st.characters(exclude_categories=["Cs"]), max_size=3).map(str.encode)


@st.composite
def mutated(draw, good: bytes) -> bytes:
    """A good file with a few places cut out, doubled or overwritten."""
    content = good
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        stop = draw(st.integers(start, min(len(content), start + 12)))
        twice = content[start:stop] * 2
        piece = draw(st.one_of(st.just(b""), st.sampled_from(PIECES), st.just(twice), SOME))
        content = content[:start] + piece + content[stop:]
    return content


def files(good: str):
    junk = st.lists(st.one_of(st.sampled_from(PIECES), SOME), max_size=30).map(b"".join)
    return st.one_of(mutated(good.encode()), mutated(good.encode()), junk)


def check(path: Path, format: str, kind: str, content: bytes) -> None:
    path.write_bytes(content)
    try:
        data = load_dataset(path, kind=kind, format=format, reading=Reading(lower=True), limit=4, max_length=5)
    except TransformerProgramError as error:
        message = str(error)
    else:
        message = ""
    if message:
        assert message.startswith(str(path))
        assert "\n" not in message
        message.encode()
        return
    assert isinstance(data, Dataset)
    for part in (data.train, data.validation, data.test):
        encoded = encode(data, part)
        assert (encoded.lengths > 0).all()
        assert encoded.labels.max() < len(data.labels)
        for example in part:
            " ".join(example.tokens).encode()
            assert " ".join(example.tokens).split() == list(example.tokens)


@pytest.mark.parametrize(("format", "kind"), GOOD)
def test_any_bytes_give_a_data_set_or_an_error_of_ours(format, kind, tmp_path):
    @SETTINGS
    @given(files(GOOD[format, kind]))
    def run(content):
        check(tmp_path / "data", format, kind, content)

    run()


@pytest.mark.parametrize(("format", "kind"), GOOD)
def test_the_good_files_are_good(format, kind, tmp_path):
    path = tmp_path / f"data.{format}"
    path.write_text(GOOD[format, kind])
    assert len(load_dataset(path, kind=kind).train) == 4


def test_any_bytes_of_gzip_give_a_data_set_or_an_error_of_ours(tmp_path):
    @SETTINGS
    @given(mutated(gzip.compress(GOOD["conll", "tagging"].encode())))
    def run(content):
        check(tmp_path / "data.gz", "conll", "tagging", content)

    run()
