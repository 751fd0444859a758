"""The closing words of `tprog train` where the program is not right everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["closing"]


def closing(missing: Mapping[str, Any]) -> Iterator[str]:
    """What is missing, line by line.

    Args:
        missing: `learn.missing.Missing.as_json()`.
    """
    answers, wrong = missing["answers"], missing["wrong"]
    yield f"not solved: {wrong:,} of {answers:,} answers of training and validation are wrong with the best found"
    told = wrong
    if missing["contradictory"]:
        least = missing["contradictory"]
        told -= least
        yield f"  {least:,} at least with any program: the same input has another label elsewhere"
        for pair in missing["contradictions"]:
            yield f"    {_place(pair, '')}: {pair['label']} and {pair['other_label']}"
    if missing["alike"]:
        told -= missing["alike"]
        yield f"  {missing['alike']:,} more: no variable of this program tells them from answers with another label"
        for pair in missing["pairs"]:
            both = f"{_place(pair, '')}: {pair['label']}; {_place(pair, 'other_')}: {pair['other_label']}"
            yield f"    {both}{_only(pair)}"
    if told > 0:
        yield f"  {told:,} are told apart by variables, but not by the scores or tables that read them"
    for row in missing["first"]:
        yield f"  wrong: {_place(row, '')}: {row['expected']}, and the program says {row['got']}"
    if missing["plain"]:
        yield "  on the validation part no more often right than the most frequent label: perhaps there is no rule"


def _place(row: Mapping[str, Any], which: str) -> str:
    tokens, position = row[f"{which}tokens"], row[f"{which}position"]
    text = " ".join(tokens if len(tokens) <= 24 else (*tokens[:24], "..."))
    return repr(text) if position is None else f"{text!r}, token {position}"


def _only(pair: Mapping[str, Any]) -> str:
    differ = pair["differ"]
    if not differ:
        return ""
    return f" (they differ only in token{'s' * (len(differ) > 1)} {', '.join(map(str, differ[:6]))})"
