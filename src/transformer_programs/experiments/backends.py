"""Where the runs of a study are done: in this process, in processes of this machine, on a Dask or a Ray cluster.

All but the first are joblib's backends; a run travels as its declaration and comes back as its row.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from transformer_programs.errors import ConfigError, TransformerProgramError
from transformer_programs.experiments.work import Job, Row, done

__all__ = ["Backend", "Dask", "Here", "Lost", "Processes", "Ray"]

PATIENCE = 10
"""Seconds that a cluster has to answer."""


class Lost(Exception):
    """Workers went away in the middle; what they had finished has been given."""


class Backend(Protocol):
    """A place where runs are done."""

    def perform(self, runs: Sequence[Job]) -> Iterator[tuple[int, Row]]:
        """Their rows as they come, each with its run's place in the sequence.

        Raises:
            Lost: the workers went away.
            ConfigError: the place cannot be used at all.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """This process, one run after another, each with all cores."""

    def perform(self, runs: Sequence[Job]) -> Iterator[tuple[int, Row]]:
        """In order."""
        for i, run in enumerate(runs):
            yield i, done(run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """Processes of this machine, one a core.

    Args:
        workers: how many; None: one a core that this process may use.
    """

    workers: int | None = None

    def perform(self, runs: Sequence[Job]) -> Iterator[tuple[int, Row]]:
        """As they come."""
        count = self.workers or len(os.sched_getaffinity(0))
        yield from _joined(
            runs, nullcontext(), {"n_jobs": max(count, 2), "backend": "loky", "inner_max_num_threads": 1}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dask:
    """A running Dask cluster.

    Args:
        address: of its scheduler, as in "tcp://10.0.0.1:8786".
    """

    address: str

    def perform(self, runs: Sequence[Job]) -> Iterator[tuple[int, Row]]:
        """As they come."""
        try:
            from distributed import Client
        except ImportError as error:
            raise _missing("dask", "distributed") from error
        import joblib

        try:
            client = Client(self.address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConfigError(
                place="--address",
                got=f"no Dask scheduler at {self.address} ({error})",
                expected="tcp://HOST:PORT of one",
            ) from error
        with client:
            yield from _joined(runs, joblib.parallel_config("dask", client=client), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ray:
    """A running Ray cluster.

    Args:
        address: of its head; None: the one that `ray` finds.
    """

    address: str | None = None

    def perform(self, runs: Sequence[Job]) -> Iterator[tuple[int, Row]]:
        """As they come."""
        try:
            import ray
            from ray.util.joblib import register_ray
        except ImportError as error:
            raise _missing("ray", "ray") from error
        import joblib

        try:
            ray.init(address=self.address or "auto", log_to_driver=False, ignore_reinit_error=True)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise ConfigError(
                place="--address", got=f"no Ray cluster ({error})", expected="the address of one"
            ) from error
        register_ray()
        at_a_time = max(int(ray.cluster_resources().get("CPU", 1)), 1)
        try:
            # joblib's Ray backend gives all results of a call at once: a call a round, then.
            for first in range(0, len(runs), at_a_time):
                with joblib.parallel_config("ray", n_jobs=at_a_time):
                    found = _joined(runs[first : first + at_a_time], nullcontext(), {"return_as": "list"})
                    yield from ((first + i, row) for i, row in found)
        finally:
            ray.shutdown()


def _missing(backend: str, package: str) -> ConfigError:
    return ConfigError(
        place=f"--backend {backend}",
        got=f"no package {package}",
        expected="it to be installed",
        todo=f"pip install 'transformer-programs[{backend}]'",
    )


def _joined(
    runs: Sequence[Job], place: AbstractContextManager[Any], settings: dict[str, Any]
) -> Iterator[tuple[int, Row]]:
    """Through joblib; whatever is raised there that is no error of ours means that workers are gone."""
    import joblib

    with place:
        parallel = joblib.Parallel(
            **{"return_as": "generator_unordered", "batch_size": 1, "pre_dispatch": "all", **settings}
        )
        try:
            yield from parallel(joblib.delayed(_numbered)(i, run) for i, run in enumerate(runs))
        except (TransformerProgramError, GeneratorExit):
            raise
        except Exception as error:
            raise Lost(
                f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
            ) from error


def _numbered(number: int, run: Job) -> tuple[int, Row]:
    return number, done(run)
