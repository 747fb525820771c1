"""What a fuzzer is given: a function of bytes that checks what must hold for any of them.

A target raises what it finds: an ``AssertionError`` where something does not hold, and whatever a product's
function raises beyond the errors of :mod:`codesearch.core.errors`, which are answers.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codesearch.core.errors import CodesearchError

LONGEST_MESSAGE = 4000
"""Characters of a refusal: whoever reads it wants to know what is wrong, not the whole of the input."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that is fuzzed.

    Attributes:
        name: As on the command line.
        group: What its time counts for, one of those that :mod:`.targets` lists.
        run: Raises when something does not hold for these bytes.
        seeds: Inputs to begin with, which hold what chance would not find.
        longest: Bytes of an input at most.
        costly: Whether one input takes a hundred times as long as those of other targets.
        close: Ends what the target started and keeps for its next run.
    """

    name: str
    group: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    longest: int = 4096
    costly: bool = False
    close: Callable[[], None] = lambda: None


@contextmanager
def refusals() -> Iterator[None]:
    """A block that may be refused, in words that somebody can read."""
    try:
        yield
    except CodesearchError as refusal:
        assert refusal.message.strip()
        assert len(str(refusal)) <= LONGEST_MESSAGE, f"a message of {len(str(refusal)):,} characters"


@cache
def scratch(name: str) -> Path:
    """A folder of this process, gone when it ends."""
    folder = Path(tempfile.mkdtemp(prefix=f"codesearch-fuzz-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def parts(data: bytes, count: int, separator: bytes = b"\xff\xfe\xff") -> list[bytes]:
    """The input cut into so many parts at a separator; parts that are missing are empty."""
    found = data.split(separator, count - 1)
    return found + [b""] * (count - len(found))
