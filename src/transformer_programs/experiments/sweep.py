"""A study, done: what is missing is run, wherever; what is found is kept at once; what is lost is done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from transformer_programs.errors import OutputError
from transformer_programs.experiments.backends import Backend, Here, Lost, Processes
from transformer_programs.experiments.earlier import told_earlier
from transformer_programs.experiments.results import Results
from transformer_programs.experiments.suite import Suite
from transformer_programs.experiments.work import Job, Row

__all__ = ["run_suite", "sweep"]

Tell = Callable[[str], None]


def run_suite(suite: Suite, out: Path, *, only: Sequence[str] = (), tell: Tell = print) -> Iterator[Row]:
    """Runs what is not yet in `out/results.jsonl`, one after another; yields every row, old and new, in order."""
    results, runs = Results(out), suite.runs(only)
    for note in (*results.notes(runs), *told_earlier(runs, results)):
        tell(note)
    for run in runs:
        if run not in results:
            tell(f"{suite.name}: {run.title}")
            for _ in sweep([run], results, Here(), tell):
                pass
        yield from results.of([run])


def sweep(runs: Sequence[Job], results: Results, backend: Backend, tell: Tell = print) -> Iterator[tuple[Job, Row]]:
    """Does the runs that have no row yet, and yields them with their rows as they come.

    Workers that go away take no finished run with them. A cluster's runs then go on in processes here. A process that
    is killed (by the system, for its memory) takes its neighbours along: all are tried again, and if that is not the
    end of it, each in a pool of its own; the one whose pool dies gets a row that says so, and is not tried again.

    Raises:
        OutputError: a row cannot be kept (a full disk); it is told as JSON first, so that nothing is lost.
    """
    lost = 0
    while todo := [run for run in runs if run not in results]:
        if lost >= 2:
            yield from _alone(todo, results, tell)
            return
        try:
            yield from _kept(todo, results, backend, tell)
        except Lost as loss:
            left = sum(run not in results for run in runs)
            if isinstance(backend, Processes):
                lost += 1
                tell(f"a worker was killed ({loss}); {left} runs left, tried again")
            else:
                backend = Processes()
                tell(f"the cluster went away ({loss}); {left} runs left, which are done on this machine")


def _kept(todo: Sequence[Job], results: Results, backend: Backend, tell: Tell) -> Iterator[tuple[Job, Row]]:
    for number, row in backend.perform(todo):
        yield todo[number], _keep(todo[number], row, results, tell)


def _keep(run: Job, row: Row, results: Results, tell: Tell) -> Row:
    try:
        return results.add(run, row)
    except OutputError:
        tell(f"this row could not be kept: {json.dumps(row)}")
        raise


def _alone(todo: Sequence[Job], results: Results, tell: Tell) -> Iterator[tuple[Job, Row]]:
    for run in todo:
        try:
            yield from _kept([run], results, Processes(), tell)
        except Lost as loss:
            reason = f"its process was killed, alone too ({loss}); too little memory is the usual cause"
            yield run, _keep(run, {**run.begun(), "failed": reason}, results, tell)
