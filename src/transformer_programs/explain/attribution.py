"""Why a program answers what it answers: its variables, where its heads look, and what each feature adds to each label.

A *feature* is one value of one variable as the unembedding reads it. The score of a label is a sum of whole numbers,
one a feature and the bias, so its attribution is no approximation: the parts add up exactly.

    score[label] = bias[label] + sum over features of amounts[label]

where a pooled program sums over all positions too, the bias once a position. A program that decodes a best sequence of
labels is explained between the labels that it chose before and after: what these add is a feature, too.

Source: "Learning Transformer Programs" (NeurIPS 2023), sections 5.1 and 5.2: the classifier's weights by
feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformer_programs.emit.listing import layers, node_text, selector_text
from transformer_programs.errors import InputError
from transformer_programs.explain.values import framed, shown, some
from transformer_programs.passes.closing import close
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Classify,
    Closest,
    Decode,
    Emit,
    Program,
    Ref,
    TableScore,
    Value,
    domains,
    read_domain,
    selector_of,
)
from transformer_programs.program import semantics as S
from transformer_programs.run import Interpreter, Trace

__all__ = ["Answer", "Difference", "Explanation", "Feature", "Head", "Variable", "explain", "explain_trace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable on one input.

    Args:
        name: its name.
        layer: its depth: heads come one layer after what they read.
        meaning: what computes it, in words; empty for `tokens` and `positions`.
        values: one a position.
    """

    name: Ref
    layer: int
    meaning: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where one head looks on one input.

    Args:
        name: of its variable.
        layer: its depth.
        selects: its selector in words.
        reads: the variable that it copies or sums; None for a count.
        matches: for each query position the key positions it selects, ascending.
        looks: for each query position the one key position that a categorical head reads (0 where nothing matches);
            empty for the other heads, which read all matches.
        values: its result, one a position.
    """

    name: Ref
    layer: int
    selects: str
    reads: Ref | None
    matches: tuple[tuple[int, ...], ...]
    looks: tuple[int, ...]
    values: tuple[Any, ...]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything a program computed on one input, and why it answers what it answers.

    Args:
        program: which was run.
        tokens: as the program saw them, markers included.
        variables: all, `tokens` and `positions` first.
        heads: all attention patterns, in the program's order.
        answers: one a position of the user's own, or one in all where the program is pooled.
    """

    program: Program
    tokens: tuple[str, ...]
    variables: tuple[Variable, ...]
    heads: tuple[Head, ...]
    answers: tuple[Answer, ...]

    def _repr_svg_(self) -> str:
        """Where every head looks, for notebooks."""
        from transformer_programs.explain.graph import attention_svg

        return attention_svg(self)

    def variable(self, name: Ref) -> Variable:
        """The variable of that name.

        Raises:
            InputError: there is none.
        """
        for variable in self.variables:
            if variable.name == name:
                return variable
        names = some((variable.name for variable in self.variables), 20)
        raise InputError(place="variable", got=repr(name), expected=f"one of {names}")

    def at(self, position: int) -> Answer:
        """The answer at a position, also one of the markers; a pooled program has one answer, at every position.

        Raises:
            InputError: no such position.
        """
        if not 0 <= position < len(self.tokens):
            raise InputError(place="position", got=str(position), expected=f"0 to {len(self.tokens) - 1}")
        if self.answers[0].position is None:
            return self.answers[0]
        for answer in self.answers:
            if answer.position == position:
                return answer
        columns = {variable.name: list(variable.values) for variable in self.variables}
        path = Interpreter(self.program).answer(columns)[1] if isinstance(self.program.output, Decode) else ()
        return _answer(self.program, columns, position, path)


def explain(program: Program, tokens: Sequence[str]) -> Explanation:
    """Why the program answers what it answers on these tokens.

    Args:
        program: any well-formed one.
        tokens: the user's own, between whose markers the program sees them, or with the markers.

    Raises:
        InputError: the program does not take the tokens.

    >>> from transformer_programs.program import Classify, Compare, Program, Read, Step, TableScore, Width
    >>> rows = ((0, 0), (2, 0), (0, 3), (0, 3))
    >>> often = Program(
    ...     name="often", vocabulary=("a", "b"), max_length=3,
    ...     steps=(Step("count", Width(Compare("tokens", "==", "tokens"))),),
    ...     output=Classify(("once", "more"), (1, 0), (TableScore(Read("count"), rows),)),
    ... )
    >>> found = explain(often, ["a", "b", "a"])
    >>> [answer.value for answer in found.answers]
    ['more', 'once', 'more']
    >>> found.heads[0].matches
    ((0, 2), (1,), (0, 2))
    >>> [(feature.text, feature.amounts) for feature in found.answers[0].features]
    [('bias', (1, 0)), ('count is 2', (0, 3))]
    >>> why = found.answers[0].why()
    >>> why.label, why.other, why.margin, [feature.text for feature in why.features], why.amounts
    ('more', 'once', 2, ['count is 2', 'bias'], (3, -1))
    """
    whole, own = framed(program, tokens)
    program = close(program, whole)  # spellings become tables of these words
    return explain_trace(program, Interpreter(program).trace(whole), own)


def explain_trace(program: Program, trace: Trace, own: Sequence[int] | None = None) -> Explanation:
    """The same from a run that was kept.

    Args:
        own: the positions whose answers are asked; None: all.
    """
    layer = layers(program)
    columns = trace.columns
    variables = [Variable(name=ref, layer=0, meaning="", values=tuple(columns[ref])) for ref in (TOKENS, POSITIONS)]
    heads = []
    for step in program.steps:
        node, name = step.node, step.name
        values = tuple(columns[name])
        variables.append(Variable(name=name, layer=layer[name], meaning=node_text(node), values=values))
        selector = selector_of(node)
        if selector is not None:
            matches = trace.matches[name]
            looks = S.closest(matches, list(range(len(trace.tokens)))) if isinstance(node, Closest) else []
            heads.append(
                Head(
                    name=name,
                    layer=layer[name],
                    selects=selector_text(selector),
                    reads=getattr(node, "values", None),
                    matches=tuple(map(tuple, matches)),
                    looks=tuple(looks),
                    values=values,
                )
            )
    output = program.output
    if isinstance(output, Classify) and output.pooled:
        answers = [_answer(program, columns, None)]
    else:
        places = range(len(trace.tokens)) if own is None else own
        answers = [_answer(program, columns, i, trace.answer) for i in places]
    return Explanation(
        program=program,
        tokens=trace.tokens,
        variables=tuple(variables),
        heads=tuple(heads),
        answers=tuple(answers),
    )


def _answer(program: Program, columns: Any, position: int | None, path: Sequence[Any] = ()) -> Answer:
    """The answer at a position, or of all; `path`: the labels of all positions, of a program that decodes."""
    output = program.output
    if isinstance(output, Emit):
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
