"""Readers of word vectors: every format says the same; a bad file says where."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from transformer_programs.errors import DataError
from transformer_programs.tasks import joined_vectors, read_vectors, vector_words, vectors
from transformer_programs.tasks.vectors import vocabulary_vectors

WORDS = ("the", "of", "rome")
NUMBERS = [[1.0, 2.0], [0.5, -1.0], [3.0, 4.0]]
TWO = "expected 2 numbers, as in the first line; mend the row, or take it out"


def glove(path: Path) -> Path:
    path = path / "v.txt"
    path.write_text("".join(f"{w} {a} {b}\n" for w, (a, b) in zip(WORDS, NUMBERS)))
    return path


def word2vec_text(path: Path) -> Path:
    text = "3 2\n" + glove(path).read_text()
    path = path / "w.txt.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return path


def word2vec_binary(path: Path, end: bytes = b"\n") -> Path:
    path = path / "v.bin"
    rows = (w.encode() + b" " + struct.pack("<2f", *v) + end for w, v in zip(WORDS, NUMBERS))
    path.write_bytes(b"3 2\n" + b"".join(rows))
    return path


def word2vec_binary_dense(path: Path) -> Path:
    return word2vec_binary(path, b"")


def shared_rows(path: Path) -> Path:
    path = path / "v.npz"
    np.savez(path, words=np.array(WORDS), rows=np.array([2, 1, 0]), vectors=np.array(NUMBERS[::-1], np.float16))
    return path


def plain_arrays(path: Path) -> Path:
    path = path / "v.npz"
    np.savez(path, words=np.array(WORDS), vectors=np.array(NUMBERS))
    return path


@pytest.mark.parametrize(
    "make", [glove, word2vec_text, word2vec_binary, word2vec_binary_dense, shared_rows, plain_arrays]
)
def test_all_formats_agree(make: Callable[[Path], Path], tmp_path: Path) -> None:
    vectors = read_vectors(make(tmp_path), ["Rome", "of", "zebra"])
    assert vectors.matrix.tolist() == [NUMBERS[2], NUMBERS[1], [0.0, 0.0]]
    assert vectors.found.tolist() == [True, True, False]


def test_a_cased_vector_wins_over_the_lower_cased(tmp_path: Path) -> None:
    file = tmp_path / "v.txt"
    file.write_text("us 1 1\nUS 2 2\nus 9 9\n")
    assert read_vectors(file, ["US", "us", "Us"]).matrix[:, 0].tolist() == [2, 1, 1]


def test_words_with_blanks_are_glove_rows(tmp_path: Path) -> None:
    file = tmp_path / "v.txt"
    file.write_text("the 1 2\n. . . 3 4\n")
    assert read_vectors(file, [". . ."]).matrix.tolist() == [[3, 4]]


def test_no_word_found_is_no_error(tmp_path: Path) -> None:
    assert not read_vectors(glove(tmp_path), ["zebra"]).found.any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("the 1 2\nof 1\n", f"line 2: got a word and 1 number(s); {TWO}"),
        ("the 1 2\nof 1 2 3\n", f"line 2: got a word and 3 number(s); {TWO}"),
        ("the 1 2\n1990 4 5 6\n", f"line 2: got a word and 3 number(s); {TWO}"),
        ("the 1 2\n. . 4 5 6\n", f"line 2: got a word and 4 number(s); {TWO}"),
        ("2 2\nthe 1 2\n1990 4 5 6\n", f"line 3: got a word and 3 number(s); {TWO}"),
        ("", "line 1: got an empty file; expected rows, each of a word and its numbers"),
        ("3 2\n", "line 1: got no row after it, 3 promised; expected rows, each of a word and its numbers"),
        ("0 2\n", "line 1: got no row after it, 0 promised; expected rows, each of a word and its numbers"),
        ("the 1 2\nof 1 x\n", "line 2: got 'x'; expected a number"),
        ("the 1 2\nof 1 nan\n", "line 2: got a number that is not finite; expected finite numbers"),
        ("3 2\nof 1\n", f"line 2: got a word and 1 number(s); {TWO}"),
        ("the\n", "line 1: got 0 numbers to a word; expected 1 to 10000: a word, then its vector"),
        ("3 0\n", "line 1: got 0 numbers to a word; expected 1 to 10000: a word, then its vector"),
        ("the 1 2\nodd 3 x4\n", "line 2: got 'x4'; expected a number"),
        ("the 1 2\nodd 3 nan\n", "line 2: got a number that is not finite; expected finite numbers"),
        ("3 2\nthe 1 2\nodd 3 4\n", "line 1: got 3 words promised; expected 2, as many as follow"),
        ("1 2\nthe 1 2\nodd 3 4\n", "line 1: got 1 words promised; expected 2, as many as follow"),
    ],
)
def test_a_bad_line_is_told_by_its_number(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "v.txt"
    file.write_text(text)
    with pytest.raises(DataError) as caught:
        read_vectors(file, ["the", "of"])
    assert str(caught.value) == f"{file}, {message}"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "v.txt"
    file.write_bytes(b"the 1 2\n\xff 3 4\n")
    with pytest.raises(DataError, match="line 2: got byte 0xff at 1; expected UTF-8 text"):
        read_vectors(file, ["the"])


def test_a_binary_file_cut_short(tmp_path: Path) -> None:
    file = word2vec_binary(tmp_path)
    file.write_bytes(file.read_bytes()[:-6])
    with pytest.raises(DataError, match="word 3: got 3 bytes before the end; expected 8: 2 numbers"):
        read_vectors(file, ["the"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1: got no such line; expected word2vec's binary form"),
        (b"0 2\n", "line 1: got 0 words promised; expected 1 or more"),
        (b"1 1\nthe " + struct.pack("<2f", 1, 2), "got more bytes after word 1; expected 1 words of 1 numbers"),
    ],
)
def test_a_binary_file_that_is_not_what_it_promises(data: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "v.bin"
    file.write_bytes(data)
    with pytest.raises(DataError, match=message):
        read_vectors(file, ["the"])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"words": np.array(WORDS)}, "got no array vectors"),
        ({"words": np.array(WORDS), "vectors": np.array(NUMBERS), "rows": np.array([0, 1, 3])}, "got row 3 for 'rome'"),
        ({"words": np.array(WORDS), "vectors": np.array(NUMBERS), "rows": np.array([0, 1])}, r"rows \(2,\)"),
        ({"words": np.array(WORDS[:2]), "vectors": np.array(NUMBERS)}, "v.npz: got 2 words and 3 vectors; expected as"),
        ({"words": np.array(WORDS), "vectors": np.array(NUMBERS[:2])}, "v.npz: got 3 words and 2 vectors; expected as"),
        ({"words": np.array([], str), "vectors": np.zeros((0, 2))}, "got no words; expected at least one"),
        ({"words": np.array(WORDS), "vectors": np.zeros((3, 0))}, "got 0 numbers to a word; expected 1 to"),
        ({"words": np.array(WORDS), "vectors": np.array(NUMBERS), "rows": np.zeros(3)}, "got rows of float64"),
    ],
)
def test_arrays_that_do_not_fit(arrays: dict[str, np.ndarray], message: str, tmp_path: Path) -> None:
    file = tmp_path / "v.npz"
    np.savez(file, **arrays)
    with pytest.raises(DataError, match=message):
        read_vectors(file, ["the"])


@pytest.mark.parametrize("name", ["v.npz", "v.bin", "v.txt"])
def test_no_such_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_vectors(tmp_path / name, ["the"])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", ["<f2", "<f4", ">f8", "<i4"])
def test_arrays_in_any_order_by_blocks(
    order: str, compressed: bool, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "_BLOCK", 100)
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(70)] + ["W3", "w5"]
    numbers = np.asarray(rng.integers(-9, 9, (40, 7)), kind, order=order)  # type: ignore[call-overload]
    rows = rng.integers(0, 40, len(words)).astype(np.int32)
    file = tmp_path / "v.npz"
    (np.savez_compressed if compressed else np.savez)(file, words=np.array(words), vectors=numbers, rows=rows)
    asked = ["w69", "W3", "W5", "w5", "none", "w0", "w5"]
    found = read_vectors(file, asked)
    assert found.found.tolist() == [True, True, True, True, False, True, True]
    expected = [69, 70, 5, 5, None, 0, 5]
    assert found.matrix.tolist() == [[0] * 7 if i is None else numbers[rows[i]].tolist() for i in expected]
    assert vector_words(file, 3) == ("w0", "w1", "w2")


def test_a_lower_cased_vector_waits_for_the_own_one(tmp_path: Path) -> None:
    for lines in (["rome 1", "Rome 2"], ["Rome 2", "rome 1"]):
        file = tmp_path / "v.txt"
        file.write_text("\n".join([*lines, "rome 3", "Rome 4"]))
        assert read_vectors(file, ["Rome", "rome", "ROME"]).matrix.tolist() == [[2], [1], [1]]


@pytest.mark.parametrize("name", ["v.npz", "v.bin", "v.txt"])
def test_only_what_is_needed_is_in_memory(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of 8 MB and more, of which three rows are asked for."""
    monkeypatch.setattr(vectors, "_BLOCK", 1 << 16)
    words, numbers = [f"w{i}" for i in range(2_000)], np.ones((2_000, 1_000), np.float32)
    file = tmp_path / name
    if name == "v.npz":
        np.savez(file, words=np.array(words), vectors=numbers)
    elif name == "v.bin":
        body = b"".join(word.encode() + b" " + row.tobytes() for word, row in zip(words, numbers))
        file.write_bytes(b"2000 1000\n" + body)
    else:
        file.write_text("".join(f"{word} {'1.0 ' * 999}1.0\n" for word in words))
    tracemalloc.start()
    try:
        found = read_vectors(file, ["w7", "w1999", "other"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.matrix.sum() == 2_000
    assert peak < 2_000_000


def test_an_archive_cut_short_or_of_texts(tmp_path: Path) -> None:
    file = tmp_path / "v.npz"
    np.savez(file, words=np.array(["a"]), vectors=np.array([["1", "2"]]))
    with pytest.raises(DataError, match="got vectors of <U1; expected numbers"):
        read_vectors(file, ["a"])
    np.savez(file, words=np.array(["a"] * 500), vectors=np.ones((500, 30)))
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(DataError, match="cannot be read"):
        read_vectors(file, ["a"])


def test_a_file_with_none_of_the_words_is_of_other_data(tmp_path: Path) -> None:
    file = glove(tmp_path)
    message = r"v\.txt: got vectors of other words only, of none of the 2 in the vocabulary; expected the language"
    for read in (vocabulary_vectors, lambda path, words: joined_vectors(str(path), words)):
        with pytest.raises(DataError, match=message):
            read(file, ["<unk>", "Oslo"])
    assert vocabulary_vectors(file, ["<unk>", "Rome"]).found.tolist() == [False, True]
