"""What is learned, as flat arrays: which modules there are, what each may read, where its parameters lie.

A network is a list of modules. Every module makes one variable of codes 0..k-1 and has up to three *gates*, each of
which chooses one earlier variable to read, and *rows*, each of which chooses one code:

    CLOSEST  gates query, key, value; k rows: the key code looked for, by query code (see `Predicate` for others)
    COUNT    gates query, key; rows likewise; reads as min(max(count, 0), k - 1)
    TABLE    gates for two arguments; k * k rows: the output, by argument codes
    WORD     no gates; a row a token: the code of a word (text, whose vocabulary is no variable)

Variables: positions (as min(position, k - 1)), tokens (not with words), then one a module. All parameters lie in one
flat float32 array:  gates | rows | scores | linear | bias,  with lanes padded to whole vectors and choices that are
not allowed at -inf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8

from transformer_programs.errors import ConfigError
from transformer_programs.learn.hard.general import FORMS, WEIGHTS

__all__ = [
    "Kind",
    "Module",
    "Network",
    "Parameters",
    "Predicate",
    "Room",
    "Sizes",
    "lay_out",
    "parameters",
    "room",
    "row_choices",
]

NARROW, WIDE = 8, 16
MAX_VARIABLES = 240
MAX_CARDINALITY = 128
MAX_LENGTH = 250
MAX_MEMORY = 2**28
"""Most parameters."""


class Kind(IntEnum):
    """What a module does; compiled code compares with the numbers."""

    CLOSEST = 0
    COUNT = 1
    TABLE = 2
    WORD = 3


class Predicate(IntEnum):
    """What the predicate of a head may be; see `general` for its rows."""

    ONE = 0
    SET = 1
    FORM = 2


GATES = {Kind.CLOSEST: 3, Kind.COUNT: 2, Kind.TABLE: 2, Kind.WORD: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module.

    Args:
        kind: what it does.
        candidates: for each gate the variables it may choose.
        prefix: whether a head sees only the positions up to the query's.
        predicate: of a head.
        weighted: whether a count adds up a weight of the token at its matches; a row a token (its code) more.
    """

    kind: Kind
    candidates: tuple[tuple[int, ...], ...] = ()
    prefix: bool = False
    predicate: Predicate = Predicate.ONE
    weighted: bool = False


class Sizes(NamedTuple):
    """Numbers that compiled code needs, passed by value.

    Args:
        base: variables that are given, not made by a module.
        lanes: k, padded. limit: k - 1.
        labels, label_lanes: answers, and the same padded.
        variables, variable_lanes: likewise.
        positions: most tokens of a sequence.
        words: whether the tokens are read by WORD modules only.
        causal, pooled: as in a Program.
        gates, rows: how many.
        at_gates, at_rows, at_scores, at_linear, at_bias, end: where the parameters' segments start, and their end.
    """

    base: int
    lanes: int
    limit: int
    labels: int
    label_lanes: int
    variables: int
    variable_lanes: int
    positions: int
    words: bool
    causal: bool
    pooled: bool
    gates: int
    rows: int
    at_gates: int
    at_rows: int
    at_scores: int
    at_linear: int
    at_bias: int
    end: int


class Network(NamedTuple):
    """The layout.

    Args:
        sizes: the numbers.
        modules: of each its `Kind`, its first gate, its first row, the number of lanes, in whole wide vectors, that
            hold all its gates may choose, whether it sees only what stands before, its `Predicate`, and its first row
            of weights (-1: none).
        far: for n visible positions the positions seen from i from the farthest to the nearest (left before right,
            itself last): `far[(n * positions + i) * positions + r]`.
        choices: the modules as they were asked for.
    """

    sizes: Sizes
    modules: Int[np.ndarray, "module 7"]
    far: UInt8[np.ndarray, " n_i_r"]
    choices: tuple[Module, ...]


class Parameters(NamedTuple):
    """Views of the flat parameters."""

    gates: Float[np.ndarray, "gate variable"]
    rows: Float[np.ndarray, "row code"]
    scores: Float[np.ndarray, "variable code label"]
    linear: Float[np.ndarray, "variable label"]
    bias: Float[np.ndarray, " label"]


