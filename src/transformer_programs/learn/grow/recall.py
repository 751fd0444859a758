"""What was found so far, kept so that a run that was stopped finds it again without looking for it again.

Looking is what takes the time; fitting the scores of what was found does not. So the state is a list of findings, each
with the variables that the search had made up by then (their numbers decide between equals), and a resumed run goes
through the very same loop.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from transformer_programs.learn.base import Session
from transformer_programs.learn.grow import graph as nodes
from transformer_programs.learn.grow.candidates import Candidate
from transformer_programs.learn.grow.fits import Confirmed
from transformer_programs.learn.grow.growth import Growth
from transformer_programs.learn.grow.model import Feature
from transformer_programs.learn.grow.revise import revised

__all__ = ["Recall"]

KEY = "grow-found"


class Recall:
    """What was found in a growth, remembered.

    Args:
        session: keeps it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        saved = session.restore(KEY)
        self._records: list[dict[str, Any]] = [] if saved is None else json.loads(saved["records"].tobytes())
        self._place = 0
        self._start = time.monotonic() - (self._records[-1]["seconds"] if self._records else 0.0)

    @property
    def seconds(self) -> float:
        """Since growing began, in all sittings; of what is remembered, when it was found."""
        if self._place < len(self._records):
            return float(self._records[self._place - 1]["seconds"]) if self._place else 0.0
        return time.monotonic() - self._start

    def ranked(self, growth: Growth, most: int) -> list[Confirmed]:
        """The best additions, as many as asked for, remembered or found now."""
        found = self._found(growth.graph, lambda: [_confirmed_values(each) for each in growth.ranked()[:most]])
        return [_confirmed(record) for record in found]

    def revised(self, growth: Growth) -> list[Feature]:
        """The features of a growth once more (see `revise`), remembered or found now."""
        return [Feature(*record) for record in self._found(growth.graph, lambda: list(map(_values, revised(growth))))]

    def _found(self, graph: nodes.Graph, find: Callable[[], list[Any]]) -> list[Any]:
        if self._place < len(self._records):
            record = self._records[self._place]
            self._place += 1
            for node in record["nodes"]:
                graph.add(_node(node))
            return list(record["found"])
        known = len(graph.nodes)
        found = find()
        made = [[type(node).__name__, *_values(node)] for node in graph.nodes[known:]]
        self._records.append({"nodes": made, "found": found, "seconds": self.seconds})
        self._place += 1
        text = json.dumps(self._records, default=lambda value: value.item())
        self._session.save(KEY, {"records": np.frombuffer(text.encode(), np.uint8)})
        return found


def _confirmed_values(found: Confirmed) -> list[Any]:
    return [*_values(found.candidate), found.worth, found.solves]


def _values(value: Any) -> list[Any]:
    found = [getattr(value, field.name) for field in dataclasses.fields(value)]
    return [[_values(item) for item in v] if v and isinstance(v, tuple) and _record(v[0]) else v for v in found]


def _record(value: Any) -> bool:
    return dataclasses.is_dataclass(value)


def _node(record: list[Any]) -> nodes.Node:
    name, *values = record
    made: nodes.Node = getattr(nodes, name)(*map(_tuple, values))
    return made


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def _confirmed(record: list[Any]) -> Confirmed:
    features, *rest, worth, solves = record
    return Confirmed(Candidate(tuple(Feature(*values) for values in features), *rest), worth, solves)
