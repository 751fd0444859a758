"""Many sequences through one program, on all cores, with the interpreter's answers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Int

from transformer_programs.batch.alphabet import CannotLower, Interner
from transformer_programs.batch.beside import wait_for_it
from transformer_programs.batch.columns import Columns, Ready
from transformer_programs.batch.kernel import BAD_INPUT, DONE, execute
from transformer_programs.batch.lower import Lowered, lower
from transformer_programs.batch.parts import Rows, parts_of
from transformer_programs.batch.sequences import Sequences, encode
from transformer_programs.batch.spellings import Spellings
from transformer_programs.errors import ConfigError
from transformer_programs.program import Classify, Decode, Program, Value
from transformer_programs.run import Interpreter

__all__ = ["Answers", "Batch", "Path"]

MOST_PATTERN_CELLS = 1 << 21

MOST_LOWERED = 16

Codes = Int[np.ndarray, "sequence answer"]


def cores() -> int:
    """Cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


class Path(Enum):
    """How a batch was run: all give the same answers."""

    KERNEL = "kernel"
    COLUMNS = "columns"
    INTERPRETER = "interpreter"


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a program answers.

    Args:
        codes: places in `values`, one a position, or one a sequence where the program is pooled; -1 past the length.
        values: the labels in the program's order, or values of the variable that it emits.
        path: how they were computed.
    """

    codes: Codes
    values: Sequence[Value]
    path: Path

    def decode(self) -> list[list[Value]]:
        """The answers as the interpreter gives them."""
        inside = self.codes >= 0
        flat = [self.values[code] for code in self.codes[inside].tolist()]
        ends = inside.sum(axis=1).cumsum().tolist()
        return [flat[start:end] for start, end in zip([0, *ends], ends)]


class Batch:
    """A program made ready to run on many sequences: same answers and same errors as the interpreter.

    Args:
        program: any well-formed one.
        threads: None: one a core that this process may use.
        paths: tried in this order; the first that can run the program does.

    >>> from transformer_programs.program import Compare, Emit, Program, Step, Width
    >>> count = Step("count", Width(Compare("tokens", "==", "tokens")))
    >>> hist = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count"))
    >>> Batch(hist).predict([["a", "b", "a"], ["b"]])
    [[2, 1, 2], [1]]
    """

    def __init__(self, program: Program, *, threads: int | None = None, paths: Sequence[Path] = tuple(Path)) -> None:
        if threads is not None and threads < 1:
            raise ConfigError(place="threads", got=str(threads), expected="1 or more")
        self.program = program
        self.threads = threads or cores()
        self.paths = tuple(paths)
        self._lowered: dict[tuple[int, tuple[str, ...]], Lowered | None] = {}
        self._spellings = Spellings(program)

    @property
    def fast(self) -> bool:
        """Whether the kernel takes this program; a slower path runs the others.

        For a program without a length or a vocabulary of its own: at 64 positions, over one word.
        """
        return self._lower(self.program.vocabulary or ("",), self.program.max_length or 64) is not None

    def predict(self, sequences: Sequence[Sequence[str]]) -> list[list[Value]]:
        """The answers on sequences of tokens, as the interpreter gives them one by one.

        Raises:
            InputError: for the first sequence that the program does not take, as `run.admit`.
        """
        return self.answers(sequences).decode()

    def answers(self, sequences: Sequence[Sequence[str]]) -> Answers:
        """As `predict`, but encoded."""
        return self._run(encode(self.program, sequences))

    def run(
        self,
        tokens: Int[np.ndarray, "sequence position"],
        lengths: Int[np.ndarray, " sequence"],
        vocabulary: Sequence[str] | None = None,
    ) -> Answers:
        """The answers on encoded sequences.

        Args:
            tokens: places in the vocabulary; what stands past a length is not read.
            lengths: number of tokens of each sequence.
            vocabulary: what the integers stand for; None: the program's own.

        Raises:
            InputError: for the first sequence that the program does not take.
        """
        return self._run(Sequences.of(self.program, tokens, lengths, vocabulary))

    def _run(self, batch: Sequences) -> Answers:
        runners = {Path.KERNEL: self._kernel, Path.COLUMNS: self._columns, Path.INTERPRETER: self._interpreter}
        for path in self.paths:
            codes = np.full((len(batch.lengths), 1 if self.program.pooled else batch.tokens.shape[1]), -1, np.int32)
            values = runners[path](batch, codes)
            if values is not None:
                return Answers(codes, values, path)
        allowed = " and ".join(path.value for path in self.paths) or "nothing"
        todo = "allow Path.INTERPRETER, which runs every program"
        raise ConfigError(place="paths", got=f"{allowed}, for {self.program.name}", expected="a path for it", todo=todo)

    def _lower(self, vocabulary: tuple[str, ...], n: int) -> Lowered | None:
        key = (n, vocabulary)
        if key not in self._lowered:
            if len(self._lowered) == MOST_LOWERED:
                self._lowered.clear()
            try:
                self._lowered[key] = lower(self.program, vocabulary, n)
            except CannotLower:
                self._lowered[key] = None
        return self._lowered[key]

    def _kernel(self, batch: Sequences, codes: Codes) -> Sequence[Value] | None:
        lowered, longest = None, max(batch.longest, 1)
        if self.program.max_length is None:  # for lengths up to a power of two: the next batch needs no other code
            lowered = self._lower(batch.vocabulary, 1 << (longest - 1).bit_length())
        lowered = lowered or self._lower(batch.vocabulary, longest)
        if lowered is None:
            return None
        code, spelled = lowered.code, self._spellings.codes(batch.words)

        def part(rows: Rows, width: int) -> int:
            """Answers some of the sequences, none longer than `width`: DONE, or why not."""
            answers = np.ascontiguousarray(codes[rows, :width])
            program = code.instructions, code.pool, code.causal, min(batch.longest, width), batch.translation
            arrays = np.ascontiguousarray(batch.tokens[rows, :width]), batch.lengths[rows], answers
            status: int = execute(*program, *arrays, spelled, code.scratch(width, len(answers)))[0]
            codes[rows, :width] = answers
            return status

        wait_for_it()
        parts = parts_of(batch.lengths, batch.tokens.shape[1], self.threads)
        with ThreadPoolExecutor(self.threads) as pool:
            results = set((pool.map if len(parts) > 1 else map)(lambda each: part(*each), parts))
        if BAD_INPUT in results:
            batch.check()
        return lowered.values if results <= {DONE} else None

    def _columns(self, batch: Sequences, codes: Codes) -> Sequence[Value] | None:
        batch.check()
        interner, ready, spelled = Interner(), Ready(self.program), self._spellings.codes(batch.words)
        if isinstance(self.program.output, Classify | Decode):
            interner.codes(self.program.output.labels)
        for n in np.unique(batch.lengths).tolist():
            (group,) = np.nonzero(batch.lengths == n)
            for rows in np.array_split(group, -(-len(group) * n * n // MOST_PATTERN_CELLS)):
                words = batch.tokens[rows, :n]
                known = {
                    name: (spelled[row][words], values)
                    for row, (name, values) in enumerate(self._spellings.values.items())
                }
                try:
                    columns = Columns(self.program, batch.vocabulary, batch.translation[words], known, ready=ready)
                    found, values = columns.answers()
                    meaning = np.array(interner.codes(values), np.int32)
                except Exception:  # not swallowed: the next path raises it again, in the order of the sequences
                    return None
                codes[rows, : found.shape[1]] = meaning[found]
        return interner.values

    def _interpreter(self, batch: Sequences, codes: Codes) -> Sequence[Value] | None:
        batch.check()
        interpreter = Interpreter(self.program)
        values: list[Value] = []
        for row in range(len(codes)):
            answer = interpreter(batch.sequence(row))
            codes[row, : len(answer)] = range(len(values), len(values) + len(answer))
            values += answer
        return values
