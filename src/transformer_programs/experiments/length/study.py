"""The study: every format, learned by a standard Transformer up to a length, measured beyond it."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np

from transformer_programs import __version__
from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, TransformerProgramError
from transformer_programs.experiments.length.formats import FORMATS, format_named
from transformer_programs.experiments.length.model import Positions, Size
from transformer_programs.experiments.length.training import Protocol, exact_match, train_decoder
from transformer_programs.experiments.work import Row

__all__ = ["PRESETS", "Lesson", "Preset", "lengths", "lessons"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How large a study is.

    Args:
        usual: size and protocol.
        other: those of some formats.
        samples: per length, for the accuracies.
        seeds: how many.
        formats: those it is about; the others are run where they are named.
    """

    usual: tuple[Size, Protocol]
    other: Mapping[str, tuple[Size, Protocol]]
    samples: int
    seeds: int
    formats: tuple[str, ...] = tuple(FORMATS)

    def of(self, name: str) -> tuple[Size, Protocol]:
        """Size and protocol of a format; the context is as long as its longest sample."""
        size, protocol = self.other.get(name, self.usual)
        return replace(size, context=max(size.context, format_named(name).size(protocol.room))), protocol


def _tiny() -> Preset:
    """Minutes a run on two cores: two layers of 64 channels, a thousand tokens a step."""
    one, two = (Size(layers=layers, heads=2, width=64, context=1) for layers in (1, 2))
    by_width = replace(two, deviation=64**-0.5)
    deep = replace(by_width, layers=3, heads=4)
    usual = Protocol(longest=20, room=40, steps=1500, rows=16, rate=3e-3)
    short = replace(usual, longest=8, room=16, steps=2000, rows=8)
    sums = replace(short, longest=6, room=12, steps=7000, growth=0.4)
    wavy = replace(deep, waves=True)
    ternary = replace(usual, longest=8, room=16, steps=10_000, rows=6, decay=0.05, prompts=0.3)
    return Preset(
        usual=(two, usual),
        other={
            "mode": (one, replace(usual, steps=1000)),
            "sort": (one, usual),
            "copy-distinct": (replace(two, heads=1), replace(usual, steps=3000, rate=1.5e-3)),
            "addition": (deep, sums),
            "addition-reversed-hints": (deep, sums),
            "addition-forward-hints": (deep, sums),
            "ternary-addition": (wavy, ternary),
            "ternary-addition-reversed-hints": (wavy, ternary),
            "ternary-addition-forward-hints": (wavy, replace(ternary, steps=6000)),
            "mode-scratchpad": (by_width, replace(short, longest=10, room=20, steps=3000)),
            "copy-repeated": (by_width, short),
            "parity": (by_width, short),
            "parity-scratchpad": (by_width, replace(short, longest=10, room=20, steps=3000)),
        },
        samples=200,
        seeds=5,
        formats=tuple(name for name in FORMATS if not name.startswith("addition")),
    )


def _paper() -> Preset:
    """For a GPU: the sizes of Zhou et al."""
    size = Size(layers=6, heads=8, width=512, context=1)
    usual = Protocol(longest=60, room=120, steps=30_000, rows=64, rate=1e-4)
    return Preset(
        usual=(size, usual),
        other={name: (size, replace(usual, longest=40, room=60)) for name in FORMATS if "addition" in name},
        samples=1000,
        seeds=20,
    )


