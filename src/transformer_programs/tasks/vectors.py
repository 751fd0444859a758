"""Pretrained word vectors: GloVe text, word2vec text and binary, `.npz`; streamed, so that only needed rows stay."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
from jaxtyping import Bool, Float

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.tasks.lines import numbered_lines

__all__ = ["MAX_DIMENSION", "Vectors", "joined_vectors", "read_vectors", "vector_words", "vocabulary_vectors"]

MAX_DIMENSION = 10_000
"""Most numbers in a vector: more is taken for a file of another kind."""

_BLOCK = 1 << 22  # bytes of an array in memory at a time

_NUMERIC = str.maketrans("", "", "0123456789+-.eE ")

_LONGEST_WORD = 4096  # bytes of a word in a binary file

MEND = "mend the row, or take it out"


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Vectors of some words.

    Args:
        words: the words asked for, in order.
        matrix: one row a word, zeros where there is none.
        found: whether the word, or its lower-cased form, has a vector.
    """

    words: tuple[str, ...]
    matrix: Float[np.ndarray, "word dimension"]
    found: Bool[np.ndarray, " word"]


def read_vectors(path: str | Path, words: Iterable[str]) -> Vectors:
    """The vectors of these words; a cased word without one has that of its lower-cased form.

    A file is read as a stream, by its ending: `.npz` holds `words`, `vectors` and, where words share vectors, `rows`
    (the vector of `words[i]` is `vectors[rows[i]]`); `.bin` is word2vec's binary form; everything else is text, a
    word and its numbers a line, after word2vec's first line `words dimension` or without it. `.gz` is unpacked.

    Args:
        path: of the file.
        words: which vectors to keep; memory grows with them, not with the file.

    Raises:
        DataError: with the line or the place: a broken row, another dimension, a number that is none, no such file.

    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "glove.txt"
    >>> _ = file.write_text("the 1 2\\nrome 3 4\\n")
    >>> vectors = read_vectors(file, ["Rome", "zebra"])
    >>> vectors.matrix.tolist(), vectors.found.tolist()
    ([[3.0, 4.0], [0.0, 0.0]], [True, False])
    """
    path, wanted = Path(path), tuple(words)
    own: dict[str, list[int]] = {}
    lowered: dict[str, list[int]] = {}
    for i, word in enumerate(wanted):
        own.setdefault(word, []).append(i)
        lowered.setdefault(word.lower(), []).append(i)
    matrix = np.zeros((len(wanted), 1), np.float32)
    rank = np.zeros(len(wanted), np.int8)  # 0: none yet, 1: that of the lower-cased form, 2: its own
    for spelling, vector in _rows(path, own.keys() | lowered.keys()):
        if not rank.any():
            matrix = np.zeros((len(wanted), len(vector)), np.float32)
        for which, places in ((2, own), (1, lowered)):
            for i in places.get(spelling, ()):
                if rank[i] < which:  # a word that stands twice: the first, the more frequent, counts
                    matrix[i], rank[i] = vector, which
    return Vectors(wanted, matrix, rank > 0)


def vocabulary_vectors(path: str | Path, vocabulary: Sequence[str]) -> Vectors:
    """The vectors of a vocabulary, as `read_vectors`.

    Raises:
        DataError: as there; or the file has none of the words, and so is none for this data.
    """
    vectors = read_vectors(path, vocabulary)
    if not vectors.found.any():
        got = f"vectors of other words only, of none of the {len(vocabulary):,} in the vocabulary"
        expected, todo = "the language and the spelling of the data", "name another file, or leave it out"
        raise DataError(place=str(path), got=got, expected=expected, todo=todo)
    return vectors


def joined_vectors(files: str, words: Sequence[str]) -> Float[np.ndarray, "word dimension"]:
    """The vectors of all files (names separated by commas) side by side, each of length 1; zeros where there is none.

    Raises:
        ConfigError: there is no name.
        DataError: as `vocabulary_vectors`.
    """
    parts = []
    for file in filter(None, (name.strip() for name in files.split(","))):
        matrix = vocabulary_vectors(file, words).matrix
        parts.append(matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9))
    if not parts:
        raise ConfigError(place="vectors", got=repr(files), expected="files, separated by commas", todo="name one")
    return np.concatenate(parts, axis=1)


