"""Sentence markers: `<s>` before and `</s>` after every sequence, so that neighbours at the ends are told apart."""

from __future__ import annotations

import dataclasses

from transformer_programs.errors import DataError
from transformer_programs.program import Frame
from transformer_programs.tasks.dataset import Dataset, Example, Kind

__all__ = ["MARKERS", "framed"]

MARKERS = Frame(before=("<s>",), after=("</s>",))


def framed(data: Dataset, frame: Frame = MARKERS) -> Dataset:
    """The data set with markers around every sequence; no answer is asked at them.

    Raises:
        DataError: it has markers already, or a token that is spelled like one.

    >>> part = (Example(("a",), ("X",)),)
    >>> data = Dataset(name="d", kind=Kind.TAGGING, vocabulary=("<unk>", "a"), labels=("X",), max_length=1,
    ...                train=part, validation=(), test=())
    >>> framed(data).train[0]
    Example(tokens=('<s>', 'a', '</s>'), labels=(None, 'X', None))
    """
    marks = (*frame.before, *frame.after)
    if data.frame != Frame() or set(marks) & set(data.vocabulary):
        expected = f"no {' or '.join(marks)} among the tokens"
        raise DataError(place=data.name, got="sequences with markers already", expected=expected)

    def around(example: Example) -> Example:
        labels = example.labels
        if data.kind is Kind.TAGGING:
            labels = (*(None for _ in frame.before), *labels, *(None for _ in frame.after))
        return Example(frame.around(example.tokens), labels)

    train, validation, test = (tuple(map(around, part)) for part in (data.train, data.validation, data.test))
    return dataclasses.replace(
        data,
        vocabulary=(*data.vocabulary, *marks),
        max_length=data.max_length + len(marks),
        frame=frame,
        train=train,
        validation=validation,
        test=test,
    )
