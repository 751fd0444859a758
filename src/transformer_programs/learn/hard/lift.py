"""From a `Program` to the flat arrays of compiled code: what another learner found, ready for local search.

Programs of heads and counts over predicates, prefix counts, sums of a small weight of the token, tables of one or two
arguments and a classifier can be lifted, whoever learned them. Every variable gets codes: a token its index, a number
itself where all of them are codes, else its place in the variable's domain. A table of one argument becomes one of two
that ignores the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from transformer_programs.errors import ProgramError
from transformer_programs.learn.hard.general import WEIGHTS
from transformer_programs.learn.hard.network import (
    GATES,
    Kind,
    Module,
    Predicate,
    lay_out,
    parameters,
    room,
    row_choices,
)
from transformer_programs.learn.hard.problem import Candidate, Problem, measured
from transformer_programs.learn.hard.prune import Feature
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Both,
    Classify,
    Closest,
    Domain,
    Finite,
    Integers,
    LinearScore,
    Node,
    Offset,
    Program,
    Read,
    Ref,
    Relation,
    Table,
    TableScore,
    Total,
    Value,
    Width,
    domains,
    read_domain,
)
from transformer_programs.tasks import Dataset, encode

__all__ = ["lift"]


def lift(program: Program, data: Dataset, spare: Sequence[Kind] = ()) -> tuple[Problem, Candidate, list[Feature]]:
    """The problem whose modules are those of the program, the program as a candidate, the features it scores.

    Args:
        program: to be lifted.
        data: what it is for.
        spare: more modules, after the others, that nothing reads yet.

    Raises:
        ProgramError: it holds a node that learning does not make.
        ConfigError: more than the compiled code is made for.
    """
    return _Lift(program, data).result(spare)


class _Lift:
    def __init__(self, program: Program, data: Dataset) -> None:
        if not isinstance(program.output, Classify):
            raise ProgramError(place="output", got="a variable", expected="scores of labels")
        if program.vocabulary != data.vocabulary or program.output.labels != data.labels:
            raise ProgramError(place=program.name, got="other tokens or labels", expected=f"those of {data.name}")
        self.program, self.data, self.output = program, data, program.output
        self.domains: Mapping[Ref, Domain] = domains(program)
        self.index: dict[Ref, int] = {POSITIONS: 0, TOKENS: 1}
        self.place: dict[Ref, dict[Value, int] | None] = {
            POSITIONS: None,
            TOKENS: {token: i for i, token in enumerate(data.vocabulary)},
        }
        reads = self._reads()
        outputs = [Read(step.name) for step in program.steps if isinstance(step.node, Table)]
        self.cardinality = max(2, len(data.vocabulary), *(self._size(read) for read in [*reads, *outputs]))
        self.codes = self.cardinality
        if any(not row for relation in self._relations() for row in relation.rows):
            # One code more than any variable takes, counts included, stands for "matches nothing".
            self.codes = max(self.cardinality, data.max_length + 1)
            self.cardinality = self.codes + 1

    def result(self, spare: Sequence[Kind]) -> tuple[Problem, Candidate, list[Feature]]:
        modules, args, tables, weights = [], [], [], []
        for step in self.program.steps:
            earlier = tuple(self.index.values())
            kind, read, cells = self._module(step.name, step.node)
            choices = (earlier,) * (3 if kind is Kind.CLOSEST else 2)
            modules.append(
                Module(
                    kind=kind,
                    candidates=choices,
                    prefix=self._is_prefix(step.node),
                    predicate=Predicate.SET if kind is not Kind.TABLE and cells.ndim == 2 else Predicate.ONE,
                    weighted=isinstance(step.node, Total),
                )
            )
            args.append([*read, 0, 0][:3])
            tables.append(cells)
            weights.append(self._weights(step.node))
            self.index[step.name] = len(self.index)
        everything = tuple(self.index.values())
        for kind in spare:
            modules.append(Module(kind=kind, candidates=(everything,) * GATES[kind]))
            args.append([0, 0, 0])
            tables.append(np.zeros((self.cardinality,) * (2 if kind is Kind.TABLE else 1), np.int64))
            weights.append([])
        data, train, validation = self.data, encode(self.data, self.data.train), encode(self.data, self.data.validation)
        network = lay_out(
            modules,
            cardinality=self.cardinality,
            words=0,
            labels=len(data.labels),
            positions=data.max_length,
            causal=data.causal,
            pooled=self.output.pooled,
        )
        lanes = network.sizes.lanes
        codes = np.zeros(network.sizes.rows + 16, np.uint8)
        for cells, first, adds, more in zip(tables, network.modules[:, 2], weights, network.modules[:, 6]):
            padded = np.zeros((lanes,) * cells.ndim, np.uint8)
            padded[tuple(slice(size) for size in cells.shape)] = cells
            codes[first : first + padded.size] = padded.ravel()
            codes[more : more + len(adds)] = adds
        theta, kept = np.zeros(network.sizes.end, np.float32), list[Feature]()
        views = parameters(network, theta)
        views.gates[:] = -np.inf
        views.rows[np.arange(lanes) >= row_choices(network)[:, None]] = -np.inf
        gate = 0
        for module in modules:
            for candidates in module.candidates:
                views.gates[gate, list(candidates)] = 0
                gate += 1
        mask = parameters(network, np.zeros_like(theta))
        count = len(data.labels)
        mask.bias[:count] = 1
        views.bias[:count] = self.output.bias
        for score in self.output.scores:
            feature = self._score(score, views.scores, views.linear, modules)
            (mask.linear if feature[1] else mask.scores)[feature[0], ..., :count] = 1
            kept.append(feature)
        mask.scores[:, self.cardinality :] = 0
        flat = np.concatenate([mask.scores.ravel(), mask.linear.ravel(), mask.bias])
        problem = Problem(
            data=data,
            network=network,
            mask=flat.astype(np.float32),
            train=train,
            validation=validation if (validation.labels >= 0).any() else train,
        )
        # Scores in units in which their differences are a few nats, as refitting expects.
        theta[network.sizes.at_scores :] *= 8.0 / max(8.0, float(np.abs(theta[network.sizes.at_scores :]).max()))
        flat_args = np.zeros(3 * len(modules) + 16, np.uint8)
        flat_args[: 3 * len(modules)] = np.array(args, np.uint8).ravel()
        return problem, measured(problem, flat_args, codes, theta, room(network)), sorted(set(kept))

    def _reads(self) -> list[Read]:
        found = [Read(POSITIONS)]
        for step in self.program.steps:
            match step.node:
                case Table(reads) if len(reads) <= 2:
                    found += reads
                case Closest(Relation(keys, queries)) | Width(Relation(keys, queries)):
                    found += [keys, queries]
                case Width(Both(Relation(keys, queries))) if self._is_prefix(step.node):
                    found += [keys, queries]
                case Total(Relation(keys, queries) | Both(Relation(keys, queries))) if self._is_sum(step.node):
                    found += [keys, queries]
                case _:
                    raise ProgramError(
                        place=f"step {step.name!r}",
                        got="a node that learning does not make",
                        expected="tables of at most two arguments; heads, counts and small sums over relations",
                    )
        return found + [score.read for score in self.output.scores if isinstance(score, TableScore)]

    def _size(self, read: Read) -> int:
        return len(read_domain(read, self.domains))

    def _module(self, name: Ref, node: Node) -> tuple[Kind, list[int], np.ndarray]:
        match node:
            case Closest(Relation() as relation, values):
                self.place[name] = self.place[values]
                return Kind.CLOSEST, [*self._heads(relation), self.index[values]], self._rows(relation)
            case Width((Relation() as relation) | Both(Relation() as relation)) | Total(
                (Relation() as relation) | Both(Relation() as relation)
            ):
                self.place[name] = None
                return Kind.COUNT, self._heads(relation), self._rows(relation)
            case Table(reads, cells):
                outputs = read_domain(Read(name), self.domains)
                whole = all(type(value) is int and 0 <= value < self.codes for value in outputs)
                self.place[name] = None if whole else {value: i for i, value in enumerate(outputs)}
                codes = np.array([self._code(name, cell) for cell in cells]).reshape([self._size(r) for r in reads])
                spread = codes[np.ix_(*(self._spread(read) for read in reads))]
                if len(reads) == 1:
                    spread = np.repeat(spread[:, None], self.cardinality, axis=1)
                    return Kind.TABLE, [self.index[reads[0].variable], 0], spread
                return Kind.TABLE, [self.index[read.variable] for read in reads], spread
        raise AssertionError(node)

    def _is_prefix(self, node: Node) -> bool:
        """Whether the head counts all positions up to the query's, and no others."""
        match node:
            case Width(Both(_, Offset(low, 0))) | Total(Both(_, Offset(low, 0))):
                return low <= 1 - self.data.max_length
            case _:
                return False

    def _is_sum(self, node: Total) -> bool:
        """Whether the head sums a weight of the token that learning can choose, over all positions or a prefix."""
        reach = isinstance(node.selector, Relation) or self._is_prefix(node)
        weights = self._table(node.values)
        return reach and weights is not None and all(cell in range(-1, WEIGHTS - 1) for cell in weights.cells)

    def _table(self, name: Ref) -> Table | None:
        """The table of the token that has this name."""
        nodes = [step.node for step in self.program.steps if step.name == name]
        return nodes[0] if nodes and isinstance(nodes[0], Table) and nodes[0].reads == (Read(TOKENS),) else None

    def _weights(self, node: Node) -> list[int]:
        """The codes of the weights of a sum."""
        weights = self._table(node.values) if isinstance(node, Total) else None
        return [int(cell) + 1 for cell in weights.cells] if weights else []

    def _heads(self, relation: Relation) -> list[int]:
        return [self.index[relation.queries.variable], self.index[relation.keys.variable]]

    def _rows(self, relation: Relation) -> np.ndarray:
        """The key code of each query code; where one has several, for each pair whether they match."""
        keys = [[code for value in row for code in self._key_codes(relation.keys, value)] for row in relation.rows]
        if any(len(row) > 1 for row in keys):
            cells = np.zeros((len(keys), self.cardinality), np.int64)
            for query, row in enumerate(keys):
                cells[query, row] = 1
            return np.asarray(cells[self._spread(relation.queries)])
        none = self.cardinality - 1
        rows = np.array([row[0] if row else none for row in keys])
        return np.asarray(rows[self._spread(relation.queries)])

    def _key_codes(self, keys: Read, value: Value) -> range:
        """The codes of keys that are read as this value: of a limit's those of all counts from it on."""
        code, domain = self._code(keys.variable, value), self.domains[keys.variable]
        if value != keys.limit or not isinstance(domain, Integers):
            return range(code, code + 1)
        most = self.codes - 1 if domain.high is None else min(domain.high, self.codes - 1)
        return range(code, max(most, code) + 1)

    def _relations(self) -> list[Relation]:
        found = []
        for step in self.program.steps:
            match step.node:
                case (
                    Closest(Relation() as relation)
                    | Width((Relation() as relation) | Both(Relation() as relation))
                    | Total((Relation() as relation) | Both(Relation() as relation))
                ):
                    found.append(relation)
        return found

    def _code(self, variable: Ref, value: Value) -> int:
        places = self.place[variable]
        return int(value) if places is None else places[value]

    def _spread(self, read: Read) -> np.ndarray:
        """For every code the index in the read's domain; codes that cannot occur: the last."""
        values = read_domain(read, self.domains)
        known = {self._code(read.variable, value): i for i, value in enumerate(values)}
        return np.array([known.get(code, len(values) - 1) for code in range(self.cardinality)])

    def _score(
        self, score: TableScore | LinearScore, tables: np.ndarray, linear: np.ndarray, modules: list[Module]
    ) -> Feature:
        count = len(self.data.labels)
        if isinstance(score, TableScore):
            variable = self.index[score.read.variable]
            tables[variable, : self.cardinality, :count] += np.array(score.rows)[self._spread(score.read)]
            return variable, False
        variable = self.index[score.variable]
        if variable >= 2 and modules[variable - 2].kind is Kind.COUNT:
            linear[variable, :count] += score.weights
            return variable, True
        domain = self.domains[score.variable]
        if not isinstance(domain, Integers | Finite):
            raise ProgramError(place="output", got=f"a weight of {score.variable}", expected="a count")
        values = domain.values if isinstance(domain, Finite) else range(self.cardinality)
        for value in values:
            tables[variable, self._code(score.variable, value), :count] += int(value) * np.array(score.weights)
        return variable, False