def vector_words(path: str | Path, most: int) -> tuple[str, ...]:
    """The first words of a file (the most frequent, in the usual files), without their vectors.

    Raises:
        DataError: as `read_vectors`.
    """
    path = Path(path)
    if path.suffix == ".npz":
        with _archive(path) as (words, _, _, _):
            return tuple(words[:most].tolist())
    return tuple(dict.fromkeys(word for word, _ in islice(_rows(path, None), most)))


def _rows(path: Path, needed: Set[str] | None) -> Iterator[tuple[str, np.ndarray]]:
    """Words and their vectors, one at a time; of the needed words only, or of all."""
    match path.suffix:
        case ".npz":
            return _npz_rows(path, needed or set())
        case ".bin":
            return _binary_rows(path, needed)
        case _:
            return _text_rows(path, needed)


def _text_rows(path: Path, needed: Set[str] | None) -> Iterator[tuple[str, np.ndarray]]:
    dimension, promised, found = 0, None, 0
    for number, line in numbered_lines(path):
        place = f"{path}, line {number}"
        cells = line.rstrip().split(" ")
        if number == 1 and len(cells) == 2 and all(cell.isdigit() for cell in cells):
            promised, dimension = int(cells[0]), _dimension(int(cells[1]), place)
            continue
        found += 1
        if not dimension:
            dimension = _dimension(len(cells) - 1, place)
        # GloVe has words with blanks in them (". . ."): the numbers are the last cells. None of them ends in a number.
        word = " ".join(cells[:-dimension])
        if not word or not cells[0] or (len(cells) > dimension + 1 and _is_number(cells[-dimension - 1])):
            expected = f"{dimension} numbers, as in the first line"
            raise DataError(place=place, got=f"a word and {len(cells) - 1} number(s)", expected=expected, todo=MEND)
        if needed is None or word in needed:
            yield word, _numbers(cells[-dimension:], place)
        elif line[len(word) :].translate(_NUMERIC).strip():
            _numbers(cells[-dimension:], place)  # a broken row is told, whether its word is needed or not
    if not found:
        got = "an empty file" if promised is None else f"no row after it, {promised} promised"
        raise DataError(place=f"{path}, line 1", got=got, expected="rows, each of a word and its numbers")
    if promised is not None and found != promised:
        raise DataError(
            place=f"{path}, line 1", got=f"{promised} words promised", expected=f"{found}, as many as follow"
        )


def _binary_rows(path: Path, needed: Set[str] | None) -> Iterator[tuple[str, np.ndarray]]:
    try:
        with path.open("rb") as file:
            header = file.readline(100).split()
            if len(header) != 2 or not all(cell.isdigit() for cell in header):
                expected = "word2vec's binary form: a line with the number of words and the dimension"
                raise DataError(place=f"{path}, line 1", got="no such line", expected=expected)
            count, dimension = int(header[0]), _dimension(int(header[1]), f"{path}, line 1")
            if not count:
                raise DataError(place=f"{path}, line 1", got="0 words promised", expected="1 or more")
            for number in range(1, count + 1):
                place = f"{path}, word {number}"
                word = _binary_word(file, place)
                raw = file.read(4 * dimension)
                if len(raw) < 4 * dimension:
                    expected = f"{4 * dimension}: {dimension} numbers"
                    raise DataError(place=place, got=f"{len(raw)} bytes before the end", expected=expected)
                if needed is None or word in needed:
                    yield word, _finite(np.frombuffer(raw, "<f4").astype(np.float32), place)
            if file.read(2).strip():
                expected = f"{count} words of {dimension} numbers, as line 1 promises"
                raise DataError(place=str(path), got=f"more bytes after word {count}", expected=expected)
    except OSError as error:
        raise _unreadable(path, error) from error


def _binary_word(file: BinaryIO, place: str) -> str:
    raw = bytearray()
    while (byte := file.read(1)) not in (b" ", b""):
        if byte != b"\n":  # some writers end a row with one
            raw += byte
        if len(raw) > _LONGEST_WORD:
            raise DataError(place=place, got=f"more than {_LONGEST_WORD} bytes", expected="a word and a blank")
    return raw.decode("utf-8", "replace")


