"""What was added so far, kept so that a run that was stopped adds it again without looking for it again.

Looking is what takes the time; fitting the scores of what was found does not. So the state is a list of additions, each
with the variables that the search had made up by then (their numbers decide between equals), and a resumed run goes
through the very same loop.
"""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Any

import numpy as np

from transformer_programs.learn.base import Session
from transformer_programs.learn.grow import graph as nodes
from transformer_programs.learn.grow.candidates import Candidate
from transformer_programs.learn.grow.fits import Confirmed
from transformer_programs.learn.grow.growth import Growth
from transformer_programs.learn.grow.model import Feature

__all__ = ["Recall"]

KEY = "grow"


class Recall:
    """Steps of a growth that are remembered.

    Args:
        session: keeps them.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        saved = session.restore(KEY)
        self._records: list[dict[str, Any]] = [] if saved is None else json.loads(saved["additions"].tobytes())
        self._place = 0
        self._start = time.monotonic() - (self._records[-1]["seconds"] if self._records else 0.0)

    @property
    def seconds(self) -> float:
        """Since growing began, in all sittings."""
        return time.monotonic() - self._start

    def step(self, growth: Growth) -> Confirmed | None:
        """The next addition, remembered or found now."""
        if self._place < len(self._records):
            record = self._records[self._place]
            self._place += 1
            for node in record["nodes"]:
                growth.graph.add(_node(node))
            if record["added"] is None:
                return None
            added = _confirmed(record["added"])
            growth.add(added)
            return added
        known = len(growth.graph.nodes)
        found = growth.step()
        record = {
            "nodes": [[type(node).__name__, *_values(node)] for node in growth.graph.nodes[known:]],
            "added": None if found is None else [*_values(found.candidate), found.worth, found.solves],
            "seconds": self.seconds,
        }
        self._records.append(record)
        self._place += 1
        text = json.dumps(self._records, default=lambda value: value.item())
        self._session.save(KEY, {"additions": np.frombuffer(text.encode(), np.uint8)})
        return found


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
