"""Linear algebra on one core: with several the order of additions, and so a program, would depend on how many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["one_core"]


@contextmanager
def one_core() -> Iterator[None]:
    """Around a learner that multiplies matrices with NumPy, SciPy or scikit-learn (once that is imported)."""
    import scipy.linalg  # noqa: F401  (a library of its own, which cannot be told before it is loaded)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