def _npz_rows(path: Path, needed: Set[str]) -> Iterator[tuple[str, np.ndarray]]:
    """A block of rows in memory at a time: in the order of the matrix, which is that of the words in most files."""
    with _archive(path) as (words, rows, (count, dimension, dtype), file):
        of_row: dict[int, list[str]] = {}
        known: set[str] = set()
        for word, row in zip(words.tolist(), rows.tolist()):
            if word in needed and word not in known:
                known.add(word)
                of_row.setdefault(row, []).append(word)
        size = dimension * dtype.itemsize
        block = max(_BLOCK // max(size, 1), 1)
        for start in range(0, count, block):
            raw = file.read(min(block, count - start) * size)
            if len(raw) < min(block, count - start) * size:
                raise DataError(place=str(path), got="an array cut short", expected=f"{count} rows of {dimension}")
            vectors = np.frombuffer(raw, dtype).reshape(-1, dimension)
            for row in range(start, start + len(vectors)):
                for word in of_row.get(row, ()):
                    yield word, _finite(vectors[row - start].astype(np.float32), f"{path}, word {word!r}")


@contextmanager
def _archive(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray, tuple[int, int, np.dtype], IO[bytes]]]:
    """Words, rows, the shape and type of the vectors, and their bytes, not yet read."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            missing = {"words", "vectors"} - set(arrays.files)
            if missing:
                got = f"no array {', '.join(sorted(missing))}"
                raise DataError(place=str(path), got=got, expected="words, vectors and perhaps rows")
            words, shared = arrays["words"], "rows" in arrays.files
            rows = arrays["rows"] if shared else np.arange(words.size)
        with zipfile.ZipFile(path) as archive, archive.open("vectors.npy") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, by_columns, dtype = read(file)
            if words.ndim != 1 or words.dtype.kind != "U" or len(shape) != 2 or rows.shape != words.shape:
                got = f"words {words.shape}, rows {rows.shape}, vectors {shape}"
                raise DataError(place=str(path), got=got, expected="n words as text, n rows, a matrix of vectors")
            if dtype.kind not in "fiu":
                raise DataError(place=str(path), got=f"vectors of {dtype}", expected="numbers")
            if rows.dtype.kind not in "iu":
                raise DataError(place=str(path), got=f"rows of {rows.dtype}", expected="whole numbers")
            if not len(words):
                raise DataError(place=str(path), got="no words", expected="at least one, and its vector")
            if not shared and len(words) != shape[0]:
                got, todo = f"{len(words)} words and {shape[0]} vectors", "or add `rows`, the vector of each word"
                raise DataError(place=str(path), got=got, expected="as many vectors as words", todo=todo)
            _dimension(shape[1], str(path))
            bad = np.flatnonzero((rows < 0) | (rows >= shape[0]))
            if len(bad):
                got = f"row {rows[bad[0]]} for {str(words[bad[0]])!r}"
                raise DataError(place=str(path), got=got, expected=f"0 to {shape[0] - 1}")
            yield words, rows, (shape[0], shape[1], dtype), _by_rows(path) if by_columns else file
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _unreadable(path, error) from error


def _by_rows(path: Path) -> IO[bytes]:
    """The bytes of vectors that are stored by columns, in the order of rows: the whole array is in memory."""
    with np.load(path, allow_pickle=False) as arrays:
        return BytesIO(np.ascontiguousarray(arrays["vectors"]).tobytes())


def _dimension(value: int, place: str) -> int:
    if not 1 <= value <= MAX_DIMENSION:
        got = f"{value} numbers to a word"
        raise DataError(place=place, got=got, expected=f"1 to {MAX_DIMENSION}: a word, then its vector")
    return value


def _numbers(cells: Sequence[str], place: str) -> np.ndarray:
    try:
        return _finite(np.array([float(cell) for cell in cells], np.float32), place)
    except ValueError:
        bad = next(cell for cell in cells if not _is_number(cell))
        raise DataError(place=place, got=f"{bad[:40]!r}", expected="a number") from None


def _finite(vector: np.ndarray, place: str) -> np.ndarray:
    if not np.isfinite(vector).all():
        raise DataError(place=place, got="a number that is not finite", expected="finite numbers")
    return vector


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unreadable(path: Path, error: Exception) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError(place=str(path), got="no such file", expected="a file of word vectors")
    return DataError(place=str(path), got=f"a file that cannot be read ({error})", expected="word vectors")
