"""The compiled model: an ordinary Transformer in NumPy, and its answers.

Position 0 of every row is the start position, with a token and a position embedding of its own; the program's
positions follow. It is part of the model, not of the input: it is put in front and left out of the answers. Padding
comes after the sequence and is masked as a key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.compiler.layout import Slot
from transformer_programs.compiler.weights import Sizes, Weights
from transformer_programs.errors import InputError
from transformer_programs.program import Frame, Reading, Value

__all__ = ["BFLOAT16", "CompiledModel", "Config", "forward", "half_steps"]

BFLOAT16 = "bfloat16"
"""As a `dtype`: float32 arithmetic in which every array is rounded to the 8 significant bits of bfloat16."""

UNKNOWN = "<unk>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the weights mean.

    Args:
        name: of the program.
        vocabulary: token i has embedding i; the start position's embedding is the one after them.
        max_length: most tokens, the start position not counted.
        causal: whether a position attends to itself and earlier ones only.
        kind: "labels", "values" (the largest output wins) or "number" (the output is the answer).
        values: what the outputs stand for; for a number the values it can take, or none where they are not listed.
        pooled: whether the outputs of all positions are summed for one answer.
        faults: outputs after the others: where one is above 0.1 the program itself has no answer.
        reading: how words become tokens.
        frame: marker tokens around the user's own.
        compressed: whether directions of the residual stream are used again.
        attention_gap, attention_height: least difference between attention scores of different meaning, and the
            largest score; their ratio says how exact the arithmetic has to be.
        table_margin: narrowest plateau of the hidden units, as a fraction of the range they read.
    """

    name: str
    vocabulary: tuple[str, ...]
    max_length: int
    causal: bool
    kind: str
    values: tuple[Value, ...]
    pooled: bool
    faults: tuple[str, ...]
    reading: Reading = Reading()
    frame: Frame = Frame()
    compressed: bool = False
    attention_gap: float
    attention_height: float
    table_margin: float


def forward(
    weights: Weights,
    tokens: Int[np.ndarray, "batch position"],
    lengths: Int[np.ndarray, "batch"],
    causal: bool,
    dtype: Any = np.float64,
) -> Float[np.ndarray, "batch position output"]:
    """Outputs at every position but the start, for rows of token numbers padded to one length."""
    cast = _cast(dtype)
    (x, _), *_ = deque(half_steps(weights, tokens, lengths, causal, dtype), maxlen=1)
    outputs: Float[np.ndarray, "batch position output"] = x[:, 1:] @ cast(weights.unembed) + cast(weights.unembed_bias)
    return outputs


def half_steps(
    weights: Weights,
    tokens: Int[np.ndarray, "batch position"],
    lengths: Int[np.ndarray, "batch"],
    causal: bool,
    dtype: Any = np.float64,
) -> Iterator[tuple[Float[np.ndarray, "batch position direction"], Float[np.ndarray, "batch head query key"] | None]]:
    """The residual stream after the embedding, each layer's attention and each layer's MLP; the start position first.

    With that after an attention its weights; None where the layer has no head and after all else.
    """
    cast = _cast(dtype)
    batch, longest = tokens.shape
    start = np.full((batch, 1), weights.tokens.shape[0] - 1)
    x = cast(weights.tokens)[np.concatenate([start, tokens], axis=1)]
    x = cast(x + cast(weights.positions)[: longest + 1])
    yield x, None
    place = np.arange(longest + 1)
    visible = place[None, None, :] <= lengths[:, None, None]
    if causal:
        visible = visible & (place[None, None, :] <= place[None, :, None])
    for layer in weights.layers:
        a = layer.attention
        weight = None
        if len(a.query):
            query, key, value = (
                cast(np.einsum("btd,hdk->bhtk", x, cast(matrix)) + cast(bias)[:, None])
                for matrix, bias in ((a.query, a.query_bias), (a.key, a.key_bias), (a.value, a.value_bias))
            )
            score = np.where(visible[:, None], query @ key.swapaxes(2, 3), -np.inf).astype(x.dtype)
            weight = np.exp(score - score.max(axis=3, keepdims=True))
            weight = cast(weight / weight.sum(axis=3, keepdims=True))
            x = x + np.einsum("bhtk,hkd->btd", cast(weight @ value), cast(a.out))
        x = cast(x + cast(a.out_bias))
        yield x, weight
        m = layer.mlp
        hidden = cast(np.maximum(x @ cast(m.into) + cast(m.into_bias), 0))
        x = cast(x + hidden @ cast(m.out) + cast(m.out_bias))
        yield x, None


