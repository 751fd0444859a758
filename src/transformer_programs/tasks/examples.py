"""Examples for a program that exists already: a file to measure it on, a task of its size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.program import Classify, Emit, Program, Reading, knows_label, listed_labels
from transformer_programs.tasks.dataset import Dataset, Example, Kind, Label
from transformer_programs.tasks.hub import Hub
from transformer_programs.tasks.iob import are_entity_tags, stray, to_iob2
from transformer_programs.tasks.load import as_kind
from transformer_programs.tasks.parts import refuse_others, refuse_stray
from transformer_programs.tasks.records import Columns
from transformer_programs.tasks.registry import TASKS, make_task
from transformer_programs.tasks.source import file_source, hub_source, is_hub
from transformer_programs.tasks.task import UNKNOWN, Task

__all__ = ["load_examples", "task_for"]

_COLUMNS = Columns()


def load_examples(
    path: str | Path,
    program: Program,
    *,
    kind: Kind | str,
    format: str | None = None,
    columns: Columns = _COLUMNS,
    repair: bool = False,
) -> Dataset:
    """The examples of a file as the test part of a data set with the program's vocabulary, labels and length.

    The program's markers are added where an example does not start with them; no answer is asked there.

    Args:
        path: a file, or `hf:NAME`, of which the test split is taken (or the last one that there is).
        kind, format, columns, repair: as for `load_dataset`, and as the program was trained.

    Raises:
        DataError: with file and line, also where a sequence is too long for the program, a token is unknown to it, or
            a label is none of its.
        ConfigError: the program answers another kind of question; labels that are no tags were to be repaired.
    """
    kind = as_kind(kind)
    output = program.output
    if isinstance(output, Classify) and output.pooled != (kind is Kind.CLASSIFICATION):
        own = "a label a sequence" if output.pooled else "a label a token"
        raise ConfigError(place="kind", got=kind.value, expected=f"what {program.name} answers: {own}")
    if is_hub(path):
        hub = Hub(str(path))
        source = hub_source(hub, ("train", *hub.splits)[-1], kind, columns)
    else:
        source = file_source(path, kind, columns, format)
    known = None if program.vocabulary is None or UNKNOWN in program.vocabulary else frozenset(program.vocabulary)
    known_label, listed = knows_label(program), listed_labels(program)
    labels: dict[Label, None] = dict.fromkeys(() if isinstance(output, Emit) else output.labels)
    tags = kind is Kind.TAGGING and are_entity_tags(listed)
    if repair and kind is Kind.CLASSIFICATION:
        raise ConfigError(place="--repair", got="classification", expected="tags of tokens")
    if repair:
        refuse_others(listed)
    frame, examples, words = program.frame, list[Example](), dict[str, None]()
    for record in source.records():
        if tags and not repair and (at := stray(record.labels)) is not None:
            refuse_stray(source, record, at)
        if repair:
            refuse_others(record.labels)
            record = replace(record, labels=to_iob2(record.labels))
        tokens, answers = record.tokens, record.labels
        if frame.before and tokens[:1] != frame.before[:1]:
            tokens = frame.around(tokens)
            if kind is Kind.TAGGING:
                answers = (*(None for _ in frame.before), *answers, *(None for _ in frame.after))
        place = source.place(record)
        if program.max_length is not None and len(tokens) > program.max_length:
            expected = f"at most {program.max_length}, the longest that {program.name} takes"
            raise DataError(place=place, got=f"{len(tokens)} tokens", expected=expected)
        for token in tokens:
            if known is not None and program.reading(token) not in known:
                raise DataError(place=place, got=f"token {token!r}", expected=f"one that {program.name} knows")
        for at, label in enumerate(record.labels):
            if label is not None and not known_label(label):
                raise DataError(
                    place=source.place(record, at),
                    got=f"label {label!r}",
                    expected=f"one that {program.name} can give: {_shown(program)}",
                    todo="train with examples of it, or take it out",
                )
        labels |= dict.fromkeys(label for label in answers if label is not None)
        words |= dict.fromkeys(tokens)
        examples.append(Example(tokens, answers))
    if not examples:
        raise DataError(place=source.name, got="no examples", expected="at least one example")
    return Dataset(
        name=program.name,
        kind=kind,
        vocabulary=tuple(words) if program.vocabulary is None else program.vocabulary,
        labels=tuple(label for label in labels if label is not None),
        max_length=program.max_length or max(len(example.tokens) for example in examples),
        causal=program.causal,
        reading=Reading() if program.vocabulary is None else program.reading,
        frame=frame,
        notes=program.reading.notes,
        train=(),
        validation=(),
        test=tuple(examples),
    )


def _shown(program: Program) -> str:
    """The first labels of a program, for a message."""
    labels = listed_labels(program)
    return ", ".join(labels[:12]) + (", ..." if len(labels) > 12 else "") if labels else "whole numbers in its range"


def task_for(name: str, program: Program, max_length: int | None = None) -> Task:
    """The task of that name over the program's vocabulary.

    Args:
        max_length: most tokens, with the markers; None: what the program takes, or the usual one where it takes any.

    Raises:
        ConfigError: no such task, or none of its sizes has the program's tokens.
    """
    length = program.max_length if max_length is None else max_length
    if program.vocabulary is None or name not in TASKS:
        return make_task(name, max_length=length)
    # The task counts `<pad>`, which a program's vocabulary does not have.
    own = make_task(name, vocabulary_size=len(program.vocabulary) + 1, max_length=length)
    if set(own.vocabulary) != set(program.vocabulary):
        shown = " ".join(program.vocabulary[:12]) + (" ..." if len(program.vocabulary) > 12 else "")
        raise ConfigError(place=f"task {name}", got=f"a program over {shown}", expected=" ".join(own.vocabulary[:12]))
    return own
