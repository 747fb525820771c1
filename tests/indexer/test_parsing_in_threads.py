"""A server parses the code of several requests at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.fragments import cut_fragments
from indexer.parsing.extract import MinimumSize, parse_source
from indexer.parsing.languages import registry


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads that interrupt each other all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("impatient")
def test_threads_get_the_fragments_that_one_alone_gets() -> None:
    sources = [_module(n) for n in range(40)]
    expected = [_keys(source) for source in sources]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(_keys, [_module(n, "fresh") for n in range(40)])) != expected
        assert list(threads.map(_keys, sources)) == expected


def _keys(source: bytes) -> list[tuple[int, int, bytes]]:
    parsed = parse_source(source, registry().get("python"), MinimumSize(1, 1))
    return [(span.start_line, span.end_line, fragment.exact_key) for span, fragment in cut_fragments(parsed)]


def _module(number: int, word: str = "name") -> bytes:
    """A module with names that no other one has, so that every thread has something to learn."""
    functions = (
        f"def {word}_{number}_{n}(first, second):\n"
        f"    total_{number}_{n} = first * {n} + second\n"
        f"    if total_{number}_{n} > {number}:\n"
        f"        return '{word}{number}{n}'\n"
        f"    return total_{number}_{n}\n"
        for n in range(30)
    )
    return "\n\n".join(functions).encode()
