"""Every input, in order: streamed in blocks over all cores, or by the walk over prefixes where that can be done."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from transformer_programs.batch import Accuracy, exhaustive
from transformer_programs.program import Program
from transformer_programs.tasks import Task
from transformer_programs.verify.automaton import automaton
from transformer_programs.verify.judge import Agreement, Judge, Tokens
from transformer_programs.verify.prefix import PrefixCounts, PrefixWalk, prefix_walk
from transformer_programs.verify.sides import ProgramSide, TaskSide
from transformer_programs.verify.space import WordSpace, task_space
from transformer_programs.verify.state import State
from transformer_programs.verify.verdict import Verdict

__all__ = ["MOST_INPUTS", "MOST_WORDS", "exhaust", "on_every_input", "walk_for"]

MOST_INPUTS = 10**9
MOST_WORDS = 2**31
"""Most inputs, and most where prefixes are shared."""

BLOCK = 32_768

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class _Counts:
    inputs: int = 0
    answers: int = 0
    right_answers: int = 0
    right_inputs: int = 0


def walk_for(judge: Judge) -> PrefixWalk | None:
    """The walk over prefixes, where the program is causal and the task's labels come from an automaton."""
    if not isinstance(judge, Agreement) or not isinstance(judge.right, TaskSide):
        return None
    if not isinstance(judge.space, WordSpace):
        return None
    right = automaton(judge.right.task)
    if right is None:
        return None
    return prefix_walk(judge.program, judge.space, right, judge.right.task.labels)


def exhaust(
    judge: Judge,
    *,
    most: int = 3,
    threads: int | None = None,
    progress: Progress | None = None,
    state: State | None = None,
    first: bool = False,
) -> Verdict:
    """Judges every input of the judge's space.

    Args:
        most: counterexamples that are kept, the smallest.
        threads: None: one a core.
        progress: called with the number of inputs done and of all.
        state: where it is kept how far it came.
        first: stop at the first block with a counterexample: the accuracies are then not counted.
    """
    threads = threads or os.cpu_count() or 1
    state = state or State(None, "")
    walk = None if first else walk_for(judge)
    if walk is not None:
        verdict = _walked(judge, walk, most, threads, progress, state)
        if verdict is not None:
            return verdict
    return _streamed(judge, most, threads, progress, state, first)


def on_every_input(
    program: Program, task: Task, progress: Progress | None = None, *, threads: int | None = None
) -> Accuracy:
    """Accuracy on all inputs of a task; where the program is causal, every prefix is computed once.

    Args:
        progress: called with the number of inputs done and of all.
        threads: None: one a core.
    """
    if not program.pooled:
        space = task_space(task)
        walk = walk_for(Agreement(program, space, ProgramSide(program, space), TaskSide(task)))
        counts = None if walk is None else _counted(walk, threads or os.cpu_count() or 1, progress)
        if walk is not None and counts is not None:
            inputs, answers, right_answers, right_inputs = walk.accuracy(counts)
            return Accuracy(
                inputs=inputs,
                answers=answers,
                token_accuracy=right_answers / answers,
                sequence_accuracy=right_inputs / inputs,
            )
    return exhaustive(program, task, progress, threads=threads)


def _counted(walk: PrefixWalk, threads: int, progress: Progress | None) -> PrefixCounts | None:
    counts, total, parts = walk.zero(), walk.space.count(), len(walk.parts)

    def tell(done: int, counts: PrefixCounts) -> None:
        if progress is not None:
            progress(total * done // parts, total)

    return counts if walk.all(counts, 0, threads, tell) else None


def _walked(
    judge: Judge, walk: PrefixWalk, most: int, threads: int, progress: Progress | None, state: State
) -> Verdict | None:
    counts, done, total = walk.zero(), 0, judge.space.count()
    if state.resumed is not None and state.resumed.get("walk") == len(walk.parts):
        done = state.resumed["done"]
        for name in ("wrong_answers", "right_words", "found"):
            getattr(counts, name)[:] = state.resumed[name]
    if progress is not None:
        progress(total * done // len(walk.parts), total)

    def tell(done: int, counts: PrefixCounts) -> None:
        arrays = {name: getattr(counts, name).tolist() for name in ("wrong_answers", "right_words", "found")}
        state.keep({"walk": len(walk.parts), "done": done, **arrays})
        if progress is not None:
            progress(total * done // len(walk.parts), total)

    if not walk.all(counts, done, threads, tell):
        return None
    inputs, answers, right_answers, right_inputs = walk.accuracy(counts)
    failing = [judge.space.framed(word) for word in walk.failing(counts)[:most]]
    notes = ["a counterexample is the prefix up to the first wrong answer: the program is causal"] if failing else []
    return Verdict(
        method="exhaustive",
        complete=True,
        inputs=inputs,
        token_accuracy=right_answers / answers,
        sequence_accuracy=right_inputs / inputs,
        counterexamples=tuple(judge.example(tokens) for tokens in failing),
        length=judge.space.longest,
        notes=tuple(notes),
    )


def _streamed(judge: Judge, most: int, threads: int, progress: Progress | None, state: State, first: bool) -> Verdict:
    counts, wrong = _Counts(), list[tuple[str, ...]]()
    if state.resumed is not None and "inputs" in state.resumed:
        for name in ("inputs", "answers", "right_answers", "right_inputs"):
            setattr(counts, name, state.resumed[name])
        wrong = [tuple(tokens) for tokens in state.resumed["wrong"]]
    total, vocabulary = judge.space.count(), judge.space.vocabulary
    if progress is not None:
        progress(counts.inputs, total)
    stopped = False
    for part, rows in _judged(judge, judge.space.blocks(counts.inputs, BLOCK), threads):
        counts.inputs += part.inputs
        counts.answers += part.answers
        counts.right_answers += part.right_answers
        counts.right_inputs += part.right_inputs
        for row in rows[: most - len(wrong)].tolist():
            wrong.append(tuple(vocabulary[code] for code in row))
        names = ("inputs", "answers", "right_answers", "right_inputs")
        state.keep({**{name: getattr(counts, name) for name in names}, "wrong": wrong})
        if progress is not None:
            progress(counts.inputs, total)
        if first and wrong:
            stopped = counts.inputs < total
            break
    return Verdict(
        method="exhaustive",
        complete=not stopped,
        inputs=counts.inputs,
        token_accuracy=None if stopped else counts.right_answers / max(counts.answers, 1),
        sequence_accuracy=None if stopped else counts.right_inputs / max(counts.inputs, 1),
        counterexamples=tuple(judge.example(tokens) for tokens in wrong),
        length=judge.space.longest,
        notes=("stopped at the first counterexample",) if stopped else (),
    )


def _judged(judge: Judge, blocks: Iterator[Tokens], threads: int) -> Iterator[tuple[_Counts, Tokens]]:
    """Counts and wrong sequences of each block, in order, some blocks ahead on other cores."""

    def one(tokens: Tokens) -> tuple[_Counts, Tokens]:
        right, asked = judge(tokens)
        good = (right | ~asked).all(axis=1)
        answers, right_answers = int(np.count_nonzero(asked)), int(np.count_nonzero(right & asked))
        return _Counts(len(tokens), answers, right_answers, int(np.count_nonzero(good))), tokens[~good]

    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[tuple[_Counts, Tokens]]] = deque()
        try:
            waiting.extend(pool.submit(one, block) for block in islice(blocks, 2 * threads))
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(pool.submit(one, block) for block in islice(blocks, 1))
        finally:
            for future in waiting:
                future.cancel()
