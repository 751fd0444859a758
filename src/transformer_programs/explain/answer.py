"""One answer and what adds up to its scores.

A *feature* is one value of one variable as the unembedding reads it. The score of a label is a sum of whole numbers,
one a feature and the bias, so its attribution is no approximation: the parts add up exactly.

    score[label] = bias[label] + sum over features of amounts[label]

where a pooled program sums over all positions too, the bias once a position. A program that decodes a best sequence of
labels is explained between the labels that it chose before and after: what these add is a feature, too.

Source: "Learning Transformer Programs" (NeurIPS 2023), sections 5.1 and 5.2: the classifier's weights by
feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transformer_programs.errors import InputError
from transformer_programs.explain.values import shown, some
from transformer_programs.program import TOKENS, Decode, Emit, Program, Ref, TableScore, Value, domains, read_domain
from transformer_programs.program import semantics as S

__all__ = ["Answer", "Difference", "Feature", "answer_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What one value of one variable adds to the score of each label.

    Args:
        variable: whose value it is; None: the bias.
        value: as the unembedding reads it (a count is clipped to the range of its table); None for the bias.
        positions: where it stands: one position, or in a merged feature of a pooled program several.
        amounts: whole numbers, one a label.
    """

    variable: Ref | None
    value: Value | None
    positions: tuple[int, ...]
    amounts: tuple[int, ...]

    @property
    def text(self) -> str:
        """In words.

        >>> Feature(variable="count_1", value=2, positions=(3,), amounts=(0, 4)).text
        'count_1 is 2'
        """
        return "bias" if self.variable is None else f"{self.variable} is {shown(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Why one label and not another.

    Args:
        label, other: the two.
        margin: how much higher the score of the first is. At 0 the label that comes first among the program's wins.
        features: those that make a difference, the largest first.
        amounts: for each of them, what it adds to `label` more than to `other`; their sum is the margin.
    """

    label: str
    other: str
    margin: int
    features: tuple[Feature, ...]
    amounts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer and where its scores come from.

    Args:
        position: whose answer it is; None: the whole sequence's.
        value: the answer.
        labels: all labels; of a program that decodes those that may stand between its neighbours. Empty where the
            program answers with a variable itself, and so are scores and features.
        scores: one a label.
        features: what adds up to the scores, the bias first.
    """

    position: int | None
    value: Value
    labels: tuple[str, ...] = ()
    scores: tuple[int, ...] = ()
    features: tuple[Feature, ...] = ()

    @property
    def runner_up(self) -> str | None:
        """The label that comes second; None where there is none."""
        others = [o for o in range(len(self.labels)) if self.labels[o] != self.value]
        return self.labels[max(others, key=lambda o: (self.scores[o], -o))] if others else None

    def merged(self) -> tuple[Feature, ...]:
        """The features with those of one variable and one value added up over the positions."""
        together: dict[tuple[Ref | None, str], list[Feature]] = {}
        for feature in self.features:
            together.setdefault((feature.variable, repr(feature.value)), []).append(feature)
        return tuple(
            Feature(
                variable=parts[0].variable,
                value=parts[0].value,
                positions=tuple(position for part in parts for position in part.positions),
                amounts=tuple(map(sum, zip(*(part.amounts for part in parts)))),
            )
            for parts in together.values()
        )

    def by_position(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """What each position adds to each label, the bias included: a pooled program's score, token by token."""
        sums: dict[int, list[tuple[int, ...]]] = {}
        for feature in self.features:
            for position in feature.positions:
                sums.setdefault(position, []).append(feature.amounts)
        return tuple((position, tuple(map(sum, zip(*rows)))) for position, rows in sorted(sums.items()))

    def why(self, label: str | None = None, other: str | None = None) -> Difference:
        """Why one label and not another: the features with the largest difference.

        Args:
            label: None: the answer.
            other: None: the highest other label.

        Raises:
            InputError: no such label, twice the same, or a program without scores.
        """
        if len(self.labels) < 2:
            got = "a program with one label" if self.labels else "a program that answers with a variable itself"
            raise InputError(place="why this label", got=got, expected="one that chooses among labels by scores")
        label = str(self.value) if label is None else label
        if other is None:
            rest = [o for o in range(len(self.labels)) if self.labels[o] != label]
            other = self.labels[max(rest, key=lambda o: (self.scores[o], -o))]
        for name in (label, other):
            if name not in self.labels:
                raise InputError(place="why this label", got=f"label {name!r}", expected=f"one of {some(self.labels)}")
        if label == other:
            raise InputError(place="why this label", got=f"{label!r} against itself", expected="two labels")
        a, b = self.labels.index(label), self.labels.index(other)
        found = [(f.amounts[a] - f.amounts[b], f) for f in self.merged() if f.amounts[a] != f.amounts[b]]
        found.sort(key=lambda pair: -abs(pair[0]))
        return Difference(
            label=label,
            other=other,
            margin=self.scores[a] - self.scores[b],
            features=tuple(feature for _, feature in found),
            amounts=tuple(amount for amount, _ in found),
        )


def answer_at(
    program: Program, columns: Mapping[Ref, Sequence[Any]], position: int | None, path: Sequence[Any] = ()
) -> Answer:
    """The answer at a position.

    Args:
        columns: every variable, one value a position.
        position: None: of the whole sequence.
        path: the labels of all positions, of a program that decodes.
    """
    output = program.output
    if isinstance(output, Emit):
        assert position is not None
        return Answer(position=position, value=columns[output.variable][position])
    known = domains(program)
    places = range(len(columns[TOKENS])) if position is None else (position,)
    features = [Feature(variable=None, value=None, positions=(i,), amounts=output.bias) for i in places]
    for score in output.scores:
        if isinstance(score, TableScore):
            rows = dict(zip(read_domain(score.read, known), score.rows))
            for i in places:
                value = S.saturate(columns[score.read.variable][i], score.read.limit)
                features.append(Feature(variable=score.read.variable, value=value, positions=(i,), amounts=rows[value]))
        else:
            for i in places:
                value = columns[score.variable][i]
                amounts = tuple(value * weight for weight in score.weights)
                features.append(Feature(variable=score.variable, value=value, positions=(i,), amounts=amounts))
    labels = output.labels
    if isinstance(output, Decode):
        assert position is not None
        labels, features = _between(output, features, position, path)
    scores = tuple(map(sum, zip(*(feature.amounts for feature in features))))
    return Answer(
        position=position,
        value=labels[S.argmax(scores)],
        labels=labels,
        scores=scores,
        features=tuple(features),
    )


def _between(
    output: Decode, features: Sequence[Feature], position: int, path: Sequence[Any]
) -> tuple[tuple[str, ...], list[Feature]]:
    """Of a best sequence: the labels that may stand between the chosen neighbours, and what these add.

    The label of a best sequence is the best of them, the first of equals: else exchanging it made the sequence better.
    """
    index = {label: o for o, label in enumerate(output.labels)}
    sides: list[tuple[str, str, tuple[int | None, ...]]] = []
    if position == 0:
        sides.append(("label before", "none", output.first))
    else:
        sides.append(("label before", str(path[position - 1]), output.follows[index[path[position - 1]]]))
    if position + 1 < len(path):
        after = index[path[position + 1]]
        sides.append(("label after", output.labels[after], tuple(row[after] for row in output.follows)))
    legal = [o for o in range(len(output.labels)) if all(amounts[o] is not None for _, _, amounts in sides)]
    made = [
        Feature(variable=f.variable, value=f.value, positions=f.positions, amounts=tuple(f.amounts[o] for o in legal))
        for f in features
    ]
    for name, value, amounts in sides:
        kept = tuple(amounts[o] or 0 for o in legal)
        made.append(Feature(variable=name, value=value, positions=(position,), amounts=kept))
    return tuple(output.labels[o] for o in legal), made
