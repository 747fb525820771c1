"""One nursery for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from crash.injector import NoCompiler
from crash.rounds import Nursery, World


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Nursery, World]]:
    """The nursery, and the world in which its children act."""
    base = tmp_path_factory.mktemp("crash")
    running = Nursery.running(base)
    try:
        nursery = running.__enter__()
    except NoCompiler as reason:
        pytest.skip(str(reason))
    yield nursery, World(base)
    running.__exit__(None, None, None)