def _cast(dtype: Any) -> Callable[[np.ndarray], np.ndarray]:
    return _bfloat16 if isinstance(dtype, str) and dtype == BFLOAT16 else lambda array: array.astype(dtype)


def _bfloat16(array: np.ndarray) -> np.ndarray:
    """The array rounded to bfloat16, nearest and ties to even, held as float32."""
    bits = array.astype(np.float32).view(np.uint32)
    bits = bits + 0x7FFF + ((bits >> 16) & 1)
    return np.asarray((bits & 0xFFFF0000).astype(np.uint32).view(np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class CompiledModel:
    """Weights, what they mean, and the map of the residual stream.

    >>> from transformer_programs.compiler import compile_program
    >>> from transformer_programs.program import Compare, Emit, Program, Step, Width
    >>> count = Step("count", Width(Compare("tokens", "==", "tokens")))
    >>> hist = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count"))
    >>> model = compile_program(hist)
    >>> model(["a", "b", "a"])
    [2, 1, 2]
    >>> model.sizes.layers, model.sizes.heads
    (1, 1)
    """

    config: Config
    weights: Weights
    residual: tuple[Slot, ...]

    @property
    def sizes(self) -> Sizes:
        """How large it is."""
        return self.weights.sizes()

    def __call__(self, tokens: Sequence[str], dtype: Any = np.float64) -> list[Any]:
        """The answer: one value a position, or a list of one where the program is pooled.

        Raises:
            InputError: a sequence that the program does not take, or for which the program itself has no answer.
        """
        return self.run([tokens], dtype)[0]

    def run(self, sequences: Sequence[Sequence[str]], dtype: Any = np.float64) -> list[list[Any]]:
        """The answers for many sequences.

        Raises:
            InputError: as a single call.
        """
        if not sequences:
            return []
        tokens, lengths = self.encode(sequences)
        return self.decode(forward(self.weights, tokens, lengths, self.config.causal, dtype), lengths)

    def encode(
        self, sequences: Sequence[Sequence[str]]
    ) -> tuple[Int[np.ndarray, "batch position"], Int[np.ndarray, "batch"]]:
        """Token numbers, padded with 0 to the longest, and lengths."""
        number = {token: i for i, token in enumerate(self.config.vocabulary)}
        lengths = np.array([len(sequence) for sequence in sequences])
        tokens = np.zeros((len(sequences), int(lengths.max())), dtype=np.int64)
        for row, sequence in enumerate(sequences):
            if not 1 <= len(sequence) <= self.config.max_length:
                raise InputError(
                    place="input", got=f"{len(sequence)} tokens", expected=f"1 to {self.config.max_length}"
                )
            for i, token in enumerate(map(self.config.reading, sequence)):
                found = number.get(token, number.get(UNKNOWN))
                if found is None:
                    known = " ".join(self.config.vocabulary[:20])
                    raise InputError(place=f"position {i}", got=f"token {token!r}", expected=f"one of {known}")
                tokens[row, i] = found
        return tokens, lengths

    def decode(
        self, outputs: Float[np.ndarray, "batch position output"], lengths: Int[np.ndarray, "batch"]
    ) -> list[list[Any]]:
        """Answers from outputs.

        Raises:
            InputError: an output that marks a failure of the program itself.
        """
        config = self.config
        real = np.arange(outputs.shape[1]) < lengths[:, None]
        width = outputs.shape[2] - len(config.faults)
        failed = (outputs[:, :, width:] > 0.1) & real[:, :, None]
        if failed.any():
            _, position, fault = (int(i[0]) for i in np.nonzero(failed))
            raise InputError(place=f"position {position}", got=config.faults[fault], expected="a value")
        rows = outputs[:, :, :width]
        if config.pooled:
            rows = (rows * real[:, :, None]).sum(axis=1, keepdims=True)
            lengths = np.ones_like(lengths)
        if config.kind == "number":
            column = rows[:, :, 0]
            if not config.values:
                return [[float(x) for x in row[:n]] for row, n in zip(column, lengths)]
            numbers = np.array([float(value) for value in config.values])
            order = np.argsort(numbers, kind="stable")
            middles = (numbers[order][1:] + numbers[order][:-1]) / 2
            found = order[np.searchsorted(middles, column)]
        else:
            found = rows.argmax(axis=2)
        return [[config.values[i] for i in row[:n]] for row, n in zip(found.tolist(), lengths)]
