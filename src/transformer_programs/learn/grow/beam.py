"""Which growths are kept: of all that could come next the shortest descriptions, no two of which say the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transformer_programs.learn.grow.fits import Confirmed
from transformer_programs.learn.grow.growth import Growth
from transformer_programs.learn.grow.model import Examples, Feature

__all__ = ["followers"]

Found = tuple[Growth, Confirmed]


def followers(found: Sequence[Found], width: int) -> list[Growth]:
    """Growths with one addition more, the shortest description first.

    Solutions are kept first, then what the best growth would have gone on with alone, then those that leave the
    shortest description by what their additions are estimated to be worth. Of growths whose features split the
    examples alike one is kept, the one that comes first.

    Args:
        found: growths, each with what could be added to it, the best first.
        width: how many are kept.
    """
    if width == 1:
        return [_with(*found[0])]
    first, *others = sorted(found, key=lambda item: item[0].length())
    kept: list[Growth] = []
    seen: set[frozenset[tuple[bytes, bool]]] = set()
    for growth, addition in sorted([first, *sorted(others, key=_left)], key=lambda item: not item[1].solves):
        later = _with(growth, addition)
        splits = frozenset(_split(growth.examples, feature) for feature in later.features)
        if splits not in seen:
            seen.add(splits)
            kept.append(later)
        if len(kept) == width:
            break
    return sorted(kept, key=Growth.length)


def _with(growth: Growth, addition: Confirmed) -> Growth:
    later = growth.copy()
    later.add(addition)
    return later


def _left(item: Found) -> float:
    growth, addition = item
    if addition.solves:  # nothing will be unexplained, however far from that the fitted scores still are
        return growth.effort.thrift * (growth.price() + addition.candidate.price)
    return growth.length() - addition.worth


def _split(examples: Examples, feature: Feature) -> tuple[bytes, bool]:
    """What a feature tells apart in the examples, whatever its values are called."""
    _, first, inverse = np.unique(examples.codes(feature.variable), return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int16).tobytes(), feature.linear
