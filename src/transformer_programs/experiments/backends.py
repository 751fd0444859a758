"""Where the runs of a study are done: in this process, in processes of this machine, on a Dask or a Ray cluster.

A run travels as its declaration and comes back as its row. Processes and Ray are joblib's backends; Dask is asked
itself, since joblib would wait for ever for a cluster without workers.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from transformer_programs.errors import ConfigError, TransformerProgramError
from transformer_programs.experiments.work import Job, Row, done

__all__ = ["Backend", "Dask", "Here", "Lost", "Processes", "Ray"]

PATIENCE = 10
"""Seconds that a cluster has to answer."""

WORKERLESS = 60.0
"""Seconds that a cluster may be without any worker."""

LOOK = 0.5
"""Seconds between two looks at what a cluster has done."""


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
        pool = {"n_jobs": max(count, 2), "backend": "loky", "inner_max_num_threads": 1}
        yield from _joined(runs, **pool, initializer=_end_with, initargs=(os.getpid(),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dask:
    """A running Dask cluster.

    Args:
        address: of its scheduler, as in "tcp://10.0.0.1:8786".
    """

    address: str

    def perform(self, runs: Sequence[Job]) -> Iterator[tuple[int, Row]]:
        """As they come."""
        with _dask_client(self.address) as client:
            try:
                yield from _gathered(client, runs)
            except (Lost, TransformerProgramError):
                raise
            except Exception as error:
                raise _lost(error) from error


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
                    found = _joined(runs[first : first + at_a_time], return_as="list")
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


def _joined(runs: Sequence[Job], **settings: Any) -> Iterator[tuple[int, Row]]:
    """Through joblib; whatever is raised there that is no error of ours means that workers are gone."""
    import joblib

    parallel = joblib.Parallel(
        **{"return_as": "generator_unordered", "batch_size": 1, "pre_dispatch": "all", **settings}
    )
    try:
        yield from parallel(joblib.delayed(_numbered)(i, run) for i, run in enumerate(runs))
    except TransformerProgramError:
        raise
    except Exception as error:
        raise _lost(error) from error


def _numbered(number: int, run: Job) -> tuple[int, Row]:
    return number, done(run)


def _lost(error: Exception) -> Lost:
    return Lost(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}")


def _end_with(parent: int) -> None:
    """Called in a worker: it ends when the process that asked for it has, even one that was killed without a word."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


# --- Dask -----------------------------------------------------------------------------------------------------------


@contextmanager
def _dask_client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise _missing("dask", "distributed") from error

    with _silent("distributed", "distributed.client", "tornado.application"):
        client = Client.__new__(Client)  # apart from __init__, so that one that fails half-way can be closed, too
        try:
            client.__init__(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            client.close()
            raise ConfigError(
                place="--address", got=f"no Dask scheduler at {address} ({error})", expected="tcp://HOST:PORT of one"
            ) from error
        with client:
            yield client


def _gathered(client: Any, runs: Sequence[Job]) -> Iterator[tuple[int, Row]]:
    """From a Dask cluster, as they come.

    Raises:
        Lost: it has had no worker for too long.
    """
    from distributed import as_completed

    futures = client.map(_numbered, range(len(runs)), runs, pure=False)
    # With results: to ask a future for its own would wait for ever where a worker takes what it had finished along.
    finished = as_completed(futures, loop=client.loop, with_results=True)
    seen = time.monotonic()
    while not finished.is_empty():
        while finished.has_ready():
            _, found = next(finished)  # raises what the run did
            if isinstance(found, Exception):  # it was cancelled: its scheduler is gone
                raise found
            yield found
        if client.nthreads():
            seen = time.monotonic()
        elif time.monotonic() - seen > WORKERLESS:
            raise Lost(f"no workers left for {WORKERLESS:g} s")
        time.sleep(LOOK)


@contextmanager
def _silent(*loggers: str) -> Iterator[None]:
    """They say nothing meanwhile: of what they tell, with tracebacks, a line of ours is left."""
    before = {name: logging.getLogger(name).level for name in loggers}
    try:
        for name in loggers:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
