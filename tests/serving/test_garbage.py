"""Memory of a process that answers for months."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from codesearch.serving.garbage import look_for_garbage_of_requests


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Leaves the collector as it was."""
    threshold, callbacks = gc.get_threshold(), list(gc.callbacks)
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)
    gc.callbacks[:] = callbacks


class _Request:
    def __init__(self) -> None:
        self.itself = self


def test_garbage_of_requests_does_not_wait_for_that_of_a_hundred_thousand() -> None:
    gc.set_threshold(100_000)
    look_for_garbage_of_requests()
    first = weakref.ref(_Request())
    assert first() is not None
    kept = [[number] for number in range(20_000)]
    assert first() is None
    assert len(kept) == 20_000
