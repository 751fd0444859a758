"""One input explained on the terminal: an overview of all positions, or one answer in full."""

from __future__ import annotations

from collections.abc import Container, Sequence

from transformer_programs.cli.sheet import Cell, Sheet
from transformer_programs.explain import Answer, Difference, Explanation, Head, derive, tree_lines
from transformer_programs.explain.counterfactual import Change, changes
from transformer_programs.explain.report import asked, other_answer
from transformer_programs.explain.values import runs, shown
from transformer_programs.program import TOKENS, Emit

__all__ = ["tell"]

MOST_FEATURES = 12
MOST_LABELS = 10
LONGEST = 400


def tell(
    found: Explanation,
    tokens: Sequence[str],
    *,
    position: int | None = None,
    label: str | None = None,
    other: str | None = None,
) -> None:
    """Prints an explanation: all of it, or one answer in full.

    Raises:
        InputError: no such position or label.
    """
    answers = asked(found, position, label, other)
    sheet = Sheet()
    if position is None and label is None and other is None:
        _overview(sheet, found)
        return
    for answer in answers:
        _in_full(sheet, found, tokens, answer, label, other)


def _overview(sheet: Sheet, found: Explanation) -> None:
    sheet.line(Cell(found.program.name, "bold"), " on ", " ".join(map(shown, found.tokens)))
    sheet.line()
    names: list[Cell] = [Cell("position", "dim")]
    names += [Cell(variable.name, "cyan") for variable in found.variables if variable.name != "positions"]
    per_position = found.answers[0].position is not None
    names += [Cell("the answer", "bold")] if per_position else []
    by_position = {answer.position: answer for answer in found.answers}
    columns = []
    for i in range(len(found.tokens)):
        column = [Cell(str(i), "dim")]
        column += [
            Cell(shown(v.values[i]), "green" if v.name == TOKENS else "")
            for v in found.variables
            if v.name != "positions"
        ]
        if per_position:
            column.append(Cell(shown(by_position[i].value) if i in by_position else ".", "bold"))
        columns.append(column)
    sheet.blocks(names, columns)
    if not per_position:
        sheet.line(Cell("answer", "bold"), "  ", Cell(shown(found.answers[0].value), "bold"))
    if found.heads:
        sheet.title("heads: what each position looks at")
        sheet.rows((Cell(head.name, "cyan"), _what(head), _looks(head)) for head in found.heads)
    _answers(sheet, found)


def _what(head: Head) -> str:
    if head.reads is None:
        return f"counts where {head.selects}"
    return f"{'reads' if head.looks else 'adds up'} {head.reads} where {head.selects}"


def _looks(head: Head) -> str:
    """Query positions and what they look at; those that look alike together."""
    groups: dict[str, list[int]] = {}
    for i, row in enumerate(head.matches):
        if head.looks:
            keys = str(head.looks[i]) if row else "0 (no match)"
        else:
            keys = runs(row) or "none"
        groups.setdefault(keys, []).append(i)
    if len(groups) == 1:
        return f"all: {next(iter(groups))}"
    text = "  ".join(f"{runs(at).replace(' ', ',')}: {keys}" for keys, at in groups.items())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."


def _answers(sheet: Sheet, found: Explanation) -> None:
    output = found.program.output
    if isinstance(output, Emit):
        sheet.line()
        sheet.line(f"the answer is the variable {output.variable}; --position I shows how it came about")
        return
    if len(output.labels) < 2:
        return
    sheet.title("why: score of the answer, its lead over the second, what makes the difference")
    rows: list[tuple[Cell | str, ...]] = []
    for answer in found.answers:
        where = "all" if answer.position is None else str(answer.position)
        if len(answer.labels) < 2:
            only = "the only label that may stand between its neighbours"
            rows.append((Cell(where, "dim"), Cell(shown(answer.value), "bold"), str(answer.scores[0]), "", only, ""))
            continue
        why = answer.why()
        rows.append(
            (
                Cell(where, "dim"),
                Cell(shown(answer.value), "bold"),
                str(answer.scores[answer.labels.index(why.label)]),
                Cell(f"{why.margin:+d}", "dim"),
                f"over {shown(why.other)}:",
                _reasons(why),
            )
        )
    sheet.rows(rows, right=(0, 2, 3))


def _reasons(why: Difference, most: int = 4) -> str:
    texts = [f"{feature.text} {amount:+d}" for feature, amount in zip(why.features, why.amounts)]
    more = f", {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more if texts else "nothing: the first of equals"