class Room(NamedTuple):
    """Scratch memory of the compiled code: one program, one sequence, one gradient.

    `match` and `matched` are None where every head is the paper's; `odds` and `moved` where programs need not be told
    apart (`estimators`).
    """

    args: np.ndarray
    codes: np.ndarray
    values: np.ndarray
    raw: np.ndarray
    change: np.ndarray
    active: np.ndarray
    by_code: np.ndarray
    by_query: np.ndarray
    error: np.ndarray
    found: np.ndarray
    match: np.ndarray | None
    matched: np.ndarray | None
    scores: np.ndarray
    turned: np.ndarray
    grown: np.ndarray
    shrunk: np.ndarray
    chance: np.ndarray
    slope: np.ndarray
    share: np.ndarray
    gradient: np.ndarray
    ladder: np.ndarray
    odds: np.ndarray | None
    moved: np.ndarray | None
    heard: np.ndarray


def padded(count: int, lanes: int) -> int:
    """The next multiple of `lanes`."""
    return -(-count // lanes) * lanes


def lay_out(
    modules: Sequence[Module],
    *,
    cardinality: int,
    words: int,
    labels: int,
    positions: int,
    causal: bool,
    pooled: bool,
) -> Network:
    """The network of these modules.

    Args:
        modules: in order; a gate may choose variables made before it.
        cardinality: k.
        words: vocabulary size where WORD modules read the tokens, 0 where the tokens are a variable.
        labels, positions, causal, pooled: see `Network`.

    Raises:
        ConfigError: more than the compiled code is made for.
    """
    base = 1 if words else 2
    variables = base + len(modules)
    _within("variables of the network", variables, MAX_VARIABLES, "fewer layers, heads or tables")
    _within("cardinality", cardinality, MAX_CARDINALITY, "embeddings (Hard.embeddings) or a smaller vocabulary")
    _within("longest sequence", positions, MAX_LENGTH, "shorter sequences")
    lanes = padded(cardinality, NARROW)
    gates = np.cumsum([0, *(GATES[module.kind] for module in modules)])
    predicates = [_rows(module, lanes, words) for module in modules]
    weights = [(words or lanes) if module.weighted else 0 for module in modules]
    rows = np.cumsum([0, *map(sum, zip(predicates, weights))])
    label_lanes, variable_lanes = padded(labels, NARROW), padded(variables, WIDE)
    at_rows = int(gates[-1]) * variable_lanes
    at_scores = at_rows + int(rows[-1]) * lanes
    at_linear = at_scores + variables * lanes * label_lanes
    at_bias = at_linear + variables * label_lanes
    _within("parameters", at_bias + label_lanes, MAX_MEMORY, "a smaller vocabulary, cardinality or network")
    reach = [padded(1 + max(map(max, m.candidates), default=0), WIDE) for m in modules]
    sizes = Sizes(
        base=base,
        lanes=lanes,
        limit=cardinality - 1,
        labels=labels,
        label_lanes=label_lanes,
        variables=variables,
        variable_lanes=variable_lanes,
        positions=positions,
        words=words > 0,
        causal=causal,
        pooled=pooled,
        gates=int(gates[-1]),
        rows=int(rows[-1]),
        at_gates=0,
        at_rows=at_rows,
        at_scores=at_scores,
        at_linear=at_linear,
        at_bias=at_bias,
        end=at_bias + label_lanes,
    )
    kinds, shown = [module.kind for module in modules], [module.predicate for module in modules]
    past = [causal or module.prefix for module in modules]
    weighted = [first + own if more else -1 for first, own, more in zip(rows, predicates, weights)]
    table = np.stack([kinds, gates[:-1], rows[:-1], reach, past, shown, weighted], axis=1)
    return Network(sizes, np.ascontiguousarray(table.astype(np.int64)), _far(positions), tuple(modules))


def _rows(module: Module, lanes: int, words: int) -> int:
    """Rows of a module, without those of weights."""
    if module.kind is Kind.WORD:
        return words
    if module.kind is Kind.TABLE:
        return lanes * lanes
    return {Predicate.ONE: lanes, Predicate.SET: lanes * lanes, Predicate.FORM: 1}[module.predicate]


def row_choices(network: Network) -> Int[np.ndarray, " row"]:
    """How many codes each row may choose: the first so many."""
    net = network.sizes
    found = np.full(net.rows, net.limit + 1)
    ends = [*network.modules[1:, 2], net.rows]
    for module, first, weights, end in zip(network.choices, network.modules[:, 2], network.modules[:, 6], ends):
        own = weights if module.weighted else end
        if module.predicate is not Predicate.ONE:
            found[first:own] = 2 if module.predicate is Predicate.SET else min(FORMS, net.limit + 1)
        found[own:end] = min(WEIGHTS, net.limit + 1)
    return found


def parameters(network: Network, flat: np.ndarray) -> Parameters:
    """The segments of the flat parameters (or of their gradient), without copying."""
    net = network.sizes
    return Parameters(
        gates=flat[: net.at_rows].reshape(-1, net.variable_lanes),
        rows=flat[net.at_rows : net.at_scores].reshape(-1, net.lanes),
        scores=flat[net.at_scores : net.at_linear].reshape(net.variables, net.lanes, net.label_lanes),
        linear=flat[net.at_linear : net.at_bias].reshape(net.variables, net.label_lanes),
        bias=flat[net.at_bias :],
    )


def room(network: Network, apart: bool = False) -> Room:
    """Scratch memory for a network, `apart` where each program moves the logits by itself. One a thread."""
    net, lanes = network.sizes, network.sizes.lanes
    tokens = net.positions
    beyond = any(module.predicate is not Predicate.ONE or module.weighted for module in network.choices)

    def floats(*shape: int) -> np.ndarray:
        return np.zeros(int(np.prod(shape)) + WIDE, np.float32)

    def whole(*shape: int) -> np.ndarray:
        return np.zeros(int(np.prod(shape)), np.int64)

    def small(*shape: int) -> np.ndarray:
        return np.zeros(int(np.prod(shape)) + WIDE, np.uint8)

    return Room(
        args=small(len(network.modules), 3),
        codes=small(net.rows),
        values=small(tokens, net.variable_lanes),
        raw=small(tokens, net.variable_lanes).astype(np.int16),
        change=floats(tokens, net.variables, lanes),
        active=small(tokens, net.variables),
        by_code=floats(tokens, lanes),
        by_query=floats(tokens, lanes),
        error=floats(tokens),
        found=whole(2, lanes),
        match=floats(lanes, lanes) if beyond else None,
        matched=floats(lanes, lanes) if beyond else None,
        scores=floats(net.variables, lanes, net.label_lanes),
        turned=floats(net.variables, net.labels, lanes),
        grown=floats(net.variables, net.labels, lanes),
        shrunk=floats(net.variables, lanes, net.label_lanes),
        chance=floats(tokens, net.label_lanes),
        slope=floats(tokens, net.label_lanes),
        share=floats(net.label_lanes),
        gradient=floats(net.end),
        ladder=floats(net.at_scores),
        odds=floats(net.at_scores) if apart else None,
        moved=floats(net.at_scores) if apart else None,
        heard=np.zeros((1, tokens), np.int32),
    )


def _far(positions: int) -> UInt8[np.ndarray, " n_i_r"]:
    """See `Network.far`: the order of `semantics.closest`, reversed."""
    far = np.zeros((positions + 1, positions, positions), np.uint8)
    places = np.arange(positions)
    for i in places:
        order = np.lexsort((places, np.abs(places - i), places == i))[::-1]
        for n in range(int(i) + 1, positions + 1):
            far[n, i, :n] = order[order < n]
    return far.ravel()


def _within(what: str, got: int, most: int, instead: str) -> None:
    if got > most:
        raise ConfigError(place="hard", got=f"{got:,} {what}", expected=f"at most {most:,}", todo=f"choose {instead}")