PRESETS = {"tiny": _tiny, "paper": _paper}
"""Presets by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One run: one format, one model, one seed.

    Args:
        preset: its name, for the row.
        format: its name.
        size, protocol: of model and training.
        samples: per length tested.
        seed: of weights and samples.
    """

    preset: str
    format: str
    size: Size
    protocol: Protocol
    samples: int
    seed: int

    @property
    def case(self) -> str:
        """Format and positions."""
        return f"{self.format}, {POSITIONS[self.size.positions]}"

    @property
    def title(self) -> str:
        """Case and seed."""
        return f"{self.case}, seed {self.seed}"

    @property
    def key(self) -> tuple[str, str, tuple[str, ...], int]:
        """Study, case, what a flag may change, and seed."""
        protocol = self.protocol
        asked = (f"L={protocol.longest}", f"to={protocol.room}", f"steps={protocol.steps}")
        return f"length-{self.preset}", self.case, asked, self.seed

    def begun(self) -> Row:
        """What its row says before there is a result."""
        suite, case, asked, seed = self.key
        return {
            "suite": suite,
            "case": case,
            "settings": list(asked),
            "seed": seed,
            "format": self.format,
            "positions": self.size.positions.value,
            "layers": self.size.layers,
            "heads": self.size.heads,
            "width": self.size.width,
            "deviation": self.size.deviation,
            "waves": self.size.waves,
            "contexts a step": self.protocol.rows,
            "rate": self.protocol.rate,
            "decay": self.protocol.decay,
            "growth": self.protocol.growth,
            "prompts": self.protocol.prompts,
            "trained to": self.protocol.longest,
            "steps": self.protocol.steps,
            "samples": self.samples,
        }

    def perform(self) -> Row:
        """Trains and measures."""
        start = time.monotonic()
        task, losses = format_named(self.format), [float("nan")]
        try:
            model = train_decoder(task, self.size, self.protocol, self.seed, lambda step, loss: losses.append(loss))
        except TransformerProgramError as error:
            return {**self.begun(), "failed": str(error)}
        exact = {}
        for length in lengths(self.protocol.longest, self.protocol.room):
            random = np.random.default_rng([self.seed, length, 3])
            samples = [task.sample(random, length, self.protocol.room) for _ in range(self.samples)]
            exact[str(length)] = exact_match(model, task, self.size, samples, self.seed)
        return {
            **self.begun(),
            "exact match": exact,
            "loss": losses[-1],
            "seconds": round(time.monotonic() - start, 1),
            "versions": {
                "transformer-programs": __version__,
                "python": platform.python_version(),
                "jax": version("jax"),
            },
        }


POSITIONS = {
    Positions.LEARNED: "learned positions",
    Positions.NONE: "no positions",
    Positions.ROTARY: "rotary positions",
}


def lengths(longest: int, room: int) -> list[int]:
    """The lengths tested: quarters of the length trained, up to the longest there is room for.

    >>> lengths(20, 40)
    [5, 10, 15, 20, 25, 30, 35, 40]
    """
    quarters = (max(round(longest * i / 4), 1) for i in range(1, 4 * room // longest + 1))
    return sorted({length for length in quarters if length <= room})


def lessons(
    preset: str,
    only: Sequence[str] = (),
    *,
    positions: Sequence[Positions] = (Positions.LEARNED,),
    seeds: int | None = None,
    steps: int | None = None,
    room: int | None = None,
) -> tuple[Lesson, ...]:
    """The runs of a study, seed by seed, so that a stopped one has something of every format.

    Args:
        preset: its name.
        only: these formats, instead of the preset's.
        positions: each of these ways to tell positions.
        seeds, steps: instead of the preset's.
        room: the longest length tested, instead of twice the length trained.

    Raises:
        ConfigError: no such preset or format, or a number that makes no sense.
    """
    if preset not in PRESETS:
        raise ConfigError(place="--preset", got=repr(preset), expected=f"one of {', '.join(PRESETS)}")
    made = PRESETS[preset]()
    names = [format_named(name).name for name in only] or list(made.formats)
    if seeds is not None:
        at_least("--seeds", seeds, 1)
    found = []
    for seed in range(made.seeds if seeds is None else seeds):
        for name in names:
            size, protocol = made.of(name)
            if room is not None and room < protocol.longest:
                raise ConfigError(
                    place="--test-length", got=str(room), expected=f"at least the length trained, {protocol.longest}"
                )
            protocol = replace(protocol, steps=steps or protocol.steps, room=room or protocol.room)
            size = replace(size, context=format_named(name).size(protocol.room))
            found += [
                Lesson(
                    preset=preset,
                    format=name,
                    size=replace(size, positions=way),
                    protocol=protocol,
                    samples=made.samples,
                    seed=seed,
                )
                for way in positions
            ]
    return tuple(found)