def _in_full(
    sheet: Sheet, found: Explanation, tokens: Sequence[str], answer: Answer, label: str | None, other: str | None
) -> None:
    i = answer.position
    where = "the whole input" if i is None else f"position {i}, token {shown(found.tokens[i])}"
    sheet.line(Cell(found.program.name, "bold"), " on ", " ".join(map(shown, found.tokens)))
    sheet.line(where, ": the answer is ", Cell(shown(answer.value), "bold"))
    output = found.program.output
    if answer.labels:
        _scores(sheet, answer)
        if len(answer.labels) > 1:
            _why(sheet, answer.why(label, other))
    if i is not None:
        reads = (
            [output.variable]
            if isinstance(output, Emit)
            else _decisive(answer, label, other, {v.name for v in found.variables})
        )
        if reads:
            sheet.title("how it came about")
        for variable in reads:
            for number, line in enumerate(tree_lines(derive(found, variable, i))):
                sheet.line(Cell(line, "cyan" if number == 0 else ""))
    instead = other_answer(answer, label, other)
    if instead is not None:
        _changes(sheet, found, tokens, answer, instead)


def _scores(sheet: Sheet, answer: Answer) -> None:
    sheet.title("what each feature adds to each label")
    order = sorted(range(len(answer.labels)), key=lambda o: (-answer.scores[o], o))[:MOST_LABELS]
    order = sorted(order)
    features = [feature for feature in answer.merged() if any(feature.amounts)]
    features.sort(key=lambda feature: feature.variable is None or -max(map(abs, feature.amounts)))
    top = max(answer.scores)
    rows: list[list[Cell]] = [[Cell("")] + [Cell(shown(answer.labels[o]), "bold") for o in order]]
    for feature in features[:MOST_FEATURES]:
        times = f" at {len(feature.positions)} positions" if answer.position is None else ""
        amounts = [Cell(str(feature.amounts[o]), "" if feature.amounts[o] else "dim") for o in order]
        rows.append([Cell(feature.text + times, "cyan"), *amounts])
    rest = features[MOST_FEATURES:]
    if rest:
        sums = [sum(feature.amounts[o] for feature in rest) for o in order]
        rows.append([Cell(f"{len(rest)} more", "dim"), *(Cell(str(amount)) for amount in sums)])
    rows.append(
        [
            Cell("score", "bold"),
            *(Cell(str(answer.scores[o]), "bold" if answer.scores[o] == top else "") for o in order),
        ]
    )
    sheet.rows(rows, right=range(1, len(order) + 1))
    if len(order) < len(answer.labels):
        sheet.line(Cell(f"the best {len(order)} of {len(answer.labels)} labels", "dim"))


def _why(sheet: Sheet, why: Difference) -> None:
    sheet.title(f"why {shown(why.label)} and not {shown(why.other)}: {why.margin:+d}")
    if not why.features:
        sheet.line("no feature tells them apart; the first of equals is taken")
    shown_features = list(zip(why.features, why.amounts))[:MOST_FEATURES]
    sheet.rows(
        ((Cell(f"{amount:+d}", "green" if amount > 0 else "red"), feature.text) for feature, amount in shown_features),
        right=(0,),
    )
    rest = why.amounts[MOST_FEATURES:]
    if rest:
        sheet.line(Cell(f"{sum(rest):+d}  {len(rest)} more", "dim"))


def _decisive(answer: Answer, label: str | None, other: str | None, known: Container[str | None]) -> list[str]:
    """The variables of the three largest differences."""
    if len(answer.labels) < 2:
        return []
    features = answer.why(label, other).features
    return [ref for ref in dict.fromkeys(f.variable for f in features) if ref is not None and ref in known][:3]


def _changes(sheet: Sheet, found: Explanation, tokens: Sequence[str], answer: Answer, instead: str) -> None:
    there = changes(found.program, tokens, answer.position or 0, instead)
    sheet.title(f"single changes after which it is {shown(instead)}")
    groups: dict[tuple[str, int], list[Change]] = {}
    for change in sorted(there.found, key=lambda change: change.variable == TOKENS):
        groups.setdefault((change.variable, change.position), []).append(change)
    for (variable, position), some in list(groups.items())[:MOST_FEATURES]:
        values = " ".join(shown(change.instead) for change in some[:8]) + (" ..." if len(some) > 8 else "")
        name = "the input" if variable == TOKENS else variable
        sheet.line(Cell(f"{name} at {position}", "cyan"), f": {shown(some[0].value)} -> {values}")
    if len(groups) > MOST_FEATURES:
        sheet.line(Cell(f"and {len(groups) - MOST_FEATURES} more", "dim"))
    if not groups:
        sheet.line("none")
    what = "every other value of every variable at every position" if there.complete else "not every value"
    sheet.line(Cell(f"{there.tried:,} changes tried: {what}", "dim"))
